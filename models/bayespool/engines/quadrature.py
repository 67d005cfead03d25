"""The quadrature engine: study effects integrated out, hyperparameters by adaptive importance
sampling. Deterministic given the seed, and it reports its own error.

References
----------
Cappe, Douc, Guillin, Marin & Robert (2008), Stat Comput 18:447-459 (adaptive mixtures);
Vehtari et al. (2024), JMLR 25:1-58 (Pareto smoothing); Tran, Scharth, Pitt & Kohn (2013),
arXiv:1309.3339 (importance sampling with an estimated likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from bayespool.engines import grid, rule, tempered
from bayespool.engines.coordinates import Coordinates
from bayespool.engines.draws import CHAINS, Draws, in_chains, mixed
from bayespool.engines.mode import posterior_modes
from bayespool.engines.proposal import COMPONENTS, DEFENCE, adapt
from bayespool.engines.reach import largest
from bayespool.engines.rule import LOG_LIKELIHOOD_ERROR, Chosen
from bayespool.engines.target import PROBES, Target, choose, target_of
from bayespool.engines.tempered import Agreement, Second
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.mixture import (
    Mixture,
    expectation_maximisation,
    moments,
    scattered,
    systematic,
)
from bayespool.numerics.pareto import smooth_log_weights
from bayespool.numerics.points import Points
from bayespool.priors import LARGEST

Array = np.ndarray
REFITS = 2
MOST_REFITS = 4  # where the weights fail, with more components the more there were
POOR = 0.3  # effective draws per draw below which a better proposal is sought
ENOUGH_TO_LEARN = 5_000  # draws that a better proposal is made from
LEAVE_OUT_WIDENING = 1.4  # of the covariances, so that posteriors without a study fit inside
LEAVE_OUT_DRAWS = 3.0  # points per effective draw asked for
BATCH = 5_000
MAX_DRAWS = 200_000
OUTPUT_FACTOR = 2.0
PARETO_K = 0.7
SMALLEST_ESS = 400.0
LARGEST_VARIANCE = 1.0  # of the estimated log likelihood; beyond, its noise governs the weights
SECOND_SHARE = 0.3  # of the proposal, to the tempered one, where the main one missed something


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
    nodes, points : int
        Quadrature nodes per dimension, or randomised points a study; the other is zero.
    node_error : float
        Largest change of the total log likelihood over probe draws when the nodes are doubled;
        zero with points.
    variance : float
        Of the estimated total log likelihood over probe draws; zero with nodes.
    n_expanded : int
        Points that an expansion of the log posterior was fitted to, by which the draws were
        weighted; zero where every draw was integrated. ``node_error`` has its error too.
    n_modes : int
        Distinct modes that the starts led to.
    second_ess, second_z, missed : float
        The independent second sample; see `engines.tempered.Agreement`.
    pareto_k, ess, efficiency : float
        Tail shape of the weights, effective sample size, and its share of the draws made.
    log_marginal_likelihood, log_marginal_likelihood_mcse : float
    """

    theta: Array
    ancestor: Array
    nodes: int
    points: int
    node_error: float
    variance: float
    pareto_k: float
    ess: float
    efficiency: float
    n_evaluated: int
    log_marginal_likelihood: float
    log_marginal_likelihood_mcse: float
    n_expanded: int = 0
    n_modes: int = 1
    second_ess: float = float("nan")
    second_z: float = float("nan")
    missed: float = float("nan")

    @property
    def failures(self) -> tuple[str, ...]:
        """Sentences on what the self-check found wrong; empty when it passed."""
        out = list(Agreement(self.second_ess, self.second_z, self.missed).failures)
        if not self.node_error < LOG_LIKELIHOOD_ERROR:
            what = "and the expansion in the hyperparameters move" if self.n_expanded else "moves"
            out.append(
                f"doubling the {self.nodes} quadrature nodes {what} the log likelihood by "
                f"{self.node_error:.2g}, above {LOG_LIKELIHOOD_ERROR:g}"
            )
        if not self.variance < LARGEST_VARIANCE:
            out.append(
                f"the log likelihood by {self.points} points has a variance of "
                f"{self.variance:.2g}, above {LARGEST_VARIANCE:g}"
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
        hyper={name: in_chains(x) for name, x in hierarchy.natural(result.theta).items()},
        ancestor=result.ancestor,
        info={
            item.name: getattr(result, item.name)
            for item in fields(result)
            if item.name not in ("theta", "ancestor")
            and not np.isnan(getattr(result, item.name))  # what could not be compared
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
    chosen = Chosen(full.nodes, full.points, full.variance)
    proposal = proposal.widened(LEAVE_OUT_WIDENING)
    y = proposal.draw(int(LEAVE_OUT_DRAWS * ess), rng)
    target = Target(coordinates, chosen, rng)
    by_study = hierarchy.log_likelihood(coordinates.theta(y), target.rule)
    total = coordinates.log_prior(y) + by_study.sum(axis=0) - proposal.log_density(y)
    out = []
    for k in range(hierarchy.n_studies):
        weighted = _weigh(coordinates, y, total - by_study[k])
        if weighted.pareto_k < PARETO_K and weighted.reached >= 0.5 * ess:
            out.append((_resample(target, weighted, ess), False))
        else:
            others = [j for j in range(hierarchy.n_studies) if j != k]
            again = _sample(hierarchy.subset(others), rng, ess, None)[0]
            out.append((again, True))
    return out


def _sample(
    hierarchy: Hierarchy, rng: np.random.Generator, ess: float, nodes: int | None
) -> tuple[QuadratureDraws, Mixture, Coordinates]:
    """Draws, and the proposal that made them, in its coordinates."""
    modes = posterior_modes(hierarchy, rng)
    coordinates = Coordinates.at(hierarchy, modes.theta[0])
    proposal = adapt(coordinates, modes, rng)
    target = target_of(coordinates, proposal, nodes, rng)
    second = tempered.second_sample(coordinates, target.integrated, rng)
    if not target.holds(second):
        target = Target(coordinates, choose(coordinates, proposal, rng), rng)
    guarded = _guarded(target, proposal, second, rng)
    if target.expansion is not None and guarded is not proposal:  # it was fitted where that lies
        target = Target(coordinates, choose(coordinates, guarded, rng), rng)
    proposal = guarded
    refits = 0
    while True:
        least = POOR if refits < REFITS else 0.0
        weighted = _draw_until(target, proposal, ess, least)
        poor = weighted.reached < least * weighted.log_w.size
        bad = not weighted.pareto_k < PARETO_K
        if (poor and refits < REFITS) or (bad and refits < MOST_REFITS):
            # what was drawn shows where the proposal was too thin
            refits += 1
            components = 2 * COMPONENTS * max(1, refits - REFITS + 1)
            y, w = weighted.y, weighted.w
            mean, overall = moments(y, w)
            proposal = expectation_maximisation(
                scattered(y, w, mean, overall, components, rng), y, w, overall
            ).with_component(2.0 * DEFENCE, mean, 3.0 * overall)
            continue
        result = _resample(target, weighted, ess)
        further = target.finer(proposal, result.node_error)
        if nodes is not None or further is None:
            found = tempered.agreement(second, proposal, weighted.y, weighted.w, weighted.log_w)
            checked = replace(
                result,
                n_modes=len(modes.theta),
                second_ess=found.ess,
                second_z=found.z,
                missed=found.missed,
            )
            return checked, proposal, coordinates
        target = further


def _guarded(
    target: Target, proposal: Mixture, second: Second, rng: np.random.Generator
) -> Mixture:
    """The proposal, with the tempered one beside it where it misses part of the posterior."""
    y = proposal.draw(tempered.COMPARED, rng)
    log_w = target.log_density(y) - proposal.log_density(y)
    if not tempered.missed(second, proposal, log_w.max()) > tempered.MISSED / 5.0:
        return proposal
    return proposal.joined(second.proposal, SECOND_SHARE)


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
    largest(log_w, "draw of the proposal")
    smoothed, k = smooth_log_weights(log_w)
    w = np.exp(smoothed)
    theta = coordinates.theta(y)
    with np.errstate(over="ignore"):
        natural = np.stack(list(coordinates.hierarchy.natural(theta).values()))
    return _Weighted(y, theta, log_w, w, k, smallest_ess(natural, w))


def _draw_until(target: Target, proposal: Mixture, ess: float, least: float) -> _Weighted:
    """Draw from the proposal until the effective sample size is reached.

    Or until enough was drawn to make a better proposal of, where its efficiency is below `least`.
    """
    aim = ess / (1.0 - 0.25 / OUTPUT_FACTOR)  # what resampling costs is drawn beforehand
    y, log_w = np.empty((proposal.mean.shape[1], 0)), np.empty(0)
    batch = int(BATCH * ess / 4_000.0)
    while True:
        new = proposal.draw(batch, target.rng)
        y = np.concatenate([y, new], axis=1)
        log_w = np.append(log_w, target.log_density(new) - proposal.log_density(new))
        weighted = _weigh(target.coordinates, y, log_w)
        drawn = log_w.size
        enough = weighted.reached >= aim or drawn >= MAX_DRAWS * ess / 4_000.0
        if enough or (drawn >= ENOUGH_TO_LEARN and weighted.reached < least * drawn):
            return weighted
        missing = drawn * (1.05 * aim / max(weighted.reached, 1.0) - 1.0)
        batch = int(np.clip(missing, 0.1 * drawn, 3.0 * drawn))


def _resample(target: Target, weighted: _Weighted, ess: float) -> QuadratureDraws:
    """Equally weighted draws from weighted points, with the self-check's measurements."""
    hierarchy, chosen, rng = target.coordinates.hierarchy, target.chosen, target.rng
    drawn = weighted.log_w.size
    top = weighted.log_w.max()
    raw = np.exp(weighted.log_w - top)
    n_out = CHAINS * int(np.ceil(OUTPUT_FACTOR * ess / CHAINS))
    ancestor = mixed(systematic(weighted.w, n_out, rng), rng)
    kept = weighted.theta[:, ancestor]
    probed = ancestor[:: max(1, n_out // PROBES)]
    probes = weighted.theta[:, probed]
    return QuadratureDraws(
        theta=kept,
        ancestor=ancestor,
        nodes=chosen.nodes,
        points=chosen.points,
        node_error=target.node_error(weighted.y[:, probed], probes),
        variance=(
            rule.noise(hierarchy, probes, Points(chosen.points, rng, chosen.nodes))
            if chosen.points
            else 0.0
        ),
        pareto_k=weighted.pareto_k,
        ess=float(1.0 / (1.0 / weighted.reached + 0.25 / n_out)),
        efficiency=float(weighted.reached / drawn),
        n_evaluated=drawn,
        n_expanded=target.expansion.n_points if target.expansion is not None else 0,
        log_marginal_likelihood=float(np.log(raw.mean()) + top),
        log_marginal_likelihood_mcse=float(raw.std() / raw.mean() / np.sqrt(drawn)),
    )


def smallest_ess(values: Array, w: Array) -> float:
    """Effective sample size of the worst-estimated hyperparameter's mean, or of the weights.

    The variance of a self-normalised mean is ``sum w^2 (f - mean)^2``; the effective sample size
    is what independent draws would need for the same (Owen 2013, Monte Carlo, chapter 9.3).
    """
    values = np.clip(values, -LARGEST, LARGEST)
    mean = np.einsum("dn,n->d", values, w)
    squared = (values - mean[:, None]) ** 2
    of_mean = np.einsum("dn,n->d", squared, w * w)
    ratio = np.einsum("dn,n->d", squared, w)[of_mean > 0] / of_mean[of_mean > 0]
    return float(min(ratio.min(initial=np.inf), 1.0 / np.sum(w * w)))
