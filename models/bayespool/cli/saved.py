"""The command that writes the report of a saved fit again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bayespool.cli.delivery import answer, deliver
from bayespool.cli.options import OUTPUT, PANEL, Output, Panel, check_prevalences, risk
from bayespool.progress import say
from bayespool.terminal import watched


def report(
    posterior: Path,
    /,
    *,
    prevalence: tuple[float, ...] = (),
    mid: float | None = None,
    baseline_risk: tuple[str, ...] = (),
    panel: Panel = PANEL,
    output: Output = OUTPUT,
) -> int:
    """Write the report of a saved fit again, without fitting.

    Parameters
    ----------
    posterior
        A posterior.nc that a report contains.
    prevalence
        Of accuracy: prevalence (a proportion) for predictive values; repeat for more.
    mid
        Of an association: smallest important difference on the measure's own scale.
    baseline_risk
        Of an association: risk in group 2, for absolute effects; repeat for more.
    """
    with watched(silent=output.silent):
        say(f"reading {posterior}")
        from bayespool.storage import load

        check_prevalences(prevalence)
        asked: dict[str, Any] = {"prevalences": prevalence or None, "mid": mid, **panel.asked()}
        asked["baseline_risks"] = tuple(map(risk, baseline_risk))
        fitted = load(posterior)
        folder = output.folder(posterior.resolve().parent)
        answer(fitted, output, asked)
        return deliver(fitted, folder, output, asked, panel.words())
