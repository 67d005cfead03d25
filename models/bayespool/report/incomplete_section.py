"""The section of the page on rows that are no full results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.checks.moves import moves
from bayespool.report import numbers, refit_words, tables
from bayespool.report.blocks import Block, Prose, Section, Table
from bayespool.report.incomplete import Incomplete, incomplete, kind_words
from bayespool.report.points import main_estimands
from bayespool.report.refits import shown, with_new
from bayespool.report.wording import listed

if TYPE_CHECKING:
    from bayespool.checks.contribution import Contribution
    from bayespool.estimands import Estimate
    from bayespool.fitted import Fit

NB = numbers.SPACE


def section(fitted: Fit) -> Section | None:
    """What rests on incomplete evidence; None where every row is a full result."""
    found = incomplete(fitted)
    if found is None:
        return None
    blocks: list[Block] = [
        Prose(
            "A row is incomplete when it states less than a full result: rates without counts, "
            "one group, a P value. All results compatible with the report are used, weighted by "
            "their probability. What a row tells of its own study is measured in bits: one bit "
            "halves what was uncertain beforehand. The last column is the equivalent number of "
            "patients with a complete result."
        ),
        rows_table(found),
    ]
    silent = [one.row for one in found.rows if one.silent]
    if silent:
        one = len(silent) == 1
        blocks.append(
            Prose(
                f"{listed(silent)} {'is' if one else 'are'} in the table but "
                f"say{'s' if one else ''} nothing in this model{_marker(fitted, found)}."
            )
        )
    return Section(
        "incomplete", "Incomplete", "Incompletely reported results",
        (*blocks, *_without(fitted, found)),
    )  # fmt: skip


def _marker(fitted: Fit, found: Incomplete) -> str:
    ignored = fitted.model.marker == "ignored" and any(
        one.silent and one.kind == "marker" for one in found.rows
    )
    words = ", which ignores markers without counts (marker='binormal' would use them)"
    return words if ignored else ""


def rows_table(found: Incomplete) -> Table:
    """Every partial row, the most informative first."""
    order = sorted(found.rows, key=lambda one: -one.bits)
    rows = tuple(
        (one.row, kind_words(one.kind), one.says, _bits(one), _worth(one))
        for one in order[: tables.MAX_ROWS]
    )
    error = max(one.bits_error for one in found.rows)
    caption = (
        "What each incomplete row tells of its own study; Monte Carlo error of the bits at most "
        f"{numbers.small(max(error, 0.001))}"
    )
    if len(rows) < len(order):
        caption += f"; the first {len(rows)} of {len(order):,}, all in incomplete.csv"
    head = ("Row", "Kind", "What is stated", "Bits", "As much as complete patients")
    return Table(caption, head, rows, words=True)


def _bits(one: Contribution) -> str:
    return "0" if one.silent else numbers.number(one.bits, 1 if one.bits >= 1.0 else 2)


def _worth(one: Contribution) -> str:
    """``15 of 19``; a share where the number of people is not known."""
    if one.silent:
        return "none"
    if one.equivalent is not None and one.people is not None:
        size = numbers.count(one.equivalent)
        small = "fewer than 1" if one.equivalent < 0.5 else size
        return f"{small} of {numbers.count(one.people)}"
    if one.share is not None:
        return f"{numbers.percent_prose(one.share)} of a complete result"
    return numbers.MISSING


def _without(fitted: Fit, found: Incomplete) -> list[Block]:
    fit = found.without.fit
    if fit is None:
        return [Prose(f"There is no answer without the incomplete rows. {found.without.why}")]
    names, seen = main_estimands(fitted), shown(fitted)
    rows = [
        (fitted.named[move.before.name].label, _both(move.before), _both(move.after),
         refit_words.shift(move))
        for move in moves(fitted.model, fitted.estimates, fit.estimates, names, seen)
    ]  # fmt: skip
    rows += [
        (fitted.named[name].label, _both(fitted.estimates[name]), _both(fit.estimates[name]),
         numbers.MISSING)
        for name in _new(fitted, seen) if name in fit.estimates
    ]  # fmt: skip
    head = (
        "", f"All {numbers.count(len(fitted.studies))} rows",
        f"The {numbers.count(len(fit.studies))} complete rows alone", refit_words.SHIFT,
    )  # fmt: skip
    return [
        Table(f"With and without the incomplete rows: median ({tables.INTERVAL})", head,
              tuple(rows)),
        *_warning(fit),
    ]  # fmt: skip


def _new(fitted: Fit, names: tuple[str, ...]) -> list[str]:
    from bayespool.checks.variants import Variant

    return with_new(Variant("", fitted), names)[len(names) :]


def _warning(fit: Fit) -> list[Prose]:
    words = refit_words.unsound({"the complete rows alone": fit})
    return [Prose(words)] if words else []


def _both(estimate: Estimate) -> str:
    median, interval, _ = tables.estimate_cells(estimate)
    return f"{median} ({interval})"
