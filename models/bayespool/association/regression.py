"""What models with one effect per study share: priors, covariates, Student-t effects.

A model has the fields ``mu``, ``tau``, ``beta``, ``covariates`` and ``nu``; nothing here is
overridden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from bayespool.association import quantities, scale
from bayespool.calls import as_call
from bayespool.covariance import Covariance
from bayespool.design import design
from bayespool.model import Model
from bayespool.priors import Fixed, HalfCauchy, HalfNormal, Normal, ProbabilityInterval, Uniform
from bayespool.quantity import FREEDOM, Estimand, point
from bayespool.studies import Effects, Rows

Array = np.ndarray
LEGAL = ("mu", "tau", "beta", "nu")


class Regression(Model):
    """Methods of a model whose studies have effects ``mu + x beta + tau v``."""

    mu: Any
    tau: Any
    beta: Any
    covariates: tuple[str, ...]
    nu: Any
    measure: str
    spread: ClassVar[str] = "tau"
    takes: ClassVar[tuple[type[Rows], ...]] = (Effects,)
    further: ClassVar[tuple[str, ...]] = ()  # fields that hold priors beside these

    @property
    def located(self) -> tuple[str, ...]:
        """Hyperparameters that the effects of a study, in their order, are added to."""
        return scale.located(self)

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale of analysis; ``beta`` stands for all."""
        mu = self.mu.on_link("logit") if isinstance(self.mu, ProbabilityInterval) else self.mu
        out: dict[str, Any] = {point(quantities.analysed(self.measure)): mu}
        if self.covariates:
            out[self._named("beta")] = self.beta
        if not isinstance(self.tau, Fixed):
            out[self._named("tau")] = self.tau
        out |= {self._named(name): getattr(self, name) for name in self.further}
        return out | ({FREEDOM: self.nu} if self.nu is not None else {})

    def _named(self, name: str) -> Estimand:
        return quantities.parameter(name, self.measure)

    @property
    def without_mean(self) -> tuple[str, ...]:
        """Estimands whose mean is infinite."""
        return scale.without_mean(self)

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        allowed = (*LEGAL, *self.further)
        if name not in allowed:
            raise ValueError(f"there is no prior {name!r}; allowed: {', '.join(allowed)}")
        return name

    def __repr__(self) -> str:
        return as_call(self)

    def one_effect(self, studies: Any) -> dict[str, Any]:
        """The parts of a `Hierarchy` that rows with one effect per study share."""
        columns = design(studies, self.covariates)
        k = len(studies)
        return {
            "X": np.column_stack([np.ones(k), columns.matrix]),
            "Z": np.ones((k, 1)),
            "study": np.arange(k),
            "coefficients": (
                quantities.pooled(studies, quantities.analysed(self.measure)),
                *map(quantities.coefficient, columns.terms),
            ),
            "coefficient_priors": (self.priors["mu"], *[self.beta] * len(columns.names)),
            "between": Covariance((self._named("tau"),), (self.tau,)),
            "freedom_prior": self.nu,
            "labels": studies.row,
        }

    def on_model_scale(self, values: Array) -> Array:
        """Main estimands on the scale that they are modelled on: as they are."""
        return values

    def study_means(self, draws: dict[str, Array], studies: Any) -> Array:
        """``mu + x beta`` of every study, (n_studies, ...)."""
        columns = design(studies, self.covariates)
        mean = np.broadcast_to(draws["mu"], (len(studies), *draws["mu"].shape))
        for term, x in zip(columns.terms, columns.matrix.T, strict=True):
            own = draws[quantities.coefficient(term)]
            mean = mean + x.reshape((-1,) + (1,) * draws["mu"].ndim) * own
        return mean


def check_rows(studies: Any, covariates: tuple[str, ...] = ()) -> None:
    """Refuse rows that would wrongly count as independent studies, and unusable covariates."""
    repeated = studies.several_rows()
    if repeated:
        listed = "; ".join(f"{study}: {', '.join(rows)}" for study, rows in repeated.items())
        raise ValueError(
            f"{studies.file}: {len(repeated)} studies have several rows ({listed}), which would "
            "count as independent studies; allowed: one row per study (--where COLUMN=VALUE), or "
            "the Nested model"
        )
    design(studies, covariates)


def other_priors(model: Any, spreads: Sequence[str]) -> dict[str, Any]:
    """The model under other priors of mu and of its standard deviations, scaled like its own.

    A standard deviation known in advance is the reader's choice of a model, and stays.
    """
    others: list[tuple[str, Any]] = []
    for name in spreads:
        prior = getattr(model, name)
        if not isinstance(prior, Fixed):
            unit = _quantile(prior, 0.5) / ndtri(0.75)
            others += [
                (name, HalfNormal(_three(unit / 2))),
                (name, HalfNormal(_three(2 * unit))),
                (name, HalfCauchy(_three(unit))),
                (name, Uniform(0, _three(8 * unit))),
            ]
    middle = _quantile(model.mu, 0.5)
    wide, centre = _quantile(model.mu, ndtr(1.0)) - middle, _three(middle) if middle else 0
    others += [("mu", Normal(centre, _three(sd))) for sd in (wide / 4, 10 * wide)]
    return {f"{name}: {prior!r}": replace(model, **{name: prior}) for name, prior in others}


def _quantile(prior: Any, p: float) -> float:
    return float(np.squeeze(prior.ppf(np.array(p))))


def _three(x: float) -> float:
    """To three significant digits: what is printed is what is fitted."""
    return float(f"{x:.3g}")
