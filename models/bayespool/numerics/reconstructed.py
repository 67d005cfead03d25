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
