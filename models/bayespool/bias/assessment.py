"""What publication bias might do to a fitted association: the answer beside the main one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association import PEESE, PET, SelectionNormal
from bayespool.association.scale import shown_name
from bayespool.association.small_studies import check_effects, direction_of
from bayespool.averaging import average, evidence_weights
from bayespool.bias.accuracy import AccuracyAssessment, assess_accuracy, check_accuracy
from bayespool.bias.asked import BiasAsked
from bayespool.bias.asymmetry import FEW, RankTest, Regression, egger, rank_test
from bayespool.bias.averaged import Averaged, robma
from bayespool.bias.ensemble import EFFECT, HETEROGENEITY, psma
from bayespool.checks.prior_overlap import overlap, overlaps
from bayespool.estimands import Estimate
from bayespool.fitting import fit
from bayespool.held import held
from bayespool.priors import CumulativeDirichlet
from bayespool.studies import Effects
from bayespool.studies.measures import TESTED

if TYPE_CHECKING:
    from bayespool.fitted import Fit

MATTERS = 0.5  # posterior standard deviations that the answer moves
CUTS = (0.025, 0.05, 0.5)  # of the selection model, by default


@dataclass(frozen=True, eq=False)
class Assessment:
    """Publication bias of one fitted association.

    Attributes
    ----------
    asked : BiasAsked
    studies : Effects
        The rows as they entered.
    direction : {"positive", "negative"}
        Which estimates are thought to be seen.
    main : mapping of str to Estimate
        ``mu`` of the main model, and what it is on the measure's own scale.
    adjusted : mapping of str to Estimate
        The same with bias in the model, and its other parameters.
    averaged : Averaged or None
    fits : mapping of str to Fit
        Of a selection model, or of PET and PEESE.
    weights : mapping of str to float
        Posterior probabilities of those fits, equally probable beforehand.
    regression, rank : tests of asymmetry, None with fewer than three studies
    notes : sentences
        On how rows entered.
    """

    asked: BiasAsked
    studies: Any
    direction: str
    main: Mapping[str, Estimate]
    adjusted: Mapping[str, Estimate]
    averaged: Averaged | None = None
    fits: Mapping[str, Fit] | None = None
    weights: Mapping[str, float] | None = None
    regression: Regression | None = None
    rank: RankTest | None = None
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The estimand on the measure's own scale."""
        return shown_name("mu", self.studies.measure)

    @property
    def change(self) -> float:
        """How far the mean moves, in posterior standard deviations of the main answer."""
        main = self.main["mu"]
        return float((self.adjusted["mu"].mean - main.mean) / main.sd)

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
        """Share of prior and posterior of the parameters of the bias; near 1 nothing was learnt."""
        if self.averaged is not None:
            return _overlaps_of(self.averaged)
        out: dict[str, float] = {}
        for name, one in (self.fits or {}).items():
            own = overlaps(one)
            for parameter, x in own.items():
                if parameter not in ("mu", "tau", "nu") and not parameter.startswith("beta"):
                    told = _told(one.model, parameter)
                    out[f"{told}, {name}" if len(self.fits or {}) > 1 else told] = x
        return out

    def weight_band(self) -> tuple[np.ndarray, np.ndarray] | None:
        """One-sided p values, ascending, and 0.025, 0.5, 0.975 quantiles of the weight there.

        Shapes (n,) and (3, n); the mean instead of the median, which of an average is often 1.
        """
        if self.averaged is not None and self.averaged.cuts:
            edges = (0.0, *self.averaged.cuts, 1.0)
            draws = self.averaged.samples
            names = [f"omega[{a:g},{b:g}]" for a, b in pairwise(edges)]
            values = np.stack([draws[name] for name in names])
        elif self.asked.kind == "selection" and self.fits:
            model = next(iter(self.fits.values()))
            edges = (0.0, *model.model.cuts, 1.0)
            own = model.samples
            rest = [own[f"omega_{j}"].ravel() for j in range(2, len(edges))]
            values = np.stack([np.ones_like(rest[0]), *rest])
        else:
            return None
        low, high = np.quantile(values, [0.025, 0.975], axis=1)
        return np.array(edges), np.stack([low, values.mean(axis=1), high])

    def record(self) -> dict[str, Any]:
        """For JSON."""
        out: dict[str, Any] = {
            "kind": self.asked.kind,
            "studies": len(self.studies),
            "direction": self.direction,
            "main": {name: asdict(e) for name, e in self.main.items()},
            "adjusted": {name: asdict(e) for name, e in self.adjusted.items()},
            "change_in_posterior_sd": self.change,
            "prior_overlap": self.overlaps,
            "notes": list(self.notes),
            "egger": None if self.regression is None else asdict(self.regression),
            "rank_test": None if self.rank is None else asdict(self.rank),
        }
        if self.averaged is not None:
            out |= {
                "scale": self.averaged.scale.words,
                "inclusion": [asdict(one) for one in self.averaged.inclusions],
                "models": self.averaged.model_records,
                "given_effect": {n: asdict(e) for n, e in self.averaged.given_effect.items()},
            }
        for name, one in (self.fits or {}).items():
            info = one.draws.info
            out.setdefault("models", []).append({
                "model": name, "call": repr(one.model), "engine": one.engine,
                "posterior": (self.weights or {}).get(name),
                "log_marginal_likelihood": info.get("log_marginal_likelihood"),
                "log_marginal_likelihood_error": info.get("log_marginal_likelihood_mcse"),
                "estimands": {n: asdict(e) for n, e in one.estimates.items()},
            })  # fmt: skip
        return out


def effects_of(studies: Any, measure: str) -> tuple[Any, tuple[str, ...]]:
    """The studies as effects with standard errors, and sentences on what was done to them.

    Raises
    ------
    ValueError
        Rows that have no p values, or rows of one study.
    """
    notes: list[str] = []
    found = studies
    if studies.one_group or measure not in TESTED:
        check_effects(studies, "a model of publication bias")
    if not isinstance(studies, Effects):
        found = studies.as_effects(measure)
        notes.append(
            "The main model takes exact counts, which have no p value. Here every study enters "
            "with its estimate and standard error, 1/2 added to every cell of tables with a zero "
            "cell."
        )
    silent = [i for i, said in enumerate(found.partial) if said is not None and said.empty]
    if silent:
        notes.append(
            f"{len(silent)} of {len(found)} rows say nothing of the effect and do not enter."
        )
        found = found.select([i for i in range(len(found)) if i not in silent])
    check_effects(found, "a model of publication bias")
    repeated = found.several_rows()
    if repeated:
        raise ValueError(
            f"{found.file}: {len(repeated)} studies have several rows ({', '.join(repeated)}), of "
            "which a model of publication bias would make independent studies; allowed: one row "
            "per study (--where COLUMN=VALUE), or --bias none"
        )
    return found, tuple(notes)


def check_asked(model: Any, studies: Any, asked: BiasAsked) -> None:
    """Refuse what `assess` would refuse, before a fit is waited for."""
    accuracy = not model.measure
    asked.check_for("accuracy" if accuracy else "association")
    if asked.kind == "none":
        return
    if accuracy:
        check_accuracy(model, studies, asked)
    else:
        effects_of(studies, model.measure)


@held
def assess(fitted: Fit, asked: BiasAsked) -> Assessment | AccuracyAssessment | None:
    """Publication bias of a fit as it is asked; None where nothing is.

    Raises
    ------
    ValueError
        Studies of which no such model can be made.
    """
    check_asked(fitted.model, fitted.studies, asked)
    if asked.kind == "none":
        return None
    if not fitted.model.measure:
        return assess_accuracy(fitted, asked)
    return _of_association(fitted, asked)


def _of_association(fitted: Fit, asked: BiasAsked) -> Assessment:
    model = fitted.model
    studies, notes = effects_of(fitted.studies, model.measure)
    direction = direction_of(studies)
    names = dict.fromkeys(("mu", shown_name("mu", model.measure)))
    main = {name: fitted.estimates[name] for name in names}
    if model.covariates and asked.kind == "robma":
        notes += ("The ensemble has no covariates: it is of the mean over all studies.",)
    some = len(studies) > 2
    start = Assessment(
        asked, studies, direction, main, {}, notes=notes,
        regression=egger(studies) if some else None, rank=rank_test(studies) if some else None,
    )  # fmt: skip
    if asked.kind == "robma":
        own = asked.parsed
        ensemble = psma(effect=own.get("effect", EFFECT),
                        heterogeneity=own.get("heterogeneity", HETEROGENEITY))  # fmt: skip
        averaged = robma(studies, ensemble, direction=direction, seed=fitted.seed)
        return replace(start, averaged=averaged, adjusted=averaged.estimates)
    options = _options(model, asked.parsed)
    if asked.kind == "selection":
        cuts = asked.cuts or CUTS
        options.setdefault("weights", CumulativeDirichlet(*[1] * (len(cuts) + 1)))
        made, _ = SelectionNormal.for_studies(studies, cuts=cuts, **options)
        one = fit(made, studies, seed=fitted.seed)
        return replace(start, fits={"selection": one}, adjusted=dict(one.estimates))
    fits: dict[str, Fit] = {}
    for name, kind in (("PET", PET), ("PEESE", PEESE)):
        own = {k: v for k, v in options.items() if k not in ("pet", "peese") or k == name.lower()}
        made, _ = kind.for_studies(studies, **own)
        fits[name] = fit(made, studies, engine="quadrature", seed=fitted.seed)
    weights = evidence_weights(fits)
    return replace(start, fits=fits, weights=weights, adjusted=average(fits, weights))


def _options(model: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Priors and covariates of the main model, as far as these have them, and those asked."""
    out: dict[str, Any] = {}
    if type(model).__name__ in ("NormalNormal", "BinomialNormal"):
        out = {name: getattr(model, name) for name in ("mu", "tau", "beta", "covariates", "nu")}
    return out | dict(asked)


def _told(model: Any, parameter: str) -> str:
    """What a parameter of the bias is called; of falling weights the ratio of neighbours."""
    stem, _, j = parameter.partition("_")
    if stem != "ratio":
        return parameter
    edges = (0.0, *model.cuts, 1.0)
    low, cut, high = edges[int(j) - 2 : int(j) + 1]
    return f"the weight of p from {cut:g} to {high:g} over that from {low:g} to {cut:g}"


def _overlaps_of(averaged: Averaged) -> dict[str, float]:
    """Of the slopes and weights of single models, averaged over models that have them."""
    total: dict[str, list[tuple[float, float]]] = {}
    for one, p in zip(averaged.models, averaged.posterior, strict=True):
        own = {
            name: prior for name, prior in one.target.priors.items() if name not in ("mu", "tau")
        }
        if not own or p < 1e-6:
            continue
        draws, _ = one.draw(4_000, np.random.default_rng(1))
        for name, prior in own.items():
            kind = "weights" if name.startswith("ratio") else name
            total.setdefault(kind, []).append((float(p), overlap(prior, draws[name])))
    return {
        kind: float(np.average([x for _, x in pairs], weights=[w for w, _ in pairs]))
        for kind, pairs in total.items()
    }
