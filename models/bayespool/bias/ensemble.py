"""Ensembles of models of publication bias: what each assumes of effect, heterogeneity and bias.

References
----------
Bartos, Maier, Wagenmakers, Doucouliagos & Stanley (2023), Res Synth Methods 14:99-116 (RoBMA-PSMA,
36 models); Maier, Bartos & Wagenmakers (2023), Psychol Methods 28:107-122.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar

from bayespool.association.selection import check_cuts
from bayespool.numerics.weights import Steps
from bayespool.priors import (
    CumulativeDirichlet,
    Fixed,
    HalfCauchy,
    HalfNormal,
    InverseGamma,
    Normal,
)

NOTHING = Fixed(0)
DIGITS = 4  # of the numbers of priors that went over to another scale
EFFECT, HETEROGENEITY = Normal(0, 1), InverseGamma(1, 0.15)  # of RoBMA


@dataclass(frozen=True)
class Weighted:
    """Selection by steps of the p value, with falling weights.

    Parameters
    ----------
    sides : {1, 2}
    cuts : tuple of float
        Ascending p values.
    weights : CumulativeDirichlet, optional
        One number for every interval; all 1 by default.
    """

    sides: int
    cuts: tuple[float, ...]
    weights: CumulativeDirichlet | None = None
    kind: ClassVar[str] = "selection"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cuts", check_cuts(self.cuts))
        if self.weights is None:
            object.__setattr__(self, "weights", CumulativeDirichlet(*[1] * (len(self.cuts) + 1)))
        if self.sides not in (1, 2) or len(self.prior) != len(self.cuts) + 1:
            raise ValueError(
                f"{self!r}: allowed are sides 1 or 2, and one number in weights for every interval"
            )

    @property
    def prior(self) -> CumulativeDirichlet:
        """The weights' prior, given or not."""
        assert self.weights is not None
        return self.weights

    @property
    def steps(self) -> Steps:
        """The weight, for the integrator."""
        return Steps(self.cuts, self.sides, self.prior.ratios, True)

    def __str__(self) -> str:
        cuts = ", ".join(f"{c:g}" for c in self.cuts)
        return f"selection, {'one' if self.sides == 1 else 'two'}-sided p at {cuts}"


@dataclass(frozen=True)
class OnError:
    """Effects regressed on standard errors (power 1, PET) or variances (power 2, PEESE).

    Parameters
    ----------
    power : {1, 2}
    slope : prior
        Of a positive number.
    """

    power: int
    slope: Any

    def __post_init__(self) -> None:
        if self.power not in (1, 2):
            raise ValueError(f"power={self.power!r}; allowed: 1 (PET) or 2 (PEESE)")

    @property
    def kind(self) -> str:
        return "PET" if self.power == 1 else "PEESE"

    def __str__(self) -> str:
        return f"{self.kind}, slope {self.slope!r}"


Bias = Weighted | OnError


@dataclass(frozen=True)
class Member:
    """One model of an ensemble.

    Parameters
    ----------
    effect, heterogeneity : prior
        `Fixed(0)` where there is none.
    bias : Weighted, OnError or None
    prior : float
        Prior probability.
    """

    effect: Any
    heterogeneity: Any
    bias: Bias | None
    prior: float

    @property
    def has_effect(self) -> bool:
        return not isinstance(self.effect, Fixed)

    @property
    def known_spread(self) -> float:
        """Between studies, where it is known; else 0."""
        return float(self.heterogeneity.value) if isinstance(self.heterogeneity, Fixed) else 0.0

    @property
    def has_heterogeneity(self) -> bool:
        return not isinstance(self.heterogeneity, Fixed)


@dataclass(frozen=True)
class Ensemble:
    """All combinations of what may be said of effect, heterogeneity and bias.

    Each part is a sequence of pairs (what, weight); the prior probability of a combination is
    proportional to the product of its weights.

    Parameters
    ----------
    effect, heterogeneity : sequence of (prior, weight)
        `Fixed(0)` is no effect, a common effect.
    bias : sequence of (Weighted, OnError or None, weight)
    """

    effect: tuple[tuple[Any, float], ...]
    heterogeneity: tuple[tuple[Any, float], ...]
    bias: tuple[tuple[Bias | None, float], ...]

    def __post_init__(self) -> None:
        for name in ("effect", "heterogeneity", "bias"):
            part: Sequence[tuple[Any, float]] = tuple(tuple(pair) for pair in getattr(self, name))
            if not part or not all(weight > 0 for _, weight in part):
                raise ValueError(f"{name}: allowed are one or more pairs with a weight above 0")
            object.__setattr__(self, name, part)
        for what, _ in self.effect:
            if isinstance(what, Fixed) and what.value != 0:
                raise ValueError(f"effect {what!r}: allowed is Fixed(0), or a prior")
        for what, _ in self.heterogeneity:
            if what.support != "positive":
                raise ValueError(f"heterogeneity {what!r}: allowed are priors of positive numbers")

    @property
    def members(self) -> tuple[Member, ...]:
        """Every combination, bias the fastest to change."""
        total = 1.0
        for part in (self.effect, self.heterogeneity, self.bias):
            total *= sum(weight for _, weight in part)
        return tuple(
            Member(effect, heterogeneity, bias, a * b * c / total)
            for (effect, a), (heterogeneity, b), (bias, c) in product(
                self.effect, self.heterogeneity, self.bias
            )
        )

    def scaled(self, unit: float) -> Ensemble:
        """The same for effects of which one standardised mean difference is `unit`."""
        return Ensemble(
            tuple((_times(prior, unit), w) for prior, w in self.effect),
            tuple((_times(prior, unit), w) for prior, w in self.heterogeneity),
            tuple((_bias_times(bias, unit), w) for bias, w in self.bias),
        )


def psma(*, effect: Any = EFFECT, heterogeneity: Any = HETEROGENEITY) -> Ensemble:
    """The 36 models of RoBMA-PSMA, on the scale of the standardised mean difference.

    Half of the prior probability is on no effect, on no heterogeneity, and on no bias; of bias
    half on six weight functions, and a quarter each on PET and PEESE.
    """
    weight = ((2, (0.05,)), (2, (0.05, 0.1)), (1, (0.05,)), (1, (0.025, 0.05)), (1, (0.05, 0.5)),
              (1, (0.025, 0.05, 0.5)))  # fmt: skip
    bias: list[tuple[Bias | None, float]] = [(None, 0.5)]
    bias += [(Weighted(sides, cuts), 1 / 24) for sides, cuts in weight]
    bias += [(OnError(1, HalfCauchy(1)), 1 / 8), (OnError(2, HalfCauchy(5)), 1 / 8)]
    return Ensemble(
        ((NOTHING, 0.5), (effect, 0.5)), ((NOTHING, 0.5), (heterogeneity, 0.5)), tuple(bias)
    )


def _bias_times(bias: Bias | None, unit: float) -> Bias | None:
    """A slope on variances is per unit of the effect; one on standard errors has none."""
    if isinstance(bias, OnError) and bias.power == 2:
        return replace(bias, slope=_times(bias.slope, 1.0 / unit))
    return bias


def _times(prior: Any, unit: float) -> Any:
    """The prior of so many times the quantity."""
    scales = {
        Normal: ("mu", "sigma"), HalfNormal: ("sigma",), HalfCauchy: ("scale",),
        InverseGamma: ("scale",), Fixed: ("value",),
    }  # fmt: skip
    if unit == 1.0:
        return prior
    fields = scales.get(type(prior))
    if fields is None:
        raise ValueError(
            f"{prior!r} does not go over to another scale; allowed: "
            f"{', '.join(kind.__name__ for kind in scales)}, or an ensemble on the scale of the "
            "studies (scale='native', unit=1)"
        )
    # to the digits that are told, so that what is told is what is computed
    return replace(prior, **{n: float(f"{getattr(prior, n) * unit:.{DIGITS}g}") for n in fields})
