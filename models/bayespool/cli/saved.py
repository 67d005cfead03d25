"""The command that writes the report of a saved fit again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bayespool.cli.delivery import answer, deliver
from bayespool.cli.options import (
    ASKED,
    OUTPUT,
    PANEL,
    Output,
    Panel,
    check_prevalences,
    risk,
    spoken,
)
from bayespool.progress import say
from bayespool.terminal import watched

if TYPE_CHECKING:
    from bayespool.report.refits import Refits

DRAWS = "posterior.nc"


def report(
    saved: Path,
    /,
    *,
    prevalence: Annotated[tuple[float, ...], Parameter(group=ASKED)] = (),
    mid: Annotated[float | None, Parameter(group=ASKED)] = None,
    baseline_risk: Annotated[tuple[str, ...], Parameter(group=ASKED)] = (),
    new_within: Annotated[tuple[str, ...], Parameter(group=ASKED)] = (),
    panel: Panel = PANEL,
    output: Output = OUTPUT,
) -> int:
    """Write a report again, without fitting: as it was, but for what is asked anew.

    Parameters
    ----------
    saved
        The folder of a report, or its posterior.nc.
    prevalence
        Of accuracy: prevalence (a proportion) for predictive values; repeat for more.
    mid
        Of an association: smallest important difference on the measure's own scale.
    baseline_risk
        Of an association: risk in group 2, for absolute effects; repeat for more.
    new_within
        Of an association: bounds LOW,HIGH that a new study may lie within; repeat for more.
    """
    with watched(silent=output.silent):
        posterior = saved / DRAWS if saved.is_dir() else saved
        say(f"reading {posterior}")
        from bayespool.report.kept import kept

        check_prevalences(prevalence)
        own = kept(posterior)
        again = own.request.changed(
            prevalences=prevalence or None, mid=mid,
            baseline_risks=tuple(map(risk, baseline_risk)) or None,
            new_within=new_within or None,
            **panel.asked(), **panel.words(), **panel.names(), order=panel.order,
            formats=output.beside(own.request.formats),
            command="\n".join(filter(None, (own.request.command, spoken()))),
        )  # fmt: skip
        folder = output.folder(posterior.resolve().parent)
        _check_complete(posterior, own.refits, folder)
        answer(own.fit, output, again)
        return deliver(own.fit, folder, output, again, own.refits)


def _check_complete(posterior: Path, refits: Refits, folder: Path | None) -> None:
    """Refuse to replace a report by one without sections that it has."""
    if folder is None or folder.resolve() != posterior.resolve().parent:
        return
    from bayespool.report.kept import REFITS, SERIES

    lost = [name for name in SERIES
            if (folder / f"{name}.csv").exists() and name not in refits.names]  # fmt: skip
    if lost:
        raise ValueError(
            f"{folder}: has {', '.join(lost)} and no {REFITS} to write them again from; allowed: "
            "--out with another folder"
        )
