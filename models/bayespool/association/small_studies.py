"""What models of small-study effects and selection share: which rows they take, and what they say.

References
----------
Sterne et al. (2011), BMJ 343:d4002 (funnel plots, when to test and when not).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bayespool.association import quantities, scale
from bayespool.association.regression import Regression, check_rows, other_priors
from bayespool.design import design
from bayespool.priors import Fixed, HalfNormal, Normal
from bayespool.studies import Effects, Rows
from bayespool.studies.measures import MEASURES, TESTED

Array = np.ndarray
DIRECTIONS = {"positive": 1.0, "negative": -1.0}
LOGISTIC = float(np.pi / np.sqrt(3.0))  # a log odds ratio per standardised mean difference


@dataclass(frozen=True, repr=False)
class SmallStudies(Regression):
    """What models of effects share whose publication depends on what they are, or their size.

    Parameters
    ----------
    mu, tau, beta, covariates, measure, nu
        As of `NormalNormal`.
    direction : {"positive", "negative"}
        Whether large or small estimates are thought to be seen, or to be those of small studies.
    """

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    measure: str = "generic"
    nu: Any = None
    direction: str = "positive"

    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    takes: ClassVar[tuple[type[Rows], ...]] = ()  # `check` says what a table lacks

    @classmethod
    def for_studies(cls, studies: Any, **options: Any) -> tuple[Any, str]:
        """The model with default priors for the studies' measure, and where these come from."""
        mu, tau, source = scale.default_priors(studies, studies.measure)
        chosen: dict[str, Any] = {"mu": mu, "tau": tau, "beta": Normal(0, float(mu.sigma) / 2)}
        chosen["direction"] = direction_of(studies)
        return cls(**(chosen | {"measure": studies.measure} | options)), source

    def check(self, studies: Any) -> None:
        """Refuse rows that no model of selection takes."""
        check_effects(studies, self.title)
        check_rows(studies, self.covariates)
        if self.direction not in DIRECTIONS:
            raise ValueError(f"direction={self.direction!r}; allowed: {', '.join(DIRECTIONS)}")

    @property
    def sign(self) -> float:
        """1 where large estimates are seen, -1 where small ones are."""
        return DIRECTIONS[self.direction]

    def alternatives(self) -> dict[str, Any]:
        """Named priors that a reader might have preferred, scaled like this model's own."""
        return other_priors(self, ("tau",))

    def common(self, studies: Any) -> tuple[Any, Any]:
        """In a PyMC model: mean of every study and standard deviation of its effect."""
        columns = design(studies, self.covariates)
        mean = self.mu.to_pymc("mu") + np.zeros(len(studies))
        for term, x in zip(columns.terms, columns.matrix.T, strict=True):
            mean = mean + self.beta.to_pymc(quantities.coefficient(term)) * x
        tau = self.tau.value if isinstance(self.tau, Fixed) else self.tau.to_pymc("tau")
        return mean, tau

    def coords(self, studies: Any) -> dict[str, list[str]]:
        """Of the PyMC model."""
        columns = design(studies, self.covariates)
        return {"study": list(studies.row), "effect": ["effect"], "column": list(columns.names)}

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """mu, tau, I2, a new study whether it is seen or not, and the parameters of the bias."""
        variance = scale.typical_variance(studies.se)
        named = {self._named(n) if n in self.further else n: x for n, x in draws.items()}
        return scale.effect_estimands(named, new[0], self.measure, studies, variance)

    def study_estimands(
        self, draws: dict[str, Array], effects: Array, studies: Any
    ) -> dict[str, Array]:
        """Effect of every study freed of its bias, on the scale of analysis, (n_studies, ...)."""
        return {"effect": self.study_means(draws, studies) + effects[0]}


def check_effects(studies: Any, what: str) -> None:
    """Refuse what is no table of several effects with standard errors.

    Raises
    ------
    ValueError
        Counts, proportions, censored rows, or a single study.
    """
    file = studies.file
    effects = isinstance(studies, Effects)
    if studies.one_group or (effects and studies.measure not in TESTED):
        name = MEASURES[studies.measure].label if effects else "proportion"
        raise ValueError(
            f"{file}: {what} is of effects that can be for or against something; a {name} has "
            f"no null value that decides what is published; allowed: {', '.join(TESTED)}"
        )
    if not effects:
        raise ValueError(
            f"{file}: {what} looks at p values of estimates with standard errors, and these rows "
            "are counts, whose exact likelihood has none; allowed: effects, as with --model normal "
            "or studies.effects(measure)"
        )
    partial = np.flatnonzero(studies.is_partial)
    if partial.size:
        listed = ", ".join(studies.row[i] for i in partial[:5])
        raise ValueError(
            f"{file}: {what} asks which results are missing because of their p value, and "
            f"{partial.size} rows of this table ({listed}) are such results, told as censored rows "
            "or several possible ones; both together would count them twice; allowed: the complete "
            "rows (--where kind=), or the censored rows without this model"
        )
    if studies.n_studies < 2:
        raise ValueError(
            f"{file}: {what} needs other studies to compare with; allowed: two or more studies, "
            f"found {studies.n_studies}"
        )


def direction_of(studies: Any) -> str:
    """Where the estimates lie on the whole, by their inverse-variance mean."""
    w = 1.0 / np.asarray(studies.se, float) ** 2
    return "positive" if float(w @ studies.estimate) >= 0.0 else "negative"


def unit_of(studies: Any) -> tuple[float, str]:
    """How many units of the scale of analysis a standardised mean difference of 1 is, in words."""
    measure = studies.measure
    if measure == "smd":
        return 1.0, "on the scale of the standardised mean difference"
    if measure == "cor":
        return 0.5, "on Fisher's z, half a standardised mean difference"
    if measure in ("or", "rr", "rom", "hr", "irr"):
        return LOGISTIC, "on the log ratio, pi / sqrt(3) of a standardised mean difference"
    if measure == "rd":
        return 0.25, "on the risk difference, a quarter of a standardised mean difference"
    _, tau, _ = scale.default_priors(studies, measure)
    assert isinstance(tau, HalfNormal)
    return 2.0 * float(tau.sigma), "in units of the table, by the scale of its default priors"
