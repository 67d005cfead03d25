"""Studies at some draws of the hyperparameters, whose effects are to be integrated out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bayespool.numerics.effect_prior import EffectPrior
from bayespool.numerics.joint_mode import JointMode, joint_mode
from bayespool.numerics.nested import NestedRows

Array = np.ndarray


class Problem(NamedTuple):
    """Rows with predictor ``offset + loading . v_study + inner . z_result``, and the joint mode.

    ``offset`` has shape (n_rows, n_draws), ``loading`` (q, n_rows, n_draws) and ``inner``
    (p, n_rows, n_draws), with p = 0 where results have no effects of their own.
    """

    rows: NestedRows
    offset: Array
    loading: Array
    inner: Array
    prior: EffectPrior
    mode: JointMode

    @classmethod
    def at_mode(
        cls, rows: NestedRows, offset: Array, loading: Array, inner: Array, prior: EffectPrior
    ) -> Problem:
        """The problem with its mode found."""
        mode = joint_mode(rows, offset, loading, inner, prior)
        return cls(rows, offset, loading, inner, prior, mode)

    @property
    def gaussian(self) -> bool:
        """Normal rows and effects, so that Laplace's approximation is the integral."""
        return self.rows.studies.likelihood.exact and self.prior.normal

    @property
    def constant(self) -> Array:
        """What the rows' densities leave out, by study."""
        studies = self.rows.studies
        return studies.by_study(studies.likelihood.log_constant())

    @property
    def several(self) -> Array:
        """Studies with rows whose likelihood may have several modes."""
        studies = self.rows.studies
        return np.unique(studies.study[studies.likelihood.several_modes])

    def log_density(self, v: Array, z: Array) -> Array:
        """Log density of data and effects, up to `constant`, (n_studies, n_draws)."""
        rows = self.rows
        eta = self.offset.copy()
        for i, part in enumerate(self.loading):
            eta += part * v[i][rows.studies.study]
        for a, part in enumerate(self.inner):
            eta += part * z[a][rows.results.study]
        out = rows.studies.by_study(rows.studies.likelihood.log_density(eta))
        out = out + self.prior.log_density(v)
        if len(z):
            out -= rows.over_results(0.5 * np.einsum("ard,ard->rd", z, z))
        return out

    def laplace(self) -> Array:
        """Laplace's approximation of every study's log likelihood, (n_studies, n_draws)."""
        mode = self.mode
        out = self.log_density(mode.study.centre, mode.inner.centre) + mode.study.log_det
        if len(mode.inner.centre):
            out = out + self.rows.over_results(mode.inner.log_det)
        return out + self.constant
