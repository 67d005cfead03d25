"""Write a report: everything into a folder beside the old one, then swap the two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespool.bias.asked import BiasAsked
from bayespool.guideline.judgements import Judgements, read_judgements
from bayespool.progress import stage
from bayespool.report import further_figures, incomplete
from bayespool.report.comparators import read_comparators
from bayespool.report.document import document
from bayespool.report.downloads import downloads
from bayespool.report.drawings import draw_all
from bayespool.report.files import records_csv, summary_csv, write
from bayespool.report.formats import write_formats
from bayespool.report.guideline_figures import draw_guideline
from bayespool.report.html import html
from bayespool.report.kept import keep
from bayespool.report.kinds import ACCURACY, kind_of
from bayespool.report.ordering import check_order
from bayespool.report.page import Page
from bayespool.report.publication_page import drawings as draw_publication
from bayespool.report.refit_sections import draw_refits
from bayespool.report.refits import Refits
from bayespool.report.request import FORMATS, Request, check_formats
from bayespool.report.summary import Summary, summary_of
from bayespool.report.summary_record import summary_json
from bayespool.report.target import check_target, replacing

if TYPE_CHECKING:
    from bayespool.checks.leave_one_out import LeaveOneOutRefits
    from bayespool.checks.variants import Variant
    from bayespool.fitted import Fit
    from bayespool.report.association_numbers import BaselineRisk

NO_BIAS = BiasAsked()


def write_report(
    fitted: Fit,
    out_dir: str | Path,
    *,
    title: str | None = None,
    question: str | None = None,
    prevalences: Sequence[float] | None = None,
    mid: float | None = None,
    baseline_risks: Sequence[BaselineRisk] = (),
    thresholds: Mapping[str, Sequence[float]] | None = None,
    judgements: Judgements | str | Path | None = None,
    comparators: Iterable[Mapping[str, Any]] = (),
    notes: Sequence[str] = (),
    command: str | None = None,
    other_engine: Fit | None = None,
    leave_one_out: LeaveOneOutRefits | None = None,
    prior_sensitivity: tuple[Variant, ...] | None = None,
    cumulative: tuple[Variant, ...] | None = None,
    node_splitting: tuple[Variant, ...] | None = None,
    other_rows: tuple[Variant, ...] | None = None,
    formats: Sequence[str] = FORMATS,
    order: str = "input",
    bias: BiasAsked | str = NO_BIAS,
    groups: Sequence[str] = (),
    unit: str = "",
    variant_of: Sequence[str] = (),
    new_within: Sequence[str] = (),
) -> Path:
    """Write the report of a fit: a self-contained page, its tables, figures and draws.

    Rows that are no full results get a section of their own, with the model fitted again to the
    other rows by quadrature. The folder appears complete or not at all; an interrupted run leaves
    an older report as it was.

    Parameters
    ----------
    fitted : Fit
    out_dir : path
        New, empty, or holding an older report, which is replaced.
    title, question : str, optional
        Heading of the page and the question that it answers (that of the judgements, if any).
    prevalences : proportions in (0, 1), optional
        Of accuracy: for predictive values and natural frequencies; by default the shares in the
        studies.
    mid : float, optional
        Of an association: the smallest important difference on the measure's own scale (1.25 for
        a ratio).
    baseline_risks : proportions in (0, 1) or ProbabilityInterval, optional
        Of an odds ratio, risk ratio or risk difference: risks of group 2, for absolute effects.
    thresholds : mapping of estimand name to cut-offs, optional
        Between which judgements change; of accuracy 0.7, 0.8 and 0.9 of both by default.
    judgements : Judgements or path of a TOML file, optional
        Of a panel on certainty, as `bayespool.guideline.judgements` reads them.
    comparators : mappings with name, measure ("sens" or "spec"), estimate, and optionally
        reference, lower, upper, interval, note
        Results from elsewhere, shown beside the own and never pooled with it.
    notes : sentences, optional
        Warnings that a reader must see, such as overlap of patients.
    command : str, optional
        What to type to repeat the report.
    other_engine : Fit, optional
        The same model and data fitted by another engine, to be compared; by default the one that
        ``fit(..., engine="both")`` made.
    leave_one_out : LeaveOneOutRefits, optional
        From `bayespool.checks.leave_one_out.refit_without_each`.
    prior_sensitivity, cumulative, other_rows, node_splitting : tuple of Variant, optional
        From the functions of these names in `bayespool.checks.variants`.
    formats : names, optional
        What is written beside the page: ``markdown`` (report.md), ``word`` (report.docx),
        ``tables`` (every table of the page as CSV, all as tables.json), ``png`` (figures at 300
        dots per inch). By default all.
    order : {"input", "year", "effect"}, optional
        Of the studies in the forest plot: as in the table, by the column year, or by the model's
        estimates.
    bias : BiasAsked or its kind, optional
        What publication bias might do: ``robma``, ``selection`` or ``pet-peese`` of an
        association, ``selection`` or ``deeks`` of accuracy; by default nothing of it.
    groups : two str, optional
        Names of the groups that an association compares: ``("vaccinated", "not vaccinated")``.
    unit : str, optional
        Of a mean difference or a generic effect: ``m/s``.
    variant_of : two str, optional
        Title of the main report that this is a variant of, and the address of its page, such as
        ``../main/index.html``: the page begins with a link to it.
    new_within : sequence of str, optional
        Of an association: bounds ``LOW,HIGH`` that a new study may lie within.

    Returns
    -------
    Path
        `out_dir`.

    Raises
    ------
    ValueError
        A prevalence or baseline risk outside (0, 1), a `mid` that is none, an option of the other
        kind of analysis, an unlawful comparator or judgement, an unknown format or order, or a
        second fit or refits of something else.
    FileNotFoundError
        No such file of judgements.
    FileExistsError
        When `out_dir` is a file, or holds files that are not of a report.
    """
    if other_engine is not None:
        fitted = fitted.with_check(other_engine)
    if isinstance(judgements, str | Path):
        judgements = read_judgements(judgements)
    request = Request(
        title, question, prevalences, mid, tuple(baseline_risks), thresholds, judgements,
        tuple(comparators), tuple(notes), command, check_formats(formats), order,
        BiasAsked(bias) if isinstance(bias, str) else bias, tuple(groups), unit, tuple(variant_of),
        tuple(new_within),
    )  # fmt: skip
    refits = Refits(leave_one_out, prior_sensitivity, cumulative, other_rows, node_splitting)
    return write_requested(fitted, Path(out_dir), request, refits)


def write_requested(
    fitted: Fit, target: Path, request: Request, refits: Refits, summary: Summary | None = None
) -> Path:
    """`write_report` of a request that is one record, with its summary where that is there."""
    check_target(target)
    name = fitted.studies.name
    kind = kind_of(fitted)
    external = read_comparators(request.comparators)
    if external and kind is not ACCURACY:
        raise ValueError("comparators are of diagnostic accuracy; allowed here: none, or a note")
    refits.check(fitted)
    check_order(request.order, fitted.studies)
    if summary is None:
        stage("summary and checks")
        summary = summary_of(fitted, request)
    rows = kind.rows(fitted, refits.exact_elpd)
    stage("figures")
    own = kind.own_drawings(fitted, summary, rows, external, request.order)
    drawings = draw_all(fitted, rows, own)
    drawings |= {drawing.name: drawing for drawing in draw_refits(fitted, refits)}
    further = (further_figures.of_accuracy(fitted, rows) if kind is ACCURACY
               else further_figures.of_effects(fitted, rows, refits))  # fmt: skip
    drawings |= {drawing.name: drawing for drawing in further}
    panel = (*draw_guideline(fitted, summary, refits), *draw_publication(summary))
    drawings |= {drawing.name: drawing for drawing in panel}
    stage("page")
    judged = summary.judgements.question if summary.judgements else ""
    shown = document(Page(
        fitted, summary, rows, drawings, external,
        request.title or f"{kind.title}: {name.replace('_', ' ')}",
        request.question or judged or kind.question(fitted),
        (*fitted.studies.warnings, *request.notes), request.command, refits, request.formats,
        tuple(request.variant_of),
    ))  # fmt: skip
    tables = {"summary.csv": summary_csv(summary),
              "studies.csv": records_csv([kind.record(fitted, row) for row in rows])}  # fmt: skip
    with replacing(target) as folder:
        write(folder / "index.html", html(shown, downloads(shown, tables, request.formats)))
        write(folder / "summary.json", summary_json(summary, fitted, refits))
        for name, text in tables.items():
            write(folder / name, text)
        twins = refits.records(fitted) | incomplete.records(fitted)
        for analysis, records in twins.items():
            write(folder / f"{analysis}.csv", records_csv(records))
        (folder / "figures").mkdir()
        for drawing in drawings.values():
            write(folder / "figures" / f"{drawing.name}.svg", drawing.svg)
        write_formats(folder, shown, drawings.values(), request.formats)
        stage("draws")
        keep(folder, fitted, request, refits)
    return target
