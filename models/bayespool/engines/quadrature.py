"""The quadrature engine: study effects by adaptive Gauss-Hermite, hyperparameters by adaptive
importance sampling. Deterministic given the seed, and it reports its own error.

References
----------
Cappe, Douc, Guillin, Marin & Robert (2008), Stat Comput 18:447-459 (adaptive mixtures);
Vehtari et al. (2024), JMLR 25:1-58 (Pareto smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from bayespool.engines import grid
from bayespool.engines.coordinates import Coordinates
from bayespool.engines.draws import Draws
from bayespool.engines.mode import posterior_mode
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.mixture import (
    Mixture,
    expectation_maximisation,
    moments,
    scattered,
    systematic,
)
from bayespool.numerics.pareto import smooth_log_weights

Array = np.ndarray
ROUNDS = 4
ROUND_SIZE = 600
MANY = 7  # hyperparameters, from which on adapting pays twice the rounds and more nodes
COMPONENTS = 4
DEFENCE = 0.05  # share of one wide component that guards the tails
REFITS = 2
POOR = 0.1  # effective draws per draw below which a better proposal is sought
ENOUGH_TO_LEARN = 60_000  # draws that a better proposal is made from
LEAVE_OUT_WIDENING = 1.4  # of the covariances, so that posteriors without a study fit inside
LEAVE_OUT_DRAWS = 3.0  # points per effective draw asked for
BATCH = 5_000
MAX_DRAWS = 200_000
OUTPUT_FACTOR = 2.0
NODE_LADDER = (3, 5, 7, 9, 11, 13, 19, 27)
LOG_LIKELIHOOD_ERROR = 1e-3
PARETO_K = 0.7
PROBES = 24
SMALLEST_ESS = 400.0


@dataclass(frozen=True, eq=False)
class QuadratureDraws:
    """What the engine returns.

    Attributes
    ----------
    theta : array, shape (n_hyper, n_draws)
        Equally weighted unconstrained hyperparameters.
    ancestor : array of int, shape (n_draws,)
        Which importance draw each came from; equal ancestors are one draw as far as the Monte
        Carlo error goes.
    nodes : int
        Quadrature nodes per dimension.
    node_error : float
        Largest change of the total log likelihood over probe draws when the nodes are doubled.
    pareto_k, ess, efficiency : float
        Tail shape of the weights, effective sample size, and its share of the draws made.
    log_marginal_likelihood, log_marginal_likelihood_mcse : float
    """

    theta: Array
    ancestor: Array
    nodes: int
    node_error: float
    pareto_k: float
    ess: float
    efficiency: float
    n_evaluated: int
    log_marginal_likelihood: float
    log_marginal_likelihood_mcse: float

    @property
    def failures(self) -> tuple[str, ...]:
        """Sentences on what the self-check found wrong; empty when it passed."""
        out = []
        if not self.node_error < LOG_LIKELIHOOD_ERROR:
            out.append(
                f"doubling the {self.nodes} quadrature nodes moves the log likelihood by "
                f"{self.node_error:.2g}, above {LOG_LIKELIHOOD_ERROR:g}"
            )
        if not self.pareto_k < PARETO_K:
            out.append(f"Pareto k of the weights is {self.pareto_k:.2f}, above {PARETO_K:g}")
        if not self.ess >= SMALLEST_ESS:
            out.append(f"the effective sample size is {self.ess:.0f}, below {SMALLEST_ESS:g}")
        return tuple(out)


def run(hierarchy: Hierarchy, seed: int, ess: float = 4_000.0, nodes: int | None = None) -> Draws:
    """`sample`, in the form that every engine returns; by the grid where that applies."""
    if grid.applies(hierarchy):
        return grid.run(hierarchy, seed)
    return as_draws(hierarchy, sample(hierarchy, seed, ess, nodes))


def as_draws(hierarchy: Hierarchy, result: QuadratureDraws) -> Draws:
    """The form that every engine returns."""
    return Draws(
        engine="quadrature",
        hyper={name: x[None] for name, x in hierarchy.natural(result.theta).items()},
        ancestor=result.ancestor,
        info={
            item.name: getattr(result, item.name)
            for item in fields(result)
            if item.name not in ("theta", "ancestor")
        },
        failures=result.failures,
    )


def sample(
    hierarchy: Hierarchy, seed: int, ess: float = 4_000.0, nodes: int | None = None
) -> QuadratureDraws:
    """Equally weighted posterior draws of the hyperparameters.

    Parameters
    ----------
    hierarchy : Hierarchy
    seed : int
        Same seed, same bits.
    ess : float
        Effective sample size to reach; more is drawn until it is.
    nodes : int, optional
        Quadrature nodes per dimension; by default as many as the error aim needs.
    """
    return _sample(hierarchy, np.random.default_rng(seed), ess, nodes)[0]


def sample_leaving_out(
    hierarchy: Hierarchy, seed: int, ess: float = 4_000.0
) -> list[tuple[QuadratureDraws, bool]]:
    """For every study, draws from the posterior without it.

    One set of points from a widened proposal serves all studies: each study's likelihood is
    divided out of the importance weights, which is exact. Where the weights of a study fail the
    self-check, the model is fitted again without it.

    Returns
    -------
    list of (draws, refitted)
        In the order of the studies.
    """
    rng = np.random.default_rng(seed)
    full, proposal, coordinates = _sample(hierarchy, rng, ess, None)
    proposal = proposal.widened(LEAVE_OUT_WIDENING)
    y = proposal.draw(int(LEAVE_OUT_DRAWS * ess), rng)
    by_study = hierarchy.log_likelihood(coordinates.theta(y), full.nodes)
    total = coordinates.log_prior(y) + by_study.sum(axis=0) - proposal.log_density(y)
    out = []
    for k in range(hierarchy.n_studies):
        weighted = _weigh(coordinates, y, total - by_study[k])
        if weighted.pareto_k < PARETO_K and weighted.reached >= 0.5 * ess:
            out.append((_resample(hierarchy, weighted, ess, full.nodes, rng), False))
        else:
            others = [j for j in range(hierarchy.n_studies) if j != k]
            again = _sample(hierarchy.subset(others), rng, ess, None)[0]
            out.append((again, True))
    return out


def _sample(
    hierarchy: Hierarchy, rng: np.random.Generator, ess: float, nodes: int | None
) -> tuple[QuadratureDraws, Mixture, Coordinates]:
    """Draws, and the proposal that made them, in its coordinates."""
    mode, cov = posterior_mode(hierarchy)
    coordinates = Coordinates.at(hierarchy, mode)
    proposal = adapt(coordinates, *coordinates.from_mode(mode, cov), rng)
    chosen = nodes if nodes is not None else choose_nodes(coordinates, proposal, rng)
    refits = 0
    while True:
        least = POOR if refits < REFITS else 0.0
        weighted = _draw_until(coordinates, proposal, ess, chosen, rng, least)
        poor = weighted.reached < least * weighted.log_w.size
        if (poor or not weighted.pareto_k < PARETO_K) and refits < REFITS:
            # what was drawn shows where the proposal was too thin
            refits += 1
            y, w = weighted.y, weighted.w
            mean, overall = moments(y, w)
            proposal = expectation_maximisation(
                scattered(y, w, mean, overall, 2 * COMPONENTS, rng), y, w, overall
            ).with_component(2.0 * DEFENCE, mean, 3.0 * overall)
            continue
        result = _resample(hierarchy, weighted, ess, chosen, rng)
        finer = [n for n in NODE_LADDER if n > chosen]
        if nodes is not None or result.node_error < LOG_LIKELIHOOD_ERROR or not finer:
            return result, proposal, coordinates
        chosen = finer[0]


class _Weighted(NamedTuple):
    """Points, their raw log weights, their smoothed and normalised weights, and how good.

    Points are given in the proposal's coordinates (y) and as unconstrained hyperparameters.
    """

    y: Array
    theta: Array
    log_w: Array
    w: Array
    pareto_k: float
    reached: float


def _weigh(coordinates: Coordinates, y: Array, log_w: Array) -> _Weighted:
    smoothed, k = smooth_log_weights(log_w)
    w = np.exp(smoothed)
    theta = coordinates.theta(y)
    with np.errstate(over="ignore"):
        natural = np.stack(list(coordinates.hierarchy.natural(theta).values()))
    return _Weighted(y, theta, log_w, w, k, smallest_ess(natural, w))


def _draw_until(
    coordinates: Coordinates,
    proposal: Mixture,
    ess: float,
    nodes: int,
    rng: np.random.Generator,
    least: float,
) -> _Weighted:
    """Draw from the proposal until the effective sample size is reached.

    Or until enough was drawn to make a better proposal of, where its efficiency is below `least`.
    """
    aim = ess / (1.0 - 0.25 / OUTPUT_FACTOR)  # what resampling costs is drawn beforehand
    y, log_w = np.empty((proposal.mean.shape[1], 0)), np.empty(0)
    batch = int(BATCH * ess / 4_000.0)
    while True:
        new = proposal.draw(batch, rng)
        y = np.concatenate([y, new], axis=1)
        log_w = np.append(log_w, coordinates.log_density(new, nodes) - proposal.log_density(new))
        weighted = _weigh(coordinates, y, log_w)
        drawn = log_w.size
        enough = weighted.reached >= aim or drawn >= MAX_DRAWS * ess / 4_000.0
        if enough or (drawn >= ENOUGH_TO_LEARN and weighted.reached < least * drawn):
            return weighted
        missing = drawn * (1.05 * aim / max(weighted.reached, 1.0) - 1.0)
        batch = int(np.clip(missing, 0.1 * drawn, 3.0 * drawn))


def _resample(
    hierarchy: Hierarchy, weighted: _Weighted, ess: float, nodes: int, rng: np.random.Generator
) -> QuadratureDraws:
    """Equally weighted draws from weighted points, with the self-check's measurements."""
    drawn = weighted.log_w.size
    top = weighted.log_w.max()
    raw = np.exp(weighted.log_w - top)
    n_out = int(OUTPUT_FACTOR * ess)
    ancestor = systematic(weighted.w, n_out, rng)
    kept = weighted.theta[:, ancestor]
    return QuadratureDraws(
        theta=kept,
        ancestor=ancestor,
        nodes=nodes,
        node_error=node_error(hierarchy, kept[:, :: max(1, n_out // PROBES)], nodes),
        pareto_k=weighted.pareto_k,
        ess=float(1.0 / (1.0 / weighted.reached + 0.25 / n_out)),
        efficiency=float(weighted.reached / drawn),
        n_evaluated=drawn,
        log_marginal_likelihood=float(np.log(raw.mean()) + top),
        log_marginal_likelihood_mcse=float(raw.std() / raw.mean() / np.sqrt(drawn)),
    )


def smallest_ess(values: Array, w: Array) -> float:
    """Effective sample size of the worst-estimated hyperparameter's mean, or of the weights.

    The variance of a self-normalised mean is ``sum w^2 (f - mean)^2``; the effective sample size
    is what independent draws would need for the same (Owen 2013, Monte Carlo, chapter 9.3).
    """
    mean = np.einsum("dn,n->d", values, w)
    squared = (values - mean[:, None]) ** 2
    ratio = np.einsum("dn,n->d", squared, w) / np.einsum("dn,n->d", squared, w * w)
    return float(min(ratio.min(), 1.0 / np.sum(w * w)))


def node_error(hierarchy: Hierarchy, theta: Array, nodes: int) -> float:
    """Largest change of the total log likelihood when the nodes per dimension are doubled."""
    if hierarchy.likelihood.exact:
        return 0.0
    coarse = hierarchy.log_likelihood(theta, nodes).sum(axis=0)
    fine = hierarchy.log_likelihood(theta, 2 * nodes + 1).sum(axis=0)
    return float(np.max(np.abs(fine - coarse)))


def choose_nodes(coordinates: Coordinates, proposal: Mixture, rng: np.random.Generator) -> int:
    """The fewest nodes per dimension whose error on probe draws stays well inside the aim."""
    hierarchy = coordinates.hierarchy
    if hierarchy.likelihood.exact:
        return 1
    y = proposal.draw(8 * PROBES, rng)
    log_w = coordinates.log_density(y, NODE_LADDER[0]) - proposal.log_density(y)
    w = np.exp(log_w - log_w.max())
    theta = coordinates.theta(y[:, systematic(w, PROBES, rng)])
    for nodes in NODE_LADDER[1:]:
        if node_error(hierarchy, theta, nodes) < 0.5 * LOG_LIKELIHOOD_ERROR:
            return nodes
    return NODE_LADDER[-1]


def adapt(coordinates: Coordinates, mode: Array, cov: Array, rng: np.random.Generator) -> Mixture:
    """A mixture proposal fitted to the posterior over a few rounds of importance sampling.

    Draws of all rounds are pooled with the balance heuristic; the mixture is refitted to them by
    weighted EM after every round.
    """
    mixture = Mixture(np.array([0.7, 0.3]), np.stack([mode, mode]), np.stack([cov, 4.0 * cov]))
    many = len(mode) >= MANY
    nodes = 1 if coordinates.hierarchy.likelihood.exact else NODE_LADDER[int(many)]
    size = int(ROUND_SIZE * max(1.0, len(mode) / 5.0) ** 2)
    points: list[Array] = []
    targets: list[Array] = []
    used: list[Mixture] = []
    for round_number in range(2 * ROUNDS if many else ROUNDS):
        points.append(mixture.draw(size, rng))
        targets.append(coordinates.log_density(points[-1], nodes))
        used.append(mixture)
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
    return mixture.with_component(DEFENCE, mean, 2.0 * overall)
