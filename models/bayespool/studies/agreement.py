"""Agreement of readers and reliability of scales from what studies print instead of an error."""

from math import isclose

from bayespool.numerics.reconstructed import error_of_alpha, error_of_icc, kappa_of_table
from bayespool.numerics.transforms import TRANSFORMS
from bayespool.studies.forms import EffectRow, RowFault, RowFaults, RowNames
from bayespool.studies.prediction import PEOPLE
from bayespool.studies.spellings import Spellings

CELLS = ("yes_yes", "yes_no", "no_yes", "no_no")
KAPPA: Spellings = {
    "yes_yes": ("yesyes", "bothpositive", "bothyes"), "yes_no": ("yesno", "onlyfirst"),
    "no_yes": ("noyes", "onlysecond"), "no_no": ("nono", "bothnegative", "bothno"),
    "people": PEOPLE, "share1": ("share1", "positive1", "p1"),
    "share2": ("share2", "positive2", "p2"),
}  # fmt: skip
ICC: Spellings = {"people": PEOPLE, "readers": ("readers", "raters", "k", "observers")}
ALPHA: Spellings = {"people": PEOPLE, "items": ("items", "nitems", "mi")}
_Z = TRANSFORMS["tanh"]


def kappa(say: RowNames, values: dict[str, float], estimate: float | None) -> EffectRow | None:
    """Fisher's z of kappa, from the table of two readers, or from kappa and their margins."""
    if estimate is None:
        if not set(CELLS) <= set(values):
            return None
        return _of_cells(say, values)
    if not {"share1", "share2", "people"} <= set(values):
        return None
    found = float(_Z.back(estimate))
    cells = _of_margins(say, found, values)
    _, se = kappa_of_table(cells)
    how = f"kappa with the margins of {values['people']:g} people (SE reconstructed)"
    return EffectRow(estimate, se * float(_Z.slope(found)), True, how)


def icc(say: RowNames, values: dict[str, float], estimate: float | None) -> EffectRow | None:
    """Fisher's z of an intraclass correlation with the error of its people and readers."""
    if estimate is None or "people" not in values:
        return None
    people, readers = values["people"], values.get("readers", 2.0)
    _at_least(say, values, {"people": 3, "readers": 2})
    found = float(_Z.back(estimate))
    if found <= -1.0 / (readers - 1.0):
        low = -1.0 / (readers - 1.0)
        raise RowFaults(("printed", f"{say('printed')} of {readers:g} readers",
                         f"an intraclass correlation above {low:.3g}"))  # fmt: skip
    se = error_of_icc(found, people, readers) * float(_Z.slope(found))
    how = f"ICC of {readers:g} readers and {people:g} people (SE reconstructed)"
    return EffectRow(estimate, se, True, how)


def alpha(say: RowNames, values: dict[str, float], estimate: float | None) -> EffectRow | None:
    """``-log(1 - alpha)`` with the error of its items and people (Bonett 2002)."""
    if estimate is None or not {"people", "items"} <= set(values):
        return None
    _at_least(say, values, {"people": 3, "items": 2})
    se = error_of_alpha(values["items"], values["people"])
    return EffectRow(estimate, se, False, "alpha, items and people")


def kappa_range(share1: float, share2: float) -> tuple[float, float]:
    """Least and largest kappa of two readers who call these shares positive."""
    expected = share1 * share2 + (1.0 - share1) * (1.0 - share2)
    both = max(0.0, share1 + share2 - 1.0), min(share1, share2)
    low, high = ((1.0 - share1 - share2 + 2.0 * p - expected) / (1.0 - expected) for p in both)
    return low, high


def _of_cells(say: RowNames, values: dict[str, float]) -> EffectRow:
    _at_least(say, values, dict.fromkeys(CELLS, 0))
    cells = tuple(values[role] for role in CELLS)
    yes, first, second, no = cells
    if not (yes + first and no + second and yes + second and no + first):
        raise RowFaults(("yes_yes", f"a reader has one answer in all {sum(cells):g} people",
                         "both answers by both readers"))  # fmt: skip
    found, se = kappa_of_table((yes, first, second, no))
    if not _Z.inside(found) or se == 0.0:
        raise RowFaults(("yes_yes", f"kappa of {found:g} has no standard error",
                         "readers who agree in some and differ in some"))  # fmt: skip
    z = float(_Z.forward(found))
    return EffectRow(z, se * float(_Z.slope(found)), False, "table of two readers")


def _of_margins(
    say: RowNames, found: float, values: dict[str, float]
) -> tuple[float, float, float, float]:
    faults: list[RowFault] = [
        (role, f"{say(role)} is no share", "between 0 and 1")
        for role in ("share1", "share2") if not 0 < values[role] < 1
    ]  # fmt: skip
    if faults:
        raise RowFaults(*faults)
    _at_least(say, values, {"people": 3})
    p1, p2, n = values["share1"], values["share2"], values["people"]
    low, high = kappa_range(p1, p2)
    if not (low <= found <= high or isclose(found, low) or isclose(found, high)):
        rule = f"{say('printed')} cannot be where readers call {p1:g} and {p2:g} positive"
        raise RowFaults(("printed", rule, f"kappa from {low:.3g} to {high:.3g}"))
    expected = p1 * p2 + (1.0 - p1) * (1.0 - p2)
    agreed = found * (1.0 - expected) + expected
    both = max((agreed - 1.0 + p1 + p2) / 2.0, 0.0)
    return n * both, n * (p1 - both), n * (p2 - both), n * (1.0 - p1 - p2 + both)


def _at_least(say: RowNames, values: dict[str, float], least: dict[str, int]) -> None:
    faults: list[RowFault] = [
        (role, f"{say(role)} is no number of that kind", f"a whole number, {low} or more")
        for role, low in least.items()
        if role in values and not (values[role] >= low and values[role].is_integer())
    ]
    if faults:
        raise RowFaults(*faults)
