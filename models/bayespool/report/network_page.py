"""Comparisons of tests on the page: the network, missing tests, direct and indirect evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bayespool.accuracy.networks import Network
from bayespool.checks.node_splitting import Split, split_of
from bayespool.estimands import Estimate
from bayespool.figures import network, svg
from bayespool.report import numbers
from bayespool.report.blocks import Block, Drawing, Prose, Table
from bayespool.report.tables import INTERVAL
from bayespool.report.wording import counted, listed

if TYPE_CHECKING:
    from bayespool.checks.variants import Variant
    from bayespool.fitted import Fit

NB = numbers.SPACE
WORDS = {"sens": "sensitivity", "spec": "specificity"}


def drawings(fitted: Fit) -> list[Drawing]:
    """The network of three tests or more; none of two."""
    if not fitted.model.test:
        return []
    found = Network.of(fitted.studies, fitted.model.test)
    if len(found.tests) < 3:
        return []
    place = {test: i for i, test in enumerate(found.tests)}
    links = [p for p in found.pairs if p.within]
    table = network.NetworkTable(
        tuple(test.shown for test in found.tests),
        found.used.sum(axis=1),
        tuple((place[p.second], place[p.first], p.within, p.participants) for p in links),
    )
    named = [
        f"{p.second} and {p.first}: {counted(p.within, 'study', 'studies')}, "
        f"{numbers.count(p.participants)} participants"
        for p in links
    ]
    caption = (
        "Lines join tests that studies compared: the number on a line is how many studies did, and "
        "the more participants these have, the wider it is. Discs: the more studies used a test "
        f"(number behind its name), the larger. {'; '.join(named)}."
    )
    title = "The network of tests"
    made = svg.to_svg(network.draw(table), "figure-network", title, f"{'; '.join(named)}.")
    return [Drawing("network", made, caption)]


def missing(fitted: Fit) -> str:
    """What is assumed of tests that a study did not use; nothing where all used all."""
    found = Network.of(fitted.studies, fitted.model.test)
    without = int((~found.used).sum())
    if not without:
        return ""
    studies = int((~found.used).any(axis=0).sum())
    return (
        f"{counted(studies, 'study', 'studies')} of {numbers.count(len(found.studies))} did not "
        f"use every test. Tests that were not used are taken as missing at random: whether a "
        "study used a test may depend on what its other results show, but not on what the missing "
        "one would have shown."
    )


def blocks(splits: Sequence[Variant] | None) -> list[Block]:
    """Direct and indirect evidence beside one another, where the pairs were split."""
    if splits is None:
        return []
    found = [one for variant in splits for one in split_of(variant)]
    return [Prose(split_words(found)), split_table(found)]


def split_words(found: Sequence[Split]) -> str:
    """Whether direct and indirect evidence agree."""
    apart = [f"{one.second} and {one.first} in {WORDS[one.margin]}" for one in found if one.apart]
    if apart:
        said = (
            f"Direct and indirect evidence differ by more than chance for {listed(apart)}: what is "
            "pooled there mixes answers that disagree."
        )
    else:
        said = (
            f"For no pair do they differ by more than chance (95{NB}% interval of the gap without "
            "0); wide intervals are no proof that they agree."
        )
    return (
        "Each pair with both kinds of evidence was taken apart: in studies of both tests the "
        f"second has values of its own, all else is shared. {said}"
    )


def split_table(found: Sequence[Split]) -> Table:
    """Differences from studies of both tests, and from all others."""
    rows = tuple(
        (
            f"{one.second} {numbers.MINUS} {one.first}, {WORDS[one.margin]}", _points(one.direct),
            _points(one.indirect), _points(one.gap), numbers.percent(one.above),
        )
        for one in found
    )  # fmt: skip
    what = ("Direct (within studies)", "Indirect (between)", "Gap")
    head = ("", *(f"{name}: median ({INTERVAL})" for name in what),
            "Probability that direct is larger")  # fmt: skip
    return Table("Direct and indirect evidence; differences in percentage points", head, rows)


def _points(one: Estimate) -> str:
    median, lower, upper = (f"{100.0 * x:+.1f}" for x in (one.median, one.lower, one.upper))
    return f"{median} ({lower} to {upper})".replace("-", numbers.MINUS)
