"""The quadrature engine: study effects by adaptive Gauss-Hermite, hyperparameters by adaptive
importance sampling. Deterministic given the seed, and it reports its own error.

References
----------
Cappe, Douc, Guillin, Marin & Robert (2008), Stat Comput 18:447-459 (adaptive mixtures);
Vehtari et al. (2024), JMLR 25:1-58 (Pareto smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayespool.engines.draws import Draws
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.pareto import smooth_log_weights

Array = np.ndarray
T_FREEDOM = 5.0
ROUNDS = 4
ROUND_SIZE = 600
BATCH = 4_000
MAX_DRAWS = 400_000
OUTPUT_FACTOR = 2.0
NODE_LADDER = (3, 5, 7, 9, 13, 19, 27)
LOG_LIKELIHOOD_ERROR = 1e-3
PARETO_K = 0.7
PROBES = 24


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
        return tuple(out)


class Mixture:
    """Mixture of multivariate Student t distributions."""

    def __init__(self, weight: Array, mean: Array, cov: Array, freedom: float = T_FREEDOM):
        self.weight = np.asarray(weight, float)
        self.mean = np.asarray(mean, float)
        self.factor = np.linalg.cholesky(np.asarray(cov, float))
        self.freedom = freedom

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Shape (d, n)."""
        d = self.mean.shape[1]
        # stratified choice of component: exact shares, less noise
        which = np.searchsorted(
            np.cumsum(self.weight), (np.arange(n) + rng.random()) / n * self.weight.sum()
        )
        which = np.minimum(which, len(self.weight) - 1)
        z = rng.standard_normal((n, d))
        z /= np.sqrt(rng.chisquare(self.freedom, n) / self.freedom)[:, None]
        return (self.mean[which] + np.einsum("nij,nj->ni", self.factor[which], z)).T

    def component_log_density(self, x: Array) -> Array:
        """Log weight plus log density of each component, shape (n_components, n)."""
        from scipy.special import gammaln

        d, nu = self.mean.shape[1], self.freedom
        constant = gammaln(0.5 * (nu + d)) - gammaln(0.5 * nu) - 0.5 * d * np.log(nu * np.pi)
        out = np.empty((len(self.weight), x.shape[1]))
        for c, (mean, factor) in enumerate(zip(self.mean, self.factor, strict=True)):
            z = forward_substitute(factor, x - mean[:, None])
            out[c] = (
                np.log(self.weight[c])
                + constant
                - np.sum(np.log(np.diag(factor)))
                - 0.5 * (nu + d) * np.log1p(np.sum(z * z, axis=0) / nu)
            )
        return out

    def log_density(self, x: Array) -> Array:
        parts = self.component_log_density(x)
        top = parts.max(axis=0)
        return top + np.log(np.exp(parts - top).sum(axis=0))


def forward_substitute(factor: Array, b: Array) -> Array:
    """Solve ``factor x = b`` for a small lower-triangular factor without touching BLAS threads."""
    x = np.empty_like(b)
    for i in range(len(factor)):
        x[i] = (b[i] - sum(factor[i, j] * x[j] for j in range(i))) / factor[i, i]
    return x


def run(hierarchy: Hierarchy, seed: int, ess: float = 4_000.0, nodes: int | None = None) -> Draws:
    """`sample`, in the form that every engine returns."""
    result = sample(hierarchy, seed, ess, nodes)
    return Draws(
        engine="quadrature",
        hyper={name: x[None] for name, x in hierarchy.natural(result.theta).items()},
        ancestor=result.ancestor,
        info={
            "nodes": result.nodes,
            "node_error": result.node_error,
            "pareto_k": result.pareto_k,
            "ess": result.ess,
            "efficiency": result.efficiency,
            "n_evaluated": result.n_evaluated,
            "log_marginal_likelihood": result.log_marginal_likelihood,
            "log_marginal_likelihood_mcse": result.log_marginal_likelihood_mcse,
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
    rng = np.random.default_rng(seed)
    mode, cov = posterior_mode(hierarchy)
    proposal = adapt(hierarchy, mode, cov, rng)
    probe_nodes = nodes if nodes is not None else choose_nodes(hierarchy, proposal, rng)

    thetas: list[Array] = []
    weights: list[Array] = []
    drawn, k, kish = 0, np.inf, 0.0
    aim = 1.15 * ess  # resampling gives a little of it back
    while drawn < MAX_DRAWS:
        batch = BATCH if drawn == 0 else int(np.clip(drawn * (aim / max(kish, 1.0) - 1) * 1.05,
                                                     500, MAX_DRAWS))
        theta = proposal.draw(batch, rng)
        thetas.append(theta)
        weights.append(log_posterior(hierarchy, theta, probe_nodes) - proposal.log_density(theta))
        drawn += batch
        log_w = np.concatenate(weights)
        smoothed, k = smooth_log_weights(log_w)
        w = np.exp(smoothed)
        kish = 1.0 / np.sum(w * w)
        if kish >= aim:
            break
    theta = np.concatenate(thetas, axis=1)
    top = log_w.max()
    raw = np.exp(log_w - top)
    evidence = np.log(raw.mean()) + top
    evidence_mcse = raw.std() / raw.mean() / np.sqrt(drawn)

    n_out = int(OUTPUT_FACTOR * ess)
    ancestor = systematic(w, n_out, rng)
    kept = theta[:, ancestor]
    return QuadratureDraws(
        theta=kept,
        ancestor=ancestor,
        nodes=probe_nodes,
        node_error=node_error(hierarchy, kept[:, :: max(1, n_out // PROBES)], probe_nodes),
        pareto_k=k,
        ess=float(1.0 / (1.0 / kish + 0.25 / n_out)),
        efficiency=float(kish / drawn),
        n_evaluated=drawn,
        log_marginal_likelihood=float(evidence),
        log_marginal_likelihood_mcse=float(evidence_mcse),
    )


def log_posterior(hierarchy: Hierarchy, theta: Array, nodes: int) -> Array:
    """Unnormalised log posterior density of unconstrained hyperparameters, shape (n_draws,)."""
    prior = hierarchy.log_prior(theta)
    out = np.full(theta.shape[1], -np.inf)
    legal = np.isfinite(prior)
    if legal.any():
        likelihood = hierarchy.log_likelihood(theta[:, legal], nodes).sum(axis=0)
        out[legal] = prior[legal] + np.where(np.isfinite(likelihood), likelihood, -np.inf)
    return out


def node_error(hierarchy: Hierarchy, theta: Array, nodes: int) -> float:
    """Largest change of the total log likelihood when the nodes per dimension are doubled."""
    if hierarchy.likelihood.exact:
        return 0.0
    coarse = hierarchy.log_likelihood(theta, nodes).sum(axis=0)
    fine = hierarchy.log_likelihood(theta, 2 * nodes + 1).sum(axis=0)
    return float(np.max(np.abs(fine - coarse)))


def choose_nodes(hierarchy: Hierarchy, proposal: Mixture, rng: np.random.Generator) -> int:
    """The fewest nodes per dimension whose error stays well inside the aim near the mode."""
    if hierarchy.likelihood.exact:
        return 1
    theta = proposal.draw(4 * PROBES, rng)
    log_w = log_posterior(hierarchy, theta, NODE_LADDER[0]) - proposal.log_density(theta)
    theta = theta[:, np.argsort(log_w + proposal.log_density(theta))[-2 * PROBES :: 4]]
    for nodes in NODE_LADDER[1:]:
        if node_error(hierarchy, theta, nodes) < 0.3 * LOG_LIKELIHOOD_ERROR:
            return nodes
    return NODE_LADDER[-1]


def posterior_mode(hierarchy: Hierarchy) -> tuple[Array, Array]:
    """Posterior mode of the unconstrained hyperparameters and inverse curvature there.

    Newton's method on the Laplace approximation, with differences taken over a third of a
    posterior standard deviation, so that round-off and flat directions do no harm.
    """
    theta = _start(hierarchy)
    d = len(theta)
    pairs = [(i, j) for i in range(d) for j in range(i)]
    step = np.full(d, 0.1)
    scale = np.full(d, 1.0)
    cov = np.eye(d)
    value = -np.inf
    for _ in range(40):
        points = np.zeros((d, 1 + 2 * d + len(pairs)))
        for i in range(d):
            points[i, 1 + i], points[i, 1 + d + i] = step[i], -step[i]
        for c, (i, j) in enumerate(pairs):
            points[[i, j], 1 + 2 * d + c] = step[i], step[j]
        f = log_posterior(hierarchy, theta[:, None] + points, 1)
        up, down = f[1 : 1 + d], f[1 + d : 1 + 2 * d]
        value = f[0]
        gradient = (up - down) / (2.0 * step)
        hessian = np.diag((up - 2.0 * f[0] + down) / step**2)
        for c, (i, j) in enumerate(pairs):
            mixed = (f[1 + 2 * d + c] - up[i] - up[j] + f[0]) / (step[i] * step[j])
            hessian[i, j] = hessian[j, i] = mixed
        cov = _positive_inverse(-hessian, scale)
        move = cov @ gradient
        fractions = np.array([1.0, 0.5, 0.25, 0.1, 0.03, 0.0])
        longest = np.max(np.abs(move) / 3.0)
        trial = log_posterior(
            hierarchy, theta[:, None] + move[:, None] * fractions / max(longest, 1.0), 1
        )
        best = int(np.argmax(trial))
        theta = theta + move * fractions[best] / max(longest, 1.0)
        scale = np.sqrt(np.diag(cov))
        step = np.clip(scale / 3.0, 1e-4, 0.3)
        if float(gradient @ move) < 1e-2 or trial[best] - value < 1e-3:
            break
    return theta, cov


def _start(hierarchy: Hierarchy) -> Array:
    """Weighted least squares for the coefficients; prior medians, at most 0.5, for the SDs."""
    eta, weight = hierarchy.likelihood.start()
    weight = weight / (1.0 + 0.25 * weight)
    spread = np.array([0.5 * (p.ppf(np.array(0.84)) - p.ppf(np.array(0.16)))
                       for p in hierarchy.coefficient_priors])
    centre = np.array([p.ppf(np.array(0.5)) for p in hierarchy.coefficient_priors])
    x = hierarchy.X
    normal = np.einsum("ri,r,rj->ij", x, weight, x) + np.diag(1.0 / spread**2)
    beta = np.linalg.solve(normal, np.einsum("ri,r,r->i", x, weight, eta) + centre / spread**2)
    medians = [float(p.ppf(np.array(0.5))) for p in hierarchy.scale_priors]
    log_tau = np.log(np.clip(medians, 1e-3, 0.5))
    return np.concatenate([beta, log_tau, np.zeros(len(hierarchy.correlations))])


def _positive_inverse(matrix: Array, scale: Array) -> Array:
    """Inverse of a curvature matrix with non-positive or flat directions given a wide spread."""
    scaled = matrix * np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(np.abs(values), 0.05)
    return (vectors / values) @ vectors.T * np.outer(scale, scale)


def adapt(
    hierarchy: Hierarchy, mode: Array, cov: Array, rng: np.random.Generator
) -> Mixture:
    """A mixture proposal fitted to the posterior over a few rounds of importance sampling."""
    mixture = Mixture(np.array([0.7, 0.3]), np.stack([mode, mode]), np.stack([cov, 4.0 * cov]))
    nodes = 1 if hierarchy.likelihood.exact else NODE_LADDER[0]
    kept_x: list[Array] = []
    kept_target: list[Array] = []
    used: list[Mixture] = []
    for _ in range(ROUNDS):
        x = mixture.draw(ROUND_SIZE, rng)
        kept_x.append(x)
        kept_target.append(log_posterior(hierarchy, x, nodes))
        used.append(mixture)
        pooled = np.concatenate(kept_x, axis=1)
        target = np.concatenate(kept_target)
        parts = np.stack([m.log_density(pooled) for m in used])
        top = parts.max(axis=0)
        log_w = target - top - np.log(np.exp(parts - top).mean(axis=0))
        smoothed, _ = smooth_log_weights(log_w)
        mixture = _refit(mixture, pooled, np.exp(smoothed))
    return mixture


def _refit(mixture: Mixture, x: Array, w: Array) -> Mixture:
    """One weighted EM step per round; components that starve are dropped."""
    mean = np.einsum("n,dn->d", w, x)
    centred = x - mean[:, None]
    overall = np.einsum("n,in,jn->ij", w, centred, centred)
    return Mixture(
        np.array([1.0]), mean[None], (overall * (T_FREEDOM - 2.0) / T_FREEDOM * 1.1)[None]
    )


def systematic(w: Array, n: int, rng: np.random.Generator) -> Array:
    """Systematic resampling: indices of `n` equally weighted draws, in random order."""
    positions = (np.arange(n) + rng.random()) / n
    cumulative = np.cumsum(w)
    index = np.minimum(np.searchsorted(cumulative / cumulative[-1], positions), w.size - 1)
    return rng.permutation(index)
