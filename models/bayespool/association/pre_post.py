"""Proportions before and after in the same people, with the pairing known or not.

References
----------
McNemar (1947), Psychometrika 12:153-157; Plackett (1965), J Am Stat Assoc 60:516-522; Elbourne et
al. (2002), Int J Epidemiol 31:140-149 (meta-analysis of paired results).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit

from bayespool.association import quantities, scale
from bayespool.association.regression import Regression, check_rows, other_priors
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.model import fields_of
from bayespool.model_options import ModelOptions
from bayespool.numerics.paired_tables import PairedTables
from bayespool.priors import Fixed, HalfNormal, LogNormal, Normal
from bayespool.pymc_rows import plackett_logs, potential_name
from bayespool.quantity import FREEDOM
from bayespool.studies import PairedProportions, Rows

Array = np.ndarray
FLAT = 1_000.0  # SD that is flat over any logit


@dataclass(frozen=True, repr=False)
class PrePost(Regression):
    """Odds ratio of a finding after against before, in the same people.

    ``logit(p_before) = a_i - d_i / 2`` and ``logit(p_after) = a_i + d_i / 2`` with ``d_i = mu + tau
    v_i`` and every study's own midpoint ``expit(a_i) ~ Beta(1, 1)``. Within people both are tied by
    a Plackett distribution with odds ratio ``dependence``. Where only the margins are printed, the
    likelihood is the sum over all tables of pairs that they (and a printed P value) allow.

    Parameters
    ----------
    mu, tau : prior
        Mean log odds ratio and its between-study standard deviation; ``tau=Fixed(0)`` for one
        study, or for an effect common to all.
    dependence : prior
        Odds ratio between before and after within people, common to all rows.
    nu : prior or None
        Student-t study effects with degrees of freedom of this prior; None for normal ones.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    dependence: Any = LogNormal(1.0, 1.5)
    nu: Any = None

    covariates: tuple[str, ...] = field(default=(), init=False, metadata={"quiet": True})
    beta: Any = field(default=Normal(0, 2), init=False, metadata={"quiet": True})

    measure = "or"
    title: ClassVar[str] = "Before-and-after model of paired proportions"
    command: ClassVar[str] = "pre-post"
    brief: ClassVar[str] = "a finding before and after in the same people"
    options: ClassVar[tuple[str, ...]] = ("robust",)
    automatic: ClassVar[Container[str]] = ("or",)
    in_words: ClassVar[str] = (
        "The finding before and after in the same people is a pair, with a midpoint of its own for "
        "every study (uniform on the proportion midway between the two) and an odds ratio within "
        "people (Plackett). Where only the margins are printed, the likelihood is the sum over all "
        "tables of pairs that they and a printed P value allow."
    )
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    references: ClassVar[tuple[str, ...]] = ("mcnemar1947", "plackett1965")
    takes: ClassVar[tuple[type[Rows], ...]] = (PairedProportions,)

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> PrePost:
        """One study alone says nothing of the variation between studies: ``tau=Fixed(0)``."""
        if len(studies) > 1:
            return cls(**fields_of(options))
        if options.robust:
            raise ValueError(
                "one study alone has no study effects; allowed with robust: two or more"
            )
        return cls(tau=Fixed(0))

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter."""
        own = super().priors
        nu = {FREEDOM: own.pop(FREEDOM)} if FREEDOM in own else {}
        return own | {self._named("dependence"): self.dependence} | nu

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        return name if name == "dependence" else super().field_of(name)

    def check(self, studies: Any) -> None:
        """Refuse rows that would wrongly count as independent studies."""
        check_rows(studies)

    def alternatives(self) -> dict[str, PrePost]:
        """Named priors that a reader might have preferred, scaled like this model's own."""
        return other_priors(self, ("tau",)) | {
            f"dependence: {prior!r}": replace(self, dependence=prior)
            for prior in (LogNormal(0, 0.5), LogNormal(2, 1.5))
        }

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        with pm.Model(coords={"study": list(studies.row), "effect": ["effect"]}) as model:
            mu = self.mu.to_pymc("mu")
            tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
            dependence = self.dependence.to_pymc("dependence")
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                tau = tau / pm.math.sqrt(pm.Gamma("precision", nu / 2, nu / 2, dims="study"))
            change = mu + tau * v[:, 0]
            middle = pm.math.logit(pm.Beta("baseline", 1.0, 1.0, dims="study"))
            before, after = middle - change / 2.0, middle + change / 2.0
            constants = PairedTables(studies.tables())._constants
            for i, cells in enumerate(studies.tables()):
                logs = plackett_logs(before[i], after[i], dependence)
                terms = constants[i] + sum(cells[:, c] * log for c, log in enumerate(logs))
                pm.Potential(potential_name("tables", studies.row[i]), pm.math.logsumexp(terms))
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """Two tied rows for each row of the table, before and after, around its own midpoint."""
        k = len(studies)
        half = np.tile([[-0.5], [0.5]], (k, 1))
        return Hierarchy(
            X=half,
            Z=np.column_stack([np.ones(2 * k), half]),
            study=np.repeat(np.arange(k), 2),
            likelihood=PairedTables(studies.tables()),
            coefficients=(quantities.pooled(studies, quantities.analysed(self.measure)),),
            coefficient_priors=(self.mu,),
            between=Covariance(("baseline", self._named("tau")), (Fixed(FLAT), self.tau)),
            robust=(False, True),
            freedom_prior=self.nu,
            row_scales=(self._named("dependence"),),
            row_scale_priors=(self.dependence,),
            kinds=("before", "after") * k,
            labels=studies.row,
            log_offset=float(np.log(FLAT) + 0.5 * np.log(2.0 * np.pi)),
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, a new study, and what they are as odds ratios."""
        return scale.effect_estimands(draws, new[-1], self.measure, studies)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Log odds ratio of every study, its proportions before and after, and their difference."""
        change = draws["mu"] + effects[-1]
        before = expit(effects[0] - change / 2.0)
        after = expit(effects[0] + change / 2.0)
        return {"effect": change, "before": before, "after": after, "difference": after - before}
