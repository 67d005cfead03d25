"""Integrals of a hierarchy over its effects, and draws of the effects given the rest.

By adaptive Gauss-Hermite quadrature with so many nodes a dimension, or by so many randomised
points a study (`numerics.points`), which take any number of effects; one node is Laplace's
approximation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayespool.numerics import edges, nested, points, quadrature
from bayespool.numerics.effect_prior import NORMAL, EffectPrior
from bayespool.numerics.joint_mode import joint_mode
from bayespool.numerics.points import Points
from bayespool.numerics.problem import Problem
from bayespool.numerics.scale_mixture import scale_mixture
from bayespool.numerics.study_rows import Rows
from bayespool.numerics.triangular import times

if TYPE_CHECKING:
    from bayespool.hierarchy import Hierarchy

Array = np.ndarray
Rule = int | Points
SMALLEST_SLICE = 16  # draws; fewer would spend their time in Python
CHUNK = 16_000  # elements of the largest temporary; about what stays in cache
PART = 256  # rows of studies that are integrated together


class Block(NamedTuple):
    """Studies that are integrated alike.

    ``members`` are their rows; ``merged`` is set where two levels of effects add up to one, and
    ``edged`` where the likelihood of their single rows has an edge at 0.
    """

    studies: Array | slice
    members: Array | slice
    rows: nested.NestedRows
    merged: nested.Merged | None = None
    edged: bool = False


def log_likelihood(h: Hierarchy, theta: Array, rule: Rule) -> Array:
    """Log likelihood per study, effects integrated out; shape (n_studies, n_draws).

    With `Points` it is the logarithm of an unbiased estimate.
    """
    out = np.empty((h.n_studies, theta.shape[1]))
    first = 0
    for part in h.parts:
        own = slice(first, first + part.n_studies)
        first = own.stop
        for wide in slices(theta.shape[1], CHUNK // len(part.Z)):
            out[own, wide] = _at_once(part, theta[:, wide], rule)
    return out


def total_log_likelihood(h: Hierarchy, theta: Array, rule: Rule) -> Array:
    """The same summed over studies, (n_draws,), with no array of all studies and draws."""
    out = np.zeros(theta.shape[1])
    for part in h.parts:
        for wide in slices(theta.shape[1], CHUNK // len(part.Z)):
            out[wide] += _at_once(part, theta[:, wide], rule).sum(axis=0)
    return out


def _at_once(h: Hierarchy, at: Array, rule: Rule) -> Array:
    """Log likelihood of few studies at few draws, (n_studies, n_draws)."""
    out = np.empty((h.n_studies, at.shape[1]))
    prior = h.effect_prior(at)
    offset, loading, _ = h.predictors(at)
    inner = h.inner_loading(at)
    for block in blocks(h, at):
        if prior.normal or (not block.edged and (isinstance(rule, Points) or rule == 1)):
            found = _integrated(h, block, offset, loading, inner, prior, rule)
        else:
            assert prior.freedom is not None
            log_w, factor = scale_mixture(prior.freedom)
            parts = [
                _integrated(h, block, offset, loading * h.spread(f), inner, NORMAL, rule) + w
                for f, w in zip(factor, log_w, strict=True)
            ]
            found = np.logaddexp.reduce(parts, axis=0)
        out[block.studies] = found
    if h.selection is not None:
        sums = h.rows.by_study(offset), h.rows.by_study(loading)
        out += h.selection.log_factor(*sums, prior.freedom, h.natural(at))
    return out + h.log_offset


def blocks(h: Hierarchy, theta: Array) -> list[Block]:
    """The studies with one level of effects (or as good as that), and those with two."""
    return split(h, h.rows_at(theta)) if h.own_rows else h.blocks


def split(h: Hierarchy, rows: Rows) -> list[Block]:
    """The same of rows with the parameters of their own likelihood."""
    if h.within is None:
        return _by_edges(h, rows)
    found = []
    # sums of normal effects are normal; of a Student t and a normal one they are neither
    simple = nested.merged(rows, h.dimension) if h.freedom_prior is None else None
    rest = np.arange(h.n_studies)
    if simple is not None:
        one = nested.NestedRows(simple.rows, simple.rows)
        found.append(Block(simple.studies, simple.members, one, simple))
        rest = np.setdiff1d(rest, simple.studies)
    if rest.size:
        members = np.flatnonzero(np.isin(h.study, rest))
        part = h.of_rows(members)
        own = replace(part.rows, likelihood=rows.likelihood.take(members))
        found.append(Block(rest, members, _by_result(part, own)))
    return found


def _by_edges(h: Hierarchy, rows: Rows) -> list[Block]:
    """Studies of one level of effects: those without and those with an edge at no effect."""
    edged = rows.likelihood.edged
    if not edged.any():
        return [Block(slice(None), slice(None), nested.NestedRows(rows, rows))]
    assert h.dimension == 1, "an edge is of one effect"
    found = []
    for members, own in ((np.flatnonzero(~edged), False), (np.flatnonzero(edged), True)):
        if members.size:
            part = replace(h.of_rows(members).rows, likelihood=rows.likelihood.take(members))
            found.append(Block(members, members, nested.NestedRows(part, part), edged=own))
    return found


def _by_result(h: Hierarchy, rows: Rows) -> nested.NestedRows:
    """The rows (with their parameters) by study and by result."""
    if h.within is None:
        return nested.NestedRows(rows, rows)
    starts = np.flatnonzero(np.diff(h.within.result, prepend=-1))
    results = replace(h.sorted_rows(starts, h.within.Z), likelihood=rows.likelihood)
    return nested.NestedRows(rows, results)


def _integrated(
    h: Hierarchy,
    block: Block,
    offset: Array,
    loading: Array,
    inner: Array,
    prior: EffectPrior,
    rule: Rule,
) -> Array:
    """Log likelihood of a block's studies, (n_studies, n_draws)."""
    at = offset[block.members]
    if block.edged:
        likelihood = block.rows.studies.likelihood
        found = edges.log_likelihood(likelihood, at, loading[0, block.members], likelihood.farthest)
        return found + likelihood.log_constant()
    if block.merged is not None:
        assert h.within is not None
        own = block.merged.loading(loading, inner, h.within.result)
        inside = inner[:0, block.members]
    else:
        own, inside = loading[:, block.members], inner[:, block.members]
    if rule != 1 and not isinstance(rule, Points) and len(inside):
        joint = joint_mode(block.rows, at, own, inside)
        # given the study's effects the results are easier, and they cost the fourth power
        nodes = min(rule, rule // 2 + 3)
        return nested.integrate(block.rows, at, own, inside, nodes, joint)
    problem = Problem.at_mode(block.rows, at, own, inside, prior)
    if rule == 1 or problem.gaussian:
        return problem.laplace()
    if not isinstance(rule, Points):
        return _by_nodes(problem, rule)
    if rule.nodes and prior.normal and not len(inside):
        return _by_nodes(problem, rule.nodes)
    return points.log_likelihood(problem, rule)


def _by_nodes(problem: Problem, nodes: int) -> Array:
    """Quadrature over one level of effects, in slices that stay in the cache."""
    rows, offset, loading = problem.rows.studies, problem.offset, problem.loading
    out = np.empty((len(rows.starts), offset.shape[1]))
    width = len(offset) * nodes ** (len(loading) - 1)
    for part in slices(offset.shape[1], CHUNK // width):
        mode = problem.mode.study.part(part)
        out[:, part] = quadrature.integrate(
            rows.part(part), offset[:, part], loading[..., part], nodes, mode
        )
    return out


def draw_effects(
    h: Hierarchy, theta: Array, rng: np.random.Generator
) -> tuple[Array, Array | None]:
    """One draw per column of theta of all effects.

    Returns
    -------
    u : array, shape (q, n_studies, n_draws)
    w : array, shape (p, n_results, n_draws), or None without effects of results
    """
    u = np.empty((h.dimension, h.n_studies, theta.shape[1]))
    w = None
    if h.within is not None:
        w = np.empty((h.within.Z.shape[1], h.within.n_results, theta.shape[1]))
    for part, problem in _whole(h, theta):
        v, z = points.draw_effects(problem, rng)
        u[..., part] = times(h.sigma_factor(theta[:, part]), v)
        edged = problem.rows.studies.likelihood.edged
        if edged.any():
            u[0, edged, part] = _edged_effects(h, problem, np.flatnonzero(edged), rng)
        if w is not None:
            w[..., part] = times(h.within_factor(theta[:, part]), z)
    return u, w


def _edged_effects(
    h: Hierarchy, problem: Problem, members: Array, rng: np.random.Generator
) -> Array:
    """Effects, with their scale, of studies whose likelihood has an edge, (n, n_draws)."""
    likelihood = problem.rows.studies.likelihood.take(members)
    mean, sd, farthest = problem.offset[members], problem.loading[0][members], likelihood.farthest
    if problem.prior.freedom is not None:
        log_w, factor = scale_mixture(problem.prior.freedom)
        terms = np.stack([
            edges.log_likelihood(likelihood, mean, sd * h.spread(f)[0], farthest) + w
            for f, w in zip(factor, log_w, strict=True)
        ])  # fmt: skip
        mass = np.cumsum(np.exp(terms - terms.max(axis=0)), axis=0)
        chosen = np.sum(mass < rng.random(mean.shape) * mass[-1], axis=0)
        sd = sd * h.spread(factor[chosen, np.arange(mean.shape[1])])[0]
    return edges.draw(likelihood, mean, sd, farthest, rng) - mean


def _whole(h: Hierarchy, theta: Array) -> Iterator[tuple[slice, Problem]]:
    """All studies with both levels of their effects, slice by slice of the draws."""
    for part in slices(theta.shape[1], CHUNK // len(h.Z)):
        at = theta[:, part]
        offset, loading, _ = h.predictors(at)
        rows = _by_result(h, h.rows_at(at))
        inner = h.inner_loading(at)
        yield part, Problem.at_mode(rows, offset, loading, inner, h.effect_prior(at))


def slices(n: int, size: int) -> list[slice]:
    """Slices of at most `size` of n draws, or of a few where `size` is smaller."""
    size = max(SMALLEST_SLICE, size)
    return [slice(at, min(at + size, n)) for at in range(0, n, size)]
