"""Where all effects of a study lie, of the study itself and of its results: Newton's method.

Results are eliminated study by study: given a study's effects they are independent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayespool.numerics import modes
from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.modes import Mode
from bayespool.numerics.row_likelihood import Cross

if TYPE_CHECKING:
    from bayespool.numerics.nested import NestedRows

Array = np.ndarray
Matrix = dict[tuple[int, int], Array]
PLAIN_STEPS = 8
DAMPED_STEPS = 40


class JointMode(NamedTuple):
    """Where all effects of each study lie, in units of v and z.

    ``study`` is the mode and spread of v with the z maximised out; ``inner`` that of each z given
    v at its mode, which moves by minus ``gain`` (component of z, of v) when v moves by one.
    """

    study: Mode
    inner: Mode
    gain: Matrix


class _Step(NamedTuple):
    """Newton's step of v and z, the factors of both curvatures, and its squared length in SDs."""

    v: Array
    z: Array
    upper_v: Matrix
    upper_z: Matrix
    gain: Matrix
    decrement: Array

    def put(self, draws: Array, other: _Step) -> None:
        """Take what another has of some of the draws."""
        for whole, some in (
            (self.v, other.v),
            (self.z, other.z),
            (self.decrement, other.decrement),
        ):
            whole[..., draws] = some
        for name in ("upper_v", "upper_z", "gain"):
            own, theirs = getattr(self, name), getattr(other, name)
            for key, value in theirs.items():
                own[key][..., draws] = value


@dataclass(frozen=True, eq=False)
class _Studies:
    """Rows at some draws; shapes as in `joint_mode`."""

    rows: NestedRows
    offset: Array
    loading: Array
    inner: Array
    prior: EffectPrior

    def part(self, draws: Array) -> _Studies:
        """Some of the draws."""
        return replace(
            self, rows=self.rows.part(draws), offset=self.offset[:, draws],
            loading=self.loading[..., draws], inner=self.inner[..., draws],
            prior=self.prior.part(draws),
        )  # fmt: skip

    def predictor(self, v: Array, z: Array) -> Array:
        study, result = self.rows.studies.study, self.rows.results.study
        eta = self.offset.copy()
        for own, effect in zip(self.loading, v, strict=True):
            eta += own * effect[study]
        for own, effect in zip(self.inner, z, strict=True):
            eta += own * (effect if self.rows.single else effect[result])
        return eta

    def height(self, v: Array, z: Array) -> Array:
        """Log density of data and effects, (n_studies, n_draws)."""
        own = self.prior.log_density(v) - self.rows.over_results(0.5 * np.sum(z * z, axis=0))
        density = self.rows.studies.likelihood.log_density(self.predictor(v, z))
        return self.rows.studies.by_study(density) + own

    def first_step(self, v: Array, z: Array) -> _Step:
        """From zero towards every row's own estimate, by weighted least squares."""
        eta, weight = self.rows.studies.likelihood.start()
        weight = np.broadcast_to(weight, self.offset.shape)
        normal = replace(self, prior=NORMAL)
        return normal.solved(v, z, weight * (eta - self.offset), weight, None)

    def step(self, v: Array, z: Array) -> _Step:
        """From effects v and z by Fisher scoring."""
        slope, weight, cross = self.rows.studies.likelihood.derivatives(self.predictor(v, z))
        return self.solved(v, z, slope, weight, cross)

    def solved(self, v: Array, z: Array, slope: Array, weight: Array, cross: Cross | None) -> _Step:
        """The step that slopes and curvatures of the rows lead to."""
        rows, loading, inner, prior = self.rows, self.loading, self.inner, self.prior
        q, p = len(loading), len(inner)

        def told(left: Array, right: Array) -> Array:
            out = weight * left
            out *= right
            return out if cross is None else out + modes.crossed(cross, left, right, out.shape)

        h_zz: Matrix = {}
        for b in range(p):
            for a in range(b + 1):
                h_zz[a, b] = rows.results.by_study(told(inner[a], inner[b])) + float(a == b)
        upper_z = modes.factor_upper(h_zz)
        h_zv = [[rows.results.by_study(told(inner[a], loading[i])) for i in range(q)]
                for a in range(p)]  # fmt: skip
        gain: Matrix = {}
        for i in range(q):
            solved = modes.solve_upper(upper_z, [h_zv[a][i] for a in range(p)])
            gain |= {(a, i): x for a, x in enumerate(solved)}
        g_z = [rows.results.by_study(slope * inner[a]) - z[a] for a in range(p)]
        pull, schur, g_v, rhs = prior.pull(v), Matrix(), [], []
        for j in range(q):
            for i in range(j + 1):
                taken = sum(h_zv[a][i] * gain[a, j] for a in range(p))
                known = rows.less(told(loading[i], loading[j]), np.asarray(taken))
                schur[i, j] = known + prior.curvature(v, i, j)
            own = slope * loading[j]
            taken = sum(gain[a, j] * g_z[a] for a in range(p))
            g_v.append(rows.studies.by_study(own) - pull[j])
            rhs.append(rows.less(own, np.asarray(taken)) - pull[j])
        upper_v = modes.factor_upper(schur)
        step_v = np.stack(modes.solve_upper(upper_v, rhs))
        step_z = np.stack(modes.solve_upper(upper_z, g_z))
        for i in range(q):
            moved = step_v[i][rows.study_of]
            for a in range(p):
                step_z[a] -= gain[a, i] * moved
        inside = np.asarray(sum(g * s for g, s in zip(g_z, step_z, strict=True)))
        decrement = sum(g * s for g, s in zip(g_v, step_v, strict=True))
        return _Step(step_v, step_z, upper_v, upper_z, gain,
                     np.asarray(decrement + rows.over_results(inside)))  # fmt: skip


def joint_mode(
    rows: NestedRows,
    offset: Array,
    loading: Array,
    inner: Array,
    prior: EffectPrior = NORMAL,
) -> JointMode:
    """Mode and curvature by Fisher scoring with results eliminated study by study.

    Parameters
    ----------
    rows : NestedRows
    offset : array, shape (n_rows, n_draws)
    loading, inner : array, shape (q, n_rows, n_draws)
        On the effects of the study, and of the result (p = 0 where there are none).
    prior : EffectPrior
        Of the effects of studies.
    """
    if not len(inner):
        alone = modes.find_mode(rows.studies, offset, loading, prior=prior)
        none = np.empty((0, *alone.centre.shape[1:]))
        return JointMode(alone, Mode(none, {}, np.zeros(()), alone.converged), {})
    studies, n_draws = _Studies(rows, offset, loading, inner, prior), offset.shape[1]
    v = np.zeros((len(loading), len(rows.studies.starts), n_draws))
    z = np.zeros((len(inner), len(rows.results.starts), n_draws))
    found = studies.first_step(v, z)
    v, z = found.v, found.z
    for _ in range(PLAIN_STEPS):
        found = studies.step(v, z)
        # settled studies stay where they are, so that no result depends on its neighbours
        moving = ~(found.decrement < modes.NEWTON_TOLERANCE**2)
        if not moving.any():
            break
        v = v + np.where(moving, found.v, 0.0)
        z = z + np.where(moving[rows.study_of], found.z, 0.0)
    else:
        found = studies.step(v, z)
    left = np.flatnonzero(~np.all(found.decrement < modes.NEWTON_TOLERANCE**2, axis=0))
    if left.size:  # the draws with a study that plain steps did not settle
        settled = found.decrement[:, left] < modes.NEWTON_TOLERANCE**2
        v[..., left], z[..., left], again = _damped(
            studies.part(left), v[..., left], z[..., left], settled
        )
        found.put(left, again)
    moving = found.decrement < modes.NEWTON_TOLERANCE**2
    # the last step is known: it costs nothing, and squares what is left of the error
    v = v + np.where(moving, found.v, 0.0)
    z = z + np.where(moving[rows.study_of], found.z, 0.0)
    return JointMode(
        modes.mode_at(v, found.upper_v, moving),
        modes.mode_at(z, found.upper_z, moving[rows.study_of]),
        found.gain,
    )


def _damped(studies: _Studies, v: Array, z: Array, settled: Array) -> tuple[Array, Array, _Step]:
    """The same with step halving, from zero for all studies that are not settled."""
    study_of = studies.rows.study_of
    v, z = np.where(settled, v, 0.0), np.where(settled[study_of], z, 0.0)
    now = studies.height(v, z)
    found = studies.step(v, z)
    for _ in range(DAMPED_STEPS):
        moving = ~(found.decrement < modes.NEWTON_TOLERANCE**2)
        if not moving.any():
            break
        fraction = moving.astype(float)
        for _ in range(30):
            new_v = v + fraction * found.v
            new_z = z + fraction[study_of] * found.z
            trial = studies.height(new_v, new_z)
            worse = moving & ~(trial >= now - 1e-9 * np.abs(now))
            if not worse.any():
                break
            fraction = np.where(worse, 0.5 * fraction, fraction)
        v, z, now = new_v, new_z, trial
        found = studies.step(v, z)
    return v, z, found
