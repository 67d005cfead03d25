"""Accuracy at every cut-off of a marker, from studies that report one, several or many of them.

The marker is logistic (or normal) in patients with and without the condition, after a
transformation h of its values. A study has its own location and its own spread in both groups.

References
----------
Steinhauser, Schumacher & Rücker (2016), BMC Med Res Methodol 16:97 (without effects on the spread);
Jones, Gatsonis, Trikalinos, Welton & Ades (2019), Stat Med 38:4789-4803 (multinomial likelihood,
effects on the spread, Box-Cox transformation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import cutoff_estimands, quantities
from bayespool.accuracy.cutoff_rows import Scale, likelihood, scale_at, scale_of
from bayespool.accuracy.evidence import refuse_partial
from bayespool.accuracy.margins import (
    EDGE,
    OnLink,
    check_prior,
    other_priors,
    study_numbers,
    support_of,
)
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy
from bayespool.model import plain
from bayespool.model_options import ModelOptions
from bayespool.numerics.links import link
from bayespool.numerics.successive import box_cox
from bayespool.priors import LKJ, HalfNormal, LogNormal, Normal
from bayespool.studies import AccuracyStudies
from bayespool.studies.ladders import DIRECTIONS
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.rows import Rows

if TYPE_CHECKING:
    pass

Array = np.ndarray
MARKER_LINKS = {"logit": "logistic", "probit": "normal"}
TRANSFORMS = ("log", "identity", "box-cox")
SPREADS = ("tau_spread_sens", "tau_spread_spec")
SLOPES = ("slope_sens", "slope_spec")


@dataclass(frozen=True, repr=False)
class Thresholds(OnLink):
    """Marker model of several cut-offs per study.

    ``P(right result at c) = F((logit_sens + u_sens - slope_sens h(c)) exp(-w_sens))`` in patients
    with the condition, and with ``+ slope_spec h(c)`` in those without it, where a result is
    positive above the cut-off. ``h`` is 0 at the cut-off ``cutoff``, whose accuracy ``sens`` and
    ``spec`` are; ``1 / slope`` is the spread of the transformed marker in the average study.
    Counts between cut-offs are multinomial.

    Parameters
    ----------
    sens, spec : prior
        Of sensitivity and specificity at the cut-off `cutoff` in the average study, on the scale of
        the link, or a `ProbabilityInterval` of proportions.
    slope_sens, slope_spec : prior
        How far they move on the scale of the link as the transformed cut-off rises by one.
    tau_sens, tau_spec : prior
        Between-study standard deviations of the marker's location in the two groups, in spreads of
        the average study: at each cut-off those of sensitivity and specificity.
    tau_spread_sens, tau_spread_spec : prior or None
        Between-study standard deviations of the logarithm of the spread; None where all studies
        have the same spread (both or neither).
    rho : LKJ
        Correlation of the two locations, and of the two spreads.
    link : {"logit", "probit"}
        A logistic or a normal marker.
    transform : {"log", "identity", "box-cox"}
        Of the marker; ``box-cox`` estimates the power between (0 is the logarithm, 1 the identity).
    power : prior
        Of the Box-Cox power.
    cutoff : float or None
        The cut-off of `sens` and `spec`; that of most rows by default.
    threshold : str
        Covariate of the cut-offs; the one called threshold, cutoff or cutpoint by default.
    positive : {"", "above", "below"}
        Where a result is positive; by default as the counts say.
    unit : float or None
        Of cut-offs that are not transformed; by default `cutoff`, or the standard deviation of all.
    """

    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    slope_sens: Any = LogNormal(1.0, 1.5)
    slope_spec: Any = LogNormal(1.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    tau_spread_sens: Any = HalfNormal(0.5)
    tau_spread_spec: Any = HalfNormal(0.5)
    rho: LKJ = LKJ(2.0)
    link: str = "logit"
    transform: str = "log"
    power: Any = Normal(0.0, 1.0)
    cutoff: float | None = field(default=None, metadata={"quiet": True})
    threshold: str = field(default="", metadata={"quiet": True})
    positive: str = field(default="", metadata={"quiet": True})
    unit: float | None = field(default=None, metadata={"quiet": True})

    title: ClassVar[str] = "Marker model of several cut-offs"
    command: ClassVar[str] = "thresholds"
    brief: ClassVar[str] = "several cut-offs of one marker"
    options: ClassVar[tuple[str, ...]] = ("link", "cutoff", "transform", "positive", "same_spread")
    takes: ClassVar[tuple[type[Rows], ...]] = (AccuracyStudies,)
    of_studies: ClassVar[bool] = True
    main_estimands: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("jones2019", "steinhauser2016")

    def __post_init__(self) -> None:
        if self.link not in MARKER_LINKS:
            raise ValueError(
                f"link={self.link!r}: the marker is logistic or normal; allowed: "
                f"{', '.join(MARKER_LINKS)}"
            )
        for name, allowed in (("transform", TRANSFORMS), ("positive", ("", *DIRECTIONS))):
            if getattr(self, name) not in allowed:
                given = ", ".join(filter(None, allowed))
                raise ValueError(f"{name}={getattr(self, name)!r} is unknown; allowed: {given}")
        if (self.tau_spread_sens is None) != (self.tau_spread_spec is None):
            raise ValueError("tau_spread_sens, tau_spread_spec; allowed: None for both or neither")
        for item in fields(self):
            value = getattr(self, item.name)
            if value is not None:
                check_prior(item.name, value)

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> Thresholds:
        """Without study effects on the spread where all studies have the same."""
        spreads: dict[str, Any] = dict.fromkeys(SPREADS, None) if options.same_spread else {}
        made: Thresholds = plain(cls, replace(options, same_spread=False), measure)
        return replace(made, **spreads)

    @property
    def spreads(self) -> bool:
        """Studies have their own spread."""
        return self.tau_spread_sens is not None

    @property
    def effects(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("sens", "spec", *(("spread_sens", "spread_spec") if self.spreads else ()))

    @cached_property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale that it is sampled on."""
        out: dict[str, Any] = {}
        for item in fields(self):
            prior = getattr(self, item.name)
            if support_of(prior) and (item.name != "power" or self.transform == "box-cox"):
                out[self._sampled(item.name)] = self.on_link(prior)
        return out | ({quantities.parameter("rho_spread"): self.rho} if self.spreads else {})

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        return self._field(name, {"rho_spread": "rho"})

    def scale(self, studies: AccuracyStudies) -> Scale:
        """The table's cut-offs, transformed."""
        return scale_of(
            studies, self.threshold, self.positive, self.transform, self.cutoff, self.unit
        )

    def pooled_at(self, studies: AccuracyStudies) -> str:
        """The cut-off of the pooled values."""
        return f"at the cut-off {self.scale(studies).reference:g}"

    def settled(self, studies: AccuracyStudies) -> Thresholds:
        """With the reference cut-off, its unit and the direction said."""
        found = self.scale(studies)
        return replace(
            self, cutoff=found.reference, positive=found.ladders.positive, unit=found.unit
        )

    def alternatives(self) -> dict[str, Thresholds]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        named = other_priors() | {
            "slopes: LogNormal(1, 0.75)": dict.fromkeys(SLOPES, LogNormal(1.0, 0.75)),
            "slopes: LogNormal(1, 3)": dict.fromkeys(SLOPES, LogNormal(1.0, 3.0)),
        }
        if self.spreads:
            named |= {
                f"spread: {prior!r}": dict.fromkeys(SPREADS, prior)
                for prior in (HalfNormal(0.25), HalfNormal(1.0))
            }
        return {name: replace(self, **changes) for name, changes in named.items()}

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows without counts, and cut-offs that cannot be those of one marker."""
        refuse_partial(studies, "marker model of several cut-offs", "tp, fn, fp and tn, or one "
                       "group's counts with kind=margin")  # fmt: skip
        found = self.scale(studies)
        if len(found.ladders.values) < 2:
            rule = f"all rows have the cut-off {found.reference:g}"
            raise TableError([Problem(studies.file, None, found.ladders.column, rule,
                                      "two cut-offs or more, or another model")])  # fmt: skip

    def covariance(self) -> Covariance:
        """Of the study effects; locations and spreads are independent of one another."""
        priors = (self.tau_sens, self.tau_spec, self.tau_spread_sens, self.tau_spread_spec)
        scales = tuple(map(quantities.parameter, ("tau_sens", "tau_spec", *SPREADS)))
        correlations = tuple(map(quantities.parameter, ("rho", "rho_spread")))
        if not self.spreads:
            return Covariance(scales[:2], priors[:2], correlations[:1], self.rho)
        return Covariance(scales, priors, correlations, self.rho, blocks=(2, 2))

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm
        import pytensor.tensor as pt

        prior, scale, number = self.priors, self.scale(studies), study_numbers(studies)
        labels = list(dict.fromkeys(studies.study))
        with pm.Model(coords={"study": labels, "effect": list(self.effects)}) as model:
            drawn = {name: one.to_pymc(name) for name, one in prior.items()}
            v = pm.Normal("v", 0.0, 1.0, dims=("study", "effect"))
            h: Any = scale.x
            if self.transform == "box-cox":
                h = pt.expm1(drawn["power"] * scale.x) / drawn["power"]
            for group, (name, right, people) in enumerate((
                ("sens", studies.tp, studies.n_diseased), ("spec", studies.tn, studies.n_healthy),
            )):  # fmt: skip
                u = drawn[f"tau_{name}"] * _second(v, drawn["rho"], 0)[group]
                spread = 1.0
                if self.spreads:
                    w = _second(v, drawn["rho_spread"], 2)[group]
                    spread = pm.math.exp(drawn[f"tau_spread_{name}"] * w)[number]
                move = scale.sign * (1.0, -1.0)[group] * drawn[f"slope_{name}"] * h
                z = (drawn[f"{self.link}_{name}"] + u[number] - move) / spread
                wrong = pm.math.exp(-z) if self.link == "logit" else _normal_odds(z)
                easier = scale.ladders.easier[:, group]
                first = easier < 0
                # right here, given right at the easier cut-off: 1 + odds there against the rest
                before = pt.where(first, 0.0, wrong[easier])
                pm.Binomial(
                    ("tp", "tn")[group],
                    n=np.where(first, people, right[easier]),
                    logit_p=pm.math.log1p(before) - pm.math.log(wrong - before),
                    observed=right,
                )
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows: of every study sensitivity, specificity, and their spreads."""
        prior = self.priors
        labels = tuple(dict.fromkeys(studies.study))
        k, q, width = len(labels), len(self.effects), 2 if self.spreads else 1
        # sens, its spread, spec, its spread
        design = np.eye(q)[[0, 2, 1, 3] if self.spreads else [0, 1]]
        estimated = self.transform == "box-cox"
        rows, standing = likelihood(self, studies)
        kinds = ("tp", "tp_spread", "tn", "tn_spread") if self.spreads else ("tp", "tn")
        return Hierarchy(
            X=np.tile(design[:, :2], (k, 1)),
            Z=np.tile(design, (k, 1)),
            study=np.repeat(np.arange(k), 2 * width),
            likelihood=rows,
            coefficients=self.intercepts,
            coefficient_priors=tuple(prior[name] for name in self.intercepts),
            between=self.covariance(),
            row_scales=tuple(map(quantities.parameter, SLOPES)),
            row_scale_priors=(self.slope_sens, self.slope_spec),
            row_reals=(quantities.parameter("power"),) if estimated else (),
            row_real_priors=(self.power,) if estimated else (),
            kinds=kinds * k,
            labels=labels,
            row_labels=tuple(row for row in standing for _ in range(width)),
        )

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands (proportions) on the scale that they are modelled on."""
        return link(self.link).forward(np.clip(values, EDGE, 1.0 - EDGE))

    def transformed(self, cutoffs: Array, scale: Scale, draws: Mapping[str, Array]) -> Array:
        """h of cut-offs, times the direction; shape (n_cutoffs, 1, ...) or with draws' axes."""
        x = scale_at(cutoffs, self.transform, scale.reference, scale.unit)
        x = np.asarray(x).reshape(-1, *(1,) * np.ndim(draws["rho"]))
        return scale.sign * (box_cox(x, draws["power"]) if self.transform == "box-cox" else x)

    def location(
        self, draws: Mapping[str, Array], scale: Scale, cutoffs: Array
    ) -> tuple[Array, Array]:
        """Sensitivity and specificity of the average study on the link scale, (n_cutoffs, ...)."""
        h = self.transformed(cutoffs, scale, draws)
        sens, spec = (draws[name] for name in self.intercepts)
        return sens - draws["slope_sens"] * h, spec + draws["slope_spec"] * h

    def at(
        self, draws: Mapping[str, Array], studies: AccuracyStudies, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation at the reference cut-off."""
        del studies, label
        mu = (draws[self.intercepts[0]], draws[self.intercepts[1]])
        return mu, (draws["tau_sens"], draws["tau_spec"]), draws["rho"]

    def curve_slopes(self, draws: Mapping[str, Array]) -> tuple[Array, Array]:
        """The summary curve is that of all cut-offs in the average study."""
        return draws["slope_sens"], draws["slope_spec"]

    def cutoffs(self, studies: AccuracyStudies) -> tuple[float, ...]:
        """Every cut-off of the table, increasing."""
        return tuple(self.scale(studies).ladders.values.tolist())

    def along(
        self, draws: Mapping[str, Array], new: Array, studies: AccuracyStudies, cutoff: float
    ) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        """Sensitivity and specificity at any cut-off, of the average study and of a new one."""
        means = self.location(draws, self.scale(studies), np.array([cutoff]))
        return cutoff_estimands.at_one(self, (means[0][0], means[1][0]), new)

    def estimands(
        self, draws: dict[str, Array], new: Array, studies: AccuracyStudies
    ) -> dict[str, Array]:
        """Accuracy at the reference cut-off, at every cut-off, and the best cut-off.

        ``new`` has shape (2 or 4, ...): location and log spread of a new study around the average.
        """
        return cutoff_estimands.estimands(self, draws, new, self.scale(studies))

    def study_estimands(
        self, draws: Mapping[str, Array], effects: Array, studies: AccuracyStudies
    ) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        scale, number = self.scale(studies), study_numbers(studies)
        means = self.location(draws, scale, scale.ladders.cutoffs)
        out = {}
        for group, name in enumerate(("sens", "spec")):
            z = means[group] + effects[group][number]
            if self.spreads:
                z = z * np.exp(-effects[2 + group][number])
            out[name] = link(self.link).inverse(z)
        return out


def _normal_odds(z: Any) -> Any:
    """Odds of a wrong result where the marker is normal, as PyMC writes them."""
    import pymc as pm

    standard = pm.Normal.dist(0.0, 1.0)
    return pm.math.exp(pm.logcdf(standard, -z) - pm.logcdf(standard, z))


def _second(v: Any, rho: Any, first: int) -> tuple[Any, Any]:
    """Two correlated standard normal effects from two independent ones."""
    return v[:, first], rho * v[:, first] + (1.0 - rho**2) ** 0.5 * v[:, first + 1]
