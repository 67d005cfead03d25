"""Tables, priors and scales at the edge of what a fit can be asked: every model meets each.

A case is a model, columns of a table, and a name. Nothing here says what the answer is: it must be
an answer that passes its own checks, one that says why it does not, or a refusal in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from bayespool import accuracy, association, priors
from bayespool.studies import AccuracyStudies, ArmCounts, Effects, PairedProportions, Proportions

Columns = dict[str, list[Any]]
THOUSANDS = 1_000  # studies of the largest tables
AGES = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]
TESTS = ["A", "B", "A", "B", "A", "B"]


@dataclass(frozen=True, eq=False)
class Case:
    """One model of one table."""

    name: str
    model: Callable[[Any], Any]
    shape: type[Any]
    columns: Columns
    measure: str = ""

    def studies(self) -> Any:
        arguments = (self.measure,) if self.shape is Effects else ()
        return self.shape.from_table(self.columns, *arguments)


def _accuracy(*cells: tuple[int, int, int, int]) -> Columns:
    tp, fp, fn, tn = ([cell[i] for cell in cells] for i in range(4))
    n = len(cells)
    return {"study": [f"S{i}" for i in range(n)], "tp": tp, "fp": fp, "fn": fn, "tn": tn,
            "age": [AGES[i % 6] + i // 6 for i in range(n)]}  # fmt: skip


ORDINARY = [(9, 1, 2, 12), (14, 3, 3, 30), (20, 2, 6, 22), (30, 9, 4, 41), (8, 0, 5, 17),
            (55, 12, 21, 90)]  # fmt: skip
BILLION = 10**9
ACCURACY: dict[str, Callable[[], Columns]] = {
    "ordinary": lambda: _accuracy(*ORDINARY),
    "no errors": lambda: _accuracy(*[(n, 0, 0, 2 * n) for n in (9, 14, 20, 30, 8, 55)]),
    "all wrong": lambda: _accuracy(*[(0, n, 2 * n, 0) for n in (9, 14, 20, 30, 8, 55)]),
    "one a group": lambda: _accuracy(*[(1, 0, 0, 1), (0, 1, 1, 0)] * 3),
    "no healthy": lambda: _accuracy(*[(9 + i, 0, 3, 0) for i in range(6)]),
    "one study": lambda: _accuracy((9, 1, 2, 12)),
    "one study of one": lambda: _accuracy((1, 0, 0, 0)),
    "a billion": lambda: _accuracy(
        *[(BILLION - i * 7_000_000, 1000 * i, 9_000_000 * i, BILLION) for i in range(1, 7)]
    ),
    "a billion, none wrong": lambda: _accuracy(*[(BILLION, 0, 0, BILLION)] * 6),
    "2^51": lambda: _accuracy(*[(2**51 - i * 2**45, 2**44, 2**45, 2**51) for i in range(6)]),
    "one and a billion": lambda: _accuracy(*[(1, 0, 0, 1), (BILLION, 5, 10**6, BILLION)] * 3),
    "alike": lambda: _accuracy(*[(90, 10, 10, 90)] * 6),
    "thousands": lambda: _accuracy(*[(5 + i % 9, i % 3, i % 4, 9 + i % 7)
                                     for i in range(THOUSANDS)]),
}  # fmt: skip


def _effects(estimate: Any, se: Any) -> Columns:
    n = len(estimate)
    return {"study": [f"S{i}" for i in range(n)], "estimate": list(estimate), "se": list(se),
            "age": [AGES[i % 6] + i // 6 for i in range(n)]}  # fmt: skip


VALUES = np.array([0.3, 0.1, -0.2, 0.6, 0.25, 0.4])
ERRORS = np.array([0.2, 0.3, 0.25, 0.4, 0.1, 0.15])
EFFECTS: dict[str, Callable[[], Columns]] = {
    "ordinary": lambda: _effects(VALUES, ERRORS),
    "one study": lambda: _effects(VALUES[:1], ERRORS[:1]),
    "alike": lambda: _effects([0.3] * 6, [0.2] * 6),
    "se 1e-8": lambda: _effects(VALUES, [1e-8] * 6),
    "se 1e-30": lambda: _effects(VALUES, [1e-30] * 6),
    "se 1e-75": lambda: _effects(VALUES, [1e-75] * 6),
    "alike, se 1e-10": lambda: _effects([0.3] * 6, [1e-10] * 6),
    "one se of 1e-12": lambda: _effects(VALUES, [1e-12, *ERRORS[1:]]),
    "one se of 1e12": lambda: _effects(VALUES, [1e12, *ERRORS[1:]]),
    "se 1e75": lambda: _effects(VALUES, [1e75] * 6),
    "effects of 1e6": lambda: _effects(1e6 * VALUES, 1e6 * ERRORS),
    "effects of 1e70": lambda: _effects(1e70 * VALUES, 1e70 * ERRORS),
    "effects of 1e-70": lambda: _effects(1e-70 * VALUES, 1e-70 * ERRORS),
    "one far away": lambda: _effects([1e4, *VALUES[1:]], ERRORS),
    "thousands": lambda: _effects(np.sin(np.arange(THOUSANDS)), [0.3] * THOUSANDS),
}


def _arms(*rows: tuple[int, int, int, int]) -> Columns:
    e1, n1, e2, n2 = ([row[i] for row in rows] for i in range(4))
    return {"study": [f"S{i}" for i in range(len(rows))], "e1": e1, "n1": n1, "e2": e2, "n2": n2,
            "age": [AGES[i % 6] + i // 6 for i in range(len(rows))]}  # fmt: skip


TRIALS = [(3, 40, 6, 42), (10, 100, 14, 97), (1, 20, 2, 21), (8, 60, 9, 58), (0, 15, 3, 16),
          (22, 300, 31, 290)]  # fmt: skip
ARMS: dict[str, Callable[[], Columns]] = {
    "ordinary": lambda: _arms(*TRIALS),
    "one trial": lambda: _arms(TRIALS[0]),
    "no events": lambda: _arms(*[(0, n, 0, n) for n in (20, 30, 40, 50, 60, 70)]),
    "separated": lambda: _arms(*[(n, n, 0, n) for n in (20, 30, 40, 50, 60, 70)]),
    "one a group": lambda: _arms(*[(1, 1, 0, 1), (0, 1, 1, 1)] * 3),
    "separated, a million": lambda: _arms(*[(10**6, 10**6, 0, 10**6)] * 6),
    "a billion, few events": lambda: _arms(*[(3 + i, BILLION, 9, BILLION) for i in range(6)]),
    "a billion, half": lambda: _arms(*[(BILLION // 2 + i * 10**6, BILLION, BILLION // 3, BILLION)
                                       for i in range(6)]),
    "one and a billion": lambda: _arms(*[(1, 1, 0, 1), (BILLION // 2, BILLION, 9, BILLION)] * 3),
    "alike": lambda: _arms(*[(10, 100, 20, 100)] * 6),
    "thousands": lambda: _arms(*[(i % 5, 20 + i % 9, i % 7, 25) for i in range(THOUSANDS)]),
}  # fmt: skip


def _proportions(events: Any, n: Any) -> Columns:
    return {"study": [f"S{i}" for i in range(len(n))], "events": list(events), "n": list(n),
            "age": [AGES[i % 6] + i // 6 for i in range(len(n))]}  # fmt: skip


PROPORTIONS: dict[str, Callable[[], Columns]] = {
    "ordinary": lambda: _proportions([3, 10, 1, 8, 0, 22], [40, 100, 20, 60, 15, 300]),
    "one study": lambda: _proportions([3], [40]),
    "none": lambda: _proportions([0] * 6, [40, 100, 20, 60, 15, 300]),
    "all": lambda: _proportions([40, 100, 20], [40, 100, 20]),
    "one a group": lambda: _proportions([0, 1] * 3, [1] * 6),
    "a billion": lambda: _proportions([BILLION // k for k in (2, 3, 4, 5, 7, 9)], [BILLION] * 6),
    "a billion, few": lambda: _proportions([0, 1, 2, 3, 4, 5], [BILLION] * 6),
    "one and a billion": lambda: _proportions([0, BILLION // 2] * 3, [1, BILLION] * 3),
    "2^51": lambda: _proportions([2**50 + i * 2**44 for i in range(6)], [2**51] * 6),
    "alike": lambda: _proportions([10] * 6, [100] * 6),
    "thousands": lambda: _proportions([i % 7 for i in range(THOUSANDS)], [20] * THOUSANDS),
}


def _paired(*rows: tuple[int, int, int, int]) -> Columns:
    both, lost, gained, neither = ([row[i] for row in rows] for i in range(4))
    return {"study": [f"S{i}" for i in range(len(rows))], "both": both, "lost": lost,
            "gained": gained, "neither": neither}  # fmt: skip


PAIRED: dict[str, Callable[[], Columns]] = {
    "ordinary": lambda: _paired((20, 9, 3, 30), (14, 5, 4, 22), (40, 12, 2, 33), (8, 1, 0, 9)),
    "one study": lambda: _paired((20, 9, 3, 30)),
    "nobody changed": lambda: _paired(*[(20, 0, 0, 30)] * 4),
    "all changed": lambda: _paired(*[(0, 20, 20, 0)] * 4),
    "one each": lambda: _paired((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    "a billion": lambda: _paired(*[(BILLION, 10**7, 10**6 * i, BILLION) for i in range(1, 5)]),
    "alike": lambda: _paired(*[(20, 9, 3, 30)] * 4),
}

REAL: dict[str, tuple[Any, ...]] = {
    "a point": (priors.Normal, 0.5, 1e-8),
    "a point far away": (priors.Normal, 30.0, 1e-4),
    "far away": (priors.Normal, 40.0, 0.5),
    "1e8 wide": (priors.Normal, 0.0, 1e8),
    "1e150 wide": (priors.Normal, 0.0, 1e150),
    "at 1e300": (priors.Normal, 1e300, 1.0),
    "uniform away": (priors.Uniform, 5.0, 5.5),
    "uniform, 1e-9 wide": (priors.Uniform, 0.2, 0.2 + 1e-9),
    "t of 0.1": (priors.StudentT, 0.0, 1.0, 0.1),
}
POSITIVE: dict[str, tuple[Any, ...]] = {
    "Fixed(0)": (priors.Fixed, 0.0),
    "Fixed(3)": (priors.Fixed, 3.0),
    "Fixed(1e80)": (priors.Fixed, 1e80),
    "1e-6": (priors.HalfNormal, 1e-6),
    "1e-300": (priors.HalfNormal, 1e-300),
    "1e8": (priors.HalfNormal, 1e8),
    "1e300": (priors.HalfNormal, 1e300),
    "Cauchy": (priors.HalfCauchy, 100.0),
    "t of 0.05": (priors.HalfStudentT, 1.0, 0.05),
    "uniform away": (priors.Uniform, 4.0, 4.1),
    "uniform near 0": (priors.Uniform, 0.0, 1e-7),
    "log-normal, 50 wide": (priors.LogNormal, 0.0, 50.0),
    "inverse gamma": (priors.InverseGamma, 1e-3, 1e-3),
    "gamma of 1e6": (priors.Gamma, 1e6, 1e6),
    "gamma of 1e-3": (priors.Gamma, 1e-3, 1e-3),
    "exponential of 1e-10": (priors.Exponential, 1e-10),
}
CORRELATION: dict[str, tuple[Any, ...]] = {
    "LKJ(1e-3)": (priors.LKJ, 1e-3),
    "LKJ(1e5)": (priors.LKJ, 1e5),
    "LKJ(1e300)": (priors.LKJ, 1e300),
}
SCALES = (1e-30, 1e-6, 1e4, 1e6, 1e9, 1e12, 1e30)
COVARIATES: dict[str, Callable[[], list[float]]] = {
    **{f"age times {s:g}": (lambda s=s: [s * a for a in AGES]) for s in SCALES},
    "one age of 1e5": lambda: [*AGES[:5], 1e5],
    "ages of a millionth apart": lambda: [1e6 + 1e-6 * a for a in AGES],
}


@dataclass(frozen=True, eq=False)
class Family:
    """A model as it is used, and the tables that it takes."""

    name: str
    model: Callable[[Any], Any]
    shape: type[Any]
    tables: Mapping[str, Callable[[], Columns]]
    measure: str = ""
    extra: Mapping[str, list[Any]] | None = None
    each: int = 1  # rows of a study
    own: tuple[str, ...] = ()  # parameters whose priors no other family has; all if none is named

    def case(self, name: str, columns: Columns, **changes: tuple[Any, ...]) -> Case:
        n = len(columns["study"])
        more = {role: [values[i % len(values)] for i in range(n)]
                for role, values in (self.extra or {}).items()}  # fmt: skip
        columns = {**columns, **more}
        if self.each > 1:
            columns |= {"study": [f"S{i // self.each}" for i in range(n)],
                        "site": [f"site {i % self.each}" for i in range(n)]}  # fmt: skip

        def model(studies: Any) -> Any:
            made = {slot: kind(*arguments) for slot, (kind, *arguments) in changes.items()}
            return replace(self.model(studies), **made)

        return Case(f"{self.name}: {name}", model, self.shape, columns, self.measure)


def _of(kind: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda studies: kind.for_studies(studies, **options)[0]


def _plain(kind: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda studies: kind(**options)


FAMILIES = (
    Family(
        "bivariate",
        _plain(accuracy.Bivariate),
        AccuracyStudies,
        ACCURACY,
        own=("sens", "tau_sens", "rho"),
    ),
    Family(
        "meta-regression",
        _plain(accuracy.MetaRegression, covariates=("age",)),
        AccuracyStudies,
        ACCURACY,
        own=("beta",),
    ),
    Family(
        "nested",
        _plain(accuracy.NestedBivariate),
        AccuracyStudies,
        ACCURACY,
        each=2,
        own=("tau_within_sens", "rho_within"),
    ),
    Family(
        "nested regression",
        _plain(accuracy.NestedMetaRegression, covariates=("age",)),
        AccuracyStudies,
        ACCURACY,
        each=2,
        own=("beta",),
    ),
    Family(
        "comparison",
        _plain(accuracy.Comparison),
        AccuracyStudies,
        ACCURACY,
        extra={"test": TESTS},
        each=2,
        own=("tau_within_sens", "dependence"),
    ),
    Family(
        "HSROC",
        _plain(accuracy.HSROC),
        AccuracyStudies,
        ACCURACY,
        own=("Theta", "shape", "sigma_alpha"),
    ),
    Family("normal", _of(association.NormalNormal), Effects, EFFECTS, "smd"),
    Family(
        "normal, age",
        _of(association.NormalNormal, covariates=("age",)),
        Effects,
        EFFECTS,
        "smd",
        own=("beta",),
    ),
    Family(
        "nested effects",
        _of(association.Nested),
        Effects,
        EFFECTS,
        "smd",
        each=2,
        own=("tau", "tau_within"),
    ),
    Family("PET", _of(association.PET), Effects, EFFECTS, "smd", own=("tau", "pet")),
    Family("PEESE", _of(association.PEESE), Effects, EFFECTS, "smd", own=("peese",)),
    Family(
        "step selection",
        _of(association.SelectionNormal),
        Effects,
        EFFECTS,
        "smd",
        own=("mu", "tau"),
    ),
    Family(
        "exponential selection",
        _of(association.SelectionExponential),
        Effects,
        EFFECTS,
        "smd",
        own=("delta",),
    ),
    Family("beta selection", _of(association.SelectionBeta), Effects, EFFECTS, "smd", own=("a",)),
    *(
        Family(
            f"binomial {m}",
            _plain(association.BinomialNormal, measure=m),
            ArmCounts,
            ARMS,
            m,
            own=("mu", "tau") if m == "or" else ("mu",),
        )
        for m in ("or", "rr", "rd")
    ),
    Family("proportion", _plain(association.Proportion), Proportions, PROPORTIONS),
    Family("beta-binomial", _plain(association.BetaBinomial), Proportions, PROPORTIONS),
    Family(
        "before and after",
        _plain(association.PrePost),
        PairedProportions,
        PAIRED,
        own=("tau", "dependence"),
    ),
)


def cases() -> Iterator[Case]:
    """Every table of every model, every prior of its ordinary table, and scales of covariates."""
    for family in FAMILIES:
        for name, table in family.tables.items():
            yield family.case(name, table())
        ordinary = family.tables["ordinary"]()
        defaults = family.model(family.case("", ordinary).studies())
        for item in fields(defaults):
            prior = getattr(defaults, item.name)
            kinds = {"real": REAL, "positive": POSITIVE, "correlation": CORRELATION}
            named = not family.own or item.name in family.own
            if named and item.init and item.name != "nu" and hasattr(prior, "support"):
                for name, odd in kinds.get(prior.support, {}).items():
                    yield family.case(f"{item.name} {name}", ordinary, **{item.name: odd})
        if "age" in getattr(defaults, "covariates", ()):
            for name, ages in COVARIATES.items():
                yield family.case(name, {**ordinary, "age": ages()})
