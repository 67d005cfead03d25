"""Exact leave-one-study-out refits: how far each estimand moves when a study is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayespool.engines import grid, quadrature
from bayespool.estimands import Estimate
from bayespool.fitting import Fit, package_versions
from bayespool.hierarchy import Hierarchy

if TYPE_CHECKING:
    from collections.abc import Mapping


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

    def shift(self, left_out: LeftOut, name: str) -> float:
        """Move of an estimand's mean in posterior SDs of the full fit."""
        full = self.full[name]
        return (left_out.estimates[name].mean - full.mean) / full.sd

    def influence(self, left_out: LeftOut, names: tuple[str, ...]) -> float:
        """Largest absolute shift over some estimands, in posterior SDs."""
        return max(abs(self.shift(left_out, name)) for name in names)

    def ranked(self, names: tuple[str, ...]) -> list[LeftOut]:
        """Studies from most to least influential on the estimands named."""
        return sorted(self.studies, key=lambda one: -self.influence(one, names))

    @property
    def elpd(self) -> float:
        """Sum of the exact log predictive densities."""
        return float(sum(one.elpd for one in self.studies))


def _others(hierarchy: Hierarchy, k: int) -> list[int]:
    return [j for j in range(hierarchy.n_studies) if j != k]


def refit_without_each(fitted: Fit, ess: float = 4_000.0) -> LeaveOneOutRefits:
    """Leave every study out in turn, by quadrature, whichever engine made the fit.

    Raises
    ------
    ValueError
        With fewer than two studies there is nothing left to fit.
    """
    studies, model = fitted.studies, fitted.model
    if fitted.hierarchy.n_studies < 2:
        raise ValueError("leaving one study out needs at least 2 studies")
    hierarchy, versions = fitted.hierarchy, package_versions("quadrature")
    labels = np.array(studies.study)
    keep = [np.flatnonzero(labels != name) for name in dict.fromkeys(studies.study)]
    if grid.applies(hierarchy):
        refits = [(grid.run(hierarchy.subset(_others(hierarchy, k)), fitted.seed), True)
                  for k in range(hierarchy.n_studies)]  # fmt: skip
    else:
        refits = [
            (quadrature.as_draws(hierarchy, result), refitted)
            for result, refitted in quadrature.sample_leaving_out(hierarchy, fitted.seed, ess)
        ]
    whole = fitted.draws.info.get("log_marginal_likelihood")
    out = []
    for k, (draws, refitted) in enumerate(refits):
        one = Fit(model, studies.select(keep[k]), draws, fitted.seed, versions)
        # covariates stay coded as in the whole table: the same centres and reference levels
        vars(one)["hierarchy"] = hierarchy.subset(_others(hierarchy, k))
        vars(one)["coding"] = studies
        if whole is not None and "path" in draws.info:
            elpd = whole - draws.info["log_marginal_likelihood"]
        else:
            nodes = int(draws.info.get("nodes", 15))
            own = hierarchy.subset([k]).log_likelihood(one.theta, nodes)[0]
            elpd = float(np.logaddexp.reduce(own) - np.log(own.size))
        out.append(LeftOut(hierarchy.labels[k], one, elpd, refitted))
    return LeaveOneOutRefits(fitted.estimates, tuple(out))
