"""How the effects of studies are integrated out: nodes or points, and how many.

One rule: what costs least for the same number of effective draws. Costs are counted, not timed, so
that the same seed gives the same bits: how often a row's density is evaluated at a draw, a point
taking a little longer than a node for the random numbers it needs. Nodes must meet the error aim;
points are exact with any number, and their noise costs a share ``1 - exp(-variance)`` of the draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from bayespool.hierarchy import Hierarchy
from bayespool.integration import Rule
from bayespool.numerics.points import Points

Array = np.ndarray
NODE_LADDER = (3, 4, 6, 7, 9, 11, 13, 19, 27)
POINT_LADDER = (4, 8, 16, 32, 64, 128, 256)
LOG_LIKELIHOOD_ERROR = 1e-3
SAFETY = 0.5  # of the error aim, on the draws that the choice is made from
# costs in evaluations of a row's density at a node (benchmarks/integration.py)
ONE_MODE, TWO_MODES = 8.0, 25.0  # of finding the mode of one level of effects, and of two
POINT = 2.1  # of a point, with the random numbers it needs
REPLICATES = 2
WORST = 4.0  # variance of a draw whose likelihood is not known at all
NOISIEST = 0.25  # variance of a rule that is considered at all
FALL = 3.0  # power of the number of points that their variance falls no faster by
FINE_POINTS, FINE_NODES = 128, 9  # of single studies


class Chosen(NamedTuple):
    """Nodes a dimension for one level of normal effects, points a study for the rest.

    Zero nodes: points for all; zero points: nodes for all. ``variance`` is that of the estimate of
    the total log likelihood over probe draws, zero where there are no points.
    """

    nodes: int
    points: int
    variance: float

    def rule(self, rng: np.random.Generator) -> Rule:
        """What `Hierarchy.log_likelihood` takes."""
        return Points(self.points, rng, self.nodes) if self.points else self.nodes


def choose(hierarchy: Hierarchy, theta: Array, rng: np.random.Generator) -> Chosen:
    """The cheapest rule for draws such as theta, shape (n_hyper, n_probes)."""
    if hierarchy.gaussian:
        return Chosen(1, 0, 0.0)
    found, cost = _points(hierarchy, theta, 0, rng)
    levels = one_level(hierarchy)
    if not levels.any():
        return found
    for nodes in NODE_LADDER:
        if ONE_MODE + _node_cost(hierarchy, nodes) > cost:
            break
        if node_error(hierarchy, theta, nodes) < SAFETY * LOG_LIKELIHOOD_ERROR:
            if levels.all():
                return Chosen(nodes, 0, 0.0)
            mixed, both = _points(hierarchy, theta, nodes, rng)
            return mixed if both < cost else found
    return found


def fewest_nodes(hierarchy: Hierarchy, theta: Array) -> tuple[int, float]:
    """The fewest nodes whose error is the same at a few draws, and what doubling adds there.

    What is the same for all draws changes no posterior, and is added as a number. Zero nodes where
    the ladder ends before.
    """
    before, last = None, 0
    for nodes in NODE_LADDER:
        now = hierarchy.total_log_likelihood(theta, nodes)
        if before is not None and np.ptp(now - before) < SAFETY * LOG_LIKELIHOOD_ERROR:
            doubled = hierarchy.total_log_likelihood(theta, 2 * last + 1)
            return last, float(np.mean(doubled - before))
        before, last = now, nodes
    return 0, 0.0


def one_level(hierarchy: Hierarchy) -> Array:
    """Studies whose effects are normal and of one level, or as good as that, (n_studies,)."""
    out = np.zeros(hierarchy.n_studies, bool)
    if hierarchy.freedom_prior is None:
        for block in hierarchy.blocks:
            out[block.studies] = hierarchy.within is None or block.merged is not None
    return out


def of_fit(hierarchy: Hierarchy, info: Mapping[str, Any]) -> Chosen:
    """The rule that a fit was made with, or for draws of another engine one as good."""
    if "nodes" in info or "points" in info:
        nodes, points = int(info.get("nodes", 0)), int(info.get("points", 0))
        return Chosen(nodes, points, float(info.get("variance", 0.0)))
    if hierarchy.gaussian:
        return Chosen(1, 0, 0.0)
    alone = one_level(hierarchy).all() and hierarchy.dimension <= 2
    return Chosen(15, 0, 0.0) if alone else Chosen(0, FINE_POINTS, 0.0)


def by_study(
    hierarchy: Hierarchy,
    theta: Array,
    chosen: Chosen,
    ancestor: Array | None,
    rng: np.random.Generator,
) -> Array:
    """Log likelihood of single studies at kept draws, (n_studies, n_draws).

    Errors do not average out over studies here: nodes where there are at most two effects, else
    more points. Copies of one draw, which have equal ancestors, are integrated once.
    """
    if hierarchy.gaussian:
        return hierarchy.log_likelihood(theta, 1)
    few = hierarchy.dimension <= 2 and bool(one_level(hierarchy).all())
    rule: Rule = max(FINE_NODES, chosen.nodes)
    if not few:
        rule = Points(max(FINE_POINTS, chosen.points), rng, chosen.nodes)
    if ancestor is None:
        return hierarchy.log_likelihood(theta, rule)
    _, first, back = np.unique(ancestor, return_index=True, return_inverse=True)
    return hierarchy.log_likelihood(theta[:, first], rule)[:, back]


def finer(hierarchy: Hierarchy, chosen: Chosen) -> Chosen | None:
    """The next rule up the ladder of nodes, None at its end."""
    more = [nodes for nodes in NODE_LADDER if nodes > chosen.nodes]
    return chosen._replace(nodes=more[0]) if chosen.nodes and more else None


def node_error(hierarchy: Hierarchy, theta: Array, nodes: int, added: float = 0.0) -> float:
    """Largest change of the total log likelihood when the nodes per dimension are doubled.

    Over the studies that are integrated by nodes; what was `added` beforehand is no change.
    """
    levels = one_level(hierarchy)
    if hierarchy.gaussian or not levels.any():
        return 0.0
    part = hierarchy if levels.all() else hierarchy.subset(list(np.flatnonzero(levels)))
    coarse = part.total_log_likelihood(theta, nodes)
    fine = part.total_log_likelihood(theta, 2 * nodes + 1)
    return float(np.max(np.abs(fine - coarse - added)))


def noise(hierarchy: Hierarchy, theta: Array, rule: Points) -> float:
    """Variance of the estimated total log likelihood, averaged over draws theta.

    That of one draw counts as at most `WORST`: a draw that the points do not reach at all is lost,
    and how far it is from being reached says nothing of the others.
    """
    totals = np.stack([hierarchy.total_log_likelihood(theta, rule) for _ in range(REPLICATES)])
    return float(np.mean(np.minimum(np.var(totals, axis=0, ddof=1), WORST)))


def _points(
    hierarchy: Hierarchy, theta: Array, nodes: int, rng: np.random.Generator
) -> tuple[Chosen, float]:
    """The cheapest number of points beside so many nodes, and its evaluations per effective draw
    and row."""
    share = 1.0
    fixed = ONE_MODE if hierarchy.within is None else TWO_MODES
    if nodes:
        alone = one_level(hierarchy)[hierarchy.study]
        share = float(np.mean(~alone))
        fixed = TWO_MODES * share + (ONE_MODE + _node_cost(hierarchy, nodes)) * (1.0 - share)
    best, least = Chosen(nodes, POINT_LADDER[-1], np.inf), np.inf
    for number in POINT_LADDER:
        work = fixed + POINT * number * share
        if work > least:
            break
        variance = noise(hierarchy, theta, Points(number, rng, nodes))
        if variance * (number / POINT_LADDER[-1]) ** FALL > NOISIEST:
            break
        cost = work * np.exp(variance)
        if variance < NOISIEST and cost < least:
            best, least = Chosen(nodes, number, variance), cost
    return best, least


def _node_cost(hierarchy: Hierarchy, nodes: int) -> float:
    """Evaluations of a row's density at a draw, averaged over rows."""
    by_row = np.mean(float(nodes) ** (hierarchy.rows.depth + 1.0))
    return float(by_row)
