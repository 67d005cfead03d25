"""Integrals over the zero to six parameters of a model of publication bias, on a lattice.

Every parameter is the normal score of its prior, so that the prior is standard normal and no
posterior is far from it. Around the posterior's modes a lattice is laid whose spacing is about one
conditional standard deviation: of a smooth density the sum over it converges faster than any power
of the spacing (Trefethen & Weideman 2014, SIAM Rev 56:385-458). Location (mean, standard deviation,
slope) and weights enter together only in the weighted normal probability of every study, which is a
product of two small matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from bayespool.bias.ensemble import Member, OnError, Weighted
from bayespool.engines.mode import climb
from bayespool.numerics.mixture import systematic
from bayespool.numerics.weights import Steps
from bayespool.priors import Normal

Array = np.ndarray
SPACING = (0.25, 0.35, 0.5, 0.85, 1.0)  # in conditional standard deviations, by dimension
MOST = 4_000_000  # lattice points; with more the spacing is wider, and the error says so
REACH, FURTHER, WIDEST, ROUGH = 4.0, 3.0, 60.0, 1.6  # in units of the frame
FARTHEST = 8.0  # score beyond which a prior has no mass left
DROP = 15.0  # nats below the highest mode at which another is left out
NEGLIGIBLE = 1e-7  # share of the largest marginal density that may be left at an end
LOG_ROOT = 0.5 * np.log(2.0 * np.pi)
STARTS = 256
CHUNK = 60_000  # elements of the largest temporary
PRODUCT = 12  # studies whose probabilities are multiplied before a logarithm is taken


@dataclass(frozen=True, eq=False)
class Frame:
    """Coordinates of a lattice: ``scores = centre + factor u``, within two blocks of parameters.

    Parameters
    ----------
    centre : array, shape (d,)
    factor : array, shape (d, d)
        Block diagonal: location, weights.
    """

    centre: Array
    factor: Array

    def scores(self, u: Array, block: slice = slice(None)) -> Array:
        """Of points (d, n) of all parameters or of one block."""
        return self.centre[block, None] + self.factor[block, block] @ u

    @property
    def log_volume(self) -> float:
        return float(np.linalg.slogdet(self.factor)[1])


@dataclass(frozen=True, eq=False)
class Target:
    """The posterior of one model, its parameters as normal scores of their priors.

    Parameters
    ----------
    member : Member
    y, se : array, shape (n_studies,)
        Turned so that large estimates are those that are seen.
    sign : {1.0, -1.0}
        By which they were turned.
    """

    member: Member
    y: Array
    se: Array
    sign: float

    @cached_property
    def location(self) -> dict[str, Any]:
        """Priors of mean, standard deviation and slope, as far as they are free."""
        found = {"mu": self.member.effect} if self.member.has_effect else {}
        if self.member.has_heterogeneity:
            found["tau"] = self.member.heterogeneity
        if isinstance(self.member.bias, OnError):
            found[self.member.bias.kind] = self.member.bias.slope
        return found

    @cached_property
    def steps(self) -> Steps | None:
        """The weight, if there is one."""
        return self.member.bias.steps if isinstance(self.member.bias, Weighted) else None

    @property
    def priors(self) -> dict[str, Any]:
        """Of all free parameters in order."""
        return self.location | ({} if self.steps is None else self.steps.unit)

    def natural(self, scores: Array) -> dict[str, Array]:
        """Parameters by name from their scores, (d, n)."""
        return {name: _quantile(prior, x)
                for (name, prior), x in zip(self.priors.items(), scores, strict=True)}  # fmt: skip

    def _moments(self, at: dict[str, Array], n: int) -> tuple[Array, Array]:
        """Mean and variance of every estimate before selection, (n_studies, n)."""
        mean = np.broadcast_to(self.sign * at.get("mu", np.zeros(n)), (len(self.y), n)).copy()
        if isinstance(self.member.bias, OnError):
            bias = self.member.bias
            mean += self.se[:, None] ** bias.power * at[bias.kind]
        tau = at.get("tau", np.full(n, self.member.known_spread))
        return mean, self.se[:, None] ** 2 + tau**2

    def log_posterior(self, scores: Array, rule: int = 1) -> Array:
        """Log of likelihood times prior, (n,); what `engines.mode.climb` asks for."""
        n = scores.shape[1]
        at = self.natural(scores)
        mean, variance = self._moments(at, n)
        with np.errstate(over="ignore", invalid="ignore"):
            total = _log_normal(self.y[:, None] - mean, variance)
            if self.steps is not None:
                total = total + self.steps.log_weight(self.y / self.se, at)
                sd = np.sqrt(variance) / self.se[:, None]
                seen = self.steps.mean(mean / self.se[:, None], sd, at)
                total -= np.log(np.maximum(seen, 1e-300))
            out = total.sum(axis=0) - 0.5 * np.sum(scores**2, axis=0) - len(scores) * LOG_ROOT
        return np.where(np.isnan(out), -np.inf, out)

    def on_lattice(self, frame: Frame, axes: list[Array]) -> Array:
        """The same on a product of axes of a frame."""
        split = len(self.location)
        first, second = axes[:split], axes[split:]
        place = frame.scores(_mesh(first), slice(0, split))
        at = {name: _quantile(prior, x)
              for (name, prior), x in zip(self.location.items(), place, strict=True)}  # fmt: skip
        mean, variance = self._moments(at, place.shape[1])
        total = _log_normal(self.y[:, None] - mean, variance).sum(axis=0) - _half_square(place)
        shape = [len(axis) for axis in axes]
        if self.steps is None:
            return total.reshape(shape)
        scores = frame.scores(_mesh(second), slice(split, None))
        pairs = zip(self.steps.unit.items(), scores, strict=True)
        ratios = {name: _quantile(prior, x) for (name, prior), x in pairs}
        omega = np.maximum(self.steps.omega(ratios), 1e-300)
        often = np.bincount(self.steps.place(self.y / self.se), minlength=len(omega))
        whole = (often @ np.log(omega) - _half_square(scores))[None] + total[:, None]
        whole -= self._log_seen(mean, np.sqrt(variance), omega)
        return whole.reshape(shape)

    def _log_seen(self, mean: Array, sd: Array, omega: Array) -> Array:
        """Log probability that all studies are seen, (n_places, n_weights)."""
        assert self.steps is not None
        edges = self.steps.edges
        above = special.ndtr(
            (mean[:, None] - self.se[:, None, None] * edges[:, None]) / sd[:, None]
        )
        between = np.diff(above, axis=1, prepend=0.0, append=1.0)
        member = np.arange(len(omega))[:, None] == self.steps.interval
        share = np.einsum("jk,skn->sjn", member.astype(float), between)
        out = np.empty((mean.shape[1], omega.shape[1]))
        width = max(1, CHUNK // omega.shape[1])
        for first in range(0, len(out), width):
            part = slice(first, first + width)
            total = np.zeros(out[part].shape)
            for i in range(0, len(self.y), PRODUCT):
                seen = share[i, :, part].T @ omega
                for own in share[i + 1 : i + PRODUCT, :, part]:
                    seen *= own.T @ omega
                total += np.log(np.maximum(seen, 1e-300))
            out[part] = total
        return out


@dataclass(frozen=True, eq=False)
class Integrated:
    """The posterior of one model on its lattice.

    Attributes
    ----------
    target : Target
    frame : Frame
    axes : list of arrays
    log_density : array
        Of likelihood times prior at the points.
    log_marginal_likelihood, error : float
        And how far it is from the sum over every second point: more than its own error, as a rule,
        since the whole sum is the finer one, but no bound on it.
    """

    target: Target
    frame: Frame
    axes: list[Array]
    log_density: Array
    log_marginal_likelihood: float
    error: float

    def draw(self, n: int, rng: np.random.Generator) -> tuple[dict[str, Array], Array]:
        """Equally weighted posterior draws by name, each (n,), and the point each came from.

        Points are drawn by their density, moved within their cell, and weighted by what the
        density is there.
        """
        names = list(self.target.priors)
        if not names:
            return {}, np.arange(n)
        top = self.log_density.max()
        flat = np.exp(self.log_density.ravel() - top)
        made = 4 * n
        chosen = systematic(flat / flat.sum(), made, rng)
        index = np.unravel_index(chosen, self.log_density.shape)
        u = np.stack([axis[i] + (axis[1] - axis[0]) * (rng.random(made) - 0.5)
                      for axis, i in zip(self.axes, index, strict=True)])  # fmt: skip
        scores = self.frame.scores(u)
        log_w = self.target.log_posterior(scores) - self.log_density.ravel()[chosen]
        w = np.exp(log_w - log_w.max())
        kept = rng.permutation(systematic(w / w.sum(), n, rng))
        return self.target.natural(scores[:, kept]), kept


def integrate(target: Target) -> Integrated:
    """The marginal likelihood of a model, and its posterior on a lattice."""
    d = len(target.priors)
    if d == 0:
        value = float(target.log_posterior(np.zeros((0, 1)))[0])
        empty = Frame(np.zeros(0), np.zeros((0, 0)))
        return Integrated(target, empty, [], np.array(value), value, 0.0)
    frame, low, high = _frame(target)
    fine = np.full(d, SPACING[min(d, len(SPACING)) - 1])
    low, high = _ends(target, frame, low, high, ROUGH * fine)
    step = _affordable(low, high, fine)
    axes = _axes(low, high, step)
    density = target.on_lattice(frame, axes)
    top = density.max()
    value = np.exp(density - top)
    odd = sum(np.indices(density.shape, sparse=True)) % 2 == 1
    whole = float(value.sum())
    half = 2.0 * float(value[odd].sum())
    log_cell = float(np.log(step).sum()) + frame.log_volume
    return Integrated(
        target, frame, axes, density, float(np.log(whole) + top) + log_cell,
        abs(float(np.log(half / whole))),
    )  # fmt: skip


def _ends(target: Target, frame: Frame, low: Array, high: Array, step: Array) -> list[Array]:
    """Ends between which the posterior lies, found on a wider lattice."""
    while True:
        step = _affordable(low, high, step)
        axes = _axes(low, high, step)
        dead = _dead(target.on_lattice(frame, axes))
        short = [(k, side) for k, ends in enumerate(dead) for side, out in enumerate(ends)
                 if out == 0 and high[k] - low[k] < WIDEST]  # fmt: skip
        if not short:
            for k, (first, last) in enumerate(dead):
                low[k] += max(first - 1, 0) * step[k]
                high[k] = axes[k][-1] - max(last - 1, 0) * step[k]
            return [low, high]
        for k, side in short:
            low[k] -= FURTHER * (side == 0)
            high[k] += FURTHER * (side == 1)


def _axes(low: Array, high: Array, step: Array) -> list[Array]:
    return [np.arange(a, b + 0.5 * h, h) for a, b, h in zip(low, high, step, strict=True)]


def _frame(target: Target) -> tuple[Frame, Array, Array]:
    """The frame and ends of the lattice, from the modes and the curvature there."""
    d, split = len(target.priors), len(target.location)
    rng = np.random.default_rng(1)
    scattered = 1.5 * rng.standard_normal((d, STARTS))
    height = target.log_posterior(scattered)
    starts = np.concatenate([np.zeros((d, 1)), scattered[:, np.argsort(-height)[:2]]], axis=1)
    theta, cov, value = climb(target, starts, np.ones(len(starts)))  # type: ignore[arg-type]
    best = int(np.argmax(value))
    precision = np.linalg.inv(cov[best])
    factor = np.zeros((d, d))
    for block in (slice(0, split), slice(split, d)):
        own = np.linalg.cholesky(np.linalg.inv(precision[block, block]))
        # where the data tell little the tails are those of the prior
        factor[block, block] = own / np.maximum(np.linalg.norm(own, axis=0), 1.0)
    frame = Frame(theta[best], factor)
    inverse = np.linalg.inv(factor)
    low, high = np.zeros(d), np.zeros(d)
    for place, spread, height_there in zip(theta, cov, value, strict=True):
        if height_there > value[best] - DROP:
            wide = np.minimum(np.sqrt(np.diag(inverse @ spread @ inverse.T)), 3.0)
            at = inverse @ (place - frame.centre)
            low, high = np.minimum(low, at - REACH * wide), np.maximum(high, at + REACH * wide)
    return frame, low, high


def _affordable(low: Array, high: Array, step: Array) -> Array:
    """The spacing, wider where the lattice would have too many points."""
    points = float(np.prod((high - low) / step + 1.0))
    return step * max(1.0, points / MOST) ** (1.0 / len(step))


def _dead(log_density: Array) -> list[tuple[int, int]]:
    """For every axis, how many points from each end there is no posterior at."""
    value = np.exp(log_density - log_density.max())
    out = []
    for k in range(value.ndim):
        marginal = value.sum(axis=tuple(j for j in range(value.ndim) if j != k))
        alive = np.flatnonzero(marginal > NEGLIGIBLE * marginal.max())
        out.append((int(alive[0]), len(marginal) - 1 - int(alive[-1])))
    return out


def _quantile(prior: Any, score: Array) -> Array:
    """The value with this normal score."""
    if isinstance(prior, Normal):
        return np.asarray(prior.mu + prior.sigma * score)
    return np.asarray(prior.ppf(special.ndtr(np.clip(score, -FARTHEST, FARTHEST))))


def _mesh(axes: list[Array]) -> Array:
    """Points of a product of axes, (d, n); one point of no coordinates without any."""
    if not axes:
        return np.zeros((0, 1))
    return np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")])


def _half_square(scores: Array) -> Array:
    return 0.5 * np.sum(scores**2, axis=0) + len(scores) * LOG_ROOT


def _log_normal(away: Array, variance: Array) -> Array:
    return -0.5 * (away * away / variance + np.log(variance)) - LOG_ROOT
