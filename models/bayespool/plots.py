"""The figures of a report, one by one, for notebooks and scripts.

Every function takes a fit and returns a matplotlib ``Figure``, drawn as the report draws it, with
its ``axes`` and its ``savefig``. Nothing is shown by a side effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bayespool.fitted import Fit
    from bayespool.report.summary import Summary

__all__ = [
    "bubble", "decision_curve", "fagan", "forest", "funnel", "pit", "predictive", "priors", "ranks",
    "sroc",
]  # fmt: skip


def forest(
    fitted: Fit,
    *,
    order: str = "input",
    page: int = 1,
    comparators: Sequence[Mapping[str, Any]] = (),
) -> Figure:
    """Every study with its numbers and weight, what was pooled, and where a new study may lie.

    Parameters
    ----------
    fitted : Fit
    order : {"input", "year", "effect"}
        Of the studies: as in the table, by the column year, or by the model's estimates.
    page : int
        With many studies the plot has several pages; which of them.
    comparators : mappings
        Of accuracy: results from elsewhere, beside the own; see `bayespool.write_report`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        An unknown order, or a page that the plot does not have.
    """
    from bayespool.figures import forest as drawing
    from bayespool.report.comparators import read_comparators
    from bayespool.report.effect_forests import effect_table
    from bayespool.report.forests import accuracy_table
    from bayespool.report.kinds import ACCURACY, kind_of
    from bayespool.report.ordering import check_order, ordered

    check_order(order, fitted.studies)
    external = read_comparators(tuple(comparators))
    kind, summary = kind_of(fitted), _summary(fitted)
    rows = ordered(kind.rows(fitted), fitted, order)
    if kind is ACCURACY:
        table = accuracy_table(fitted, summary, rows, external)
    elif external:
        raise ValueError("comparators are of diagnostic accuracy; allowed here: none")
    else:
        table = effect_table(fitted, summary, rows)
    pages = drawing.draw(table)
    if not 1 <= page <= len(pages):
        raise ValueError(f"page={page}: allowed is 1 to {len(pages)}")
    return pages[page - 1]


def sroc(fitted: Fit, *, comparators: Sequence[Mapping[str, Any]] = ()) -> Figure:
    """Summary ROC plot: studies, pooled points with their regions, and summary curves.

    Parameters
    ----------
    fitted : Fit
        Of diagnostic accuracy.
    comparators : mappings
        Results from elsewhere, beside the own; see `bayespool.write_report`.

    Returns
    -------
    matplotlib.figure.Figure
        With specificity falling along x and sensitivity along y.
    """
    from bayespool.figures import sroc as drawing
    from bayespool.report.comparators import read_comparators
    from bayespool.report.srocs import sroc_table

    _of_accuracy(fitted, "sroc")
    external = read_comparators(tuple(comparators))
    return drawing.draw(sroc_table(fitted, _summary(fitted), external))


def fagan(fitted: Fit, *, prevalence: float | None = None) -> Figure:
    """Fagan's nomogram, and the probability of the condition after a positive and a negative test.

    Parameters
    ----------
    fitted : Fit
        Of diagnostic accuracy.
    prevalence : float, optional
        Probability before the test, a proportion; by default the median share in the studies.
    """
    from bayespool.figures import fagan as drawing
    from bayespool.report.guideline_figures import fagan_table

    _of_accuracy(fitted, "fagan")
    return drawing.draw(fagan_table(fitted, _summary(fitted, prevalence)))


def decision_curve(fitted: Fit, *, prevalence: float | None = None) -> Figure:
    """Net benefit of testing, of treating all and of treating none.

    Parameters
    ----------
    fitted : Fit
        Of diagnostic accuracy.
    prevalence : float, optional
        A proportion; by default the median share in the studies.
    """
    from bayespool.figures import decision_curve as drawing
    from bayespool.report.guideline_figures import decision_table

    _of_accuracy(fitted, "decision_curve")
    table, _ = decision_table(fitted, _summary(fitted, prevalence))
    return drawing.draw(table)


def bubble(fitted: Fit, covariate: str) -> Figure:
    """Sensitivity and specificity against a numeric covariate of a meta-regression.

    Parameters
    ----------
    fitted : Fit
        Of diagnostic accuracy, with covariates.
    covariate : str

    Raises
    ------
    ValueError
        The model has no such numeric covariate.
    """
    from bayespool.figures import bubble as drawing
    from bayespool.report.group_figures import bubble_table
    from bayespool.report.points import codings

    _of_accuracy(fitted, "bubble")
    numeric = [coding.covariate for coding in codings(fitted) if not coding.levels]
    if covariate not in numeric:
        allowed = ", ".join(numeric) or "none, the model has no numeric covariate"
        raise ValueError(f"covariate={covariate!r}; allowed: {allowed}")
    return drawing.draw(bubble_table(fitted, covariate))


def funnel(fitted: Fit) -> Figure:
    """Funnel plot with contours of significance around no effect.

    Parameters
    ----------
    fitted : Fit
        Of an association. Exact counts are drawn as estimates with standard errors, 1/2 added to
        every cell of tables with a zero cell.
    """
    from bayespool.bias.assessment import effects_of
    from bayespool.figures import funnel as drawing
    from bayespool.report.publication_page import funnel_table

    if not fitted.model.measure:
        raise ValueError("funnel is of associations; allowed of accuracy: forest, sroc, ...")
    studies, _ = effects_of(fitted.studies, fitted.model.measure)
    return drawing.draw(funnel_table(studies, fitted.estimates["mu"].median))


def priors(fitted: Fit) -> Figure:
    """The prior of every hyperparameter beside its posterior."""
    from bayespool.figures import priors as drawing
    from bayespool.report.figure_tables import prior_panels

    return drawing.draw(prior_panels(fitted))


def predictive(fitted: Fit) -> Figure:
    """What every study found beside what the model predicts for a study of its size."""
    from bayespool.figures import predictive as drawing
    from bayespool.report import effect_figures, figure_tables
    from bayespool.report.kinds import ACCURACY, kind_of

    kind = kind_of(fitted)
    rows = kind.rows(fitted)
    if kind is ACCURACY:
        return drawing.draw(figure_tables.predictive_table(rows))
    return drawing.draw(effect_figures.predictive_table(fitted, _summary(fitted), rows)[0])


def pit(fitted: Fit) -> Figure:
    """Leave-one-out probability integral transforms of the studies, with a 95 % band."""
    from bayespool.figures import pit as drawing
    from bayespool.report.figure_tables import pit_table
    from bayespool.report.kinds import kind_of

    return drawing.draw(pit_table(kind_of(fitted).rows(fitted)))


def ranks(fitted: Fit) -> Figure:
    """Rank plots of the chains of a fit by NUTS."""
    from bayespool.figures import traces as drawing
    from bayespool.report.figure_tables import rank_panels

    if fitted.engine != "nuts":
        raise ValueError(f"ranks are of Markov chains, and this is a fit by {fitted.engine}; "
                         "allowed: a fit by NUTS")  # fmt: skip
    return drawing.draw(rank_panels(fitted))


def _summary(fitted: Fit, prevalence: float | None = None) -> Summary:
    from bayespool.report.summary import build_summary

    return build_summary(fitted, prevalences=None if prevalence is None else (prevalence,))


def _of_accuracy(fitted: Fit, name: str) -> None:
    if fitted.model.measure:
        raise ValueError(f"{name} is of diagnostic accuracy; allowed of associations: forest, "
                         "funnel, predictive, pit, priors, ranks")  # fmt: skip
