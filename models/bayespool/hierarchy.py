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
from bayespool.linear_predictors import LinearPredictors, Within
from bayespool.numerics.row_likelihood import RowLikelihood
from bayespool.numerics.selection import Selection
from bayespool.numerics.share_seen import ShareSeen
from bayespool.numerics.study_rows import Rows
from bayespool.quantity import FREEDOM

Array = np.ndarray
NEGLIGIBLE = -1e4  # log prior densities below this are taken as zero


@dataclass(frozen=True, eq=False)
class Hierarchy(LinearPredictors):
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
    def gaussian(self) -> bool:
        """Normal rows and normal effects, so that integrals over effects have a closed form."""
        return self.likelihood.exact and self.freedom_prior is None

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
