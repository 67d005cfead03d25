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
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from bayespool.accuracy.evidence import refuse_partial
from bayespool.accuracy.margins import EDGE, check_prior, study_numbers, support_of
from bayespool.calls import as_call
from bayespool.covariance import Covariance
from bayespool.held import held
from bayespool.hierarchy import Hierarchy
from bayespool.model import Model
from bayespool.numerics.links import link
from bayespool.numerics.successive import Successive, box_cox
from bayespool.priors import LKJ, HalfNormal, LogNormal, Normal, ProbabilityInterval
from bayespool.studies.ladders import DIRECTIONS, Ladders, ladders
from bayespool.studies.problems import Problem, TableError

if TYPE_CHECKING:
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
MARKER_LINKS = {"logit": "logistic", "probit": "normal"}
TRANSFORMS = ("log", "identity", "box-cox")
SPREADS = ("tau_spread_sens", "tau_spread_spec")
NODES = 9  # over the spread of a new study


class Scale(NamedTuple):
    """A table's cut-offs as the model has them.

    ``x`` is the transformed cut-off of each row, zero at ``reference``; the logarithm of their
    ratio where a power of it is estimated.
    """

    ladders: Ladders
    reference: float
    unit: float
    x: Array

    @property
    def sign(self) -> float:
        """1 where results above a cut-off are positive."""
        return -1.0 if self.ladders.positive == "below" else 1.0


@dataclass(frozen=True, repr=False)
class Thresholds(Model):
    """Marker model of several cut-offs per study.

    ``P(right result at c) = F((logit_sens + u_sens - slope_sens h(c)) exp(-w_sens))`` in patients
    with the condition, and with ``+ slope_spec h(c)`` in those without it, where a result is
    positive above the cut-off. ``h`` is 0 at the cut-off ``at``, whose accuracy ``sens`` and
    ``spec`` are; ``1 / slope`` is the spread of the transformed marker in the average study.
    Counts between cut-offs are multinomial.

    Parameters
    ----------
    sens, spec : prior
        Of sensitivity and specificity at the cut-off `at` in the average study, on the scale of
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
    at : float or None
        The cut-off of `sens` and `spec`; that of most rows by default.
    threshold : str
        Covariate of the cut-offs; the one called threshold, cutoff or cutpoint by default.
    positive : {"", "above", "below"}
        Where a result is positive; by default as the counts say.
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
    at: float | None = field(default=None, metadata={"quiet": True})
    threshold: str = field(default="", metadata={"quiet": True})
    positive: str = field(default="", metadata={"quiet": True})

    title: ClassVar[str] = "Marker model of several cut-offs"
    nu: ClassVar[Any] = None
    marker: ClassVar[str] = "ignored"
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

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def spreads(self) -> bool:
        """Studies have their own spread."""
        return self.tau_spread_sens is not None

    @property
    def effects(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("sens", "spec", *(("spread_sens", "spread_spec") if self.spreads else ()))

    @property
    def intercepts(self) -> tuple[str, str]:
        return f"{self.link}_sens", f"{self.link}_spec"

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return self.intercepts

    @cached_property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale that it is sampled on."""
        out = {}
        for item in fields(self):
            prior = getattr(self, item.name)
            if support_of(prior) and (item.name != "power" or self.transform == "box-cox"):
                on_link = isinstance(prior, ProbabilityInterval)
                out[self._sampled(item.name)] = prior.on_link(self.link) if on_link else prior
        return out | ({"rho_spread": self.rho} if self.spreads else {})

    def _sampled(self, name: str) -> str:
        return f"{self.link}_{name}" if name in ("sens", "spec") else name

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        own = [f.name for f in fields(self) if support_of(getattr(self, f.name))]
        by_name = {self._sampled(n): n for n in own} | {n: n for n in own} | {"rho_spread": "rho"}
        if name not in by_name:
            raise ValueError(f"there is no prior {name!r}; allowed: {', '.join(by_name)}")
        return by_name[name]

    def scale(self, studies: AccuracyStudies) -> Scale:
        """The table's cut-offs, transformed."""
        return scale_of(studies, self.threshold, self.positive, self.transform, self.at)

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
        names, priors = ("tau_sens", "tau_spec"), (self.tau_sens, self.tau_spec)
        if not self.spreads:
            return Covariance(names, priors, ("rho",), self.rho)
        return Covariance(
            (*names, *SPREADS), (*priors, self.tau_spread_sens, self.tau_spread_spec),
            ("rho", "rho_spread"), self.rho, blocks=(2, 2),
        )  # fmt: skip

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
        kinds = ("tp", "tp_spread", "tn", "tn_spread") if self.spreads else ("tp", "tn")
        return Hierarchy(
            X=np.tile(design[:, :2], (k, 1)),
            Z=np.tile(design, (k, 1)),
            study=np.repeat(np.arange(k), 2 * width),
            likelihood=self._likelihood(studies, k),
            coefficients=self.intercepts,
            coefficient_priors=tuple(prior[name] for name in self.intercepts),
            between=self.covariance(),
            row_scales=("slope_sens", "slope_spec"),
            row_scale_priors=(self.slope_sens, self.slope_spec),
            row_reals=("power",) if estimated else (),
            row_real_priors=(self.power,) if estimated else (),
            kinds=kinds * k,
            labels=labels,
        )

    def _likelihood(self, studies: AccuracyStudies, k: int) -> Successive:
        """Of the cut-offs of every study's patients with the condition, then of those without."""
        scale = self.scale(studies)
        number, (correct, at, unit) = study_numbers(studies), ([], [], [])
        people, shown = np.zeros((2, 2 * k), int)
        for study in range(k):
            for group, (right, all_) in enumerate(
                ((studies.tp, studies.n_diseased), (studies.tn, studies.n_healthy))
            ):
                own = np.flatnonzero(number == study)
                rows = own[all_[own] > 0] if np.any(all_[own] > 0) else own[:1]
                # from the easiest cut-off on
                rows = rows[np.argsort((1, -1)[group] * scale.sign * scale.ladders.cutoffs[rows])]
                place = 2 * study + group
                correct += right[rows].tolist()
                at += scale.x[rows].tolist()
                unit += [place] * len(rows)
                people[place] = all_[rows[0]]
                shown[place] = np.argmin(np.abs(scale.x[rows]))
        return Successive(
            np.array(correct), np.array(at), np.array(unit), people,
            sign=np.tile([scale.sign, -scale.sign], k), kind=np.tile([0, 1], k), shown=shown,
            link_name=self.link, spread=self.spreads,
        )  # fmt: skip

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


@held
def scale_of(
    studies: AccuracyStudies, threshold: str, positive: str, transform: str, at: float | None
) -> Scale:
    """The cut-offs of a table on the scale of a model with these options."""
    found = ladders(studies, threshold, positive)
    reference = found.usual() if at is None else float(at)
    lowest = min(float(found.cutoffs.min()), reference)
    if transform != "identity" and lowest <= 0.0:
        rule = f"the cut-off {lowest:g} has no logarithm, as transform={transform!r} needs"
        allowed = "positive cut-offs, or transform='identity' (--transform identity)"
        raise TableError([Problem(studies.file, None, found.column, rule, allowed)])
    unit = reference if lowest > 0.0 else float(np.std(found.cutoffs))
    return Scale(found, reference, unit, scale_at(found.cutoffs, transform, reference, unit))


def scale_at(cutoffs: Array, transform: str, reference: float, unit: float) -> Array:
    """Logarithm of the ratio to the reference, or difference from it in units of the reference.

    Where cut-offs are not positive the unit is their standard deviation.
    """
    cutoffs = np.asarray(cutoffs, float)
    if transform == "identity":
        return (cutoffs - reference) / unit
    return np.log(cutoffs / reference)


def _normal_odds(z: Any) -> Any:
    """Odds of a wrong result where the marker is normal, as PyMC writes them."""
    import pymc as pm

    standard = pm.Normal.dist(0.0, 1.0)
    return pm.math.exp(pm.logcdf(standard, -z) - pm.logcdf(standard, z))


def _second(v: Any, rho: Any, first: int) -> tuple[Any, Any]:
    """Two correlated standard normal effects from two independent ones."""
    return v[:, first], rho * v[:, first] + (1.0 - rho**2) ** 0.5 * v[:, first + 1]
