"""Standard errors that a study did not print, from what it did. Nothing is checked here."""

from __future__ import annotations

from math import sqrt


def error_of_c(c: float, events: float, others: float) -> float:
    """Standard error of a c statistic, by the fourth method of Newcombe (2006).

    Parameters
    ----------
    c
        In (0, 1).
    events, others
        People with the event and without.

    References
    ----------
    Newcombe RG. Stat Med 2006;25:559-573 (method 4); Debray TPA, et al. Stat Methods Med Res
    2019;28:2768-2786, table 2.
    """
    half = (events + others) / 2.0 - 1.0
    within = 1.0 + half * (1.0 - c) / (2.0 - c) + half * c / (1.0 + c)
    return sqrt(c * (1.0 - c) * within / (events * others))


def error_of_log_count(events: float, people: float | None = None) -> float:
    """Standard error of the logarithm of a number of events against a known expectation.

    Poisson, or binomial where the people are known: ``1/events - 1/people``.

    References
    ----------
    Debray TPA, et al. Stat Methods Med Res 2019;28:2768-2786, table 2 (log O:E).
    """
    return sqrt(1.0 / events - (0.0 if people is None else 1.0 / people))


def logrank_variance(
    events: float | None = None,
    by_group: tuple[float, float] | None = None,
    people: tuple[float, float] | None = None,
) -> float:
    """Variance of O - E of a log-rank test, the inverse of that of the log hazard ratio.

    Parameters
    ----------
    events
        Of both groups together.
    by_group
        Of each group: ``1 / (1/O1 + 1/O2)``, which wins.
    people
        Randomised to each group, for the share of events; equal groups without it.

    References
    ----------
    Parmar MKB, Torri V, Stewart L. Stat Med 1998;17:2815-2834, equations 7, 9 and 10; Tierney JF,
    et al. Trials 2007;8:16, methods 3, 8 and 9.
    """
    if by_group is not None:
        return by_group[0] * by_group[1] / sum(by_group)
    assert events is not None
    first, second = people or (1.0, 1.0)
    return events * first * second / (first + second) ** 2


def kappa_of_table(cells: tuple[float, float, float, float]) -> tuple[float, float]:
    """Cohen's kappa of two readers and two answers, and its standard error.

    Parameters
    ----------
    cells
        Both yes, only the first, only the second, both no; one or more people.

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327, equation 13.
    """
    n = sum(cells)
    yes, first, second, no = (x / n for x in cells)
    rows, columns = (yes + first, second + no), (yes + second, first + no)
    expected = rows[0] * columns[0] + rows[1] * columns[1]
    kappa = (yes + no - expected) / (1.0 - expected)
    of_agreement = sum(
        p * (1.0 - (row + column) * (1.0 - kappa)) ** 2
        for p, row, column in ((yes, rows[0], columns[0]), (no, rows[1], columns[1]))
    )
    of_others = (1.0 - kappa) ** 2 * (
        first * (columns[0] + rows[1]) ** 2 + second * (columns[1] + rows[0]) ** 2
    )
    rest = (kappa - expected * (1.0 - kappa)) ** 2
    variance = (of_agreement + of_others - rest) / (n * (1.0 - expected) ** 2)
    return kappa, sqrt(max(variance, 0.0))


def error_of_icc(icc: float, people: float, readers: float) -> float:
    """Standard error of an intraclass correlation of a one-way design.

    References
    ----------
    Donner A. Int Stat Rev 1986;54:67-82 (after Fisher 1925).
    """
    spread = (1.0 - icc) * (1.0 + (readers - 1.0) * icc)
    return spread * sqrt(2.0 / (readers * (readers - 1.0) * (people - 1.0)))


def error_of_alpha(items: float, people: float) -> float:
    """Standard error of ``-log(1 - alpha)`` of Cronbach's alpha.

    References
    ----------
    Bonett DG. J Educ Behav Stat 2002;27:335-340, equation 5.
    """
    return sqrt(2.0 * items / ((items - 1.0) * (people - 2.0)))
