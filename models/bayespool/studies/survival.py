"""Hazard ratios and rate ratios from what studies print instead.

References
----------
Parmar MKB, Torri V, Stewart L. Stat Med 1998;17:2815-2834; Tierney JF, et al. Trials 2007;8:16.
"""

from math import log, sqrt
from statistics import NormalDist

from bayespool.numerics.reconstructed import logrank_variance
from bayespool.studies.forms import EffectRow, RowFault, RowFaults, RowNames
from bayespool.studies.partial import RowReader
from bayespool.studies.spellings import Spellings

HAZARD: Spellings = {
    "o_e": ("oe", "ominuse", "logrankoe"),
    "v": ("v", "logrankv", "logrankvariance"),
    "events": ("events", "totalevents", "deaths", "nevents"),
    "events1": ("events1", "e1", "deaths1"), "events2": ("events2", "e2", "deaths2"),
    "n1": ("n1", "ntreated", "total1"), "n2": ("n2", "ncontrol", "total2"),
    "survival1": ("survival1", "surv1", "s1"), "survival2": ("survival2", "surv2", "s2"),
    "median1": ("median1", "mediansurvival1"), "median2": ("median2", "mediansurvival2"),
    "direction": ("direction",),
}  # fmt: skip
RATE: Spellings = {
    "events1": ("events1", "e1", "cases1"), "time1": ("time1", "persontime1", "personyears1", "t1"),
    "events2": ("events2", "e2", "cases2"), "time2": ("time2", "persontime2", "personyears2", "t2"),
}  # fmt: skip
DIRECTIONS = {"positive": 1.0, "negative": -1.0}


def hazard(say: RowNames, values: dict[str, float], estimate: float | None) -> EffectRow | None:
    """A log hazard ratio of O - E and V, of events and P, of survival or medians."""
    _check(say, values)
    if "o_e" in values and estimate is None:
        return _of_o_minus_e(say, values)
    variance = _variance(say, values)
    if estimate is not None:
        if variance is None or 0 < values.get("p", 0.0) < 1:
            return None  # an exact P value is nearer to the analysis that was made
        how = f"HR with SE of {_events(values)} (SE reconstructed)"
        return EffectRow(estimate, 1.0 / sqrt(variance), True, how)
    if {"survival1", "survival2", "n1", "n2"} <= set(values):
        return _of_survival(values)
    if variance is None:
        return None
    se = 1.0 / sqrt(variance)
    if {"median1", "median2"} <= set(values):
        ratio = log(values["median2"] / values["median1"])
        how = f"median times and {_events(values)}, hazards taken as constant (reconstructed)"
        return EffectRow(ratio, se, True, how)
    if not 0 < values.get("p", 0.0) < 1:
        return None
    word = say.text("direction").casefold()
    if word not in DIRECTIONS:
        rule = f"{say('p')} with {_events(values)} does not say who fares worse"
        raise RowFaults(("p", rule, f"direction is {' or '.join(DIRECTIONS)} (positive: "
                         "events sooner in group 1)"))  # fmt: skip
    z = -NormalDist().inv_cdf(values["p"] / 2.0)
    how = f"log-rank P with {_events(values)} (reconstructed)"
    return EffectRow(DIRECTIONS[word] * z * se, se, True, how)


def rate(say: RowNames, values: dict[str, float], estimate: float | None) -> EffectRow | None:
    """A log rate ratio of events and person-time of two groups."""
    _check(say, values)
    if estimate is not None or not set(RATE) <= set(values):
        return None
    e1, t1, e2, t2 = (values[role] for role in RATE)
    faults: list[RowFault] = [
        (role, f"{say(role)} is no time at risk", f"{say.header(role)} is above 0")
        for role in ("time1", "time2") if values[role] <= 0
    ]  # fmt: skip
    if not faults and not (e1 and e2):
        rule = f"{say('events1')}, {say('events2')}: no event in a group has no log rate ratio"
        allowed = "events and person-time in every row, whose exact model takes zeros"
        faults = [("events1" if not e1 else "events2", rule, allowed)]
    if faults:
        raise RowFaults(*faults)
    se = sqrt(1.0 / e1 + 1.0 / e2)
    return EffectRow(log(e1 / t1 / (e2 / t2)), se, False, "events and person-time")


def errors_of_events(reader: RowReader) -> list[float]:
    """Possible standard errors of a log hazard ratio told by a P value; none, and a fault."""
    first, second = reader.count("events1"), reader.count("events2")
    n1, n2 = reader.count("n1"), reader.count("n2")
    if first and second:
        return [logrank_variance(by_group=(first, second)) ** -0.5]
    some = [events for events in reader.counts("events") or () if events > 0]
    if not some:
        reader.fault("events", "a hazard ratio told by its P value alone has no events",
                     "events of both groups together (a number or a range), events1 and events2 "
                     "above 0, or se")  # fmt: skip
    split = (float(n1), float(n2)) if n1 and n2 else None
    return [logrank_variance(events, people=split) ** -0.5 for events in some]


def _of_o_minus_e(say: RowNames, values: dict[str, float]) -> EffectRow:
    v = values.get("v", values.get("variance"))
    if v is None:
        raise RowFaults(("o_e", f"{say('o_e')} has no V", "O-E with V, its variance"))
    if v <= 0:
        role = "v" if "v" in values else "variance"
        raise RowFaults((role, f"{say(role)} is no variance", "V is above 0"))
    return EffectRow(values["o_e"] / v, 1.0 / sqrt(v), False, "O-E and V")


def _of_survival(values: dict[str, float]) -> EffectRow:
    """Proportions without the event at one time, before which nobody is lost.

    Cumulative hazards are in the ratio of the hazards; their log has variance (1/S - 1) / (n log^2
    S) (Kalbfleisch & Prentice 2002, section 1.4).
    """
    estimate, variance = 0.0, 0.0
    for group, sign in (("1", 1.0), ("2", -1.0)):
        s, n = values[f"survival{group}"], values[f"n{group}"]
        estimate += sign * log(-log(s))
        variance += (1.0 / s - 1.0) / (n * log(s) ** 2)
    how = "survival at one time, nobody lost before it (reconstructed)"
    return EffectRow(estimate, sqrt(variance), True, how)


def _variance(say: RowNames, values: dict[str, float]) -> float | None:
    by_group = people = None
    if {"events1", "events2"} <= set(values):
        by_group = values["events1"], values["events2"]
    elif "events" not in values:
        return None
    if {"n1", "n2"} <= set(values):
        people = values["n1"], values["n2"]
    v = logrank_variance(values.get("events"), by_group, people)
    if v > 0:
        return v
    role = "events" if by_group is None else "events1" if not by_group[0] else "events2"
    raise RowFaults((role, f"{say(role)}: without events there is no hazard ratio", "above 0"))


def _events(values: dict[str, float]) -> str:
    if {"events1", "events2"} <= set(values):
        return f"{values['events1']:g} and {values['events2']:g} events"
    split = f" of {values['n1']:g} and {values['n2']:g} people" if "n1" in values else ""
    return f"{values['events']:g} events{split}"


def _check(say: RowNames, values: dict[str, float]) -> None:
    faults: list[RowFault] = [
        (role, f"{say(role)} is no count", f"{say.header(role)} is a whole number, 0 or more")
        for role in ("events", "events1", "events2", "n1", "n2")
        if role in values and not (values[role] >= 0 and values[role].is_integer())
    ]
    for group in "12":
        events, people = values.get(f"events{group}"), values.get(f"n{group}")
        if events is not None and people is not None and events > people:
            rule = f"{say(f'events{group}')} of {say(f'n{group}')}"
            faults.append((f"events{group}", rule, "events are at most people"))
        if people == 0:
            faults.append((f"n{group}", f"{say(f'n{group}')}: a group is empty", "above 0"))
        if not 0 < values.get(f"survival{group}", 0.5) < 1:
            rule = f"{say(f'survival{group}')} is no proportion between 0 and 1"
            faults.append((f"survival{group}", rule, "between 0 and 1, not either of them"))
        if values.get(f"median{group}", 1.0) <= 0:
            faults.append((f"median{group}", f"{say(f'median{group}')} is no time", "above 0"))
    if faults:
        raise RowFaults(*faults)
