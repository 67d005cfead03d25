"""Deeks' test of funnel asymmetry for diagnostic accuracy, and the log odds ratios it looks at.

The standard error of a log diagnostic odds ratio depends on the odds ratio itself, so that Egger's
test finds asymmetry where there is none. Deeks' takes the effective sample size instead.

References
----------
Deeks, Macaskill & Irwig (2005), J Clin Epidemiol 58:882-893; Glas et al. (2003), J Clin Epidemiol
56:1129-1135 (diagnostic odds ratio).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bayespool.accuracy.odds_ratios import check_tables, corrected_cells
from bayespool.bias.asymmetry import Regression, weighted_line

Array = np.ndarray
SIGNIFICANT = 0.10  # of Deeks' test, as its authors advise
FEWEST = 3


@dataclass(frozen=True, eq=False)
class Deeks:
    """Deeks' funnel and its line: ln DOR on ``1 / sqrt(ESS)``, weighted by ESS.

    Attributes
    ----------
    study : tuple of str
    log_dor : array, shape (n,)
        1/2 is added to every cell of tables with a zero cell.
    ess : array, shape (n,)
        Effective sample sizes ``4 n1 n2 / (n1 + n2)``, of people.
    line : Regression
    corrected : int
        Tables with a zero cell.
    """

    study: tuple[str, ...]
    log_dor: Array
    ess: Array
    line: Regression
    corrected: int

    def record(self) -> dict[str, Any]:
        """For JSON."""
        low, high = self.line.slope_interval
        return {
            "studies": len(self.study), "intercept": self.line.intercept, "slope": self.line.slope,
            "slope_lower": low, "slope_upper": high, "slope_se": self.line.slope_se,
            "t": self.line.t, "df": self.line.df, "p": self.line.p,
            "tables_with_a_zero_cell": self.corrected,
        }  # fmt: skip


def effective_sample_size(studies: Any) -> Array:
    """``4 n1 n2 / (n1 + n2)`` of every row, of people: twice the harmonic mean of the groups."""
    n1, n2 = np.asarray(studies.n_diseased, float), np.asarray(studies.n_healthy, float)
    return 4.0 * n1 * n2 / (n1 + n2)


def deeks(studies: Any) -> Deeks:
    """Deeks' test of full 2x2 tables.

    Parameters
    ----------
    studies : AccuracyStudies
        One row per study, all of them full tables with people in both groups.

    Raises
    ------
    ValueError
        Other rows, or fewer than three.
    """
    check_tables(studies, "Deeks' test", FEWEST)
    tp, fp, fn, tn = corrected_cells(studies)
    log_dor, ess = np.log(tp * tn / (fp * fn)), effective_sample_size(studies)
    zero = np.stack([studies.tp, studies.fp, studies.fn, studies.tn]) == 0
    line = weighted_line(log_dor, 1.0 / np.sqrt(ess), ess)
    return Deeks(studies.row, log_dor, ess, line, int(zero.any(axis=0).sum()))
