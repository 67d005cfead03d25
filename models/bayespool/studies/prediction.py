"""Validations of prediction models: standard errors from the events behind them."""

from math import log

from bayespool.numerics.reconstructed import error_of_c, error_of_log_count
from bayespool.studies.forms import EffectRow, RowFaults, RowNames
from bayespool.studies.spellings import PRECISION, Spellings

EVENTS = ("events", "event", "observed", "o", "nevents", "cases")
PEOPLE = ("n", "ntotal", "total", "people", "samplesize")
CSTAT: Spellings = {
    # of a table that also has O:E, whose errors and limits are others
    "se": (*PRECISION["se"], "sec", "secstat", "seauc"),
    "ci_low": (*PRECISION["ci_low"], "clow", "clower"),
    "ci_high": (*PRECISION["ci_high"], "chigh", "cupper"),
    "events": EVENTS, "others": ("nonevents", "noevents"), "people": PEOPLE,
}  # fmt: skip
OE: Spellings = {"events": EVENTS, "people": PEOPLE,
                 "expected": ("expected", "e", "nexpected", "expectedevents")}  # fmt: skip


def error_of_cstat(say: RowNames, values: dict[str, float], estimate: float) -> EffectRow | None:
    """A c statistic with the error of its events and non-events; None without these."""
    from bayespool.numerics.transforms import TRANSFORMS

    check_counts(say, values)
    events, others = values.get("events"), values.get("others")
    if others is None and events is not None and "people" in values:
        others = values["people"] - events
    if events is None or others is None:
        return None
    if not (events and others):
        raise RowFaults(("events", f"{say('events')}: a c statistic compares people with the event "
                         "and without", "one or more of each"))  # fmt: skip
    logit = TRANSFORMS["expit"]
    c = float(logit.back(estimate))
    se = error_of_c(c, events, others) * float(logit.slope(c))
    how = f"c with SE by Newcombe's method 4 from {events:g} events and {others:g} without"
    return EffectRow(estimate, se, True, f"{how} (SE reconstructed)")


def of_expected(
    say: RowNames, values: dict[str, float], estimate: float | None
) -> EffectRow | None:
    """Log O:E of observed and expected events, or the error of a printed one."""
    check_counts(say, values)
    events, expected = values.get("events"), values.get("expected")
    if expected is not None and expected <= 0:
        raise RowFaults(("expected", f"{say('expected')} expected events give no ratio",
                         "expected events are above 0"))  # fmt: skip
    if events is None or (estimate is None and expected is None):
        return None
    if events == 0:
        allowed = "one event or more, or events and expected in every row (their exact model)"
        raise RowFaults(("events", f"{say('events')}: no event has no log O:E", allowed))
    se = error_of_log_count(events, values.get("people"))
    if estimate is None and expected is not None:
        return EffectRow(log(events / expected), se, False, "observed and expected events")
    assert estimate is not None
    return EffectRow(estimate, se, True, f"O:E with SE of {events:g} events (SE reconstructed)")


def check_counts(say: RowNames, values: dict[str, float]) -> None:
    """Refuse events and people that are no counts, or more events than people."""
    faults = [
        (role, f"{say(role)} is no count", f"{say.header(role)} is a whole number, 0 or more")
        for role in ("events", "others", "people")
        if role in values and not (values[role] >= 0 and values[role].is_integer())
    ]
    events, people = values.get("events", 0.0), values.get("people")
    if people is not None and events >= people:
        faults.append(("events", f"{say('events')} of {say('people')}",
                       f"{say.header('events')} < {say.header('people')}"))  # fmt: skip
    if faults:
        raise RowFaults(*faults)
