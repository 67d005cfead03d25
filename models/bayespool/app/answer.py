"""Answers to what is asked of a table: functions that a worker runs, and what they hand back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from bayespool.app.prepared import Prepared
from bayespool.fitted import Fit
from bayespool.fitting import fit
from bayespool.progress import stage
from bayespool.report.blocks import Drawing, Table
from bayespool.report.document import cautions, failed_words
from bayespool.report.files import summary_csv
from bayespool.report.first_screen import Tile
from bayespool.report.guideline_tables import form_table
from bayespool.report.kinds import kind_of
from bayespool.report.page import Page
from bayespool.report.refits import Refits
from bayespool.report.request import Request
from bayespool.report.summary import Summary, summary_of

COARSE = 500  # effective draws of the first answer


@dataclass(frozen=True)
class Answer:
    """What the page shows of a fit; every text is already rounded.

    Parameters
    ----------
    stamp
        Of the table and of what was asked of it; an answer with another stamp is out of date.
    coarse
        Of few draws: the first digits, until the fit that counts is there.
    tiles, sentence, failed, cautions, compact
        As the first screen of the report has them.
    drawings
        The forest plot, page by page, and the ROC plot, if there is one; they come last.
    form
        The domains of GRADE with their numbers beside.
    estimates
        Every estimand, as CSV.
    notes
        What the fit says of itself.
    seconds
        That it took.
    """

    stamp: str
    coarse: bool
    tiles: tuple[Tile, ...]
    sentence: str
    failed: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    compact: tuple[Table, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    form: Table | None = None
    estimates: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def coarse(prepared: Prepared, request: Request, seed: int, stamp: str) -> Answer | None:
    """The first digits, from few draws; None where they cannot be had before the fit itself."""
    start = time.perf_counter()
    if prepared.model.hierarchy(prepared.studies.by_study()) is None:
        return None
    fitted = fit(prepared.model, prepared.studies, "quadrature", seed, ess=COARSE)
    if fitted.draws.failures:
        return None
    summary = summary_of(fitted, request)
    kind = kind_of(fitted)
    return Answer(
        stamp,
        True,
        tuple(kind.tiles(summary)),
        kind.answer(summary),
        compact=tuple(kind.compact(summary)),
        seconds=time.perf_counter() - start,
    )


def refined(
    prepared: Prepared, request: Request, engine: str, seed: int, stamp: str
) -> tuple[Answer, Fit]:
    """The answer that counts, by the same fit as on the command line, and that fit."""
    start = time.perf_counter()
    fitted = fit(prepared.model, prepared.studies, engine, seed)
    answer, fitted = numbers(fitted, request, stamp)
    return replace(answer, seconds=time.perf_counter() - start), fitted


def numbers(fitted: Fit, request: Request, stamp: str) -> tuple[Answer, Fit]:
    """The answer of a fit that is there, to what is asked of it now; no figures yet."""
    start = time.perf_counter()
    stage("summary and checks")
    summary = summary_of(fitted, request)
    kind = kind_of(fitted)
    answer = Answer(
        stamp,
        False,
        tuple(kind.tiles(summary)),
        kind.answer(summary),
        failed_words(fitted, summary),
        cautions(page_of(fitted, summary, request)),
        tuple(kind.compact(summary)),
        form=form_table(fitted, summary),
        estimates=summary_csv(summary),
        notes=tuple(fitted.draws.messages),
        seconds=time.perf_counter() - start,
    )
    return answer, fitted


def with_figures(answer: Answer, fitted: Fit, request: Request) -> Answer:
    """The same answer with its figures."""
    stage("figures")
    kind = kind_of(fitted)
    rows = kind.rows(fitted, {})
    drawings = kind.own_drawings(fitted, summary_of(fitted, request), rows, (), request.order)
    return replace(answer, drawings=tuple(_plain(d) for d in drawings if _is_shown(d.name)))


def page_of(fitted: Fit, summary: Summary, request: Request) -> Page:
    """What the words of the first screen are made from: a page without figures."""
    notes: Any = (*fitted.studies.warnings, *request.notes)
    return Page(fitted, summary, (), {}, (), "", "", notes, None, Refits())


def _is_shown(name: str) -> bool:
    return name in ("forest", "sroc") or name.startswith("forest-")


def _plain(drawing: Drawing) -> Drawing:
    """Without the figure behind the text, which is large."""
    return Drawing(drawing.name, str(drawing.svg), drawing.caption)
