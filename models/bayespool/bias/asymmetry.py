"""Tests of funnel asymmetry that reviewers ask for, labelled as what they are.

They ask whether small studies differ from large ones, for whatever reason, with little power; they
do not say what a result would be without bias. The slope of PET has a posterior instead.

References
----------
Egger et al. (1997), BMJ 315:629-634; Begg & Mazumdar (1994), Biometrics 50:1088-1101; Sterne et
al. (2011), BMJ 343:d4002 (ten studies or more).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from bayespool.association.small_studies import check_effects
from bayespool.studies import AccuracyStudies

Array = np.ndarray
EXACT = 50  # studies below which the rank test is exact, as in R
FEW = 10  # studies below which these tests are advised against


@dataclass(frozen=True)
class Regression:
    """A weighted line through a funnel: of Egger's test, or of Deeks'.

    ``intercept`` is the estimate of an endless study (of Egger's test the frequentist PET),
    ``slope`` its change per unit of what stands for smallness, ``t`` and ``p`` test that it is 0
    (two-sided, ``df`` degrees of freedom, over-dispersion taken as multiplicative).
    """

    intercept: float
    slope: float
    slope_se: float
    t: float
    df: int
    p: float

    @property
    def slope_interval(self) -> tuple[float, float]:
        """95 % interval of the slope, which is also that of its posterior under a flat prior.

        Flat in intercept, slope and logarithm of the error: a Student t distribution.
        """
        wide = float(special.stdtrit(self.df, 0.975)) * self.slope_se
        return self.slope - wide, self.slope + wide


@dataclass(frozen=True)
class RankTest:
    """Begg's rank correlation of standardised effects and variances: Kendall's tau."""

    tau: float
    p: float


def check_for_asymmetry(studies: Any, measure: str | None = None) -> None:
    """Refuse what these tests mislead on.

    Raises
    ------
    ValueError
        Diagnostic accuracy: the standard error of a log diagnostic odds ratio depends on the odds
        ratio itself, so that the test finds asymmetry where there is none (Deeks 2005).
    """
    if isinstance(studies, AccuracyStudies) or measure == "dor":
        raise ValueError(
            f"{studies.file}: Egger's and Begg's tests of a diagnostic odds ratio find asymmetry "
            "where there is none, because its standard error depends on the odds ratio itself; "
            "allowed: Deeks' funnel on the effective sample size (bayespool.bias.deeks)"
        )
    check_effects(studies, "a test of funnel asymmetry")
    if len(studies) < 3:
        raise ValueError(
            f"{studies.file}: a test of funnel asymmetry needs three or more studies, found "
            f"{len(studies)}"
        )


def egger(studies: Any, power: int = 1) -> Regression:
    """Egger's test, weighted by 1 / se^2; with power 2 the same of variances.

    Parameters
    ----------
    studies : Effects or others with ``estimate`` and ``se``
    power : {1, 2}
    """
    check_for_asymmetry(studies)
    se = np.asarray(studies.se, float)
    return weighted_line(np.asarray(studies.estimate, float), se**power, 1.0 / se**2)


def weighted_line(y: Array, x: Array, weight: Array) -> Regression:
    """Least squares of y on x with weights, whose common factor is estimated; all shape (n,)."""
    root = np.sqrt(weight)
    design = np.column_stack([np.ones(len(y)), x]) * root[:, None]
    normal = np.linalg.inv(design.T @ design)
    coefficient = normal @ design.T @ (y * root)
    df = len(y) - 2
    rest = y * root - design @ coefficient
    slope_se = float(np.sqrt(normal[1, 1] * (rest @ rest) / df))
    t = float(coefficient[1] / slope_se)
    p = float(2.0 * special.stdtr(df, -abs(t)))
    return Regression(float(coefficient[0]), float(coefficient[1]), slope_se, t, df, p)


def rank_test(studies: Any) -> RankTest:
    """Begg's rank correlation test."""
    from scipy import stats

    check_for_asymmetry(studies)
    y, v = np.asarray(studies.estimate, float), np.asarray(studies.se, float) ** 2
    pooled = float(np.sum(y / v) / np.sum(1.0 / v))
    star = v - 1.0 / np.sum(1.0 / v)
    deviates = (y - pooled) / np.sqrt(star)
    ties = len(np.unique(v)) < len(v) or len(np.unique(deviates)) < len(v)
    method = "asymptotic" if ties or len(v) >= EXACT else "exact"
    found = stats.kendalltau(deviates, v, method=method)
    return RankTest(float(found.statistic), float(found.pvalue))
