"""Step selection models: how probable a study is to be seen depends on its p value.

``y_i ~ Normal(theta_i, se_i)``, ``theta_i ~ Normal(mu + x_i beta, tau)``, and of all such studies
one is seen with a probability proportional to the weight of its interval of p values. The density
of a seen estimate is the weight times the normal marginal over the mean of the weight, which is a
sum of normal probabilities.

References
----------
Hedges (1992), Stat Sci 7:246-255; Vevea & Hedges (1995), Psychometrika 60:419-435; Maier, Bartos &
Wagenmakers (2023), Psychol Methods 28:107-122 (weights with a cumulative Dirichlet prior).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bayespool.association import quantities
from bayespool.association.evidence import estimates
from bayespool.association.small_studies import SmallStudies
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.selection import Selection
from bayespool.numerics.weights import Steps
from bayespool.priors import CumulativeDirichlet, HalfNormal, Normal

Array = np.ndarray
MIXING = 48  # scales that stand for a Student t distribution


@dataclass(frozen=True, repr=False)
class SelectionNormal(SmallStudies):
    """The normal-normal model under selection by steps of the p value.

    Parameters
    ----------
    mu, tau, beta, covariates, measure, nu
        As of `NormalNormal`.
    cuts : tuple of float
        Ascending p values in (0, 1) at which the weight steps.
    sides : {1, 2}
        One-sided p values, small for estimates in the `direction`, or two-sided ones.
    weights : CumulativeDirichlet, or a positive prior
        Of the weights after the first, which is 1: falling ones, or each of its own, such as
        ``LogNormal(0, 1)``.
    direction : {"positive", "negative"}
        Which estimates are thought to be seen.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    measure: str = "generic"
    nu: Any = None
    cuts: tuple[float, ...] = (0.025, 0.05)
    sides: int = 1
    weights: Any = CumulativeDirichlet(1, 1, 1)
    direction: str = "positive"

    title: ClassVar[str] = "Step selection model"
    further: ClassVar[tuple[str, ...]] = ("weights",)
    in_words: ClassVar[str] = (
        "Every estimate is normally distributed around its study's own effect with its standard "
        "error taken as known, and is seen with a probability that depends on the interval that "
        "its p value lies in."
    )
    references: ClassVar[tuple[str, ...]] = ("vevea1995", "maier2023")

    def __post_init__(self) -> None:
        object.__setattr__(self, "cuts", check_cuts(self.cuts))
        if self.sides not in (1, 2):
            raise ValueError(f"sides={self.sides!r}; allowed: 1 or 2")
        n = len(self.cuts) + 1
        if isinstance(self.weights, CumulativeDirichlet) and len(self.weights) != n:
            raise ValueError(
                f"{self.weights!r} is of {len(self.weights)} weights, and cuts {self.cuts} make "
                f"{n} intervals; allowed: one number for every interval"
            )

    @property
    def steps(self) -> Steps:
        """The weight, for the integrator."""
        if isinstance(self.weights, CumulativeDirichlet):
            return Steps(self.cuts, self.sides, self.weights.ratios, True)
        return Steps(self.cuts, self.sides, (self.weights,) * len(self.cuts), False)

    def build(self, studies: Any) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        steps, se = self.steps, np.asarray(studies.se)
        with pm.Model(coords=self.coords(studies)) as model:
            mean, tau = self.common(studies)
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            scale, share, spread = robust(self, pm, tau)
            pm.Normal("estimate", mean + scale * v[:, 0], se, observed=studies.estimate,
                      dims="study")  # fmt: skip
            priors = steps.unit | steps.positive
            rest = [prior.to_pymc(name) for name, prior in priors.items()]
            omega = [1.0, *rest]
            if steps.falling:
                for j in range(1, len(omega)):
                    omega[j] = omega[j - 1] * omega[j]
            between = [omega[j] for j in steps.interval]
            place = steps.place(self.sign * studies.estimate / se)
            seen = pm.math.stack([pm.math.log(w) if j else 0.0 for j, w in enumerate(omega)])
            sd = pm.math.sqrt(spread[None, :] ** 2 + se[:, None] ** 2)
            at = self.sign * mean[:, None]
            above = [0.0] + [normal_cdf(pm, (at - edge * se[:, None]) / sd) for edge in steps.edges]
            above.append(1.0)
            expected = sum(w * (above[k + 1] - above[k]) for k, w in enumerate(between))
            expected = (share[None, :] * expected).sum(axis=1)
            pm.Potential("selection", seen[place] - pm.math.log(expected), dims="study")
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        """The same model: Gaussian rows with one study effect, and the weight."""
        se = np.asarray(studies.se, float)
        z = self.sign * np.asarray(studies.estimate) / se
        return Hierarchy(
            likelihood=estimates(studies),
            kinds=("estimate",) * len(studies),
            selection=Selection(self.steps, z, se, self.sign),
            **self.one_effect(studies),
        )

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, I2, a new study whether it is seen or not, and the weights."""
        omega = self.steps.omega(draws)
        kept = {name: x for name, x in draws.items() if name not in self.steps.names}
        edges = (0.0, *self.cuts, 1.0)
        found = {
            quantities.weight(f"omega_{j + 1}", edges[j], edges[j + 1], self.sides): omega[j]
            for j in range(1, len(omega))
        }
        return super().estimands(kept | found, new, studies)


def check_cuts(cuts: tuple[float, ...]) -> tuple[float, ...]:
    """Cut-offs of p values, in order.

    Raises
    ------
    ValueError
        None, one that is no probability, or an order that does not ascend.
    """
    found = tuple(map(float, cuts))
    ascending = all(a < b for a, b in itertools.pairwise(found))
    if not found or not ascending or not all(0.0 < c < 1.0 for c in found):
        raise ValueError(
            f"cuts={found}: allowed are p values between 0 and 1 in ascending order, such as "
            "(0.025, 0.05)"
        )
    return found


def normal_cdf(pm: Any, x: Any) -> Any:
    """Standard normal probability below x, as a tensor."""
    return 0.5 * pm.math.erfc(-x / np.sqrt(2.0))


def robust(model: Any, pm: Any, tau: Any) -> tuple[Any, Any, Any]:
    """In a PyMC model: scale of every study's effect; shares and scales of what an effect may be.

    A Student t effect is a normal one whose precision is gamma distributed. Its shares, (m,), are
    those of the trapezoid rule in the cube root of the precision.
    """
    if model.nu is None:
        return tau, np.ones(1), pm.math.stack([tau])
    nu = model.nu.to_pymc("nu")
    precision = pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study")
    shape = pm.math.maximum(0.5 * nu, 0.5)
    centre, spread = 1.0 - 1.0 / (9.0 * shape), 1.0 / (3.0 * pm.math.sqrt(shape))
    low, high = pm.math.maximum(centre - 5.5 * spread, 1e-3), centre + 5.5 * spread
    root = low + (high - low) * (np.arange(MIXING) + 0.5) / MIXING
    density = root ** (3.0 * shape - 1.0) * pm.math.exp(-shape * root**3)
    return tau / pm.math.sqrt(precision), density / density.sum(), tau / root**1.5
