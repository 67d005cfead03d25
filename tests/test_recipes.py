"""The recipes of docs/house.md, each followed here as somebody would who adds to the package.

One analysis of a kind that the package does not have, events over person-time: its shape of table,
its likelihood of rows, a model with an estimand of its own, a section of the page, an option.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pymc as pm
import pytest
from numpy.typing import NDArray
from scipy import special, stats

import bayespool as bp
from bayespool import choice
from bayespool.association.regression import Regression, check_rows
from bayespool.association.scale import effect_estimands
from bayespool.hierarchy import Hierarchy
from bayespool.model import Model, plain
from bayespool.model_options import ModelOptions
from bayespool.numerics.row_likelihood import SeparateRows
from bayespool.priors import HalfNormal, Normal
from bayespool.quantity import Estimand, Quantity
from bayespool.report import page
from bayespool.report.blocks import Prose, Section
from bayespool.studies import Rows, TableError, read_table
from bayespool.studies.columns import recognise
from bayespool.studies.counts import as_count, problem_at
from bayespool.studies.meaning import read_as, rows_in_words
from bayespool.studies.numbers import as_number
from bayespool.studies.shared_fields import shared_fields
from bayespool.studies.tables import TableSource

TABLE = """study,events,person_years,setting
Ames,4,120,ward
Baker,11,410,home
Chen,0,60,ward
Diaz,7,150,home
Evans,3,95,ward
"""
RATE = Quantity("rate", "Events in 100 person-years", range="positive")


@dataclass(frozen=True, eq=False, repr=False)
class PersonTime(Rows):
    """A shape: events and the person-years in which they happened."""

    ARRAYS: ClassVar[Mapping[str, type]] = {"events": np.int64, "years": float}
    IN_WORDS: ClassVar[str] = "events over person-time"

    name: str
    study: tuple[str, ...]
    row: tuple[str, ...]
    events: NDArray[np.int64]
    years: NDArray[np.float64]
    covariates: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    file: str = "<table>"
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_table(cls, table: TableSource, name: str | None = None) -> Self:
        read = read_table(table)
        recognised = recognise(read, {"events": ("events",), "years": ("personyears",)})
        problems, values = list(recognised.problems), dict[str, list[float]]()
        for role, parse in (("events", as_count), ("years", as_number)):
            index = recognised.roles[role]
            for row, (cells, texts) in enumerate(zip(read.rows, read.texts, strict=True)):
                value = parse(read.columns[index], cells[index], texts[index])  # type: ignore[arg-type]
                if isinstance(value, tuple):
                    problems.append(problem_at(read, row, index, value))
                else:
                    values.setdefault(role, []).append(value)
        return cls(
            **shared_fields(read, recognised, name, problems),
            **{role: np.array(found) for role, found in values.items()},
        )

    def as_effects(self, measure: str) -> Any:
        from bayespool.studies import Effects

        half = self.events + 0.5
        return Effects(
            **self._shared(), measure=measure, estimate=np.log(half / self.years),
            se=1.0 / np.sqrt(half), how=("events and person-years",) * len(self),
            approximated=(True,) * len(self),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Poisson(SeparateRows):
    """A likelihood of rows: ``events ~ Poisson(years exp(eta))``."""

    events: np.ndarray
    years: np.ndarray
    exact: bool = field(default=False, init=False)
    link_name: str = field(default="identity", init=False)

    def __len__(self) -> int:
        return len(self.events)

    def take(self, rows: np.ndarray) -> Poisson:
        return Poisson(self.events[rows], self.years[rows])

    def observed(self) -> np.ndarray:
        return self.events

    def _mean(self, eta: np.ndarray) -> np.ndarray:
        return self.years[:, None] * np.exp(np.clip(eta, -300.0, 300.0))

    def log_density(self, eta: np.ndarray) -> np.ndarray:
        return self.events[:, None] * eta - self._mean(eta)

    def log_constant(self) -> np.ndarray:
        return (self.events * np.log(self.years) - special.gammaln(self.events + 1.0))[:, None]

    def slope_and_weight(self, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = self._mean(eta)
        return self.events[:, None] - mean, mean

    def start(self) -> tuple[np.ndarray, np.ndarray]:
        half = self.events[:, None] + 0.5
        return np.log(half / self.years[:, None]), half

    def simulate(self, eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return rng.poisson(self._mean(eta)).astype(float)


@dataclass(frozen=True, repr=False)
class PoissonNormal(Regression):
    """A model, in one file, with an estimand and a name of its own on the command line."""

    mu: Any = Normal(0, 4)
    tau: Any = HalfNormal(0.5)
    beta: Any = Normal(0, 2)
    covariates: tuple[str, ...] = ()
    nu: Any = None
    measure: str = "generic"

    title: ClassVar[str] = "Poisson-normal model"
    in_words: ClassVar[str] = "The number of events of every study is Poisson."
    command: ClassVar[str] = "poisson"
    brief: ClassVar[str] = "events over person-time"
    options: ClassVar[tuple[str, ...]] = ("covariate",)
    effects: ClassVar[tuple[str, ...]] = ("effect",)
    main_estimands: ClassVar[tuple[str, ...]] = ("mu",)
    takes: ClassVar[tuple[type[Rows], ...]] = (PersonTime,)

    def check(self, studies: Any) -> None:
        check_rows(studies, self.covariates)

    def alternatives(self) -> dict[str, PoissonNormal]:
        return {"tau: HalfNormal(2)": PoissonNormal(tau=HalfNormal(2))}

    def build(self, studies: Any) -> Any:
        with pm.Model(coords={"study": list(studies.row)}) as model:
            v = pm.Normal("v", 0.0, 1.0, dims="study")
            eta = self.mu.to_pymc("mu") + self.tau.to_pymc("tau") * v
            pm.Poisson("events", studies.years * pm.math.exp(eta), observed=studies.events)
        return model

    def hierarchy(self, studies: Any) -> Hierarchy:
        return Hierarchy(
            likelihood=Poisson(studies.events, studies.years), kinds=("falls",) * len(studies),
            **self.one_effect(studies),
        )  # fmt: skip

    def estimands(self, draws: dict, new: np.ndarray, studies: Any) -> dict:
        rate = Estimand("rate", RATE, "pooled")
        return effect_estimands(draws, new[0], self.measure, studies) | {
            rate: 100.0 * np.exp(draws["mu"])
        }

    def study_estimands(self, draws: dict, effects: np.ndarray, studies: Any) -> dict:
        return {"effect": self.study_means(draws, studies) + effects[0]}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    table = tmp_path_factory.mktemp("recipe") / "falls.csv"
    table.write_text(TABLE)
    return bp.fit(PoissonNormal(), str(table), engine="quadrature", ess=2_000)


def test_a_shape_is_read_and_told(fitted: Any) -> None:
    studies = fitted.studies
    assert read_as(studies) == "5 rows of 5 studies, read as events over person-time"
    assert rows_in_words(studies, 1) == [("Ames", "events 4, years 120")]
    with pytest.raises(TableError, match="row 4"):
        PersonTime.from_table({"study": ["A", "B", "C"], "events": [1, 2, "x"],
                               "person_years": [9, 9, 9]})  # fmt: skip


def test_a_likelihood_of_rows_is_integrated_exactly(fitted: Any) -> None:
    """Against a sum over a grid of the mean, the spread and every study's effect."""
    studies, mu, tau = fitted.studies, np.linspace(-7, 0, 141), np.linspace(0.025, 3, 120)
    v = np.linspace(-6, 6, 121)
    eta = mu[:, None, None] + tau[None, :, None] * v
    weight = stats.norm.pdf(v)
    log = stats.norm.logpdf(mu, 0, 4)[:, None] + stats.halfnorm.logpdf(tau, scale=0.5)
    for events, years in zip(studies.events, studies.years, strict=True):
        log = log + np.log(stats.poisson.pmf(events, years * np.exp(eta)) @ weight)
    mass = np.exp(log - log.max())
    below = np.cumsum(mass.sum(axis=1)) / mass.sum()
    estimate = fitted.estimates["mu"]
    median = np.interp(0.5, below, mu + (mu[1] - mu[0]) / 2)
    assert abs(estimate.median - median) < 4 * estimate.mcse_median + 1e-3


def test_both_statements_of_the_model_are_one(fitted: Any) -> None:
    hierarchy, studies = fitted.hierarchy, fitted.studies
    point = {"mu": -3.1, "tau_log__": np.log(0.4), "v": np.linspace(-1, 1, 5)}
    with fitted.model.build(studies) as model:
        rows = model.compile_logp(vars=model.observed_RVs, sum=True)(point)
    eta = (-3.1 + 0.4 * point["v"])[:, None]
    ours = (hierarchy.likelihood.log_density(eta) + hierarchy.likelihood.log_constant()).sum()
    assert rows == pytest.approx(ours, abs=1e-9)


def test_an_estimand_and_a_section_reach_the_page_and_the_files(
    fitted: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exposure(shown: page.Page) -> Section | None:
        years = shown.fitted.studies.years.sum()
        return Section("exposure", "Exposure", "Time at risk", (Prose(f"{years:g} years."),))

    monkeypatch.setattr(page, "SECTIONS", (*page.SECTIONS, exposure))
    folder = bp.write_report(fitted, tmp_path / "report", formats=("markdown",))
    text = (folder / "report.md").read_text()
    assert "Time at risk" in text
    assert "835 years." in text
    assert "Time at risk" in (folder / "index.html").read_text()
    saved = json.loads((folder / "summary.json").read_text())["estimands"]
    rate, mu = saved["rate"], saved["mu"]
    assert rate["median"] == pytest.approx(100 * np.exp(mu["median"]), rel=1e-3)


def test_everything_comes_back_from_a_file(fitted: Any, tmp_path: Any) -> None:
    fitted.save(tmp_path / "fit.nc")
    again = bp.load(tmp_path / "fit.nc")
    assert again.model == fitted.model
    assert type(again.studies) is PersonTime
    assert dict(again.estimates) == dict(fitted.estimates)


def test_a_model_is_known_by_its_name_and_takes_its_options(fitted: Any) -> None:
    chosen, _ = choice.choose(fitted.studies, "generic", "poisson",
                              ModelOptions(covariate=("setting",)))  # fmt: skip
    assert chosen == PoissonNormal(covariates=("setting",))
    with pytest.raises(ValueError, match="--robust does not apply to --model poisson"):
        choice.choose(fitted.studies, "generic", "poisson", ModelOptions(robust=True))


def test_an_option_of_a_model_is_a_field_and_a_name() -> None:
    options = make_dataclass("Wider", [("offset", float, 0.0)], bases=(ModelOptions,), frozen=True)

    @dataclass(frozen=True)
    class Shifted(Model):
        offset: float = 0.0
        options: ClassVar[tuple[str, ...]] = ("offset",)

    assert plain(Shifted, options(offset=2.0), "") == Shifted(offset=2.0)
    assert {item.name for item in fields(options)} >= set(Shifted.options)
