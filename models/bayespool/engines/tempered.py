"""An independent second sample of the posterior, tempered from the prior.

What the main proposal never visited cannot show in its own weights. This sample starts from draws
of the prior and raises the power of the likelihood to one step by step, without the modes that the
main proposal was made from. The two are compared in evidence and means.

References
----------
Neal (2001), Stat Comput 11:125-139 (annealed importance sampling); Cornuet, Marin, Mira & Robert
(2012), Scand J Stat 39:798-812 (draws of all rounds pooled).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bayespool.engines.coordinates import Coordinates
from bayespool.numerics.mixture import Mixture, expectation_maximisation, moments, scattered
from bayespool.numerics.pareto import smooth_log_weights

Array = np.ndarray
ROUNDS = 12
COMPONENTS = 4
WIDE = 0.1  # share of a wide component
COMPARED = 400
FEW = 50.0  # effective draws below which nothing can be compared
MISSED = 0.005  # share of the posterior that the main proposal may miss
BEYOND = np.log(3.0)  # above the main sample's largest weight
LARGEST_Z = 4.5
PLENTY = 2.0  # times the effective draws of a round, at which no further one is made
LEAD = 3.0  # error of the log likelihood by a part of the studies, in SDs of one study's
PART, LEAST_PART = 8, 100  # share of the studies that the first powers use, and how many at least
SMALL = 0.1  # posterior standard deviations, or nats of evidence, that need no explanation


class Second(NamedTuple):
    """Draws from the tempered proposal: points, log target, and the proposal's log density."""

    proposal: Mixture
    y: Array
    log_target: Array
    log_proposal: Array

    @property
    def w(self) -> Array:
        """Smoothed, normalised weights."""
        return np.exp(smooth_log_weights(self.log_target - self.log_proposal)[0])

    @property
    def ess(self) -> float:
        """Effective draws; none where the posterior has no density at any."""
        if not np.isfinite(self.log_target).any():
            return 0.0
        return float(1.0 / np.sum(self.w**2))


class Agreement(NamedTuple):
    """How the main sample stands to the second one.

    ``z`` is the largest difference of a mean or of the log evidence in combined Monte Carlo errors,
    not counting differences below a tenth; ``missed`` the share of the posterior where the main
    proposal is thinner than any of its own draws showed; both nan where ``ess`` is too small.
    """

    ess: float
    z: float
    missed: float

    @property
    def failures(self) -> tuple[str, ...]:
        """Sentences; empty where the two agree, or where nothing could be compared."""
        out = []
        if self.missed > MISSED:
            out.append(
                f"an independent sample tempered from the prior finds {self.missed:.1%} of the "
                "posterior where the main one has next to no draws"
            )
        if self.z > LARGEST_Z:
            out.append(
                "an independent sample tempered from the prior differs in a mean or in the "
                f"evidence by {self.z:.1f} Monte Carlo errors"
            )
        return tuple(out)


def second_sample(
    coordinates: Coordinates, log_density: Callable[[Array], Array], rng: np.random.Generator
) -> Second:
    """Draws of the posterior that know nothing of its modes."""
    proposal = _tempered(coordinates, rng)
    y = proposal.draw(COMPARED, rng)
    return Second(proposal, y, log_density(y), proposal.log_density(y))


def missed(second: Second, main: Mixture, largest: float) -> float:
    """Share of the posterior where target over main proposal exceeds the main sample's largest."""
    if second.ess < FEW:
        return float("nan")
    ratio = second.log_target - main.log_density(second.y)
    return float(second.w[ratio > largest + BEYOND].sum())


def agreement(second: Second, main: Mixture, y: Array, w: Array, log_w: Array) -> Agreement:
    """The main sample (points y, smoothed weights w, raw log weights) beside the second one."""
    ess = second.ess
    if ess < FEW:
        return Agreement(ess, float("nan"), float("nan"))
    mean, sd, error = _moments(y, w)
    other, _, second_error = _moments(second.y, second.w)
    gap = np.abs(mean - other)
    z = np.where(gap > SMALL * sd, gap / np.hypot(error, second_error), 0.0)
    ours, our_error = _evidence(log_w)
    theirs, their_error = _evidence(second.log_target - second.log_proposal)
    apart = abs(ours - theirs)
    of_evidence = apart / np.hypot(our_error, their_error) if apart > SMALL else 0.0
    return Agreement(ess, float(max(z.max(), of_evidence)), missed(second, main, log_w.max()))


def _moments(y: Array, w: Array) -> tuple[Array, Array, Array]:
    """Weighted mean, standard deviation, and the mean's Monte Carlo error (delta method)."""
    mean = y @ w
    squared = (y - mean[:, None]) ** 2
    return mean, np.sqrt(squared @ w), np.sqrt(squared @ (w * w))


def _evidence(log_w: Array) -> tuple[float, float]:
    top = log_w.max()
    raw = np.exp(log_w - top)
    return float(np.log(raw.mean()) + top), float(raw.std() / raw.mean() / np.sqrt(raw.size))


class _Stage(NamedTuple):
    """A likelihood, by what its logarithm is multiplied, and up to which power it is used."""

    coordinates: Coordinates
    scale: float
    highest: float


def _stages(coordinates: Coordinates, rng: np.random.Generator) -> list[_Stage]:
    """Of very many studies a random part first, while the power is so low that it is as good.

    With m of k studies the scaled log likelihood has an error of ``k / sqrt(m)`` times the standard
    deviation of one study's; the power keeps that below `LEAD` times the latter.
    """
    whole = _Stage(coordinates, 1.0, 1.0)
    k = coordinates.hierarchy.n_studies
    m = k // PART
    if m < LEAST_PART:
        return [whole]
    some = np.sort(rng.choice(k, m, replace=False))
    part = replace(coordinates, hierarchy=coordinates.hierarchy.subset(list(some)))
    return [_Stage(part, k / m, LEAD * np.sqrt(m) / k), whole]


def _tempered(coordinates: Coordinates, rng: np.random.Generator) -> Mixture:
    """A mixture fitted to the posterior by way of ever higher powers of the likelihood.

    The likelihood is Laplace's approximation: where a proposal lies needs no more.
    """
    d = len(coordinates.hierarchy.names)
    size, aim = 200 + 40 * d, 40.0 + 8.0 * d
    first = coordinates.from_theta(coordinates.hierarchy.draw_prior(size, rng))
    density: Callable[[Array], Array] = coordinates.log_prior
    power, mixture = 0.0, None
    for stage in _stages(coordinates, rng):
        y, used = [first], [density]
        target: list[Array] = []
        for _ in range(ROUNDS):
            target.append(stage.coordinates.log_density(y[-1], 1))
            x = np.concatenate(y, axis=1)
            prior = coordinates.log_prior(x)
            total = np.concatenate(target)
            inside = np.isfinite(total)  # beyond the edge of a bounded prior there is nothing
            prior = np.where(inside, prior, -np.inf)
            likelihood = np.where(inside, total - np.where(inside, prior, 0.0), -1e300)
            likelihood = np.maximum(stage.scale * likelihood, -1e300)
            densities = np.stack([one(x) for one in used])
            top = densities.max(axis=0)
            balance = top + np.log(np.exp(densities - top).mean(axis=0))
            done = power == stage.highest
            power = _next_power(prior - balance, likelihood, power, stage.highest, aim)
            w = _normalised(prior - balance + power * likelihood)
            # many effective draws at the last power, and there is no need of a round from there
            done = done or (power == stage.highest and 1.0 / np.sum(w * w) > PLENTY * aim)
            mean, overall = moments(x, w)
            overall += 1e-8 * np.eye(d)
            start = scattered(x, w, mean, overall, COMPONENTS, rng)
            mixture = expectation_maximisation(start, x, w, overall)
            mixture = mixture.with_component(WIDE, mean, 2.0 * overall)
            if done:
                break
            y.append(mixture.draw(size, rng))
            used.append(mixture.log_density)
        assert mixture is not None
        first, density = mixture.draw(size, rng), mixture.log_density
    assert mixture is not None
    return mixture


def _normalised(log_w: Array) -> Array:
    w = np.exp(log_w - log_w.max())
    return w / w.sum()


def _next_power(base: Array, likelihood: Array, power: float, highest: float, aim: float) -> float:
    """The highest power up to `highest` at which the weights keep so many effective draws."""

    def ess(at: float) -> float:
        return float(1.0 / np.sum(_normalised(base + at * likelihood) ** 2))

    if ess(highest) >= aim:
        return highest
    low, high = power, highest
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if ess(middle) >= aim else (low, middle)
    return low
