"""What rows that are no full result add: in bits, in patients, and to the pooled answer.

The information of a row is the Kullback-Leibler divergence, in bits, of the posterior of its own
study's parameters given that row alone from their prior (Lindley 1956, Ann Math Stat 27:986-1005).
It comes from draws of the prior, weighted by the row's likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.checks.rows import fit_to_rows
from bayespool.covariance import Covariance
from bayespool.numerics.likelihoods import Gaussian
from bayespool.priors import Fixed
from bayespool.streams import rng

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.hierarchy import Hierarchy
    from bayespool.numerics.row_likelihood import RowLikelihood

Array = np.ndarray
BATCHES, BATCH = 20, 1_000  # of draws: the error is that of leaving out batches
FEWER = 200  # draws in a batch where a baseline is integrated out
NODES = 9  # of that integral
NOTHING = 1e-4  # bits; less is what rounding leaves of none
LEAST_SHARE = 1e-6
FEWEST_STUDIES = 2


@dataclass(frozen=True)
class Contribution:
    """What one partial row tells, by itself, of its own study.

    Attributes
    ----------
    study, row : str
    kind, says : str
        What the row states (`bayespool.studies.partial.Partial`).
    bits, bits_error : float
        Information and its Monte Carlo standard error.
    people : int or None
        In its central table, or its design; None where these are not known.
    share : float or None
        As informative as this share of a complete result: of the central table, or of an estimate
        with the standard error of the design. At most 1; None where there is neither.
    """

    study: str
    row: str
    kind: str
    says: str
    bits: float
    bits_error: float
    people: int | None
    share: float | None

    @property
    def equivalent(self) -> float | None:
        """Patients with a complete result that would tell as much."""
        return None if self.share is None or self.people is None else self.share * self.people

    @property
    def silent(self) -> bool:
        """The row says nothing in this model."""
        return self.bits < NOTHING


def partial_rows(studies: Any) -> list[int]:
    """Which rows of the table state less than a full result."""
    stated = studies.statements
    return [i for i, said in enumerate(stated) if said is not None and not said.empty]


def contributions(fitted: Fit, seed: int | None = None) -> tuple[Contribution, ...]:
    """The information of every partial row; empty where there are none.

    Parameters
    ----------
    fitted : Fit
    seed : int, optional
        That of the fit by default.
    """
    studies: Any = fitted.studies
    chosen = partial_rows(studies)
    seed = fitted.seed if seed is None else seed
    told = {i: _Row(fitted.hierarchy, studies, i, seed) for i in chosen}
    found = {i: row.log_likelihood(row.own) for i, row in told.items()}
    means = {i: told[i].mean(found[i]) for i in chosen}
    complete = fitted.model.hierarchy(completed(studies, means)) if chosen else None
    out = []
    for i in chosen:
        said, (bits, error) = studies.partial[i], information(found[i])
        share = None
        if complete is not None and _is_shown(studies, i):
            share = told[i].share(bits, _rows_of(complete, len(studies), i))
        out.append(
            Contribution(
                studies.study[i], studies.row[i], said.kind, said.says, bits, error,
                people_of(studies, i), share,
            )
        )  # fmt: skip
    return tuple(out)


def people_of(studies: Any, i: int) -> int | None:
    """People in a row's central table, None where it has none."""
    counts = studies.row_counts[i] or ()
    return int(studies.people[:, i].sum()) or sum(counts[1::2]) or None


def _is_shown(studies: Any, i: int) -> bool:
    """There is a complete result to compare the row with."""
    if studies.same_people:  # of which a part cannot be taken
        return False
    return studies.of_effects or people_of(studies, i) is not None


def completed(studies: Any, means: dict[int, float] | None = None) -> Any:
    """The table with a complete result in the place of every partial row.

    That of its central table; of effects the mean of the possible estimates with the mean standard
    error, and where no estimate is known that of `means` (0 by default).
    """
    if not partial_rows(studies):
        return studies
    kept = tuple(said if said is not None and said.empty else None for said in studies.partial)
    changes: dict[str, Any] = {"partial": kept}
    if studies.of_effects:
        estimate, se = studies.estimate.copy(), studies.se.copy()
        for i in partial_rows(studies):
            low, high, error, weight = np.array(studies.partial[i].intervals).T
            weight = weight / weight.sum()
            se[i] = weight @ error
            estimate[i] = (means or {}).get(i, 0.0)
            if np.array_equal(low, high):
                estimate[i] = weight @ low
        changes |= {"estimate": estimate, "se": se}
    return replace(studies, **changes)


def _rows_of(hierarchy: Hierarchy, n: int, i: int) -> Hierarchy:
    """The hierarchy of one row of a table of n."""
    per_row = len(hierarchy.X) // n
    rows = np.arange(per_row * i, per_row * (i + 1))
    k = int(hierarchy.study[rows[0]])
    first = int(np.argmax(hierarchy.study == k))
    return hierarchy.subset([k]).of_rows(rows - first)


class _Row:
    """One row of the table, and draws of its study's parameters from the prior."""

    def __init__(self, hierarchy: Hierarchy, studies: Any, i: int, seed: int) -> None:
        random = rng(seed, "contribution", i)
        self.own = _rows_of(hierarchy, len(studies), i)
        self.size = FEWER if flat_baseline(self.own) else BATCH
        self.theta = self.own.draw_prior(BATCHES * self.size, random)
        self.effects = self.own.new_studies(self.theta, random)
        self.within = None
        if self.own.within is not None:
            size = (self.own.within.Z.shape[1], self.own.within.n_results, self.theta.shape[1])
            self.within = self.own.scale_within(self.theta, random.standard_normal(size))

    def log_likelihood(self, own: Hierarchy) -> Array:
        """Of every draw, up to a constant; `own` has the rows to be judged."""
        parts = [slice(self.size * b, self.size * (b + 1)) for b in range(BATCHES)]
        # draws far beyond all evidence overflow, and have no weight
        with np.errstate(all="ignore"):
            if flat_baseline(own):
                scales = [own.names.index(name) for name in own.row_scales]
                theta = np.concatenate(
                    [self.theta[: own.X.shape[1]], self.effects[1:, 0], self.theta[scales]]
                )
                own = given_effects(own)
                values = [own.log_likelihood(theta[:, part], NODES)[0] for part in parts]
            else:
                eta = own.row_predictors(self.theta, self.effects, self.within)
                values = [_of_rows(own, self.theta[:, part], eta[:, part]) for part in parts]
        found = np.concatenate(values)
        return np.where(np.isnan(found), -np.inf, found)

    def mean(self, log_likelihood: Array) -> float:
        """Posterior mean of the (last) linear predictor given the row alone."""
        eta = self.own.row_predictors(self.theta, self.effects, self.within)[-1]
        weight = np.exp(log_likelihood - log_likelihood.max())
        return float(weight @ np.where(weight > 0.0, eta, 0.0) / weight.sum())

    def share(self, bits: float, complete: Hierarchy) -> float:
        """How large a share of a complete result tells as many bits."""
        from scipy.optimize import brentq

        if bits < NOTHING:
            return 0.0
        whole = self.log_likelihood(complete)
        # a power of the likelihood is a share of the people, where nothing is integrated out
        simple = not (flat_baseline(complete) or complete.row_scales)

        def excess(log_share: float) -> float:
            share = float(np.exp(log_share))
            if simple:
                return information(share * whole)[0] - bits
            part = replace(complete, likelihood=scaled(complete, share))
            return information(self.log_likelihood(part))[0] - bits

        if excess(0.0) <= 0.0:
            return 1.0
        least = float(np.log(LEAST_SHARE))
        if excess(least) >= 0.0:
            return 0.0
        return float(np.exp(brentq(excess, least, 0.0, xtol=5e-3)))


def _of_rows(own: Hierarchy, theta: Array, eta: Array) -> Array:
    rows = own.rows_at(theta).likelihood
    return np.asarray((rows.log_density(eta) + rows.log_constant()).sum(axis=0))


def flat_baseline(own: Hierarchy) -> bool:
    """Every study has a baseline of its own, with a flat prior that draws of it say nothing of."""
    sigma = own.sigmas[0]
    return sigma.scales[0] == "baseline" and isinstance(sigma.scale_priors[0], Fixed)


def given_effects(own: Hierarchy) -> Hierarchy:
    """The rows of a study given its effect, which becomes a coefficient; the baseline stays."""
    first = own.sigmas[0].scale_priors[0]
    count = own.dimension - 1
    return replace(
        own,
        X=np.column_stack([own.X, own.Z[:, 1:]]),
        Z=own.Z[:, :1],
        coefficients=(*own.coefficients, *(f"own_{i}" for i in range(count))),
        coefficient_priors=(*own.coefficient_priors, *(Fixed(0.0),) * count),
        between=Covariance(("baseline",), (first,)),
        freedom_prior=None,
        robust=(False,),
    )


def scaled(complete: Hierarchy, share: float) -> RowLikelihood:
    """The rows as if only this share of the people had been in the study."""
    rows = complete.likelihood
    if isinstance(rows, Gaussian):
        return replace(rows, se=rows.se / np.sqrt(share))
    raise NotImplementedError(f"{type(rows).__name__} rows cannot be scaled")


def information(log_likelihood: Array) -> tuple[float, float]:
    """Bits that a likelihood adds to draws from the prior, and their jackknife standard error."""
    top = log_likelihood.max()
    if not np.isfinite(top):
        return 0.0, float("inf")
    log_l = np.maximum(log_likelihood - top, -745.0).reshape(BATCHES, -1)
    like = np.exp(log_l)
    mass, moment = like.sum(axis=1), (like * log_l).sum(axis=1)
    each = log_l.shape[1]

    def bits(mass: Array, moment: Array, n: int) -> Array:
        return (moment / mass - np.log(mass / n)) / np.log(2.0)

    whole = float(bits(mass.sum(), moment.sum(), BATCHES * each))
    without = bits(mass.sum() - mass, moment.sum() - moment, (BATCHES - 1) * each)
    spread = np.sum((without - without.mean()) ** 2)
    return max(whole, 0.0), float(np.sqrt((BATCHES - 1) / BATCHES * spread))


@dataclass(frozen=True, eq=False)
class WithoutPartial:
    """The same model fitted to the complete rows alone.

    Attributes
    ----------
    fit : Fit or None
    dropped : tuple of str
        Row labels of the partial rows.
    why : str
        In words, where there is no fit.
    """

    fit: Fit | None
    dropped: tuple[str, ...] = ()
    why: str = ""


def without_partial(fitted: Fit, engine: str = "quadrature") -> WithoutPartial:
    """Fit again without the partial rows; covariates stay coded as in the whole table.

    Parameters
    ----------
    fitted : Fit
    engine : {"quadrature"}
    """
    if engine != "quadrature":
        raise ValueError(f"engine={engine!r}; allowed: quadrature")
    studies: Any = fitted.studies
    chosen = partial_rows(studies)
    dropped = tuple(studies.row[i] for i in chosen)
    if not chosen:
        return WithoutPartial(None, why="Every row is a complete result.")
    keep = np.setdiff1d(np.arange(len(studies)), chosen)
    n = len({studies.study[i] for i in keep})
    if n < FEWEST_STUDIES:
        left = "no study" if n == 0 else "one study"
        return WithoutPartial(None, dropped, f"Without the incomplete rows {left} would be left.")
    try:
        return WithoutPartial(fit_to_rows(fitted, tuple(keep.tolist())), dropped)
    except ValueError as error:
        why = str(error).removeprefix(f"{studies.file}: ").partition("; allowed")[0]
        return WithoutPartial(
            None, dropped, f"The complete rows alone are not enough for this model: {why}."
        )
