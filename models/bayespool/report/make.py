"""From a model and a table to a report in one call: what the command line does, from Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespool.checks import variants
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.fitting import DEFAULT_SEED, fit, planned
from bayespool.progress import say
from bayespool.report.build import write_report
from bayespool.report.console import print_answer

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies import AccuracyStudies


def make_report(
    model: Any,
    studies: AccuracyStudies,
    out_dir: str | Path,
    *,
    engine: str = "both",
    seed: int = DEFAULT_SEED,
    ess: float | None = None,
    leave_one_out: bool = False,
    prior_sensitivity: bool = False,
    cumulative: bool = False,
    other_rows: Mapping[str, Any] | None = None,
    chosen: Mapping[str, Fit] | None = None,
    **words: Any,
) -> Path:
    """Fit, print the answer, fit again as asked, and write the report.

    Parameters
    ----------
    model, studies, engine, seed, ess
        As `bayespool.fit` takes them.
    out_dir : path
        As `bayespool.write_report` takes it.
    leave_one_out, prior_sensitivity, cumulative : bool
        Also without each study, under other priors, and year by year.
    other_rows : mapping, optional
        Also to other rows, as `bayespool.checks.variants.other_rows` takes them.
    chosen : mapping of str to Fit, optional
        Fits of one's own that are shown before those.
    **words
        The rest of what `bayespool.write_report` takes: title, question, notes and so on.

    Returns
    -------
    Path
        `out_dir`.
    """
    say(planned(model, studies, engine))
    options = {} if ess is None else {"ess": ess}
    fitted = fit(model, studies, engine, seed, **options)
    print_answer(fitted)
    others = [variants.Variant(name, one) for name, one in (chosen or {}).items()]
    if other_rows:
        others += variants.other_rows(fitted, other_rows)
    return write_report(
        fitted,
        out_dir,
        leave_one_out=refit_without_each(fitted) if leave_one_out else None,
        prior_sensitivity=variants.prior_sensitivity(fitted) if prior_sensitivity else None,
        cumulative=variants.cumulative(fitted) if cumulative else None,
        other_rows=tuple(others) or None,
        **words,
    )
