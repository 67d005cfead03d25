"""Exact leave-one-study-out refits: how far each estimand moves when a study is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.checks.moves import Move, moves
from bayespool.engines import grid, quadrature, rule
from bayespool.estimands import Estimate
from bayespool.fitted import Fit
from bayespool.hierarchy import Hierarchy
from bayespool.parallel import each
from bayespool.progress import stage
from bayespool.streams import rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayespool.engines.draws import Draws
    from bayespool.studies import AccuracyStudies

WORDS = "studies left out"


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The posterior without one study.

    Attributes
    ----------
    study : str
        The row that was left out.
    fit : Fit
        Of the other studies.
    elpd : float
        Exact log predictive density of the study given the others.
    refitted : bool
        Fitted again; False when the study was divided out of the weights of a common set of
        points, which is as exact, and faster.
    """

    study: str
    fit: Fit
    elpd: float
    refitted: bool

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        return self.fit.estimates


@dataclass(frozen=True, eq=False)
class LeaveOneOutRefits:
    """All leave-one-study-out posteriors of a fit.

    Attributes
    ----------
    full : mapping of str to Estimate
        With all studies.
    studies : tuple of LeftOut
        In the order of the table.
    """

    full: Mapping[str, Estimate]
    studies: tuple[LeftOut, ...]

    def moves(
        self, left_out: LeftOut, names: Sequence[str], seen: Sequence[str] = ()
    ) -> list[Move]:
        """How far main estimands move without one study, as `bayespool.checks.moves.moves`."""
        return moves(left_out.fit.model, self.full, left_out.estimates, names, seen)

    def influence(self, left_out: LeftOut, names: Sequence[str]) -> float:
        """The furthest move of some estimands' medians or interval ends, in posterior SDs."""
        return max(abs(move.shift) for move in self.moves(left_out, names))

    def ranked(self, names: Sequence[str]) -> list[LeftOut]:
        """Studies from most to least influential on the estimands named."""
        return sorted(self.studies, key=lambda one: -self.influence(one, names))

    @property
    def elpd(self) -> float:
        """Sum of the exact log predictive densities."""
        return float(sum(one.elpd for one in self.studies))


def check_studies(studies: AccuracyStudies) -> None:
    """Refuse what `refit_without_each` could not leave a study out of."""
    if len(set(studies.study)) < 2:
        raise ValueError("leaving one study out needs at least 2 studies")


def refit_without_each(fitted: Fit, ess: float = 4_000.0) -> LeaveOneOutRefits:
    """Leave every study out in turn, by quadrature, whichever engine made the fit.

    Raises
    ------
    ValueError
        With fewer than two studies there is nothing left to fit.
    """
    check_studies(fitted.studies)
    hierarchy, bare = fitted.hierarchy, fitted.bare
    if grid.applies(hierarchy):
        tasks = [(bare, k) for k in range(hierarchy.n_studies)]
        left_out = each(_on_the_grid, tasks, WORDS)
    else:
        stage("points that serve all studies left out")
        found = quadrature.sample_leaving_out(hierarchy, fitted.seed, ess)
        drawn = [(quadrature.as_draws(hierarchy, result), refitted) for result, refitted in found]
        left_out = each(_drawn, [(bare, k, *one) for k, one in enumerate(drawn)], WORDS)
    return LeaveOneOutRefits(fitted.estimates, tuple(left_out))


def _on_the_grid(fitted: Fit, k: int) -> LeftOut:
    return _left_out(fitted, k, lambda hierarchy: grid.run(hierarchy, fitted.seed), True)


def _drawn(fitted: Fit, k: int, draws: Draws, refitted: bool) -> LeftOut:
    return _left_out(fitted, k, lambda _: draws, refitted)


def _left_out(fitted: Fit, k: int, run: Callable[[Hierarchy], Draws], refitted: bool) -> LeftOut:
    """The posterior without the k-th study, with draws of its estimands."""
    studies, hierarchy = fitted.studies, fitted.hierarchy
    label = list(dict.fromkeys(studies.study))[k]
    one = fitted.of_rows(np.flatnonzero(np.array(studies.study) != label), run)
    draws = one.draws
    whole = fitted.draws.info.get("log_marginal_likelihood")
    if whole is not None and "path" in draws.info:
        elpd = whole - draws.info["log_marginal_likelihood"]
    else:
        chosen, random = rule.of_fit(hierarchy, draws.info), rng(fitted.seed, "left out", k)
        alone = hierarchy.subset([k])
        own = rule.by_study(alone, one.theta, chosen, draws.ancestor, random)[0]
        elpd = float(np.logaddexp.reduce(own) - np.log(own.size))
    one.samples  # noqa: B018
    return LeftOut(hierarchy.labels[k], one, elpd, refitted)
