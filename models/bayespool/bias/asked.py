"""What is asked of publication bias: the kind of answer, its priors and cut-offs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bayespool.association.selection import check_cuts
from bayespool.calls import parse_prior

# by kind of analysis, the kinds of answer and the priors that these have
ASKED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "association": {
        "none": (),
        "robma": ("effect", "heterogeneity"),
        "selection": ("mu", "tau", "beta", "weights"),
        "pet-peese": ("mu", "tau", "beta", "pet", "peese"),
    },
    "accuracy": {
        "none": (),
        "deeks": (),
        "selection": ("sens", "spec", "tau_sens", "tau_spec", "rho", "strength", "seen"),
    },
}
IN_WORDS = {
    "none": "nothing",
    "robma": "an average over 36 models with and without an effect, heterogeneity and bias",
    "selection": "a selection model",
    "pet-peese": "regressions on the standard error and on the variance",
    "deeks": "Deeks' test of funnel asymmetry",
}


@dataclass(frozen=True)
class BiasAsked:
    """What is asked of publication bias.

    Parameters
    ----------
    kind : str
        Of an association ``robma``, ``selection`` or ``pet-peese``; of diagnostic accuracy
        ``selection`` or ``deeks``; or ``none``.
    priors : tuple of str
        As NAME=CALL.
    cuts : tuple of float
        One-sided p values at which the weight of ``selection`` of an association steps.
    """

    kind: str = "none"
    priors: tuple[str, ...] = ()
    cuts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not any(self.kind in kinds for kinds in ASKED.values()):
            known = "; ".join(f"{', '.join(kinds)} ({name})" for name, kinds in ASKED.items())
            raise ValueError(f"bias={self.kind!r}; allowed: {known}")
        if self.cuts and self.kind != "selection":
            raise ValueError(
                f"cut-offs of p values with bias={self.kind!r}; allowed with: selection"
            )
        if self.cuts:
            check_cuts(self.cuts)
        known_priors = [n for kinds in ASKED.values() for n in kinds.get(self.kind, ())]
        self._check_names(dict.fromkeys(known_priors))

    @property
    def parsed(self) -> dict[str, Any]:
        """The priors by name."""
        return {name.strip(): parse_prior(call) for name, _, call in self._parts}

    @property
    def _parts(self) -> list[tuple[str, str, str]]:
        return [text.partition("=") for text in self.priors]

    def check_for(self, analysis: str) -> None:
        """Refuse what is of the other kind of analysis, ``association`` or ``accuracy``.

        Raises
        ------
        ValueError
        """
        kinds = ASKED[analysis]
        if self.kind not in kinds:
            raise ValueError(
                f"bias={self.kind!r} of an {analysis} analysis; allowed: {', '.join(kinds)}"
            )
        if self.cuts and analysis == "accuracy":
            raise ValueError(
                "cut-offs of p values are of an association: what decides about accuracy is the t "
                'statistic; allowed: none, and priors of it (--bias-prior "strength=HalfNormal(1)")'
            )
        self._check_names(kinds[self.kind])

    def _check_names(self, allowed: Any) -> None:
        for text, (name, separator, _) in zip(self.priors, self._parts, strict=True):
            if not separator or name.strip() not in allowed:
                raise ValueError(
                    f'bias prior "{text}" with bias={self.kind!r}; allowed: NAME=CALL with '
                    f"{', '.join(allowed) or 'no name'}"
                )
        self.parsed  # noqa: B018  (refuses what is no prior)
