"""A model in the form that can be integrated: rows, study effects, priors.

``eta = X beta + Z u_study``, ``u_study ~ N(0, Sigma(tau, rho))``, or Student t around it. Engines
see only this and the model's own file; they never know which model it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import gammaln

from bayespool.numerics import quadrature
from bayespool.numerics.likelihoods import RowLikelihood
from bayespool.priors import LKJ, Fixed, partial_correlation_logpdf

Array = np.ndarray
NEGLIGIBLE = -1e4  # log prior densities below this are taken as zero
SMALLEST_SLICE = 16  # draws; fewer would spend their time in Python
MIXING_POINTS = 24  # of the scale mixture behind Student t effects
CHUNK = 40_000  # elements of the largest temporary; about what stays in cache


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Rows with linear predictor ``X beta + Z u`` and normal study effects.

    Parameters
    ----------
    X : array, shape (n_rows, p)
        Fixed-effect design.
    Z : array, shape (n_rows, q)
        Study-effect design, q in 1, 2, 3.
    study : array of int, shape (n_rows,)
        Study of each row, 0 to n_studies - 1, in non-decreasing order.
    likelihood : RowLikelihood
    coefficients, coefficient_priors : tuple, length p
        Name and prior of each regression coefficient.
    scales, scale_priors : tuple, length q
        Name and prior of each between-study standard deviation; a `Fixed` one is no parameter.
    correlations : tuple of str, length q (q - 1) / 2
        Names, in the order (2,1), (3,1), (3,2); none for independent effects.
    correlation_prior : LKJ or None
        None for one effect, and for independent ones.
    row_scale, row_scale_prior : str and prior, optional
        A positive parameter of the rows themselves (the likelihood's `widened`): the standard
        deviation of an effect of every Gaussian row, or the overdispersion of beta-binomial ones.
    freedom_prior : prior, optional
        Of ``nu``: study effects are multivariate Student t with nu degrees of freedom.
    robust : tuple of bool, length q
        Which effects are Student t; all by default. The others stay normal, which needs
        independent effects.
    labels : tuple of str, length n_studies
        What the studies are called.
    log_offset : float
        Added to every study's log likelihood: constants that the rows leave out.
    offset : float or array, shape (n_rows,)
        Known part of the linear predictor.
    unobserved : tuple of str
        Kinds of rows that state a prior and observe nothing.
    kinds : tuple of str, length n_rows
        What each row observes, such as ``tp`` or ``tn``: the names of the observed variables.
    """

    X: Array
    Z: Array
    study: Array
    likelihood: RowLikelihood
    coefficients: tuple[str, ...]
    coefficient_priors: tuple[Any, ...]
    scales: tuple[str, ...]
    scale_priors: tuple[Any, ...]
    correlations: tuple[str, ...] = ()
    correlation_prior: LKJ | None = None
    kinds: tuple[str, ...] = ()
    row_scale: str | None = None
    row_scale_prior: Any = None
    freedom_prior: Any = None
    labels: tuple[str, ...] = ()
    log_offset: float = 0.0
    unobserved: tuple[str, ...] = ()
    offset: Array | float = 0.0
    robust: tuple[bool, ...] = ()
    rows: quadrature.Rows = field(init=False)

    def __post_init__(self) -> None:
        n_rows, q = self.Z.shape
        if not 1 <= q <= quadrature.MAX_DIMENSION:
            raise ValueError(f"study effects of dimension {q}; legal: 1, 2, 3")
        expected = q * (q - 1) // 2 if self.correlation_prior is not None else 0
        if len(self.correlations) != expected:
            raise ValueError(f"{len(self.correlations)} correlation names; legal: {expected}")
        if len(self.study) != n_rows or len(self.likelihood) != n_rows or len(self.X) != n_rows:
            raise ValueError("X, Z, study and likelihood must have one entry per row")
        if n_rows == 0 or np.any(np.diff(self.study) < 0):
            raise ValueError("rows must be sorted by study, and there must be at least one")
        starts = np.flatnonzero(np.diff(self.study, prepend=-1))
        if not np.array_equal(self.study[starts], np.arange(len(starts))):
            raise ValueError("studies must be numbered 0 to n_studies - 1 without gaps")
        if not self.robust:
            object.__setattr__(self, "robust", (True,) * q)
        if len(self.robust) != q or (self.correlations and not all(self.robust)):
            raise ValueError("robust needs one value per effect, all true for correlated effects")
        if not self.kinds:
            object.__setattr__(self, "kinds", ("y",) * n_rows)
        if not self.labels:
            numbered = tuple(f"Study {k + 1}" for k in range(len(starts)))
            object.__setattr__(self, "labels", numbered)
        used = self.Z != 0
        depth = np.where(used.any(axis=1), q - 1 - np.argmax(used[:, ::-1], axis=1), 0)
        object.__setattr__(self, "rows", quadrature.Rows(self.likelihood, starts, depth))

    @property
    def n_studies(self) -> int:
        return len(self.rows.starts)

    @property
    def dimension(self) -> int:
        """Number of study effects q."""
        return self.Z.shape[1]

    @property
    def names(self) -> tuple[str, ...]:
        """Hyperparameters in order: coefficients, standard deviations, correlations, others."""
        return (*self.coefficients, *self.positive, *self.correlations)

    @cached_property
    def positive(self) -> dict[str, Any]:
        """Positive hyperparameters and their priors; unconstrained as logarithms."""
        out = {
            name: prior
            for name, prior in zip(self.scales, self.scale_priors, strict=True)
            if not isinstance(prior, Fixed)
        }
        if self.row_scale is not None:
            out[self.row_scale] = self.row_scale_prior
        if self.freedom_prior is not None:
            out["nu"] = self.freedom_prior
        return out

    def _split(self, theta: Array) -> tuple[Array, dict[str, Array], Array]:
        """Coefficients, logarithms of the positive parameters by name, atanh correlations."""
        p, n = self.X.shape[1], len(self.positive)
        return theta[:p], dict(zip(self.positive, theta[p : p + n], strict=True)), theta[p + n :]

    def natural(self, theta: Array) -> dict[str, Array]:
        """Named hyperparameters from the unconstrained ones, each of shape (n_draws,).

        Parameters
        ----------
        theta : array, shape (n_hyper, n_draws)
            Coefficients, log standard deviations, atanh partial correlations.
        """
        beta, logs, z = self._split(theta)
        out = dict(zip(self.coefficients, beta, strict=True))
        out |= {name: np.exp(value) for name, value in logs.items()}
        if self.correlations:
            factor = _correlation_factor(np.tanh(z), self.dimension)
            for name, (i, j) in zip(self.correlations, _pairs(self.dimension), strict=True):
                out[name] = sum(factor[i, k] * factor[j, k] for k in range(j + 1))
        return out

    def unconstrained(self, natural: dict[str, Array]) -> Array:
        """The inverse of `natural`, shape (n_hyper, n_draws)."""
        parts = [np.asarray(natural[name], float) for name in self.coefficients]
        parts += [np.log(natural[name]) for name in self.positive]
        if self.correlations:
            rho = {
                pair: np.asarray(natural[name], float)
                for name, pair in zip(self.correlations, _pairs(self.dimension), strict=True)
            }
            partial = [rho[1, 0]]
            if self.dimension == 3:
                partial.append(rho[2, 0])
                partial.append(
                    (rho[2, 1] - rho[1, 0] * rho[2, 0])
                    / np.sqrt((1.0 - rho[1, 0] ** 2) * (1.0 - rho[2, 0] ** 2))
                )
            parts += [np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15)) for r in partial]
        return np.stack(parts)

    def log_prior(self, theta: Array) -> Array:
        """Log prior density of the unconstrained hyperparameters, shape (n_draws,)."""
        beta, logs, z = self._split(theta)
        total = np.zeros(theta.shape[1])
        for value, prior in zip(beta, self.coefficient_priors, strict=True):
            total += prior.logpdf(value)
        for name, prior in self.positive.items():
            total += prior.logpdf(np.exp(logs[name])) + logs[name]
        if self.correlation_prior is not None:
            q = self.dimension
            for value, (_, j) in zip(z, _pairs(q), strict=True):
                # partial correlations of the canonical vine; tree j has Beta(eta + (q-2-j)/2)
                alpha = self.correlation_prior.eta + 0.5 * (q - 2 - j)
                log_one_minus_r2 = 2.0 * (np.log(2.0) - np.logaddexp(value, -value))
                constant = partial_correlation_logpdf(np.zeros(()), alpha)
                total += constant + alpha * log_one_minus_r2
        return total

    def log_posterior(self, theta: Array, nodes: int) -> Array:
        """Unnormalised log posterior density of unconstrained hyperparameters, (n_draws,)."""
        with np.errstate(over="ignore"):  # a standard deviation of exp(800) has density zero
            prior = self.log_prior(theta)
        out = np.full(theta.shape[1], -np.inf)
        legal = prior > NEGLIGIBLE
        if legal.any():
            likelihood = self.log_likelihood(theta[:, legal], nodes).sum(axis=0)
            out[legal] = prior[legal] + np.where(np.isfinite(likelihood), likelihood, -np.inf)
        return out

    def subset(self, studies: Sequence[int]) -> Hierarchy:
        """The hierarchy of some of the studies, in the order given."""
        rows = np.concatenate([np.flatnonzero(self.study == k) for k in studies])
        lengths = [int(np.sum(self.study == k)) for k in studies]
        return replace(
            self,
            X=self.X[rows],
            offset=self.offset if np.ndim(self.offset) == 0 else np.asarray(self.offset)[rows],
            Z=self.Z[rows],
            study=np.repeat(np.arange(len(studies)), lengths),
            likelihood=self.likelihood.take(rows),
            kinds=tuple(self.kinds[r] for r in rows),
            labels=tuple(self.labels[k] for k in studies),
        )

    def only(self, kind: str) -> Hierarchy:
        """The hierarchy with the rows of one kind, of which every study has one."""
        rows = np.flatnonzero(np.array(self.kinds) == kind)
        return replace(
            self,
            X=self.X[rows],
            Z=self.Z[rows],
            study=self.study[rows],
            likelihood=self.likelihood.take(rows),
            kinds=tuple(self.kinds[r] for r in rows),
            offset=self.offset if np.ndim(self.offset) == 0 else np.asarray(self.offset)[rows],
        )

    def draw_prior(self, n_draws: int, rng: np.random.Generator) -> Array:
        """Unconstrained hyperparameters from the prior, shape (n_hyper, n_draws)."""
        parts = [prior.ppf(rng.random(n_draws)) for prior in self.coefficient_priors]
        parts += [np.log(prior.ppf(rng.random(n_draws))) for prior in self.positive.values()]
        if self.correlation_prior is not None:
            for _, j in _pairs(self.dimension):
                alpha = self.correlation_prior.eta + 0.5 * (self.dimension - 2 - j)
                parts.append(np.arctanh(LKJ(alpha).ppf(rng.random(n_draws))))
        return np.stack(parts)

    def predictors(self, theta: Array) -> tuple[Array, Array, dict[tuple[int, int], Array]]:
        """Offsets (n_rows, n_draws), loadings (q, n_rows, n_draws) on v, and the factor of Sigma.

        ``u = L v`` with ``L`` lower triangular, given as a dict (i, j) -> (n_draws,).
        """
        offset = np.einsum("rp,pd->rd", self.X, theta[: self.X.shape[1]])
        offset += np.reshape(self.offset, (-1, 1))
        factor = self.sigma_factor(theta)
        loading = np.zeros((self.dimension, len(self.Z), theta.shape[1]))
        for (i, j), value in factor.items():
            loading[j] += self.Z[:, i, None] * value
        return offset, loading, factor

    def log_likelihood(self, theta: Array, nodes: int) -> Array:
        """Log likelihood per study, study effects integrated out; shape (n_studies, n_draws)."""
        out = np.empty((self.n_studies, theta.shape[1]))
        for wide in _slices(theta.shape[1], CHUNK // len(self.Z)):
            offset, loading, _ = self.predictors(theta[:, wide])
            rows = self._rows_at(theta[:, wide])
            if self.freedom_prior is None:
                out[:, wide] = self._integrated(rows, offset, loading, nodes)
                continue
            log_w, factor = self._mixing(theta[:, wide])
            parts = [
                self._integrated(rows, offset, loading * self._spread(f), nodes) + w
                for f, w in zip(factor, log_w, strict=True)
            ]
            out[:, wide] = np.logaddexp.reduce(parts, axis=0)
        out += self.log_offset
        return out

    def _integrated(
        self, rows: quadrature.Rows, offset: Array, loading: Array, nodes: int
    ) -> Array:
        mode = quadrature.find_mode(rows, offset, loading)
        if self.likelihood.exact:
            return quadrature.integrate(rows, offset, loading, 1, mode)
        out = np.empty((self.n_studies, offset.shape[1]))
        width = len(self.Z) * nodes ** (self.dimension - 1)
        for part in _slices(offset.shape[1], CHUNK // width):
            out[:, part] = quadrature.integrate(
                rows, offset[:, part], loading[..., part], nodes, mode.part(part)
            )
        return out

    def _rows_at(self, theta: Array) -> quadrature.Rows:
        """The rows, with the variance of row effects added to a Gaussian likelihood's own."""
        if self.row_scale is None:
            return self.rows
        extra = np.exp(self._split(theta)[1][self.row_scale])
        return replace(self.rows, likelihood=self.likelihood.widened(extra))

    def _mixing(self, theta: Array) -> tuple[Array, Array]:
        """Student t as a mixture over precisions: log weights and factors on the SD.

        Both of shape (n_points, n_draws). ``lambda ~ Gamma(nu/2, nu/2)`` by the trapezoid rule in
        its cube root, which is nearly normal (Wilson & Hilferty 1931, PNAS 17:684-688).
        """
        # below nu = 1 the cube root is no longer near normal; no prior here lives there
        shape = np.maximum(0.5 * np.exp(self._split(theta)[1]["nu"]), 0.5)
        centre, spread = 1.0 - 1.0 / (9.0 * shape), 1.0 / (3.0 * np.sqrt(shape))
        low = np.maximum(centre - 5.5 * spread, 1e-3)
        t = (np.arange(MIXING_POINTS)[:, None] + 0.5) / MIXING_POINTS
        step = (centre + 5.5 * spread - low) / MIXING_POINTS
        root = low + t * (centre + 5.5 * spread - low)
        precision = root**3
        log_density = (
            shape * np.log(shape)
            - gammaln(shape)
            + (shape - 1.0) * np.log(precision)
            - shape * precision
        )
        log_w = log_density + np.log(3.0 * root**2) + np.log(step)
        log_w -= np.logaddexp.reduce(log_w, axis=0)
        return log_w, precision**-0.5

    def _spread(self, factor: Array) -> Array:
        """A factor on every effect's scale, (q, ...): one for effects that stay normal."""
        factor = factor if factor.ndim == 2 else factor[None]
        return np.stack([factor if t else np.ones_like(factor) for t in self.robust])

    def study_effects(self, theta: Array, rng: np.random.Generator) -> Array:
        """One draw per column of theta of every study's u, shape (q, n_studies, n_draws)."""
        out = np.empty((self.dimension, self.n_studies, theta.shape[1]))
        for part in _slices(theta.shape[1], CHUNK // len(self.Z)):
            offset, loading, factor = self.predictors(theta[:, part])
            rows = self._rows_at(theta[:, part])
            widen: Array | float = 1.0
            if self.freedom_prior is not None:
                drawn = self._drawn_factor(rows, theta[:, part], offset, loading, rng)
                widen = self._spread(drawn)
                loading = loading * widen[:, rows.study]
            mode = quadrature.find_mode(rows, offset, loading)
            v = quadrature.draw_effects(rows, offset, loading, mode, rng)
            out[..., part] = _times(factor, v * widen)
        return out

    def study_precision(self, theta: Array, nodes: int) -> Array:
        """Posterior mean of every study's precision factor, (n_studies, n_draws).

        Below one marks a study further from the others than a normal distribution expects; one
        for all when study effects are normal.
        """
        if self.freedom_prior is None:
            return np.ones((self.n_studies, theta.shape[1]))
        offset, loading, _ = self.predictors(theta)
        log_w, factor = self._mixing(theta)
        share = self._shares(self._rows_at(theta), offset, loading, log_w, factor, nodes)
        return np.einsum("mkd,md->kd", share, factor**-2.0)

    def _shares(
        self,
        rows: quadrature.Rows,
        offset: Array,
        loading: Array,
        log_w: Array,
        factor: Array,
        nodes: int,
    ) -> Array:
        """Posterior probability of every mixing point, (n_points, n_studies, n_draws)."""
        log_p = np.stack(
            [
                self._integrated(rows, offset, loading * self._spread(f), nodes) + w
                for f, w in zip(factor, log_w, strict=True)
            ]
        )
        log_p -= log_p.max(axis=0)
        share = np.exp(log_p)
        return share / share.sum(axis=0)

    def _drawn_factor(
        self,
        rows: quadrature.Rows,
        theta: Array,
        offset: Array,
        loading: Array,
        rng: np.random.Generator,
    ) -> Array:
        log_w, factor = self._mixing(theta)
        share = self._shares(rows, offset, loading, log_w, factor, 7)
        u = rng.random(share.shape[1:])
        index = np.minimum((np.cumsum(share, axis=0) < u).sum(axis=0), len(factor) - 1)
        return np.take_along_axis(factor, index, axis=0)

    def scale_effects(self, theta: Array, v: Array) -> Array:
        """Study effects u = L v from standard-normal v, both (q, n_studies, n_draws)."""
        return _times(self.sigma_factor(theta), v)

    def new_effects(self, theta: Array, rng: np.random.Generator, size: int = 1) -> Array:
        """Effects of new studies from Sigma, shape (q, size, n_draws)."""
        return self.effects_from(theta, rng.standard_normal((self.dimension, size, theta.shape[1])),
                                 rng)  # fmt: skip

    def effects_from(self, theta: Array, z: Array, rng: np.random.Generator) -> Array:
        """Effects of new studies from standard-normal z, (q, size, n_draws)."""
        if self.freedom_prior is not None:
            nu = np.exp(self._split(theta)[1]["nu"])
            z = z * self._spread(np.sqrt(nu / rng.chisquare(nu, z.shape[1:])))
        return self.scale_effects(theta, z)

    def sigma_factor(self, theta: Array) -> dict[tuple[int, int], Array]:
        """Lower-triangular factor L of Sigma as a dict (i, j) -> (n_draws,)."""
        _, logs, z = self._split(theta)
        tau = [
            np.full(theta.shape[1], prior.value) if isinstance(prior, Fixed) else np.exp(logs[name])
            for name, prior in zip(self.scales, self.scale_priors, strict=True)
        ]
        if self.correlation_prior is None:
            return {(i, i): value for i, value in enumerate(tau)}
        correlation = _correlation_factor(np.tanh(z), self.dimension)
        return {(i, j): tau[i] * value for (i, j), value in correlation.items()}

    def row_predictors(self, theta: Array, effects: Array) -> Array:
        """Linear predictor of every row given study effects u, shape (n_rows, n_draws)."""
        beta = theta[: self.X.shape[1]]
        eta = np.einsum("rp,pd->rd", self.X, beta) + np.reshape(self.offset, (-1, 1))
        for i in range(self.dimension):
            eta += self.Z[:, i, None] * effects[i][self.study]
        return eta

    def by_kind(self, values: Array) -> dict[str, tuple[Array, Array]]:
        """Split rows (first axis) by what they observe: kind -> (study of each row, values)."""
        kinds = np.array(self.kinds)
        return {
            kind: (self.study[kinds == kind], values[kinds == kind])
            for kind in dict.fromkeys(self.kinds)
            if kind not in self.unobserved
        }

    def simulate(self, theta: Array, effects: Array, rng: np.random.Generator) -> Array:
        """New observations for the same designs, shape (n_rows, n_draws)."""
        eta = self.row_predictors(theta, effects)
        return self._rows_at(theta).likelihood.simulate(eta, rng)


def _slices(n: int, size: int) -> list[slice]:
    size = max(SMALLEST_SLICE, size)
    return [slice(at, min(at + size, n)) for at in range(0, n, size)]


def _pairs(q: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(1, q) for j in range(i)]


def _times(factor: dict[tuple[int, int], Array], v: Array) -> Array:
    out = np.zeros_like(v)
    for (i, j), value in factor.items():
        out[i] += value * v[j]
    return out


def _correlation_factor(partial: Array, q: int) -> dict[tuple[int, int], Array]:
    """Lower-triangular factor of a correlation matrix from its partial correlations."""
    one = np.ones(partial.shape[1:])
    factor = {(0, 0): one}
    for row in range(1, q):
        remaining = one
        for j in range(row):
            r = partial[_pairs(q).index((row, j))]
            factor[row, j] = r * remaining
            remaining = remaining * np.sqrt(np.maximum(1.0 - r * r, 0.0))
        factor[row, row] = remaining
    return factor
