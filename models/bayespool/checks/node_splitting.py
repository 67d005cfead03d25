"""Direct against indirect evidence: every pair of tests that has both, taken apart.

References
----------
Dias, Welton, Caldwell & Ades (2010), Stat Med 29:932-944 (node-splitting).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bayespool.accuracy.networks import Network, PairEvidence
from bayespool.accuracy.quantities import MARGINS, intercept, parameter
from bayespool.checks.variants import Variant, refit
from bayespool.estimands import Estimate, summarise
from bayespool.numerics.links import link
from bayespool.parallel import each
from bayespool.quantity import Group

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.studies import AccuracyStudies


@dataclass(frozen=True)
class Split:
    """One margin of a pair: differences in proportion, second test less first, average study.

    Attributes
    ----------
    second, first : Group
    margin : str
        ``sens`` or ``spec``.
    direct, indirect, gap : Estimate
        In studies of both tests; in all others; the first less the second.
    above : float
        Probability that the direct difference is the larger.
    """

    second: Group
    first: Group
    margin: str
    direct: Estimate
    indirect: Estimate
    gap: Estimate
    above: float

    @property
    def apart(self) -> bool:
        """The two kinds of evidence differ by more than chance (95 % interval without zero)."""
        return not self.gap.lower <= 0.0 <= self.gap.upper


def node_splitting(fitted: Fit) -> tuple[Variant, ...]:
    """Refits of a comparison, each with one pair of tests split into direct and indirect evidence.

    In studies of both tests the second has means of its own; the first, and all else, is shared.

    Raises
    ------
    ValueError
        The model compares no tests, or no pair has both kinds of evidence.
    """
    pairs = check_splitting(fitted.model, fitted.studies)
    tasks: list[Any] = [
        (replace(fitted.model, split=(str(p.second), str(p.first))), fitted.studies, fitted.seed)
        for p in pairs
    ]
    names = [f"{p.second} and {p.first}" for p in pairs]
    return tuple(map(Variant, names, each(refit, tasks, "refits of node-splitting")))


def check_splitting(model: Any, studies: AccuracyStudies) -> tuple[PairEvidence, ...]:
    """The pairs that can be split; raises what `node_splitting` raises."""
    if not model.test:
        raise ValueError("--node-splitting is of comparisons of tests; allowed: with --test")
    pairs = Network.of(studies, model.test).of_both_kinds
    if not pairs:
        raise ValueError(
            f"{studies.file}: no pair of tests has direct and indirect evidence, which "
            "node-splitting compares; allowed: without --node-splitting"
        )
    return pairs


def split_of(variant: Variant) -> tuple[Split, ...]:
    """Both margins of a refit of `node_splitting`."""
    fitted = variant.fit
    second, first = map(Group, fitted.model.split)
    draws: Mapping[str, Any] = fitted.draws.hyper
    g, out = link(fitted.model.link), []
    for margin in MARGINS:
        of_second, of_first = (draws[intercept(fitted.model.link, margin, t)]
                               for t in (second, first))  # fmt: skip
        moved = g.inverse(of_second + draws[parameter(f"inconsistency_{margin.name}")])
        base, other = g.inverse(of_first), g.inverse(of_second)
        direct, indirect, gap = (
            summarise(name, values, fitted.draws.ancestor)
            for name, values in (("direct", moved - base), ("indirect", other - base),
                                 ("gap", moved - other))
        )  # fmt: skip
        above = float((moved > other).mean())
        out.append(Split(second, first, margin.name, direct, indirect, gap, above))
    return tuple(out)
