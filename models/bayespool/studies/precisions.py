"""Ways to state one standard error that contradict one another by more than rounding explains."""

from collections.abc import Mapping, Sequence
from math import inf, sqrt

from bayespool.studies.contradictions import half_unit
from bayespool.studies.effect_forms import percent_of
from bayespool.studies.forms import EffectRow, RowNames
from bayespool.studies.measures import Measure
from bayespool.studies.problems import located

Range = tuple[float, float]
# How far two ways may be apart, as a factor: intervals and P values come from different tests.
_APART = {"se": 1.02, "variance": 1.02, "interval": 1.1, "t": 1.25, "z": 1.25, "p": 1.25}
_OFF_CENTRE = 0.1  # of half the interval's width, beyond what rounding explains


def contradictions(
    say: RowNames, values: Mapping[str, float], measure: Measure, level: float, row: EffectRow
) -> list[str]:
    """What a row says twice and differently.

    Parameters
    ----------
    say
        Where the row stands, and its texts.
    values
        The filled cells by role.
    measure
        The measure that is asked for.
    level
        Percent of intervals; a level of the row wins.
    row
        What it was read as.
    """
    from bayespool.numerics import conversions

    # beside another printed measure than a ratio the error is its own
    bare = not {"se", "variance"} & set(values) or not measure.is_ratio
    on_log = "printed" in values and bare and not ("analysis" in values and "se" in values)
    df = values.get("df", inf)

    def ends(role: str, *, logarithm: bool = on_log) -> Range:
        unit = half_unit(say.text(role))
        low, high = values[role] - unit, values[role] + unit
        if not logarithm:
            return low, high
        return _carried(measure, low), _carried(measure, high)

    estimate = ends("printed" if on_log else "analysis")
    size = (0.0 if estimate[0] <= 0 <= estimate[1] else min(map(abs, estimate)),
            max(map(abs, estimate)))  # fmt: skip
    ways: dict[str, tuple[str, Range]] = {}
    for role in ("se_log",) if on_log else ("se", "se_log"):
        if role in values:
            ways.setdefault("se", (role, ends(role, logarithm=False)))
    if on_log and not measure.is_ratio and "se" in values:
        times = float(measure.transform.slope(values["printed"]))
        low, high = ends("se", logarithm=False)
        ways.setdefault("se", ("se", (low * times, high * times)))
    if "variance" in values and not on_log:
        low, high = ends("variance", logarithm=False)
        ways["variance"] = ("variance", (sqrt(max(low, 0.0)), sqrt(high)))
    out = []
    # beside a ratio and its logarithm with an error, the limits are the ratio's
    if {"ci_low", "ci_high"} <= set(values) and (low := values["ci_low"]) < values["ci_high"]:
        logarithm = "printed" in values
        if not logarithm or measure.transform.inside(low):
            ends_of = [ends(role, logarithm=logarithm) for role in ("ci_low", "ci_high")]
            share = percent_of(values, level) / 100
            inner, outer = ((ends_of[0][1], ends_of[1][0]), (ends_of[0][0], ends_of[1][1]))
            least = conversions.se_from_interval(*inner, share, df) if inner[0] < inner[1] else 0.0
            most = conversions.se_from_interval(*outer, share, df)
            ways["interval"] = ("ci_low", (float(least), float(most)))
            out += _off_centre(say, estimate, ends_of)
    for role in ("t", "z"):
        if values.get(role):
            low, high = sorted(abs(end) for end in ends(role, logarithm=False))
            ways[role] = (role, (size[0] / high, size[1] / low if low > 0 else inf))
    if (p := _p_range(say.text("p"))) is not None:
        near, far = (float(conversions.se_from_p(1.0, max(end, 1e-300), df)) if end < 1 else inf
                     for end in p)  # fmt: skip
        ways["p"] = ("p", (size[0] * near if p[0] > 0 else 0.0, size[1] * far if size[1] else 0.0))
    return out + _compared(say, ways, row)


def _carried(measure: Measure, printed: float) -> float:
    """On the scale of analysis; held inside the range of the measure."""
    transform = measure.transform
    low = max(printed, transform.low + 1e-300)
    return float(transform.forward(min(low, transform.high - 1e-12)))


def _off_centre(say: RowNames, estimate: Range, limits: Sequence[Range]) -> list[str]:
    (a, b), (c, d) = limits
    middle, half = ((a + c) / 2, (b + d) / 2), max((a + b - c - d) / -4, 0.0)
    gap = max(middle[0] - estimate[1], estimate[0] - middle[1])
    if gap <= _OFF_CENTRE * half:
        return []
    where = located(say.table.file, say.table.row_numbers[say.row], say.header("ci_low"))
    return [f"{where}: the estimate is not in the middle of its interval ({say('ci_low')}, "
            f"{say('ci_high')}), by {gap / half:.0%} of half its width"]  # fmt: skip


def _p_range(text: str) -> Range | None:
    """P values that print as a text: of 0.03 those from 0.025 to 0.035, of <0.001 all below."""
    plain = text.replace(" ", "").replace(",", ".")
    bare = plain.lstrip("<>=p")
    try:
        value = float(bare)
    except ValueError:
        return None
    if not 0 <= value <= 1 or (not bare[0].isdigit() and bare[0] != "."):
        return None
    if plain.startswith("<"):
        return 0.0, value
    if plain.startswith(">"):
        return value, 1.0
    unit = half_unit(bare)
    return max(value - unit, 0.0), min(value + unit, 1.0)


def _compared(say: RowNames, ways: Mapping[str, tuple[str, Range]], row: EffectRow) -> list[str]:
    """Every other way against the first, which is the one that is used."""
    if len(ways) < 2:
        return []
    order = [way for way in ("se", "variance", "interval", "t", "z", "p") if way in ways]
    used, out = order[0], []
    role, (least, most) = ways[used]
    for way in order[1:]:
        other, (low, high) = ways[way]
        slack = max(_APART[used], _APART[way])
        if low <= most * slack and least <= high * slack:
            continue
        where = located(say.table.file, say.table.row_numbers[say.row], say.header(other))
        between = f"{low:.3g} to {high:.3g}" if high < inf else f"{low:.3g} or more"
        own = say(role) if used != "interval" else f"{say('ci_low')}, {say('ci_high')}"
        told = say(other) if way != "interval" else f"{say('ci_low')}, {say('ci_high')}"
        out.append(f"{where}: {told} asks for a standard error of {between} (scale of analysis), "
                   f"but {own} says {row.se:.3g}, which is used")  # fmt: skip
    return out
