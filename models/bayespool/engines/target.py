"""What importance sampling weighs its draws by: the log posterior, by a rule or an expansion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayespool.engines import expansion, rule
from bayespool.engines.coordinates import Coordinates
from bayespool.engines.expansion import Expansion
from bayespool.engines.reach import largest
from bayespool.engines.rule import LOG_LIKELIHOOD_ERROR, Chosen
from bayespool.engines.tempered import Second
from bayespool.integration import Rule
from bayespool.numerics.mixture import Mixture, systematic

Array = np.ndarray
PROBES = 48
DOUBLED = 8  # of the probes, on which the nodes behind an expansion are doubled
FEW = 4  # probes that the nodes behind an expansion are chosen on


@dataclass(frozen=True, eq=False)
class Target:
    """The log posterior in the proposal's coordinates, by a rule or by an expansion of it."""

    coordinates: Coordinates
    chosen: Chosen
    rng: np.random.Generator
    expansion: Expansion | None = None

    @cached_property
    def rule(self) -> Rule:
        return self.chosen.rule(self.rng)

    def log_density(self, y: Array) -> Array:
        if self.expansion is not None:
            return self.expansion.log_density(y)
        return self.coordinates.log_density(y, self.rule)

    def integrated(self, y: Array) -> Array:
        """The same with every draw integrated."""
        if self.expansion is not None:
            return self.expansion.integrated(y)
        return self.coordinates.log_density(y, self.rule)

    def holds(self, second: Second) -> bool:
        """Whether the expansion, if there is one, agrees with the integrals of a second sample."""
        if self.expansion is None:
            return True
        if not second.ess:
            return False
        return self.expansion.holds(second.y, second.w, second.log_target, self.rng)

    def node_error(self, y: Array, theta: Array) -> float:
        """What more nodes change at draws, and how far the expansion is from its own nodes."""
        nodes = self.chosen.nodes
        if not nodes:
            return 0.0
        if self.expansion is None:
            return rule.node_error(self.coordinates.hierarchy, theta, nodes)
        few = theta[:, :: PROBES // DOUBLED]
        added = self.expansion.added
        doubled = rule.node_error(self.coordinates.hierarchy, few, nodes, added)
        return self.expansion.error(y) + doubled

    def finer(self, proposal: Mixture, error: float) -> Target | None:
        """What to use instead, where the error is too large and there is anything."""
        if error < LOG_LIKELIHOOD_ERROR:
            return None
        if self.expansion is not None:
            chosen = choose(self.coordinates, proposal, self.rng)
            return Target(self.coordinates, chosen, self.rng)
        further = rule.finer(self.coordinates.hierarchy, self.chosen)
        return None if further is None else Target(self.coordinates, further, self.rng)


def target_of(
    coordinates: Coordinates, proposal: Mixture, nodes: int | None, rng: np.random.Generator
) -> Target:
    """An expansion for many studies, else the cheapest rule."""
    if nodes is not None:
        return Target(coordinates, Chosen(nodes, 0, 0.0), rng)
    if expansion.applies(coordinates.hierarchy):
        probes = coordinates.theta(_probes(coordinates, proposal, FEW, rng))
        few, added = rule.fewest_nodes(coordinates.hierarchy, probes)
        if few:
            found = expansion.expand(coordinates, proposal, few, added, rng)
            return Target(coordinates, Chosen(few, 0, 0.0), rng, found)
    return Target(coordinates, choose(coordinates, proposal, rng), rng)


def choose(coordinates: Coordinates, proposal: Mixture, rng: np.random.Generator) -> Chosen:
    """The cheapest rule on draws near the posterior."""
    hierarchy = coordinates.hierarchy
    if hierarchy.gaussian:
        return Chosen(1, 0, 0.0)
    probes = _probes(coordinates, proposal, PROBES, rng)
    return rule.choose(hierarchy, coordinates.theta(probes), rng)


def _probes(coordinates: Coordinates, proposal: Mixture, n: int, rng: np.random.Generator) -> Array:
    """Draws near the posterior, by Laplace's approximation."""
    y = proposal.draw(8 * n, rng)
    log_w = coordinates.log_density(y, 1) - proposal.log_density(y)
    w = np.exp(log_w - largest(log_w, "draw near the mode"))
    return y[:, systematic(w, n, rng)]
