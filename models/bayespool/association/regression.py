"""What models with one effect per study share: priors, covariates, Student-t effects.

A model has the fields ``mu``, ``tau``, ``beta``, ``covariates`` and ``nu``; nothing here is
overridden.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from bayespool.association import scale
from bayespool.design import design
from bayespool.priors import Fixed, ProbabilityInterval

Array = np.ndarray
LEGAL = ("mu", "tau", "beta", "nu")


class Regression:
    """Methods of a model whose studies have effects ``mu + x beta + tau v``."""

    mu: Any
    tau: Any
    beta: Any
    covariates: tuple[str, ...]
    nu: Any

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter on the scale of analysis; ``beta`` stands for all."""
        mu = self.mu.on_link("logit") if isinstance(self.mu, ProbabilityInterval) else self.mu
        out = {"mu": mu}
        if self.covariates:
            out["beta"] = self.beta
        if not isinstance(self.tau, Fixed):
            out["tau"] = self.tau
        return out | ({"nu": self.nu} if self.nu is not None else {})

    def field_of(self, name: str) -> str:
        """The field that a prior is given under."""
        if name not in LEGAL:
            raise ValueError(f"there is no prior {name!r}; legal: {', '.join(LEGAL)}")
        return name

    def __repr__(self) -> str:
        return as_call(self)

    def check(self, studies: Any) -> None:
        """Refuse rows that would wrongly count as independent studies, and unusable covariates."""
        repeated = studies.several_rows()
        if repeated:
            listed = "; ".join(f"{study}: {', '.join(rows)}" for study, rows in repeated.items())
            raise ValueError(
                f"{studies.file}: {len(repeated)} studies have several rows ({listed}), which "
                "would count as independent studies; legal: one row per study (--where "
                "COLUMN=VALUE), or the Nested model"
            )
        design(studies, self.covariates)

    def one_effect(self, studies: Any) -> dict[str, Any]:
        """The parts of a `Hierarchy` that rows with one effect per study share."""
        columns = design(studies, self.covariates)
        k = len(studies)
        return {
            "X": np.column_stack([np.ones(k), columns.matrix]),
            "Z": np.ones((k, 1)),
            "study": np.arange(k),
            "coefficients": ("mu", *map(scale.heading, columns.names)),
            "coefficient_priors": (self.priors["mu"], *[self.beta] * len(columns.names)),
            "scales": ("tau",),
            "scale_priors": (self.tau,),
            "freedom_prior": self.nu,
            "labels": studies.row,
        }

    def study_means(self, draws: dict[str, Array], studies: Any) -> Array:
        """``mu + x beta`` of every study, (n_studies, ...)."""
        columns = design(studies, self.covariates)
        mean = np.broadcast_to(draws["mu"], (len(studies), *draws["mu"].shape))
        for name, x in zip(columns.names, columns.matrix.T, strict=True):
            mean = mean + x.reshape((-1,) + (1,) * draws["mu"].ndim) * draws[scale.heading(name)]
        return mean


def as_call(model: Any) -> str:
    """A model printed as its own call."""
    values = ", ".join(f"{f.name}={getattr(model, f.name)!r}" for f in fields(model))
    return f"{type(model).__name__}({values})"
