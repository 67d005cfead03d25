"""Publication bias of accuracy on the page: Deeks' funnel, and the share that is seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespool.bias.accuracy import AccuracyAssessment
from bayespool.bias.deeks import Deeks
from bayespool.figures import funnel, share_seen, svg
from bayespool.report import numbers, publication_words
from bayespool.report.blocks import Block, Bullets, Drawing, Prose, Table

NB = numbers.SPACE
WHAT = (
    "Nobody knows how many studies are missing. Here a study is seen with a probability that rises "
    "with the t statistic of its log diagnostic odds ratio, and sensitivity and specificity are "
    "those of all studies, seen or not, if a share of them is seen. Standard errors are each "
    "study's own; where the share is unknown those at the pooled proportions, which depend on "
    "group sizes alone. It is a sensitivity analysis: the share is assumed, not found, and in "
    "simulated reviews the model took away rather too much."
)
OF_BIAS = {"seen": "the share that is seen", "strength": "the strength of selection"}
COLUMNS = ("sens", "spec", "dor")


def figures(found: AccuracyAssessment) -> list[Drawing]:
    """Deeks' funnel, and the curve over the share that is seen."""
    out = [] if found.deeks is None else [_funnel(found.deeks)]
    return [*out, _curve(found)] if found.curve else out


def content(found: AccuracyAssessment, drawn: dict[str, Drawing]) -> list[Block]:
    """What the section says."""
    blocks: list[Block] = [Prose(publication_words.sentence(found))]
    return [*blocks, *(drawn[name] for name in ("seen", "funnel") if name in drawn)]


def details(found: AccuracyAssessment, _: dict[str, Drawing]) -> list[Block]:
    """What stands in the appendix of it."""
    blocks: list[Block] = [Prose(WHAT)] if found.curve else []
    blocks += map(Prose, found.notes)
    if found.curve:
        blocks.append(_answers(found))
        blocks += [Prose(text) for text in (_start(found),) if text]
    said = (
        *publication_words.of_overlaps({OF_BIAS[name]: x for name, x in found.overlaps.items()}),
        *_asymmetry(found),
    )
    return [*blocks, Bullets(said)] if said else blocks


def _funnel(line: Deeks) -> Drawing:
    x = 1.0 / np.sqrt(line.ess)
    ends = np.array([0.0, 1.08 * x.max()])
    fitted = np.stack([ends, line.line.intercept + line.line.slope * ends])
    table = funnel.FunnelTable(
        "Diagnostic odds ratio", line.log_dor, x, None, line=fitted, ratio=True,
        line_title="Deeks' regression", y_title="1 / √(effective sample size)",
    )  # fmt: skip
    words = (
        f"{len(x)} studies by diagnostic odds ratio and effective sample size, 4 n1 n2 / (n1 + n2) "
        "of people with and without the condition, the largest on top. Line: Deeks' regression, "
        "weighted by that size."
    )
    text = svg.to_svg(funnel.draw(table), "figure-funnel", "Deeks' funnel plot", words)
    return Drawing("funnel", text, words)


def _curve(found: AccuracyAssessment) -> Drawing:
    values = np.array([
        [[getattr(one.estimates[name], part) for one in found.curve.values()]
         for part in ("median", "lower", "upper")]
        for name in ("sens", "spec")
    ])  # fmt: skip
    table = share_seen.SeenTable(
        np.array(list(found.curve)), ("Sensitivity", "Specificity"), values
    )
    words = (
        f"Pooled sensitivity and specificity (medians and 95{NB}% intervals) of all studies, if a "
        "share of them is seen and those with a large t statistic of the diagnostic odds ratio "
        "more often."
    )
    title = "Accuracy by the share of studies that is seen"
    return Drawing("seen", svg.to_svg(share_seen.draw(table), "figure-seen", title, words), words)


def _answers(found: AccuracyAssessment) -> Table:
    rows = []
    if all(name in found.main for name in COLUMNS):
        rows.append(("as pooled by the main model", numbers.MISSING, *_cells(found.main)))
    for share, one in found.curve.items():
        seen = f"{numbers.percent_prose(share)} seen" if share < 1.0 else "all seen"
        rows.append((seen, numbers.number(found.unseen(share), 0), *_cells(one.estimates)))
    assert found.unknown is not None
    prior = found.unknown.model.seen
    rows.append((f"unknown, with the prior {prior!r}", numbers.MISSING,
                 *_cells(found.unknown.estimates)))  # fmt: skip
    head = ("Share of all studies", "Studies nobody saw", "Sensitivity", "Specificity",
            "Diagnostic odds ratio")  # fmt: skip
    return Table(f"Medians and 95{NB}% intervals by the share that is seen", head, tuple(rows))


def _start(found: AccuracyAssessment) -> str:
    """Why the curve does not start at the main model's answer; empty where that has none."""
    if "dor" not in found.main:
        return ""
    start, main = (numbers.ratio(e["dor"].median) for e in (found.curve[1.0].estimates, found.main))
    return (
        f"With all studies seen the curve starts at a diagnostic odds ratio of {start}, and the "
        f"main model says {main}: the curve takes logits with known standard errors for normal, "
        "the main model counts people. A proportion near 100 % has a large standard error, and so "
        "little weight, and 1/2 in every cell of a table with a zero draws it in. Read the curve "
        "as a change from its own start."
    )


def _cells(estimates: Any) -> tuple[str, ...]:
    return tuple(publication_words.value(estimates[name]) for name in COLUMNS)


def _asymmetry(found: AccuracyAssessment) -> list[str]:
    out = []
    if found.deeks is not None:
        line, zero = found.deeks.line, found.deeks.corrected
        out.append(
            f"Deeks' test: intercept {numbers.number(line.intercept)}, slope "
            f"{numbers.number(line.slope)}, t {numbers.number(line.t)} on {line.df} degrees of "
            f"freedom, p {numbers.small(line.p)}. Under a flat prior the interval of the slope is "
            "that of its posterior. The test has little power where tests vary between studies; "
            "Egger's is not for diagnostic odds ratios."
        )
        if zero:
            out.append(f"1/2 was added to every cell of {zero} tables with a zero cell.")
    if found.few:
        out.append("Deeks' test is advised against with fewer than ten studies.")
    return out
