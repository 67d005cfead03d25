"""A model in the form that can be integrated: rows, study effects, priors.

``eta = X beta + Z u_study``, ``u_study ~ N(0, Sigma)``, or Student t around it; where studies have
several results also ``+ W w_result``. Engines see only this and the model's own file; they never
know which model it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from bayespool import integration
from bayespool.covariance import Covariance
from bayespool.hyperparameters import Hyperparameters
from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.row_likelihood import RowLikelihood
from bayespool.numerics.selection import Selection
from bayespool.numerics.share_seen import ShareSeen
from bayespool.numerics.study_rows import Rows
from bayespool.numerics.triangular import Factor, solve_lower, times
from bayespool.quantity import FREEDOM

Array = np.ndarray
NEGLIGIBLE = -1e4  # log prior densities below this are taken as zero


@dataclass(frozen=True, eq=False)
class Within:
    """Effects of results within studies.

    Parameters
    ----------
    Z : array, shape (n_rows, p)
        Design of the effects of the row's result.
    result : array of int, shape (n_rows,)
        Result of each row, 0 to n_results - 1, in non-decreasing order; a result has one study.
    covariances : tuple of Covariance
        One, or several for groups of results.
    group : array of int, shape (n_results,), optional
        Which of several covariances a result has.
    """

    Z: Array
    result: Array
    covariances: tuple[Covariance, ...]
    group: Array | None = None

    @property
    def n_results(self) -> int:
        return int(self.result[-1]) + 1

    def take(self, rows: Array) -> Within:
        """The effects of some of the rows, their results numbered anew."""
        old = self.result[rows]
        new = np.flatnonzero(np.diff(old, prepend=-1))
        number = np.cumsum(np.diff(old, prepend=old[0]) != 0)
        group = None if self.group is None else self.group[old[new]]
        return Within(self.Z[rows], number, self.covariances, group)


@dataclass(frozen=True, eq=False)
class Hierarchy(Hyperparameters):
    """Rows with linear predictor ``X beta + Z u`` and normal study effects.

    Parameters
    ----------
    X : array, shape (n_rows, p)
        Fixed-effect design.
    Z : array, shape (n_rows, q)
        Study-effect design.
    study : array of int, shape (n_rows,)
        Study of each row, 0 to n_studies - 1, in non-decreasing order.
    likelihood : RowLikelihood
    coefficients, coefficient_priors : tuple, length p
        Name and prior of each regression coefficient.
    between : Covariance, or a tuple of them
        Of the study effects; several when groups of studies have their own.
    group : array of int, shape (n_studies,), optional
        Which of several covariances a study has.
    within : Within, optional
        Effects of results within studies.
    stretch : array, shape (n_rows, s), optional
        Design of the logarithm of a factor on the whole linear predictor: the shape of HSROC.
    stretch_names, stretch_priors : tuple, length s
    slope : array, shape (n_rows, s), optional
        Design of coefficients that are not negative, such as those of the standard error (PET).
    slope_names, slope_priors : tuple, length s
    selection : Selection or ShareSeen, optional
        Which studies are seen: a weight of what they found, with parameters of its own.
    row_scales, row_scale_priors : tuple
        Positive parameters of the rows themselves (the likelihood's `widened`): the standard
        deviation of an effect of every Gaussian row, the overdispersion of beta-binomial ones, or
        the dependence of paired ones.
    row_reals, row_real_priors : tuple
        Unbounded ones, which the likelihood's `widened` takes after the positive ones.
    row_shares, row_share_priors : tuple
        Those between 0 and 1, with Beta priors, which it takes last.
    exceeding : tuple of (str, str)
        Pairs of shares that together are above 1, such as the sensitivity and the specificity of a
        test that is better than chance: their prior is zero elsewhere.
    freedom_prior : prior, optional
        Of ``nu``: study effects are multivariate Student t with nu degrees of freedom.
    robust : tuple of bool, length q
        Which effects are Student t; all by default. The others stay normal, which needs
        independent effects.
    labels : tuple of str, length n_studies
        What the studies are called.
    row_labels : tuple of str, length n_rows
        What the rows are called; their studies' labels by default.
    log_offset : float
        Added to every study's log likelihood: constants that the rows leave out.
    ridges : tuple of (str, str)
        Pairs of standard deviations of which the data tell the sum of squares better than the
        shares, such as those between and within studies; it helps an engine and changes no result.
    kinds : tuple of str, length n_rows
        What each row observes, such as ``tp`` or ``tn``: the names of the observed variables.
    """

    X: Array
    Z: Array
    study: Array
    likelihood: RowLikelihood
    coefficients: tuple[str, ...]
    coefficient_priors: tuple[Any, ...]
    between: Covariance | tuple[Covariance, ...]
    group: Array | None = None
    within: Within | None = None
    stretch: Array | None = None
    stretch_names: tuple[str, ...] = ()
    stretch_priors: tuple[Any, ...] = ()
    slope: Array | None = None
    slope_names: tuple[str, ...] = ()
    slope_priors: tuple[Any, ...] = ()
    selection: Selection | ShareSeen | None = None
    row_scales: tuple[str, ...] = ()
    row_scale_priors: tuple[Any, ...] = ()
    row_reals: tuple[str, ...] = ()
    row_real_priors: tuple[Any, ...] = ()
    row_shares: tuple[str, ...] = ()
    row_share_priors: tuple[Any, ...] = ()
    exceeding: tuple[tuple[str, str], ...] = ()
    kinds: tuple[str, ...] = ()
    freedom_prior: Any = None
    labels: tuple[str, ...] = ()
    row_labels: tuple[str, ...] = ()
    log_offset: float = 0.0
    robust: tuple[bool, ...] = ()
    ridges: tuple[tuple[str, str], ...] = ()
    rows: Rows = field(init=False)

    def __post_init__(self) -> None:
        n_rows, q = self.Z.shape
        if q < 1:
            raise ValueError("a hierarchy needs at least one study effect")
        if isinstance(self.between, Covariance):
            object.__setattr__(self, "between", (self.between,))
        if any(sigma.dimension != q for sigma in self.sigmas):
            raise ValueError(f"covariances must have the dimension of the study effects, {q}")
        if len(self.study) != n_rows or len(self.likelihood) != n_rows or len(self.X) != n_rows:
            raise ValueError("X, Z, study and likelihood must have one entry per row")
        if n_rows == 0 or np.any(np.diff(self.study) < 0):
            raise ValueError("rows must be sorted by study, and there must be at least one")
        starts = np.flatnonzero(np.diff(self.study, prepend=-1))
        if not np.array_equal(self.study[starts], np.arange(len(starts))):
            raise ValueError("studies must be numbered 0 to n_studies - 1 without gaps")
        if (self.group is None) != (len(self.sigmas) == 1):
            raise ValueError("several covariances need the group of each study, one needs none")
        if not self.robust:
            object.__setattr__(self, "robust", (True,) * q)
        correlated = any(sigma.correlations for sigma in self.sigmas)
        if len(self.robust) != q or (correlated and not all(self.robust)):
            raise ValueError("robust needs one value per effect, all true for correlated effects")
        if not self.kinds:
            object.__setattr__(self, "kinds", ("y",) * n_rows)
        if not self.labels:
            numbered = tuple(f"Study {k + 1}" for k in range(len(starts)))
            object.__setattr__(self, "labels", numbered)
        if not self.row_labels:
            object.__setattr__(self, "row_labels", tuple(self.labels[k] for k in self.study))
        object.__setattr__(self, "rows", self.sorted_rows(starts, self.Z))

    def sorted_rows(self, starts: Array, design: Array) -> Rows:
        used, q = design != 0, design.shape[1]
        depth = np.where(used.any(axis=1), q - 1 - np.argmax(used[:, ::-1], axis=1), 0)
        depth = np.where(self.likelihood.coupled, q - 1, depth)
        return Rows(self.likelihood, starts, depth)

    @property
    def n_studies(self) -> int:
        return len(self.rows.starts)

    @property
    def gaussian(self) -> bool:
        """Normal rows and normal effects, so that integrals over effects have a closed form."""
        return self.likelihood.exact and self.freedom_prior is None

    @property
    def dimension(self) -> int:
        """Number of study effects q."""
        return self.Z.shape[1]

    @property
    def sigmas(self) -> tuple[Covariance, ...]:
        """Covariances of the study effects, one for each group of studies."""
        return self.between if isinstance(self.between, tuple) else (self.between,)

    @property
    def covariances(self) -> tuple[Covariance, ...]:
        return self.sigmas + (self.within.covariances if self.within is not None else ())

    @cached_property
    def real(self) -> dict[str, Any]:
        """Unbounded hyperparameters and their priors: coefficients, the stretch's, the rows'."""
        names = (*self.coefficients, *self.stretch_names, *self.row_reals)
        priors = (*self.coefficient_priors, *self.stretch_priors, *self.row_real_priors)
        return dict(zip(names, priors, strict=True))

    @cached_property
    def positive(self) -> dict[str, Any]:
        """Positive hyperparameters and their priors; unconstrained as logarithms."""
        out: dict[str, Any] = {}
        for sigma in self.covariances:
            out |= sigma.positive
        out |= dict(zip(self.row_scales, self.row_scale_priors, strict=True))
        out |= dict(zip(self.slope_names, self.slope_priors, strict=True))
        if self.selection is not None:
            out |= self.selection.positive
        return out | ({FREEDOM: self.freedom_prior} if self.freedom_prior is not None else {})

    @cached_property
    def unit(self) -> dict[str, Any]:
        """Shares between 0 and 1 and their priors: of the rows, of weights of selection."""
        own = dict(zip(self.row_shares, self.row_share_priors, strict=True))
        return own if self.selection is None else own | self.selection.unit

    @property
    def own_rows(self) -> bool:
        """Rows have parameters of their own."""
        return bool(self.row_scales or self.row_shares)

    def log_posterior(self, theta: Array, rule: integration.Rule) -> Array:
        """Unnormalised log posterior density of unconstrained hyperparameters, (n_draws,)."""
        out = np.full(theta.shape[1], -np.inf)
        # a standard deviation of exp(800), or one so large that no mode is found, has density zero
        with np.errstate(over="ignore", invalid="ignore"):
            prior = self.log_prior(theta)
            allowed = prior > NEGLIGIBLE
            if not allowed.any():
                return out
            likelihood = self.total_log_likelihood(theta[:, allowed], rule)
            out[allowed] = prior[allowed] + np.where(np.isfinite(likelihood), likelihood, -np.inf)
        return out

    def subset(self, studies: Sequence[int]) -> Hierarchy:
        """The hierarchy of some of the studies, in the order given."""
        ends = np.append(self.rows.starts, len(self.Z))
        lengths = [int(ends[k + 1] - ends[k]) for k in studies]
        rows = np.concatenate([np.arange(ends[k], ends[k + 1]) for k in studies])
        return replace(
            self.of_rows(rows),
            study=np.repeat(np.arange(len(studies)), lengths),
            group=None if self.group is None else self.group[np.asarray(studies)],
            labels=tuple(self.labels[k] for k in studies),
        )

    def of_rows(self, rows: Array) -> Hierarchy:
        number = np.cumsum(np.diff(self.study[rows], prepend=self.study[rows[0]]) != 0)
        return replace(
            self,
            X=self.X[rows],
            Z=self.Z[rows],
            study=number,
            likelihood=self.likelihood.take(rows),
            within=None if self.within is None else self.within.take(rows),
            stretch=None if self.stretch is None else self.stretch[rows],
            slope=None if self.slope is None else self.slope[rows],
            selection=None
            if self.selection is None
            else self.selection.take(self.study[rows][np.flatnonzero(np.diff(number, prepend=-1))]),
            kinds=tuple(self.kinds[r] for r in rows),
            row_labels=tuple(self.row_labels[r] for r in rows),
        )

    def _stretched(self, theta: Array) -> Array | float:
        """The factor on the linear predictor of every row, (n_rows, n_draws)."""
        if self.stretch is None:
            return 1.0
        first = len(self.coefficients)
        return np.exp(self.stretch @ theta[first : first + self.stretch.shape[1]])

    def _fixed(self, theta: Array) -> Array:
        """Part of the linear predictor without effects, (n_rows, n_draws)."""
        out = np.einsum("rp,pd->rd", self.X, theta[: self.X.shape[1]])
        if self.slope is not None:
            logs = self.split(theta)[1]
            out += self.slope @ np.exp(np.stack([logs[name] for name in self.slope_names]))
        return out

    def predictors(self, theta: Array) -> tuple[Array, Array, Factor]:
        """Offsets (n_rows, n_draws), loadings (q, n_rows, n_draws) on v, and the factor of Sigma.

        ``u = L v`` with ``L`` lower triangular, given as a dict (i, j) -> (n_draws,), or
        (n_studies, n_draws) where groups of studies have their own.
        """
        stretched = self._stretched(theta)
        offset = self._fixed(theta)
        factor = self.sigma_factor(theta)
        loading = np.zeros((self.dimension, len(self.Z), theta.shape[1]))
        for (i, j), value in factor.items():
            loading[j] += self.Z[:, i, None] * (value if value.ndim == 1 else value[self.study])
        return offset * stretched, loading * stretched, factor

    def inner_loading(self, theta: Array) -> Array:
        """Loadings on the effects of results, (p, n_rows, n_draws); p = 0 without any."""
        within = self.within
        if within is None:
            return np.empty((0, len(self.Z), theta.shape[1]))
        factor = self.within_factor(theta)
        loading = np.zeros((within.Z.shape[1], len(within.Z), theta.shape[1]))
        for (i, j), value in factor.items():
            loading[j] += within.Z[:, i, None] * (
                value if value.ndim == 1 else value[within.result]
            )
        return loading * self._stretched(theta)

    def within_factor(self, theta: Array, group: Array | None = None) -> Factor:
        """Factor of the covariance of results: of all of them, or of `group`."""
        assert self.within is not None
        index = self.within.group if group is None else group
        return self._factor(theta, self.within.covariances, len(self.sigmas), index)

    def sigma_factor(self, theta: Array, group: Array | None = None) -> Factor:
        """Lower-triangular factor L of Sigma as a dict (i, j) -> (n_draws,).

        With groups of studies the arrays are (n, n_draws): of all studies, or of `group`.
        """
        return self._factor(theta, self.sigmas, 0, self.group if group is None else group)

    def _factor(
        self, theta: Array, covariances: tuple[Covariance, ...], first: int, group: Array | None
    ) -> Factor:
        """Factors of covariances, the first of which is number `first` of all."""
        _, logs, z = self.split(theta)
        factors = [
            sigma.factor(logs, z[first + i], theta.shape[1]) for i, sigma in enumerate(covariances)
        ]
        if len(factors) == 1:
            return factors[0]
        return {key: np.stack([f[key] for f in factors])[group] for key in factors[0]}

    def rows_at(self, theta: Array) -> Rows:
        """The rows with the parameters of their own likelihood."""
        if not self.own_rows:
            return self.rows
        real, logs, _ = self.split(theta)
        scales = [np.exp(logs[name]) for name in self.row_scales]
        own = real[len(real) - len(self.row_reals) :]
        shares = self.shares(theta, self.row_shares)
        return replace(self.rows, likelihood=self.likelihood.widened(*scales, *own, *shares))

    @cached_property
    def blocks(self) -> list[integration.Block]:
        """The studies by how they are integrated, where rows have no parameters of their own."""
        return integration.split(self, self.rows)

    @cached_property
    def parts(self) -> list[Hierarchy]:
        """The studies in groups of neighbours, each small enough to stay in the cache."""
        whole = isinstance(self.selection, ShareSeen)  # its studies are known together
        if len(self.Z) <= integration.PART or whole:
            return [self]
        group = self.rows.starts // integration.PART  # by the place of their first row
        return [self.subset(list(np.flatnonzero(group == g))) for g in np.unique(group)]

    def effect_prior(self, theta: Array) -> EffectPrior:
        """The distribution of standardised study effects at draws of the hyperparameters."""
        if self.freedom_prior is None:
            return NORMAL
        return EffectPrior(np.exp(self.split(theta)[1]["nu"]), self.robust)

    def spread(self, factor: Array) -> Array:
        """A factor on every effect's scale, (q, ...): one for effects that stay normal."""
        factor = factor if factor.ndim == 2 else factor[None]
        return np.stack([factor if t else np.ones_like(factor) for t in self.robust])

    def log_likelihood(self, theta: Array, rule: integration.Rule) -> Array:
        """Log likelihood per study, effects integrated out; shape (n_studies, n_draws).

        Parameters
        ----------
        theta : array, shape (n_hyper, n_draws)
        rule : int or Points
            Nodes of quadrature a dimension, or randomised points, of whose unbiased estimate this
            is the logarithm.
        """
        return integration.log_likelihood(self, theta, rule)

    def total_log_likelihood(self, theta: Array, rule: integration.Rule) -> Array:
        """The same summed over studies, (n_draws,)."""
        return integration.total_log_likelihood(self, theta, rule)

    def effects(self, theta: Array, rng: np.random.Generator) -> tuple[Array, Array | None]:
        """One draw per column of theta of all effects; see `integration.draw_effects`."""
        return integration.draw_effects(self, theta, rng)

    def study_precision(self, theta: Array, u: Array) -> Array:
        """Posterior mean of every study's precision factor given its effects u.

        Below one marks a study further from the others than a normal distribution expects; one
        for all where study effects are normal. Shape (n_studies, n_draws), as of u the last two.
        """
        prior = self.effect_prior(theta)
        return (
            np.ones(u.shape[1:])
            if prior.normal
            else prior.precision(solve_lower(self.sigma_factor(theta), u))
        )

    def scale_effects(self, theta: Array, v: Array) -> Array:
        """Study effects u = L v from standard-normal v, both (q, n_studies, n_draws)."""
        return times(self.sigma_factor(theta), v)

    def scale_within(self, theta: Array, z: Array) -> Array:
        """Effects of results from standard-normal ones, both (p, n_results, n_draws)."""
        return times(self.within_factor(theta), z)

    def new_effects(self, theta: Array, rng: np.random.Generator) -> Array:
        """Effects of one new study of each group, (q + m, n_groups, n_draws).

        After the q study effects come those of one new result, where results have any: as many as
        their dimension times the number of their covariances.
        """
        groups = len(self.sigmas)
        z = rng.standard_normal((self.dimension, groups, theta.shape[1]))
        return self.effects_from(theta, z, rng)

    def effects_from(self, theta: Array, z: Array, rng: np.random.Generator) -> Array:
        """Those of `new_effects` from standard-normal z of the study effects."""
        u = self._new(theta, z, rng, np.arange(len(self.sigmas)))
        if self.within is None:
            return u
        p, own = self.within.Z.shape[1], len(self.within.covariances)
        w = times(
            self.within_factor(theta, np.arange(own)),
            rng.standard_normal((p, own, theta.shape[1])),
        )
        w = np.broadcast_to(
            w.swapaxes(0, 1).reshape(p * own, 1, -1), (p * own, u.shape[1], u.shape[2])
        )
        return np.concatenate([u, w])

    def new_studies(self, theta: Array, rng: np.random.Generator) -> Array:
        """Effects of a new study in the place of each of the studies, (q, n_studies, n_draws)."""
        z = rng.standard_normal((self.dimension, self.n_studies, theta.shape[1]))
        return self._new(theta, z, rng, self.group)

    def _new(self, theta: Array, z: Array, rng: np.random.Generator, group: Array | None) -> Array:
        if self.freedom_prior is not None:
            nu = np.exp(self.split(theta)[1]["nu"])
            # with few degrees of freedom a draw may underflow: the effect is then beyond any scale
            drawn = np.maximum(rng.chisquare(nu, z.shape[1:]), 1e-300)
            z = z * self.spread(np.sqrt(nu / drawn))
        return times(self.sigma_factor(theta, group), z)

    def row_predictors(self, theta: Array, effects: Array, within: Array | None = None) -> Array:
        """Linear predictor of every row given effects u and w, shape (n_rows, n_draws)."""
        eta = self._fixed(theta)
        for i in range(self.dimension):
            eta += self.Z[:, i, None] * effects[i][self.study]
        if self.within is not None and within is not None:
            for i in range(len(within)):
                eta += self.within.Z[:, i, None] * within[i][self.within.result]
        return eta * self._stretched(theta)

    def by_kind(self, values: Array) -> dict[str, tuple[Array, Array]]:
        """Split rows (first axis) by what they observe: kind -> (study of each row, values)."""
        kinds = np.array(self.kinds)
        return {
            kind: (self.study[kinds == kind], values[kinds == kind])
            for kind in dict.fromkeys(self.kinds)
        }

    def simulate(self, theta: Array, effects: Array, rng: np.random.Generator) -> Array:
        """New observations for the same designs, shape (n_rows, n_draws).

        Results within studies are new ones. Under selection the studies that are seen are drawn,
        whose effects are not those of all.
        """
        if self.selection is not None:
            offset, loading, _ = self.predictors(theta)
            prior = self.effect_prior(theta)
            natural = self.natural(theta)
            return self.selection.simulate(offset, loading, prior.freedom, natural, rng)
        within = None
        if self.within is not None:
            size = (self.within.Z.shape[1], self.within.n_results, theta.shape[1])
            within = self.scale_within(theta, rng.standard_normal(size))
        eta = self.row_predictors(theta, effects, within)
        return self.rows_at(theta).likelihood.simulate(eta, rng)
