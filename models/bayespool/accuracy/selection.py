"""The bivariate model of accuracy under selection by the t statistic of the odds ratio.

Logits of sensitivity and specificity are normal around a study's own, as in Reitsma's model. A
study is seen with probability ``Phi(a + strength t)``, t the log diagnostic odds ratio over its
standard error. The share of all studies that is seen is fixed, for a sensitivity analysis, or has a
prior; the intercept a follows from it.

Standard errors are taken as known, as in all selection models. A study's own ones rise with its
estimate: then t rises less than the odds ratio does, and the model finds selection where there is
none. Those at pooled proportions depend on the sizes of the groups alone, like Deeks' effective
sample size.

References
----------
Zhou, Huang & Hattori (2023), Stat Med 42:781-798; Copas (2013), J R Stat Soc C 62:47-66; of the
same kin with selection by size, Piao, Liu, Chen & Ning (2019), Stat Methods Med Res 28:2912-2923.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import expit

from bayespool.accuracy.bivariate import Bivariate
from bayespool.accuracy.margins import support_of
from bayespool.accuracy.odds_ratios import check_tables, corrected_cells
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.likelihoods import Gaussian
from bayespool.numerics.share_seen import ShareSeen
from bayespool.priors import HalfNormal

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
UNROLLED = (
    13  # steps of Newton's method in PyMC; on the way to the root of 27 studies twelve are enough
)
ERRORS = ("pooled", "own")
KINDS = ("estimate_sens", "estimate_spec")


@dataclass(frozen=True, repr=False)
class SelectionBivariate(Bivariate):
    """Reitsma's bivariate model, of which the t statistic of ln DOR decides what is seen.

    Parameters
    ----------
    sens, spec, tau_sens, tau_spec, rho
        As of `Bivariate`; the link is the logit, effects are normal, all rows full tables.
    strength : prior
        Of the slope of selection: how many probits one more unit of t is worth.
    seen : number in (0, 1], or Beta
        The share of all studies that is seen; 1 is the model without selection.
    errors : {"pooled", "own"}
        Standard errors at pooled proportions, or each study's own (Zhou, Huang & Hattori).
    """

    strength: Any = HalfNormal(1.0)
    seen: Any = 1.0
    errors: str = "pooled"

    title: ClassVar[str] = "Bivariate model under selection by the t statistic"
    in_words: ClassVar[str] = (
        "Logits of sensitivity and specificity are normally distributed around their study's own, "
        "with standard errors taken as known, and a study is seen with a probability that rises "
        "with the t statistic of its log diagnostic odds ratio."
    )
    references: ClassVar[tuple[str, ...]] = ("reitsma2005", "zhou2023", "copas2013")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, only in (("link", "logit"), ("nu", None), ("marker", "ignored")):
            if getattr(self, name) != only:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} with {type(self).__name__}; allowed: {only!r}"
                )
        if self.errors not in ERRORS:
            raise ValueError(f"errors={self.errors!r}; allowed: {', '.join(ERRORS)}")
        if support_of(self.strength) != "positive":
            raise ValueError(
                f"strength={self.strength!r}; allowed: a prior on positive numbers, such as "
                "HalfNormal(1)"
            )
        if self.unknown:
            return
        known = isinstance(self.seen, int | float) and not isinstance(self.seen, bool)
        if not known or not 0.0 < self.seen <= 1.0:
            raise ValueError(
                f"seen={self.seen!r}; allowed: a share above 0 and at most 1, or a prior of it, "
                "such as Beta(2, 1)"
            )

    @property
    def unknown(self) -> bool:
        """The share that is seen has a prior."""
        return support_of(self.seen) == "unit"

    @property
    def selects(self) -> bool:
        """Not all studies are seen."""
        return self.unknown or self.seen < 1.0

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter; the slope is none where all studies are seen."""
        return {
            name: prior
            for name, prior in super().priors.items()
            if name != "strength" or self.selects
        }

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows that have no diagnostic odds ratio, or are of one study."""
        check_tables(studies, "a selection model", 2)

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior = self.priors
        y, se = logits(studies, self.errors)
        with pm.Model(coords={"study": list(studies.row), "outcome": ["sens", "spec"]}) as model:
            mu_sens, mu_spec = (prior[name].to_pymc(name) for name in self.intercepts)
            tau_sens = prior["tau_sens"].to_pymc("tau_sens")
            tau_spec = prior["tau_spec"].to_pymc("tau_spec")
            rho = prior["rho"].to_pymc("rho")
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u_sens = tau_sens * v[:, 0]
            u_spec = tau_spec * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])
            pm.Normal(KINDS[0], mu_sens + u_sens, se[:, 0], observed=y[:, 0], dims="study")
            pm.Normal(KINDS[1], mu_spec + u_spec, se[:, 1], observed=y[:, 1], dims="study")
            if self.selects:
                strength = prior["strength"].to_pymc("strength")
                seen = prior["seen"].to_pymc("seen") if self.unknown else self.seen
                se_dor = np.hypot(se[:, 0], se[:, 1])
                between = tau_sens**2 + tau_spec**2 + 2.0 * rho * tau_sens * tau_spec
                at = strength * (mu_sens + mu_spec) / se_dor
                spread = pm.math.sqrt(1.0 + strength**2 * (1.0 + between / se_dor**2))
                a = _intercept(pm, at, spread, seen)
                observed = _log_phi(pm, a + strength * y.sum(axis=1) / se_dor)
                share = _log_phi(pm, (a + at) / spread)
                pm.Potential("selection", observed - share, dims="study")
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model: two Gaussian rows of every study, and which studies are seen."""
        prior = self.priors
        y, se = logits(studies, self.errors)
        n = len(studies)
        t = y.sum(axis=1) / np.hypot(se[:, 0], se[:, 1])
        seen = self.seen if self.unknown else float(self.seen)
        return Hierarchy(
            X=np.tile(np.eye(2), (n, 1)),
            Z=np.tile(np.eye(2), (n, 1)),
            study=np.repeat(np.arange(n), 2),
            likelihood=Gaussian(y.ravel(), se.ravel()),
            coefficients=self.intercepts,
            coefficient_priors=tuple(prior[name] for name in self.intercepts),
            between=self.covariance(),
            selection=ShareSeen(self.strength, seen, t, se) if self.selects else None,
            kinds=KINDS * n,
            labels=studies.row,
            row_labels=tuple(row for row in studies.row for _ in KINDS),
        )


def logits(studies: AccuracyStudies, errors: str = "pooled") -> tuple[Array, Array]:
    """Logits of sensitivity and specificity and their standard errors, both (n, 2).

    With ``pooled`` errors 1/2 is added to every cell, and a standard error is
    ``((n + 1) p (1 - p))^(-1/2)`` at the proportion p of the mean logit; with a study's ``own``
    ones 1/2 is added to tables with a zero cell.
    """
    if errors == "own":
        tp, fp, fn, tn = corrected_cells(studies)
        y = np.log(np.column_stack([tp / fn, tn / fp]))
        return y, np.sqrt(np.column_stack([1.0 / tp + 1.0 / fn, 1.0 / tn + 1.0 / fp]))
    hits = 0.5 + np.column_stack([studies.tp, studies.tn])
    people = 1.0 + np.column_stack([studies.n_diseased, studies.n_healthy])
    y = np.log(hits / (people - hits))
    p = expit(y.mean(axis=0))
    return y, 1.0 / np.sqrt(people * p * (1.0 - p))


def _log_phi(pm: Any, x: Any) -> Any:
    """Log of the standard normal probability below x, as a tensor that keeps far tails."""
    far = pm.math.log(0.5 * _erfcx(-x / np.sqrt(2.0))) - 0.5 * x * x
    near = pm.math.log(0.5 * pm.math.erfc(-x / np.sqrt(2.0)))
    return pm.math.switch(x < -1.0, far, near)


def _erfcx(x: Any) -> Any:
    """Scaled complementary error function; of x below -20 what it is at -20."""
    import pytensor.tensor as pt

    return pt.erfcx(pt.maximum(x, -20.0))


def _intercept(pm: Any, at: Any, spread: Any, seen: Any) -> Any:
    """As `bayespool.numerics.share_seen.intercept`, step by step, so that it has a gradient."""
    n, root = at.shape[0], 0.5 * np.log(2.0 * np.pi)
    start = -np.sqrt(2.0) * _erfcinv(2.0 * seen)
    a = pm.math.min(spread * start - at)
    for _ in range(UNROLLED):
        x = (a + at) / spread
        log_p = _log_phi(pm, x)
        height = pm.math.logsumexp(-log_p)
        slope = pm.math.exp(-2.0 * log_p - height - 0.5 * x * x - root) / spread
        a = a + (height - pm.math.log(n / seen)) / pm.math.sum(slope)
    return a


def _erfcinv(x: Any) -> Any:
    import pytensor.tensor as pt

    return pt.erfcinv(x)
