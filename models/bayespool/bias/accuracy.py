"""What publication bias might do to fitted diagnostic accuracy: Deeks' line, and selection by t."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy.odds_ratios import check_tables, full_tables
from bayespool.accuracy.selection import SelectionBivariate
from bayespool.bias.asked import BiasAsked
from bayespool.bias.asymmetry import FEW
from bayespool.bias.deeks import FEWEST, Deeks, deeks
from bayespool.checks.prior_overlap import overlap
from bayespool.estimands import Estimate
from bayespool.fitting import fit
from bayespool.priors import Beta

if TYPE_CHECKING:
    from bayespool.fitted import Fit

SEEN = (1.0, 0.8, 0.6, 0.4)  # shares of all studies, of the sensitivity analysis
TOLD_OF = 0.6  # the one that the first screen tells of
PRIOR = Beta(2, 1)  # of that share, where it is not known
TOLD = ("sens", "spec", "dor")
MATTERS = 0.5  # posterior standard deviations that the answer moves
SHARED = ("sens", "spec", "tau_sens", "tau_spec", "rho")


@dataclass(frozen=True, eq=False)
class AccuracyAssessment:
    """Publication bias of one fit of diagnostic accuracy.

    Attributes
    ----------
    asked : BiasAsked
    studies : AccuracyStudies
        The rows as they entered.
    main : mapping of str to Estimate
        Sensitivity, specificity and diagnostic odds ratio of the main model, if it has one of each.
    deeks : Deeks or None
        None with fewer than three studies.
    curve : mapping of float to Fit
        By the share of all studies that is seen, from 1 down; empty without a selection model.
    unknown : Fit or None
        With a prior of that share.
    notes : sentences
        On how rows entered.
    """

    asked: BiasAsked
    studies: Any
    main: Mapping[str, Estimate]
    deeks: Deeks | None
    curve: Mapping[float, Fit]
    unknown: Fit | None = None
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        """How far sensitivity or specificity moves with `TOLD_OF` seen, in posterior SDs.

        The larger of the two, from the same model with all studies seen, so that the normal
        approximation of the counts is not taken for bias; 0 without a selection model.
        """
        if not self.curve:
            return 0.0
        before, after = self.curve[1.0].estimates, self.curve[TOLD_OF].estimates
        moves = [(after[n].mean - before[n].mean) / before[n].sd for n in ("sens", "spec")]
        return float(max(moves, key=abs))

    @property
    def matters(self) -> bool:
        """It moves by more than half a posterior standard deviation."""
        return abs(self.change) > MATTERS

    @property
    def few(self) -> bool:
        """There are fewer than ten studies."""
        return len(self.studies) < FEW

    @cached_property
    def overlaps(self) -> dict[str, float]:
        """Share of prior and posterior of the parameters of selection; near 1 nothing was learnt.

        Of the fit with an unknown share.
        """
        if self.unknown is None:
            return {}
        priors, draws = self.unknown.hierarchy.priors, self.unknown.samples
        return {name: overlap(priors[name], draws[name]) for name in ("seen", "strength")}

    def unseen(self, share: float) -> float:
        """Studies that nobody saw, if this share of all is seen."""
        return len(self.studies) * (1.0 / share - 1.0)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        out: dict[str, Any] = {
            "kind": self.asked.kind,
            "studies": len(self.studies),
            "main": {name: asdict(e) for name, e in self.main.items()},
            "deeks": None if self.deeks is None else self.deeks.record(),
            "notes": list(self.notes),
        }
        if self.unknown is None:
            return out
        return out | {
            "curve": [
                {"seen": share, "unseen_studies": self.unseen(share), "call": repr(one.model),
                 "estimands": {n: asdict(e) for n, e in one.estimates.items()}}
                for share, one in self.curve.items()
            ],
            "unknown_share": {
                "call": repr(self.unknown.model),
                "estimands": {n: asdict(e) for n, e in self.unknown.estimates.items()},
            },
            "change_in_posterior_sd": self.change,
            "prior_overlap": self.overlaps,
        }  # fmt: skip


def tables_of(model: Any, studies: Any, asked: BiasAsked) -> tuple[Any, tuple[str, ...]]:
    """The full tables among the rows, and a sentence on the others.

    Raises
    ------
    ValueError
        Several tests, several rows per study, or too few tables.
    """
    what = "Deeks' test" if asked.kind == "deeks" else "a selection model"
    if model.test:
        raise ValueError(
            f"{studies.file}: {what} is of one test, and this is a comparison of tests; allowed: "
            "the rows of one test (--where COLUMN=TEST, without --test), or --bias none"
        )
    full = full_tables(studies)
    notes: tuple[str, ...] = ()
    if full.any() and not full.all():
        left = int((~full).sum())
        notes = (
            f"{left} of {len(full)} rows are no full 2x2 tables with people in both groups, have "
            "no diagnostic odds ratio, and do not enter.",
        )
        studies = studies.select(np.flatnonzero(full).tolist())
    check_tables(studies, what, FEWEST if asked.kind == "deeks" else 2)
    return studies, notes


def check_accuracy(model: Any, studies: Any, asked: BiasAsked) -> None:
    """Refuse what `assess_accuracy` would refuse, before a fit is waited for."""
    tables_of(model, studies, asked)
    if asked.kind == "selection":
        _with_share(model, asked)


def assess_accuracy(fitted: Fit, asked: BiasAsked) -> AccuracyAssessment:
    """Publication bias of a fit of diagnostic accuracy.

    Raises
    ------
    ValueError
        Studies of which no such model can be made.
    """
    studies, notes = tables_of(fitted.model, fitted.studies, asked)
    main = {name: fitted.estimates[name] for name in TOLD if name in fitted.estimates}
    line = deeks(studies) if len(studies) >= FEWEST else None
    start = AccuracyAssessment(asked, studies, main, line, {}, notes=notes)
    if asked.kind == "deeks":
        return start
    base, more = _with_share(fitted.model, asked)
    # a known share is that of the published model; of an unknown one its errors would seem to tell
    published = replace(base, errors="own")
    made = (*(replace(published, seen=seen) for seen in SEEN), base)
    fits = [fit(one, studies, engine="quadrature", seed=fitted.seed) for one in made]
    failed = tuple(
        f"With seen={f.model.seen!r} the fit did not pass its self-check "
        f"({'; '.join(f.draws.failures)})."
        for f in fits
        if f.draws.failures
    )
    curve = dict(zip(SEEN, fits, strict=False))
    return replace(start, curve=curve, unknown=fits[-1], notes=(*notes, *more, *failed))


def _with_share(model: Any, asked: BiasAsked) -> tuple[SelectionBivariate, tuple[str, ...]]:
    """The selection model with the priors of the main model where these are of the same thing."""
    notes: list[str] = []
    own: dict[str, Any] = {}
    if type(model).__name__ == "Bivariate" and model.link == "logit":
        own = {name: getattr(model, name) for name in SHARED}
        if model.nu is not None:
            notes.append("Study effects are normal here; those of the main model are Student t.")
    else:
        notes.append(
            f"The selection model has its own priors: those of the main model ({model.title}) are "
            "of other parameters."
        )
    if model.covariates:
        notes.append("It has no covariates: it is of the mean over all studies.")
    made = SelectionBivariate(**(own | {"seen": PRIOR} | asked.parsed))
    return made, tuple(notes)
