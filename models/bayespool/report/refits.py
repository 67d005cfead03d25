"""The same question asked again: without each study, under other priors, year by year.

Records of numbers for summary.json and the CSV twins; NumPy and the standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from bayespool.association.scale import shown_name
from bayespool.averaging import log_bayes_factor
from bayespool.checks import convergence
from bayespool.checks.moves import POINTS, Move, moves
from bayespool.estimands import Estimate
from bayespool.report.points import main_estimands
from bayespool.report.splits import split_records

if TYPE_CHECKING:
    from bayespool.checks.leave_one_out import LeaveOneOutRefits
    from bayespool.checks.variants import Variant
    from bayespool.fitted import Fit

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Refits:
    """What a fit was compared with; None where that was not asked for."""

    leave_one_out: LeaveOneOutRefits | None = None
    prior_sensitivity: tuple[Variant, ...] | None = None
    cumulative: tuple[Variant, ...] | None = None
    other_rows: tuple[Variant, ...] | None = None
    node_splitting: tuple[Variant, ...] | None = None

    def check(self, fitted: Fit) -> None:
        """Refuse refits of another model or other data.

        Raises
        ------
        ValueError
            With the name of the argument and what would be allowed.
        """
        left, priors, years = self.leave_one_out, self.prior_sensitivity, self.cumulative
        if left is not None and not (
            tuple(one.study for one in left.studies) == fitted.hierarchy.labels
            and all(_alike(one.fit, fitted) for one in left.studies)
        ):
            raise ValueError(_foreign("leave_one_out", "refit_without_each(fitted)"))
        if priors is not None and not (
            priors
            and _alike(priors[0].fit, fitted)
            and all(_rows(one.fit) == _rows(fitted) for one in priors)
        ):
            raise ValueError(_foreign("prior_sensitivity", "prior_sensitivity(fitted)"))
        if years is not None and not (
            years
            and all(_alike(one.fit, fitted) for one in years)
            and _rows(years[-1].fit) == _rows(fitted)
        ):
            raise ValueError(_foreign("cumulative", "cumulative(fitted)"))
        if self.node_splitting is not None and not all(
            one.fit.model.split and _rows(one.fit) == _rows(fitted) for one in self.node_splitting
        ):
            raise ValueError(_foreign("node_splitting", "node_splitting(fitted)"))
        # a selection with one row per study may need a simpler model for the same question
        if self.other_rows is not None and not all(
            one.fit.studies.sha256 == fitted.studies.sha256
            and set(shown(fitted)) <= set(one.estimates)
            for one in self.other_rows
        ):
            raise ValueError(_foreign("other_rows", "other_rows(fitted, {...})"))

    @property
    def exact_elpd(self) -> dict[str, float]:
        """Exact log predictive density of every row left out; empty when none was."""
        left = self.leave_one_out
        return {} if left is None else {one.study: one.elpd for one in left.studies}

    @property
    def names(self) -> list[str]:
        """Which analyses there are."""
        return [item.name for item in fields(self) if getattr(self, item.name) is not None]

    def records(self, fitted: Fit) -> dict[str, list[Record]]:
        """Rows of numbers for each analysis that there is, by its name."""
        out = {}
        if self.leave_one_out is not None:
            out["leave_one_out"] = left_out_records(fitted, self.leave_one_out)
        if self.prior_sensitivity is not None:
            out["prior_sensitivity"] = prior_records(fitted, self.prior_sensitivity)
        if self.cumulative is not None:
            out["cumulative"] = series_records(fitted, self.cumulative)
        if self.other_rows is not None:
            out["other_rows"] = series_records(fitted, self.other_rows)
        if self.node_splitting is not None:
            out["node_splitting"] = split_records(self.node_splitting)
        return out


def sound(fitted: Fit) -> bool:
    """The computation passed every check that decides whether its numbers may be used."""
    return all(finding.passed for finding in convergence.check(fitted) if finding.gate)


def left_out_records(fitted: Fit, left: LeaveOneOutRefits) -> list[Record]:
    """One row per study left out, the most influential first."""
    names = main_estimands(fitted)
    out = []
    for rank, one in enumerate(left.ranked(names), start=1):
        record: Record = {"study": one.study, "rank": rank, "elpd": one.elpd}
        record |= {"influence": left.influence(one, names), "refitted": one.refitted}
        record["passed"] = sound(one.fit)
        kept = also_shown(fitted, names)
        out.append(record | values_of(one.estimates, kept, left.moves(one, names)))
    return out


def prior_records(fitted: Fit, variants: Sequence[Variant]) -> list[Record]:
    """One row per prior, the fit itself first."""
    names = main_estimands(fitted)
    out = []
    for one in variants:
        factor = bayes_factor(one, variants[0])
        record: Record = {
            "variant": one.name, "model": repr(one.fit.model), "engine": one.fit.engine,
            "passed": sound(one.fit), "plausible": one.competes,
            "log_marginal_likelihood": one.log_marginal_likelihood,
            "log_bayes_factor": factor[0] if factor else None,
            "log_bayes_factor_mcse": factor[1] if factor else None,
        }  # fmt: skip
        found = moves(fitted.model, variants[0].estimates, one.estimates, names)
        kept = with_new(one, also_shown(fitted, names))
        out.append(record | values_of(one.estimates, kept, found))
    return out


def series_records(fitted: Fit, variants: Sequence[Variant]) -> list[Record]:
    """One row per selection of rows, in their order."""
    names = main_estimands(fitted)
    return [
        {
            "variant": one.name, "model": repr(one.fit.model),
            "n_studies": one.fit.hierarchy.n_studies, "engine": one.fit.engine,
            "passed": sound(one.fit),
        }
        | values_of(one.estimates, also_shown(fitted, names), [])
        for one in variants
    ]  # fmt: skip


def with_new(variant: Variant, names: Sequence[str]) -> list[str]:
    """The estimands and, where the model has them, those of a new study."""
    new = (variant.estimates[name].estimand.new for name in names)
    return [*names, *(n for n in new if n is not None and n in variant.estimates)]


def shown(fitted: Fit) -> tuple[str, ...]:
    """The main estimands on the scale that a reader is shown: ``mu_ratio`` for ``mu``."""
    measure = fitted.model.measure
    names = main_estimands(fitted)
    return tuple(shown_name(n, measure) if measure and n == "mu" else n for n in names)


def also_shown(fitted: Fit, names: Sequence[str]) -> list[str]:
    """Estimands, and those that show them where these are others."""
    return list(dict.fromkeys([*names, *shown(fitted)]))


def bayes_factor(variant: Variant, base: Variant) -> tuple[float, float] | None:
    """Log Bayes factor against the fit as it is, with its error; None for fits by NUTS.

    A fit has a log Bayes factor of exactly 0 against itself.
    """
    if variant is base:
        return None if base.log_marginal_likelihood is None else (0.0, 0.0)
    if None in (variant.log_marginal_likelihood, base.log_marginal_likelihood):
        return None
    return log_bayes_factor(variant.fit, base.fit)


def values_of(
    estimates: Mapping[str, Estimate], names: Sequence[str], found: Sequence[Move]
) -> Record:
    """Columns of a record: medians, intervals and moves of some estimands.

    Of a move, how far the median or an end of the interval moves, and which of them.
    """
    kept = ("median", "eti95_lower", "eti95_upper", "mcse_median")
    out: Record = {}
    for name in names:
        row = estimates[name].row()
        out |= {f"{name}_{column}": row[column] for column in kept}
    for move in found:
        out |= {f"{move.name}_shift": move.shift, f"{move.name}_shift_mcse": move.mcse,
                f"{move.name}_shift_of": POINTS[move.point]}  # fmt: skip
    return out


def _rows(fitted: Fit) -> tuple[str, frozenset[str]]:
    return fitted.studies.sha256, frozenset(fitted.studies.row)


def _alike(one: Fit, fitted: Fit) -> bool:
    same = repr(one.model) == repr(fitted.model)
    return same and one.studies.sha256 == fitted.studies.sha256


def _foreign(name: str, allowed: str) -> str:
    return f"{name} belongs to another model or other data; allowed: {allowed} of the fit reported"
