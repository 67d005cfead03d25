"""The hierarchical summary ROC model: accuracy, threshold and shape.

References
----------
Rutter & Gatsonis (2001), Stat Med 20:2865-2884; Harbord et al. (2007), Biostatistics 8:239-251
(equivalence to the bivariate model); Cochrane Handbook for DTA reviews v2, chapters 9.4.5 to
9.4.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import groups
from bayespool.accuracy.evidence import refuse_partial
from bayespool.accuracy.margins import (
    EDGE,
    check_prior,
    margin_rows,
    point_estimands,
    refuse_repeats,
    support_of,
)
from bayespool.accuracy.quantities import coefficient, parameter
from bayespool.calls import as_call
from bayespool.covariance import Covariance
from bayespool.design import Design, design
from bayespool.hierarchy import Hierarchy
from bayespool.model import Model
from bayespool.model_options import ModelOptions
from bayespool.numerics.links import link
from bayespool.priors import HalfNormal, Normal, StudentT, Uniform
from bayespool.quantity import WHOLE, Group
from bayespool.studies import AccuracyStudies, Rows

if TYPE_CHECKING:
    from bayespool.estimands import Statement

Array = np.ndarray
LOGIT = link("logit")
PARTS = ("Lambda", "Theta", "shape")
# the field with the prior of the coefficients on each part
ACTS_ON = ("accuracy", "threshold", "shape")
COEFFICIENTS = {"Lambda": "beta", "Theta": "beta", "shape": "shape_coefficients"}


@dataclass(frozen=True, repr=False)
class HSROC(Model):
    """Hierarchical summary ROC model.

    ``logit P(T+ | diseased) = (theta_i + alpha_i / 2) exp(-shape / 2)`` and
    ``logit P(T+ | healthy) = (theta_i - alpha_i / 2) exp(shape / 2)`` with accuracy
    ``alpha_i ~ N(Lambda + x_i beta_Lambda, sigma_alpha)``, positivity threshold
    ``theta_i ~ N(Theta + x_i beta_Theta, sigma_theta)`` and shape ``shape + x_i beta_shape``.

    Parameters
    ----------
    Lambda, Theta, shape : prior
        Mean accuracy (a log diagnostic odds ratio where shape is 0), mean threshold, and asymmetry
        of the curve; at the reference levels and centres of the covariates.
    sigma_alpha, sigma_theta : prior
        Between-study standard deviations of accuracy and threshold.
    on_accuracy, on_threshold, on_shape : tuple of str
        Study covariates of each.
    beta : prior
        Of each coefficient on accuracy and threshold: of a level against the reference, or of one
        standard deviation of a number.
    shape_coefficients : prior
        Of each coefficient on the shape, likewise; narrower, because ``exp(shape)`` is a ratio of
        standard deviations.
    """

    Lambda: Any = Normal(0.0, 3.0)
    Theta: Any = Normal(0.0, 1.5)
    shape: Any = Normal(0.0, 1.0)
    sigma_alpha: Any = HalfNormal(1.5)
    sigma_theta: Any = HalfNormal(1.0)
    on_accuracy: tuple[str, ...] = ()
    on_threshold: tuple[str, ...] = ()
    on_shape: tuple[str, ...] = ()
    beta: Any = Normal(0.0, 1.5)
    shape_coefficients: Any = Normal(0.0, 0.5)

    link: ClassVar[str] = "logit"
    of_rows: ClassVar[bool] = True
    summary_curve: ClassVar[bool] = True
    title: ClassVar[str] = "Hierarchical summary ROC model"
    command: ClassVar[str] = "hsroc"
    brief: ClassVar[str] = "a summary curve"
    options: ClassVar[tuple[str, ...]] = ("covariate", "covariate_on")
    effects: ClassVar[tuple[str, ...]] = ("alpha", "theta")
    references: ClassVar[tuple[str, ...]] = ("rutter2001", "harbord2007", "macaskill2022")
    takes: ClassVar[tuple[type[Rows], ...]] = (AccuracyStudies,)

    def __post_init__(self) -> None:
        for item in fields(self):
            check_prior(item.name, getattr(self, item.name))
        for name in dict.fromkeys(COEFFICIENTS.values()):
            prior = getattr(self, name)
            if not isinstance(prior, Normal | StudentT):
                raise ValueError(
                    f"{name}={prior!r}; allowed: Normal or StudentT, which have a scale"
                )

    @classmethod
    def from_options(cls, options: ModelOptions, studies: Any, measure: str) -> HSROC:
        """With the covariates on the parts that are asked for, by default on all."""
        for part in options.covariate_on:
            if part not in ACTS_ON:
                raise ValueError(f"--covariate-on {part} is unknown; allowed: {', '.join(ACTS_ON)}")
        if options.covariate_on and not options.covariate:
            raise ValueError(
                "--covariate-on says what a covariate acts on; allowed with --covariate"
            )
        on = options.covariate_on or ACTS_ON
        return cls(**{f"on_{part}": options.covariate for part in ACTS_ON if part in on})

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return ("Lambda", "Theta")

    @property
    def covariates(self) -> tuple[str, ...]:
        """All covariates, each once."""
        return tuple(dict.fromkeys((*self.on_accuracy, *self.on_threshold, *self.on_shape)))

    @property
    def _on(self) -> dict[str, tuple[str, ...]]:
        return dict(zip(PARTS, (self.on_accuracy, self.on_threshold, self.on_shape), strict=True))

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter; those of `COEFFICIENTS` stand for all coefficients."""
        used = {COEFFICIENTS[part] for part, names in self._on.items() if names}
        unused = set(COEFFICIENTS.values()) - used
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            parameter(name): prior
            for name, prior in found.items()
            if support_of(prior) and name not in unused
        }

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        allowed = [f.name for f in fields(self) if support_of(getattr(self, f.name))]
        if name not in allowed:
            raise ValueError(f"there is no prior {name!r}; allowed: {', '.join(allowed)}")
        return name

    def alternatives(self) -> dict[str, HSROC]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        half, wide = HalfNormal(0.75), HalfNormal(3)
        return {
            "sigma: halved": replace(self, sigma_alpha=half, sigma_theta=HalfNormal(0.5)),
            "sigma: doubled": replace(self, sigma_alpha=wide, sigma_theta=HalfNormal(2)),
            "sigma: Uniform(0, 5)": replace(
                self, sigma_alpha=Uniform(0, 5), sigma_theta=Uniform(0, 5)
            ),
            "Lambda, Theta: doubled": replace(self, Lambda=Normal(0, 6), Theta=Normal(0, 3)),
            "shape: Normal(0, 0.5)": replace(self, shape=Normal(0, 0.5)),
            "shape: Normal(0, 2)": replace(self, shape=Normal(0, 2)),
        }

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse rows that would count as independent studies, and unusable covariates."""
        refuse_repeats(studies, "HSROC model")
        refuse_partial(studies, "HSROC model", "the bivariate model")
        design(studies, self.covariates)

    def _columns(self, studies: AccuracyStudies) -> dict[str, Design]:
        return {part: design(studies, names) for part, names in self._on.items()}

    def _beta_priors(self, part: str, columns: Design) -> list[Any]:
        """On the coefficient of one unit: the prior is on that of one standard deviation."""
        prior = getattr(self, COEFFICIENTS[part])
        return [replace(prior, mu=prior.mu / sd, sigma=prior.sigma / sd) for sd in columns.scales]

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        columns = self._columns(studies)
        with pm.Model(coords={"study": list(studies.row), "part": ["alpha", "theta"]}) as model:
            mean = {}
            for part in PARTS:
                mean[part] = getattr(self, part).to_pymc(part) + np.zeros(len(studies))
                for term, x, beta in zip(
                    columns[part].terms, columns[part].matrix.T,
                    self._beta_priors(part, columns[part]), strict=True,
                ):  # fmt: skip
                    mean[part] = mean[part] + beta.to_pymc(coefficient(part, term)) * x
            sigma_alpha = self.sigma_alpha.to_pymc("sigma_alpha")
            sigma_theta = self.sigma_theta.to_pymc("sigma_theta")

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "part"))
            alpha = mean["Lambda"] + sigma_alpha * v[:, 0]
            theta = mean["Theta"] + sigma_theta * v[:, 1]
            half = mean["shape"] / 2.0
            positive_if_diseased = pm.math.invlogit((theta + alpha / 2.0) * pm.math.exp(-half))
            positive_if_healthy = pm.math.invlogit((theta - alpha / 2.0) * pm.math.exp(half))

            pm.Binomial("tp", n=studies.n_diseased, p=positive_if_diseased,
                        observed=studies.tp, dims="study")  # fmt: skip
            pm.Binomial("tn", n=studies.n_healthy, p=1.0 - positive_if_healthy,
                        observed=studies.tn, dims="study")  # fmt: skip
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature: linear in the effects, times a factor."""
        k, columns = len(studies), self._columns(studies)
        rows = margin_rows(studies)
        # tp: (alpha/2 + theta) e^(-shape/2); tn, the mirror of P(T+): (alpha/2 - theta) e^(shape/2)
        of_rows = {"Lambda": [0.5, 0.5], "Theta": [1.0, -1.0], "shape": [-0.5, 0.5]}
        blocks = {}
        for part, signs in of_rows.items():
            x = np.column_stack([np.ones(k), columns[part].matrix])
            blocks[part] = np.kron(x, np.array(signs)[:, None])
        names = {
            part: (parameter(part), *(coefficient(part, term) for term in columns[part].terms))
            for part in PARTS
        }
        priors = {
            part: (getattr(self, part), *self._beta_priors(part, columns[part])) for part in PARTS
        }
        return Hierarchy(
            X=np.column_stack([blocks["Lambda"], blocks["Theta"]]),
            coefficients=names["Lambda"] + names["Theta"],
            coefficient_priors=priors["Lambda"] + priors["Theta"],
            stretch=blocks["shape"],
            stretch_names=names["shape"],
            stretch_priors=priors["shape"],
            between=Covariance(
                (parameter("sigma_alpha"), parameter("sigma_theta")),
                (self.sigma_alpha, self.sigma_theta),
            ),
            **rows | {"Z": np.tile([[0.5, 1.0], [0.5, -1.0]], (k, 1))},
        )

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands (proportions) on the scale that they are modelled on."""
        return LOGIT.forward(np.clip(values, EDGE, 1.0 - EDGE))

    def row_estimands(self, predictors: Array, studies: AccuracyStudies) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        return {"sens": LOGIT.inverse(predictors[0::2]), "spec": LOGIT.inverse(predictors[1::2])}

    def settings(self, studies: AccuracyStudies) -> dict[Group, dict[str, Any]]:
        """Covariate values at which the accuracy is told; see `MetaRegression.settings`."""
        return design(studies, self.covariates).settings()

    def groups(self, studies: AccuracyStudies) -> tuple[Group, ...]:
        """Labels of the groups that are compared: levels of the categories."""
        found = design(studies, self.covariates).by_category()
        return tuple(label for labels in found for label in labels)

    def _means(
        self, draws: dict[str, Array], studies: AccuracyStudies, values: Mapping[str, Any]
    ) -> tuple[Array, Array, Array]:
        """Lambda, Theta and shape at covariate values."""
        found = []
        for part, columns in self._columns(studies).items():
            own = {c: v for c, v in values.items() if c in self._on[part]}
            mean = draws[part]
            for term, x in zip(columns.terms, columns.at(own), strict=True):
                if x != 0.0:
                    mean = mean + x * draws[coefficient(part, term)]
            found.append(mean)
        return found[0], found[1], found[2]

    def point(
        self, draws: dict[str, Array], studies: AccuracyStudies, values: Mapping[str, Any]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation on the logit scale at covariate values."""
        accuracy, threshold, shape = self._means(draws, studies, values)
        down, up = np.exp(-shape / 2.0), np.exp(shape / 2.0)
        half, full = draws["sigma_alpha"] ** 2 / 4.0, draws["sigma_theta"] ** 2
        sd = np.sqrt(half + full)
        mu = ((accuracy / 2.0 + threshold) * down, (accuracy / 2.0 - threshold) * up)
        return mu, (sd * down, sd * up), (half - full) / np.maximum(half + full, 1e-300)

    def at(
        self, draws: dict[str, Array], studies: AccuracyStudies, label: str = ""
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """`point` at one of the settings, or at the centres and references."""
        return self.point(draws, studies, self.settings(studies)[Group(label)] if label else {})

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy at every setting of the covariates, comparisons, and the hyperparameters.

        ``new`` has shape (2, ...): alpha and theta of a new study around their means.
        """
        columns = design(studies, self.covariates)
        out: dict[str, Array] = {}
        settings = self.settings(studies)
        if not columns.by_category():
            settings = {WHOLE: {}} | settings
        for group, values in settings.items():
            mu, tau, rho = self.point(draws, studies, values)
            shape = self._means(draws, studies, values)[2]
            effect = np.stack([(new[0] / 2.0 + new[1]) * np.exp(-shape / 2.0),
                               (new[0] / 2.0 - new[1]) * np.exp(shape / 2.0)])  # fmt: skip
            out |= point_estimands(mu, tau, effect, LOGIT, group)
            if not group:
                found = {"tau_sens": tau[0], "tau_spec": tau[1], "rho": rho}
                out |= {parameter(name): value for name, value in found.items()}
        for labels in columns.by_category():
            out |= groups.comparisons(out, labels)
        return out | draws

    def statements(
        self, samples: Mapping[str, Array], studies: AccuracyStudies
    ) -> Iterator[tuple[Statement, Array]]:
        """Probability statements on the groups, as true-or-false draws."""
        for labels in design(studies, self.covariates).by_category():
            yield from groups.statements(samples, labels)
