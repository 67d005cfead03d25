"""What a measure may be computed from beside its own precision: counts, statistics, tables."""

from collections.abc import Callable
from dataclasses import dataclass

from bayespool.studies import prediction
from bayespool.studies.forms import EffectRow, RowNames
from bayespool.studies.measures import Measure
from bayespool.studies.spellings import Spellings

# estimate on the scale of analysis, None where the row has none -> the row, None where it can't
Derive = Callable[[RowNames, dict[str, float], float | None], EffectRow | None]


@dataclass(frozen=True)
class Form:
    """Columns of a measure, and what they come to.

    Parameters
    ----------
    spellings
        Headers of every role.
    derive
        From the cells by role and the estimate to the row.
    alone
        Roles that tell the effect without an estimate.
    allowed
        In words, for the message of a row that has too little.
    """

    spellings: Spellings
    derive: Derive
    alone: tuple[str, ...]
    allowed: str


def _cstat(say: RowNames, values: dict[str, float], estimate: float | None) -> EffectRow | None:
    return None if estimate is None else prediction.error_of_cstat(say, values, estimate)


FORMS: dict[str, Form] = {
    "cstat": Form(prediction.CSTAT, _cstat, (), "events and n (or nonevents)"),
    "oe": Form(prediction.OE, prediction.of_expected, ("expected",), "events and expected"),
}


def spellings_of(measure: Measure) -> Spellings:
    """Headers of the roles that a measure has beside estimate and precision."""
    form = FORMS.get(measure.name)
    return {} if form is None else form.spellings


def derived(
    say: RowNames, values: dict[str, float], measure: Measure, estimate: float | None
) -> EffectRow | None:
    """The row as far as other columns tell it; None where they do not.

    Raises
    ------
    RowFaults
        They cannot be.
    """
    form = FORMS.get(measure.name)
    return None if form is None else form.derive(say, values, estimate)
