"""What one row of published effects comes to: the ways to state a precision, and their faults."""

from collections.abc import Mapping
from math import inf, sqrt

from bayespool.studies.derived import FORMS, derived
from bayespool.studies.forms import EffectRow, RowFault, RowFaults, RowNames
from bayespool.studies.measures import OF_COUNTS, WITHOUT_P, Measure

# An interval further off its estimate than this share of its half-width is no Wald interval.
_OFF_CENTRE = 0.1
# A ratio and its logarithm in one row may differ by rounding, not by more.
_LOG_ROUNDING = 0.2
_PRECISION_LEGAL = "se, or ci_low and ci_high, or t or z, or an exact p"


def effect_of_row(
    say: RowNames, values: dict[str, float], measure: Measure, level: float
) -> EffectRow:
    """Estimate and standard error from the best of what the row gives.

    In order: SE, variance, confidence interval, t or z, what else the measure may be computed from
    (`bayespool.studies.derived`), exact P.

    Parameters
    ----------
    say
        Where the row stands, for the messages.
    values
        The filled cells by role.
    measure
        The measure that is asked for.
    level
        Percent of the interval, where the row has no level of its own.

    Raises
    ------
    RowFaults
        The row gives no effect, or an impossible one.
    """
    from bayespool.numerics import conversions

    faults = [*_not_positive(say, values), *_no_p(say, values)]
    percent, level_faults = _level(say, values, level)
    if not {"printed", "analysis"} & set(values):
        other = derived(say, values, measure, None)
        if other is not None and not faults:
            return other
    scale, estimate, estimate_faults = _estimate(say, values, measure)
    interval, interval_faults = _interval(say, values, measure, estimate_faults == [])
    faults += [*level_faults, *estimate_faults, *interval_faults]
    if faults:
        raise RowFaults(*faults)
    label = _label(measure, scale)
    df = values.get("df", float("inf"))
    # Beside a ratio a plain SE or variance may be the ratio's own: only se_log is clear.
    clear = ("se", "se_log") if scale == "analysis" else ("se_log",)
    se_role = next((role for role in clear if role in values), None)
    if se_role is not None:
        return EffectRow(estimate, values[se_role], False, f"{label} with SE")
    if "variance" in values and scale == "analysis":
        return EffectRow(estimate, sqrt(values["variance"]), False, f"{label} with variance")
    if scale == "printed" and not measure.is_ratio and "se" in values:
        printed = measure.transform.slope(values["printed"])
        return EffectRow(estimate, values["se"] * float(printed), False, f"{label} with its SE")
    if interval is not None:
        low, high = interval
        if inf in (-low, high):  # a limit at the end of the scale: the other one tells the width
            half = estimate - low if high == inf else high - estimate
            low, high = estimate - half, estimate + half
            note = f"{label} with {percent:g} % CI, one limit at the end of its scale"
            se = float(conversions.se_from_interval(low, high, percent / 100, df))
            return EffectRow(estimate, se, True, f"{note} (SE reconstructed)")
        se = float(conversions.se_from_interval(low, high, percent / 100, df))
        off = abs(estimate - (low + high) / 2) > _OFF_CENTRE * (high - low) / 2
        note = " (not symmetric about it)" if off else ""
        return EffectRow(estimate, se, off, f"{label} with {percent:g} % CI{note}")
    for statistic in ("t", "z"):
        if statistic in values and measure.name not in WITHOUT_P:
            _check_statistic(say, statistic, values[statistic], estimate)
            se = float(conversions.se_from_statistic(estimate, values[statistic]))
            return EffectRow(estimate, se, False, f"{label} with {statistic}")
    if (other := derived(say, values, measure, estimate)) is not None:
        return other
    if 0 < values.get("p", 0.0) < 1 and measure.name not in WITHOUT_P:
        if estimate == 0:
            rule = f"{say(scale)} is no effect, so p gives no standard error"
            raise RowFaults(("p", rule, "give se, or ci_low and ci_high"))
        se = float(conversions.se_from_p(estimate, values["p"], df))
        return EffectRow(estimate, se, True, f"{label} with exact P")
    raise _without_precision(say, values, measure, scale)


def _estimate(
    say: RowNames, values: dict[str, float], measure: Measure
) -> tuple[str, float, list[RowFault]]:
    """Which column the estimate is from, its value on the scale of analysis, and its faults."""
    printed, analysis = values.get("printed"), values.get("analysis")
    transform = measure.transform
    if printed is not None and not transform.inside(printed):
        if measure.is_ratio:
            rule = f"{say('printed')} cannot be: the {measure.label} is not positive"
            return "printed", 0.0, [("printed", rule, "a ratio is above 0")]
        rule = f"{say('printed')} has no {measure.analysis_label}"
        return "printed", 0.0, [("printed", rule, _range(measure))]
    if printed is None and analysis is None:
        counts = ", or the counts of both groups" if measure.name in OF_COUNTS else ""
        fault = None, "the row has no effect", f"allowed is {measure.allowed}{counts}"
        return "analysis", 0.0, [fault]
    if printed is None or (analysis is not None and {"se", "variance"} & set(values)):
        faults: list[RowFault] = []
        own = 0.0 if printed is None else float(transform.forward(printed))
        if printed is not None and abs(own - (analysis or 0.0)) > _LOG_ROUNDING:
            what = "log" if measure.is_ratio else f"{measure.analysis_label} of"
            rule = f"{say('printed')} but {say('analysis')}; {what} {printed:g} is {own:.3g}"
            faults.append(("analysis", rule, "the two agree, or one is blank"))
        return "analysis", analysis or 0.0, faults
    return "printed", float(transform.forward(printed)), []


def _range(measure: Measure) -> str:
    low, high = measure.transform.low, measure.transform.high
    return f"{measure.label} {f'between {low:g} and' if low > -inf else 'below'} {high:g}"


def _interval(
    say: RowNames, values: dict[str, float], measure: Measure, has_estimate: bool
) -> tuple[tuple[float, float] | None, list[RowFault]]:
    """Limits on the scale of analysis, None where the row has none, and their faults."""
    given = [role for role in ("ci_low", "ci_high") if role in values]
    if not given:
        return None, []
    if len(given) == 1:
        lacking = {"ci_low": "ci_high", "ci_high": "ci_low"}[given[0]]
        rule = f"{say(given[0])} has no {lacking}"
        return None, [(lacking, rule, "an interval has both limits, or neither")]
    low, high = values["ci_low"], values["ci_high"]
    # In a row with a ratio and its logarithm the limits are the ratio's.
    scale = "printed" if "printed" in values else "analysis"
    limits = f"{say('ci_low')}, {say('ci_high')}"
    transform = measure.transform
    if scale == "printed" and measure.is_ratio and low <= 0:
        return None, [("ci_low", f"{say('ci_low')} is no limit of a ratio", "limits are above 0")]
    if scale == "printed" and not transform.low <= low < high <= transform.high and low < high:
        role = "ci_low" if low < transform.low else "ci_high"
        rule = f"{say(role)} is no limit of a {measure.label}"
        return None, [(role, rule, _range(measure))]
    if low >= high:
        return None, [("ci_low", f"{limits} are in the wrong order", "ci_low < ci_high")]
    if has_estimate and not low <= values[scale] <= high:
        rule = f"the interval ({limits}) does not contain {say(scale)}"
        return None, [(scale, rule, "ci_low <= estimate <= ci_high, all three on one scale")]
    if scale == "analysis":
        return (low, high), []
    return (_carried(measure, low), _carried(measure, high)), []


def _carried(measure: Measure, limit: float) -> float:
    """A printed limit on the scale of analysis; infinite at the end of the measure's range."""
    transform = measure.transform
    if transform.inside(limit):
        return float(transform.forward(limit))
    return inf if limit >= transform.high else -inf


def percent_of(values: Mapping[str, float], default: float) -> float:
    """Percent of the interval of a row, which may be written as a proportion."""
    level = values.get("level", default)
    return 100 * level if level < 1 else level


def _level(say: RowNames, values: dict[str, float], default: float) -> tuple[float, list[RowFault]]:
    percent = percent_of(values, default)
    if 50 <= percent < 100:
        return percent, []
    return default, [("level", f"{say('level')} is no level", "from 50 to below 100 percent")]


def _not_positive(say: RowNames, values: dict[str, float]) -> list[RowFault]:
    return [
        (role, f"{say(role)} is not positive", f"{say.header(role)} is above 0")
        for role in ("se", "se_log", "variance", "df")
        if role in values and values[role] <= 0
    ]


def _no_p(say: RowNames, values: dict[str, float]) -> list[RowFault]:
    """A printed 0.000 or 1.00 is no exact P, but harmless where something better is given."""
    p = values.get("p", 0.5)
    better = {"se", "se_log", "variance", "ci_low", "t", "z"} & set(values)
    if 0 < p < 1 or (better and p in (0, 1)):
        return []
    return [("p", f"{say('p')} is no exact P value", "0 < p < 1, two-sided")]


def _check_statistic(say: RowNames, role: str, value: float, estimate: float) -> None:
    if value == 0 or estimate == 0:
        rule = f"{say(role)} with an estimate of {estimate:g} gives no standard error"
        raise RowFaults((role, rule, "both differ from 0; else give se, or ci_low and ci_high"))
    if (value > 0) != (estimate > 0):
        rule = f"{say(role)} and the estimate {estimate:.3g} (scale of analysis) differ in sign"
        raise RowFaults((role, rule, "a statistic has the sign of its estimate"))


def _without_precision(
    say: RowNames, values: dict[str, float], measure: Measure, scale: str
) -> RowFaults:
    allowed = _PRECISION_LEGAL
    if measure.name in WITHOUT_P:
        allowed = "se, or ci_low and ci_high"
    if measure.name in FORMS:
        allowed += f", or {FORMS[measure.name].allowed}"
    tests = [role for role in ("t", "z", "p") if role in values]
    if tests and measure.name in WITHOUT_P:
        rule = f"{say(tests[0])} may test any value of a {measure.label}, so it gives no error"
        return RowFaults((tests[0], rule, f"allowed is {allowed}"))
    unclear = [role for role in ("se", "variance") if role in values]
    if unclear:
        rule = f"{say(unclear[0])} stands beside a ratio, so its scale is not known"
        remedy = "name the ratio's column log_... if it is one, or give se_log"
        return RowFaults((unclear[0], rule, remedy))
    if say.text("p"):
        rule = f"{say.header('p')}={say.text('p')!r} is no exact P value"
        return RowFaults(("p", rule, f"allowed is {allowed} (0 < p < 1, no bound)"))
    rule = f"{say(scale)} has no precision"
    return RowFaults((scale, rule, f"allowed is {allowed}"))


def _label(measure: Measure, scale: str) -> str:
    if measure.name == "generic":
        return "estimate"
    if measure.back == "lacking":
        return measure.label if scale == "printed" else measure.analysis_label
    if measure.back in ("expit", "tanh", "lacking") and scale == "printed":
        return measure.label
    short = measure.name.upper() if len(measure.name) <= 3 else measure.name
    if measure.back == "tanh":
        return "Fisher z"
    if measure.back == "expit":
        return "logit"
    return f"log {short}" if measure.is_ratio and scale == "analysis" else short
