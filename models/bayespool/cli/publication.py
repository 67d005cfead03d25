"""What is asked of studies that may be missing: options of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cyclopts import Parameter

from bayespool.cli.options import MISSING

if TYPE_CHECKING:
    from bayespool.bias.asked import BiasAsked


@Parameter(name="*", group=MISSING)
@dataclass(frozen=True)
class PublicationOfAccuracy:
    """What is asked of studies of a test that may be missing.

    Parameters
    ----------
    bias
        selection (what is seen depends on the t statistic of the log diagnostic odds ratio, for
        100, 80, 60 and 40 % of studies seen and for an unknown share, with Deeks' test), deeks
        (that test alone), or none.
    bias_prior
        A prior of the selection model as its own call: "strength=HalfNormal(1)" of the slope on t,
        "seen=Beta(2, 1)" of the share of studies that is seen, or one of the main model's; repeat
        for more.
    """

    bias: str = "none"
    bias_prior: tuple[str, ...] = ()

    def asked(self) -> BiasAsked:
        """As one record, checked."""
        from bayespool.bias.asked import BiasAsked

        asked = BiasAsked(self.bias.strip().casefold(), self.bias_prior)
        asked.check_for("accuracy")
        return asked


@Parameter(name="*", group=MISSING)
@dataclass(frozen=True)
class Publication:
    """What is asked of studies that may be missing.

    Parameters
    ----------
    bias
        robma (the average over 36 models with and without publication bias), selection (what is
        seen depends on the p value), pet-peese (regression on the standard error), or none.
    bias_prior
        A prior of the bias model as its own call, such as "effect=Normal(0, 0.5)" or
        "heterogeneity=HalfNormal(0.3)" of robma, "weights=CumulativeDirichlet(1, 1)" of selection,
        "pet=HalfCauchy(1)" of pet-peese; repeat for more.
    bias_cut
        A one-sided p value at which the weight of selection steps, in ascending order; repeat for
        more.
    """

    bias: str = "none"
    bias_prior: tuple[str, ...] = ()
    bias_cut: tuple[float, ...] = ()

    def asked(self) -> BiasAsked:
        """As one record, checked."""
        from bayespool.bias.asked import BiasAsked

        asked = BiasAsked(self.bias.strip().casefold(), self.bias_prior, self.bias_cut)
        asked.check_for("association")
        return asked


PUBLICATION, OF_ACCURACY = Publication(), PublicationOfAccuracy()
