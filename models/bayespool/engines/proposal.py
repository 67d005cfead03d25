"""A proposal for importance sampling that is fitted to the posterior.

References
----------
Cappe, Douc, Guillin, Marin & Robert (2008), Stat Comput 18:447-459 (adaptive mixtures).
"""

from __future__ import annotations

import numpy as np

from bayespool.engines import expansion
from bayespool.engines.coordinates import Coordinates
from bayespool.engines.mode import Modes
from bayespool.engines.reach import largest
from bayespool.numerics.mixture import Mixture, expectation_maximisation, moments, scattered
from bayespool.numerics.pareto import smooth_log_weights

Array = np.ndarray
ROUNDS, LEAST_ROUNDS = 10, 3
SETTLED = 1.05  # gain of a round's efficiency below which no further one is made
GOOD = 0.78  # efficiency of a round that none need follow
GOOD_IF_CHEAP = 0.65  # the same where an expansion makes draws cheap
ROUND_SIZE = 600
COMPONENTS = 4
DEFENCE = 0.05  # share of one wide component that guards the tails
LEAST_SHARE = 0.1  # of the first draws, to every mode


def adapt(coordinates: Coordinates, modes: Modes, rng: np.random.Generator) -> Mixture:
    """A mixture proposal fitted to the posterior over a few rounds of importance sampling.

    Draws of all rounds are pooled with the balance heuristic; the mixture is refitted to them by
    weighted EM after every round. Laplace's approximation is good enough for where to draw.
    """
    mixture = _around(coordinates, modes)
    d = mixture.mean.shape[1]
    size = int(ROUND_SIZE * max(1.0, d / 5.0))
    enough = GOOD_IF_CHEAP if expansion.applies(coordinates.hierarchy) else GOOD
    before = 0.0
    points: list[Array] = []
    targets: list[Array] = []
    used: list[Mixture] = []
    for round_number in range(ROUNDS):
        points.append(mixture.draw(size, rng))
        targets.append(coordinates.log_density(points[-1], 1))
        used.append(mixture)
        largest(targets[-1], "draw around the mode")
        own = smooth_log_weights(targets[-1] - mixture.log_density(points[-1]))[0]
        now = float(1.0 / np.sum(np.exp(2.0 * own))) / size
        if round_number >= LEAST_ROUNDS and now < SETTLED * before:
            break
        good = now > enough
        before = max(now, before)
        x = np.concatenate(points, axis=1)
        proposals = np.stack([m.log_density(x) for m in used])
        top = proposals.max(axis=0)
        balance = top + np.log(np.exp(proposals - top).mean(axis=0))
        smoothed, _ = smooth_log_weights(np.concatenate(targets) - balance)
        w = np.exp(smoothed)
        mean, overall = moments(x, w)
        if round_number == 0:
            mixture = scattered(x, w, mean, overall, COMPONENTS, rng)
        mixture = expectation_maximisation(mixture, x, w, overall)
        if good:  # one more fit to all draws, and it is better still
            break
    mixture = mixture.with_component(DEFENCE, mean, 2.0 * overall)
    for other, cov in zip(modes.theta[1:], modes.cov[1:], strict=True):
        # a mode of little mass starves in EM, and then few draws of large weight stand for it
        centre, spread = coordinates.from_mode(other, cov)
        mixture = mixture.with_component(DEFENCE, centre, 2.0 * spread)
    return mixture


def _around(coordinates: Coordinates, modes: Modes) -> Mixture:
    """A narrow and a wide component at every mode, by their shares of the evidence."""
    mass = np.exp(modes.log_mass - modes.log_mass.max())
    share = np.maximum(mass / mass.sum(), LEAST_SHARE)
    placed = [coordinates.from_mode(m, c) for m, c in zip(modes.theta, modes.cov, strict=True)]
    mean, cov = np.stack([m for m, _ in placed]), np.stack([c for _, c in placed])
    weight = np.concatenate([0.7 * share, 0.3 * share]) / share.sum()
    return Mixture(weight, np.concatenate([mean, mean]), np.concatenate([cov, 4.0 * cov]))
