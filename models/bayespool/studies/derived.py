"""What a measure may be computed from beside its own precision: counts, statistics, tables."""

from collections.abc import Callable
from dataclasses import dataclass

from bayespool.studies import agreement, prediction, survival
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
    "hr": Form(survival.HAZARD, survival.hazard, ("o_e", "p", "survival1", "median1"),
               "O-E and V, or events with an exact p"),
    "irr": Form(survival.RATE, survival.rate, ("events1",), "events and time of both groups"),
    "kappa": Form(agreement.KAPPA, agreement.kappa, ("yes_yes",),
                  "share1, share2 and n, or the table of two readers"),
    "icc": Form(agreement.ICC, agreement.icc, (), "n and readers"),
    "alpha": Form(agreement.ALPHA, agreement.alpha, (), "n and items"),
    "oe": Form(prediction.OE, prediction.of_expected, ("expected",), "events and expected"),
}  # fmt: skip


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
