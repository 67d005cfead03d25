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
T_FREEDOM = 8.0
ROUNDS = 4
ROUND_SIZE = 600
COMPONENTS = 4
EM_STEPS = 4
DEFENCE = 0.05  # share of one wide component that guards the tails
DEFENCE_FREEDOM = 4.0
REFITS = 2
BATCH = 6_400
MAX_DRAWS = 200_000
OUTPUT_FACTOR = 2.0
NODE_LADDER = (3, 5, 7, 9, 13, 19, 27)
LOG_LIKELIHOOD_ERROR = 1e-3
PARETO_K = 0.7
PROBES = 24
NEGLIGIBLE = -1e4  # log prior densities below this are taken as zero


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

    def __init__(self, weight: Array, mean: Array, cov: Array, freedom: Array | float = T_FREEDOM):
        self.weight = np.asarray(weight, float)
        self.mean = np.asarray(mean, float)
        self.factor = np.linalg.cholesky(np.asarray(cov, float))
        self.freedom = np.broadcast_to(np.asarray(freedom, float), self.weight.shape)

    def with_component(self, share: float, mean: Array, cov: Array) -> Mixture:
        """The mixture with one more component of weight `share`."""
        return Mixture(
            np.append(self.weight * (1.0 - share), share),
            np.vstack([self.mean, mean]),
            np.concatenate([np.einsum("cij,ckj->cik", self.factor, self.factor), cov[None]]),
            np.append(self.freedom, DEFENCE_FREEDOM),
        )

    def draw(self, n: int, rng: np.random.Generator) -> Array:
        """Shape (d, n)."""
        d = self.mean.shape[1]
        # stratified choice of component: exact shares, less noise
        which = np.searchsorted(
            np.cumsum(self.weight), (np.arange(n) + rng.random()) / n * self.weight.sum()
        )
        which = np.minimum(which, len(self.weight) - 1)
        z = rng.standard_normal((n, d))
        nu = self.freedom[which]
        z /= np.sqrt(rng.chisquare(nu) / nu)[:, None]
        return (self.mean[which] + np.einsum("nij,nj->ni", self.factor[which], z)).T

    def component_log_density(self, x: Array) -> Array:
        """Log weight plus log density of each component, shape (n_components, n)."""
        from scipy.special import gammaln

        d = self.mean.shape[1]
        out = np.empty((len(self.weight), x.shape[1]))
        for c, (mean, factor, nu) in enumerate(
            zip(self.mean, self.factor, self.freedom, strict=True)
        ):
            constant = gammaln(0.5 * (nu + d)) - gammaln(0.5 * nu) - 0.5 * d * np.log(nu * np.pi)
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
    chosen = nodes if nodes is not None else choose_nodes(hierarchy, proposal, rng)
    refits = 0
    while True:
        result, theta, w = _importance_sample(hierarchy, proposal, ess, chosen, rng)
        if not result.pareto_k < PARETO_K and refits < REFITS:
            # what was drawn shows where the proposal was too thin
            refits += 1
            mean, overall = _moments(theta, w)
            proposal = _expectation_maximisation(
                _scattered(theta, w, mean, overall, 2 * COMPONENTS, rng), theta, w, overall
            ).with_component(2.0 * DEFENCE, mean, 3.0 * overall)
            continue
        finer = [n for n in NODE_LADDER if n > chosen]
        if nodes is not None or result.node_error < LOG_LIKELIHOOD_ERROR or not finer:
            return result
        chosen = finer[0]


def _importance_sample(
    hierarchy: Hierarchy, proposal: Mixture, ess: float, nodes: int, rng: np.random.Generator
) -> tuple[QuadratureDraws, Array, Array]:
    """Draw from the proposal until the effective sample size is reached, then resample.

    Returns the result, and all points drawn with their normalised weights.
    """
    aim = ess / (1.0 - 0.25 / OUTPUT_FACTOR)  # what resampling costs is drawn beforehand
    theta, log_w = np.empty((proposal.mean.shape[1], 0)), np.empty(0)
    batch = int(BATCH * ess / 4_000.0)
    while True:
        new = proposal.draw(batch, rng)
        theta = np.concatenate([theta, new], axis=1)
        log_w = np.append(log_w, log_posterior(hierarchy, new, nodes) - proposal.log_density(new))
        smoothed, k = smooth_log_weights(log_w)
        w = np.exp(smoothed)
        reached = smallest_ess(np.stack(list(hierarchy.natural(theta).values())), w)
        drawn = log_w.size
        if reached >= aim or drawn >= MAX_DRAWS * ess / 4_000.0:
            break
        missing = drawn * (1.05 * aim / max(reached, 1.0) - 1.0)
        batch = int(np.clip(missing, 0.1 * drawn, 3.0 * drawn))
    top = log_w.max()
    raw = np.exp(log_w - top)
    n_out = int(OUTPUT_FACTOR * ess)
    ancestor = systematic(w, n_out, rng)
    kept = theta[:, ancestor]
    result = QuadratureDraws(
        theta=kept,
        ancestor=ancestor,
        nodes=nodes,
        node_error=node_error(hierarchy, kept[:, :: max(1, n_out // PROBES)], nodes),
        pareto_k=k,
        ess=float(1.0 / (1.0 / reached + 0.25 / n_out)),
        efficiency=float(reached / drawn),
        n_evaluated=drawn,
        log_marginal_likelihood=float(np.log(raw.mean()) + top),
        log_marginal_likelihood_mcse=float(raw.std() / raw.mean() / np.sqrt(drawn)),
    )
    return result, theta, w


def smallest_ess(values: Array, w: Array) -> float:
    """Effective sample size of the worst-estimated hyperparameter's mean, or of the weights.

    The variance of a self-normalised mean is ``sum w^2 (f - mean)^2``; the effective sample size
    is what independent draws would need for the same (Owen 2013, Monte Carlo, chapter 9.3).
    """
    mean = np.einsum("dn,n->d", values, w)
    squared = (values - mean[:, None]) ** 2
    ratio = np.einsum("dn,n->d", squared, w) / np.einsum("dn,n->d", squared, w * w)
    return float(min(ratio.min(), 1.0 / np.sum(w * w)))


def log_posterior(hierarchy: Hierarchy, theta: Array, nodes: int) -> Array:
    """Unnormalised log posterior density of unconstrained hyperparameters, shape (n_draws,)."""
    with np.errstate(over="ignore"):  # a standard deviation of exp(800) has density zero
        prior = hierarchy.log_prior(theta)
    out = np.full(theta.shape[1], -np.inf)
    legal = prior > NEGLIGIBLE
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
    """The fewest nodes per dimension whose error on probe draws stays well inside the aim."""
    if hierarchy.likelihood.exact:
        return 1
    theta = proposal.draw(8 * PROBES, rng)
    log_w = log_posterior(hierarchy, theta, NODE_LADDER[0]) - proposal.log_density(theta)
    w = np.exp(log_w - log_w.max())
    theta = theta[:, systematic(w, PROBES, rng)]
    for nodes in NODE_LADDER[1:]:
        if node_error(hierarchy, theta, nodes) < 0.5 * LOG_LIKELIHOOD_ERROR:
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
    spread = np.array(
        [
            0.5 * (p.ppf(np.array(0.84)) - p.ppf(np.array(0.16)))
            for p in hierarchy.coefficient_priors
        ]
    )
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


def adapt(hierarchy: Hierarchy, mode: Array, cov: Array, rng: np.random.Generator) -> Mixture:
    """A mixture proposal fitted to the posterior over a few rounds of importance sampling.

    Draws of all rounds are pooled with the balance heuristic; the mixture is refitted to them by
    weighted EM after every round.
    """
    mixture = Mixture(np.array([0.7, 0.3]), np.stack([mode, mode]), np.stack([cov, 4.0 * cov]))
    nodes = 1 if hierarchy.likelihood.exact else NODE_LADDER[0]
    size = ROUND_SIZE * max(1, -(-len(mode) // 5))
    points: list[Array] = []
    targets: list[Array] = []
    used: list[Mixture] = []
    for round_number in range(ROUNDS):
        points.append(mixture.draw(size, rng))
        targets.append(log_posterior(hierarchy, points[-1], nodes))
        used.append(mixture)
        x = np.concatenate(points, axis=1)
        proposals = np.stack([m.log_density(x) for m in used])
        top = proposals.max(axis=0)
        balance = top + np.log(np.exp(proposals - top).mean(axis=0))
        smoothed, _ = smooth_log_weights(np.concatenate(targets) - balance)
        w = np.exp(smoothed)
        mean, overall = _moments(x, w)
        if round_number == 0:
            mixture = _scattered(x, w, mean, overall, COMPONENTS, rng)
        mixture = _expectation_maximisation(mixture, x, w, overall)
    return mixture.with_component(DEFENCE, mean, 2.0 * overall)


def _scattered(
    x: Array, w: Array, mean: Array, overall: Array, n: int, rng: np.random.Generator
) -> Mixture:
    """A start for EM: `n` narrow components at points drawn by weight, pulled to the mean."""
    centres = 0.7 * x[:, systematic(w, n, rng)].T + 0.3 * mean
    return Mixture(np.full(n, 1.0 / n), centres, np.stack([0.4 * overall] * n))


def _moments(x: Array, w: Array) -> tuple[Array, Array]:
    mean = np.einsum("n,dn->d", w, x)
    centred = x - mean[:, None]
    return mean, np.einsum("n,in,jn->ij", w, centred, centred)


def _expectation_maximisation(mixture: Mixture, x: Array, w: Array, overall: Array) -> Mixture:
    """Weighted EM for a mixture of Student t; components that starve are dropped."""
    d, nu = len(x), T_FREEDOM
    for _ in range(EM_STEPS):
        parts = mixture.component_log_density(x)
        share = np.exp(parts - parts.max(axis=0))
        share /= share.sum(axis=0)
        weight, mean, cov = [], [], []
        for c, factor in enumerate(mixture.factor):
            a = w * share[c]
            total = a.sum()
            if total**2 < 5 * d * np.sum(a * a):
                continue
            z = forward_substitute(factor, x - mixture.mean[c][:, None])
            b = a * (nu + d) / (nu + np.sum(z * z, axis=0))
            centre = np.einsum("n,dn->d", b, x) / b.sum()
            centred = x - centre[:, None]
            weight.append(total)
            mean.append(centre)
            cov.append(
                0.9 * np.einsum("n,in,jn->ij", b, centred, centred) / total
                + 0.1 * overall * (nu - 2.0) / nu
            )
        if not weight:
            return Mixture(np.ones(1), _moments(x, w)[0][None], overall[None])
        mixture = Mixture(np.array(weight) / np.sum(weight), np.array(mean), np.array(cov))
    return mixture


def systematic(w: Array, n: int, rng: np.random.Generator) -> Array:
    """Systematic resampling: indices of `n` equally weighted draws, in random order."""
    positions = (np.arange(n) + rng.random()) / n
    cumulative = np.cumsum(w)
    index = np.minimum(np.searchsorted(cumulative / cumulative[-1], positions), w.size - 1)
    return rng.permutation(index)
