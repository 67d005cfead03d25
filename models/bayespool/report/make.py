"""From a model and a table to a report in one call: what the command line does, from Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespool.checks import variants
from bayespool.checks.leave_one_out import refit_without_each
from bayespool.checks.node_splitting import node_splitting as split_pairs
from bayespool.fitting import DEFAULT_SEED, fit, planned
from bayespool.progress import say
from bayespool.report.build import write_report
from bayespool.report.console import print_answer

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies


def make_report(
    model: Any,
    studies: AccuracyStudies,
    out_dir: str | Path,
    *,
    engine: str = "both",
    seed: int = DEFAULT_SEED,
    options: Mapping[str, Any] | None = None,
    leave_one_out: bool = False,
    prior_sensitivity: bool = False,
    cumulative: bool = False,
    node_splitting: bool = False,
    other_rows: Mapping[str, Any] | None = None,
    **words: Any,
) -> Path:
    """Fit, print the answer, fit again as asked, and write the report.

    Parameters
    ----------
    model, studies, engine, seed
        As `bayespool.fit` takes them.
    options : mapping, optional
        What that takes beside them, such as ``{"ess": 10_000}``.
    out_dir : path
        As `bayespool.write_report` takes it.
    leave_one_out, prior_sensitivity, cumulative : bool
        Also without each study, under other priors, and year by year.
    node_splitting : bool
        Of a network of tests: also direct against indirect evidence.
    other_rows : mapping, optional
        Also to other rows, as `bayespool.checks.variants.other_rows` takes them.
    **words
        The rest of what `bayespool.write_report` takes: title, question, notes and so on.

    Returns
    -------
    Path
        `out_dir`.
    """
    say(planned(model, studies, engine))
    fitted = fit(model, studies, engine, seed, **(options or {}))
    print_answer(fitted)
    return write_report(
        fitted,
        out_dir,
        leave_one_out=refit_without_each(fitted) if leave_one_out else None,
        prior_sensitivity=variants.prior_sensitivity(fitted) if prior_sensitivity else None,
        cumulative=variants.cumulative(fitted) if cumulative else None,
        other_rows=variants.other_rows(fitted, other_rows) if other_rows else None,
        node_splitting=split_pairs(fitted) if node_splitting else None,
        **words,
    )
