"""Comparing tests: two or more, in the same patients or in different ones.

References
----------
Cochrane Handbook for DTA reviews v2, chapter 9.4.7 (test as covariate, study effects shared);
Nyaga, Arbyn & Aerts (2018), Stat Methods Med Res 27:1766-1784 (effects of tests within studies);
Plackett (1965), J Am Stat Assoc 60:516-522 (dependence of two tests within patients).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from bayespool.accuracy import groups, results
from bayespool.accuracy.cross_classified import BOTH, cross_classified
from bayespool.accuracy.evidence import refuse_partial
from bayespool.accuracy.margins import (
    Margins,
    margin_rows,
    other_priors,
    point_estimands,
    pymc_inverse_link,
    study_numbers,
)
from bayespool.accuracy.quantities import MARGINS, intercept, parameter
from bayespool.covariance import Covariance
from bayespool.hierarchy import Hierarchy, Within
from bayespool.numerics.links import link
from bayespool.numerics.paired import PairedBinomial
from bayespool.priors import LKJ, HalfNormal, LogNormal, Normal
from bayespool.pymc_rows import plackett_cells
from bayespool.quantity import Estimand, Group
from bayespool.studies.cutoffs import refuse_cutoffs

if TYPE_CHECKING:
    from bayespool.estimands import Statement
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
RIDGES = (("tau_sens", "tau_within_sens"), ("tau_spec", "tau_within_spec"))
DEPENDENCE = (parameter("dependence_diseased"), parameter("dependence_healthy"))


class Layout(NamedTuple):
    """Rows of the hierarchy, two for each row of the table.

    ``order`` puts tp and tn rows of the table, in turn, into the hierarchy's order; the rest is of
    the rows so ordered: row of the table, margin (0 diseased, 1 healthy), test, result within
    studies, and place in it (1 for the second row of a cross-classified pair).
    """

    order: Array
    row: Array
    margin: Array
    test: Array
    result: Array
    place: Array

    @property
    def pairs(self) -> Array:
        """Both rows of every cross-classified pair, shape (n_pairs, 2)."""
        second = np.flatnonzero(self.place)
        return np.column_stack([second - 1, second])


class PairEvidence(NamedTuple):
    """How two tests were compared: studies with both, and with one of them alone."""

    second: Group
    first: Group
    within: int
    only_second: int
    only_first: int
    cross_classified: int


@dataclass(frozen=True, repr=False)
class Comparison(Margins):
    """Sensitivity and specificity of several tests, studies kept whole.

    ``g(sens_ik) = mu_sens[k] + u_sens,i + w_sens,ik`` for test k in study i, and likewise for
    specificity. All rows of a study share ``u_i ~ N(0, Sigma)``; a test within a study has its own
    independent ``w``, unless `shared`. Where the cross-classification of two tests in the same
    patients is known (columns ``tp_both`` and ``fp_both``: positive on both tests among those with
    and without the condition), the four cells are fitted with an odds ratio between the tests.

    Parameters
    ----------
    test : str
        The column that names the test of each row.
    shared : bool
        One effect of the study for all its tests and none of tests within studies, the model of
        the Cochrane Handbook: tests then differ by the same amount (on the link scale) everywhere.
    indirect : bool
        Allow a test that no study compares with another.
    sens, spec : prior
        Of every test.
    tau_sens, tau_spec, rho, link, nu
        As in `Bivariate`.
    tau_within_sens, tau_within_spec : prior
        Standard deviations of tests within studies, on the scale of the link.
    dependence : prior
        Of the odds ratio between two tests within patients, one for people with and one for people
        without the condition; used where the cross-classification is known.
    """

    test: str = "test"
    shared: bool = False
    indirect: bool = False
    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    tau_within_sens: Any = HalfNormal(0.5)
    tau_within_spec: Any = HalfNormal(0.5)
    dependence: Any = LogNormal(1.0, 1.5)
    link: str = "logit"
    nu: Any = None

    title: ClassVar[str] = "Comparison of tests"
    command: ClassVar[str] = "comparison"
    brief: ClassVar[str] = "two tests or more"
    options: ClassVar[tuple[str, ...]] = ("test", "shared", "indirect", "link", "robust")
    automatic: ClassVar[Container[str]] = ("",)
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = ("macaskill2022", "nyaga2018", "chu2006", "lkj2009")

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter; those of single tests under their common name."""
        out = super().priors
        if self.shared:
            out = {n: p for n, p in out.items() if n not in ("tau_within_sens", "tau_within_spec")}
        return out

    def alternatives(self) -> dict[str, Comparison]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        found = {name: replace(self, **changes) for name, changes in other_priors().items()}
        return found if self.shared else found | results.alternatives(self)

    def groups(self, studies: AccuracyStudies) -> tuple[Group, ...]:
        """The tests, in the order of their first rows."""
        return tuple(map(Group, dict.fromkeys(map(str, studies.covariates[self.test]))))

    def _of(self, test: Group) -> tuple[Estimand, Estimand]:
        """The pooled values of a test on the scale of the link."""
        sens, spec = (intercept(self.link, margin, test) for margin in MARGINS)
        return sens, spec

    def evidence(self, studies: AccuracyStudies) -> tuple[PairEvidence, ...]:
        """For every pair of tests, which studies have both and which have one."""
        of_test = {
            label: {
                s for s, t in zip(studies.study, studies.covariates[self.test], strict=True)
                if str(t) == label
            }
            for label in self.groups(studies)
        }  # fmt: skip
        crossed = {studies.study[i] for i, _ in cross_classified(studies)}
        found = []
        for b, a in groups.pairs(self.groups(studies)):
            both = of_test[b] & of_test[a]
            found.append(PairEvidence(b, a, len(both), len(of_test[b] - both),
                                      len(of_test[a] - both), len(both & crossed)))  # fmt: skip
        return tuple(found)

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse a table without tests to compare, and rows that contradict one another."""
        refuse_partial(studies, "comparison of tests", "the bivariate or the nested model")
        if self.test not in studies.covariates:
            allowed = ", ".join(studies.covariates) or "none, the table has no further column"
            raise ValueError(
                f"{studies.file}: no column {self.test!r} of tests; allowed: {allowed}"
            )
        tests = studies.covariates[self.test]
        gaps = [row for row, t in zip(studies.row, tests, strict=True) if t is None]
        if gaps:
            raise ValueError(
                f"{studies.file}: column {self.test!r} is empty for {', '.join(gaps)}; allowed: "
                "the name of the test of every row"
            )
        refuse_cutoffs(studies, "comparison of tests", (self.test,))
        labels = self.groups(studies)
        if len(labels) < 2:
            raise ValueError(f"{studies.file}: column {self.test!r} has one test only, {labels[0]}")
        seen: set[tuple[str, str]] = set()
        for row, study, t in zip(studies.row, studies.study, tests, strict=True):
            if (study, str(t)) in seen:
                raise ValueError(
                    f"{studies.file}: {row} is a second row of {t} in {study}; allowed: one row "
                    "per test and study"
                )
            seen.add((study, str(t)))
        pairs = self.evidence(studies)
        alone = [k for k in labels if not any(p.within for p in pairs if k in p[:2])]
        if alone and not self.indirect:
            raise ValueError(
                f"{studies.file}: {', '.join(alone)} appear in no study together with another "
                "test, so that only different studies would be compared; allowed: other tests, or "
                "indirect=True (--indirect)"
            )
        if cross_classified(studies) and self.link != "logit":
            raise ValueError(f"link={self.link!r}: cross-classified tests need the logit link")

    def layout(self, studies: AccuracyStudies) -> Layout:
        """Where each tp and tn row stands: within a study the diseased of all its tests come first,
        and the two rows of a cross-classified pair side by side."""
        n, labels = len(studies), self.groups(studies)
        row, margin = np.repeat(np.arange(n), 2), np.tile([0, 1], n)
        first = row.copy()  # of the pair, for the second of it
        for i, j in cross_classified(studies):
            first[row == j] = i
        order = np.lexsort((row, first, margin, study_numbers(studies)[row]))
        row, margin, first = row[order], margin[order], first[order]
        test = np.array([labels.index(str(t)) for t in studies.covariates[self.test]])
        result = np.cumsum(np.diff(2 * first + margin, prepend=-1) != 0) - 1
        return Layout(order, row, margin, test[row], result, (first != row).astype(int))

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior, labels, at = self.priors, self.groups(studies), self.layout(studies)
        inverse = pymc_inverse_link(self.link)
        study = study_numbers(studies)[at.row]
        counts = np.stack([studies.tp, studies.tn])[at.margin, at.row]
        people = np.stack([studies.n_diseased, studies.n_healthy])[at.margin, at.row]
        sens, spec = np.flatnonzero(at.margin == 0), np.flatnonzero(at.margin == 1)
        coords = {
            "study": list(dict.fromkeys(studies.study)),
            "outcome": ["sens", "spec"],
            "result": np.arange(at.result[-1] + 1),
            "place": np.arange(at.place.max() + 1),
        }
        with pm.Model(coords=coords) as model:
            pooled = [prior[name] for name in self.intercepts]
            mean = pm.math.stack(
                [
                    [p.to_pymc(name) for p, name in zip(pooled, self._of(k), strict=True)]
                    for k in labels
                ]
            )
            tau = pm.math.stack([prior[n].to_pymc(n) for n in ("tau_sens", "tau_spec")])
            rho = prior["rho"].to_pymc("rho")

            v = pm.Normal("v", 0.0, 1.0, dims=("study", "outcome"))
            u = pm.math.stack(
                [tau[0] * v[:, 0],
                 tau[1] * (rho * v[:, 0] + pm.math.sqrt(1.0 - rho**2) * v[:, 1])], axis=1
            )  # fmt: skip
            if self.nu is not None:
                nu = self.nu.to_pymc("nu")
                u = u * pm.Gamma("precision", nu / 2.0, nu / 2.0, dims="study")[:, None] ** -0.5
            eta = mean[at.test, at.margin] + u[study, at.margin]
            if not self.shared:
                within = pm.math.stack(
                    [prior[n].to_pymc(n) for n in ("tau_within_sens", "tau_within_spec")]
                )
                z = pm.Normal("z", 0.0, 1.0, dims=("result", "place"))
                eta = eta + within[at.margin] * z[at.result, at.place]
            p = inverse(eta)

            pairs = at.pairs
            alone = np.setdiff1d(np.arange(len(counts)), pairs)
            for name, rows in (("tp", sens), ("tn", spec)):
                own = np.intersect1d(rows, alone)
                if own.size:
                    pm.Binomial(name, n=people[own], p=p[own], observed=counts[own])
            if pairs.size:
                odds = pm.math.stack([prior["dependence"].to_pymc(n) for n in DEPENDENCE])
                first, second = pairs.T
                cells = plackett_cells(p[first], p[second], odds[at.margin[first]])
                cells = pm.math.stack(cells, axis=1)
                pm.Multinomial("pairs", n=people[first], p=cells,
                               observed=self._cell_counts(studies, at))  # fmt: skip
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature.

        Effects of tests within studies are those of single rows, or of the two rows of a
        cross-classified pair.
        """
        rows, at, labels = (
            margin_rows(studies, self.link),
            self.layout(studies),
            self.groups(studies),
        )
        likelihood = rows["likelihood"].take(at.order)
        pairs = at.pairs
        if pairs.size:
            both, partner = np.full(len(at.row), -1), np.arange(len(at.row))
            both[pairs] = self._cell_counts(studies, at)[:, :1]
            partner[pairs] = pairs[:, ::-1]
            likelihood = PairedBinomial(
                likelihood.successes, likelihood.trials, both, partner, at.margin
            )
        x = np.zeros((len(at.row), 2 * len(labels)))
        x[np.arange(len(x)), 2 * at.test + at.margin] = 1.0
        prior = self.priors
        return Hierarchy(
            X=x,
            Z=rows["Z"][at.order],
            study=rows["study"][at.order],
            likelihood=likelihood,
            kinds=tuple(rows["kinds"][r] for r in at.order),
            labels=rows["labels"],
            row_labels=tuple(rows["row_labels"][r] for r in at.order),
            coefficients=tuple(name for k in labels for name in self._of(k)),
            coefficient_priors=tuple(prior[n] for _ in labels for n in self.intercepts),
            between=self.covariance(),
            within=None if self.shared else self._within(at),
            row_scales=DEPENDENCE if pairs.size else (),
            row_scale_priors=(self.dependence,) * 2 if pairs.size else (),
            freedom_prior=self.nu,
            ridges=() if self.shared else RIDGES,
        )

    def _within(self, at: Layout) -> Within:
        """An effect of each row, two of a cross-classified pair; margins have their own scale."""
        size = int(at.place.max()) + 1
        design = np.zeros((len(at.row), size))
        design[np.arange(len(design)), at.place] = 1.0
        margin = at.margin[np.flatnonzero(np.diff(at.result, prepend=-1))]
        covariances = tuple(
            Covariance((parameter(name),) * size, (prior,) * size)
            for name, prior in (
                ("tau_within_sens", self.tau_within_sens),
                ("tau_within_spec", self.tau_within_spec),
            )
        )
        return Within(design, at.result, covariances, margin)

    def _cell_counts(self, studies: AccuracyStudies, at: Layout) -> Array:
        """Right on both tests, on the first only, on the second only, on neither, by pair."""
        counts = np.stack([studies.tp, studies.tn])[at.margin, at.row]
        people = np.stack([studies.n_diseased, studies.n_healthy])[at.margin, at.row]
        found = []
        for a, b in at.pairs:
            row, margin = at.row[a], at.margin[a]
            both = int(studies.covariates[BOTH[margin]][row])
            if margin == 1:  # false positive on both tests; these rows are of true negatives
                both += int(people[a] - studies.fp[row] - studies.fp[at.row[b]])
            first, second = counts[a] - both, counts[b] - both
            found.append([both, first, second, people[a] - both - first - second])
        return np.array(found)

    def row_estimands(self, predictors: Array, studies: AccuracyStudies) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        back = np.argsort(self.layout(studies).order)
        return super().row_estimands(predictors[back], studies)

    def at(
        self, draws: Mapping[str, Array], studies: AccuracyStudies, label: str
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation of one test in a new study (link scale)."""
        mu = tuple(draws[f"{name}[{label}]"] for name in self.intercepts)
        tau = (draws["tau_sens"], draws["tau_spec"])
        if self.shared:
            return (mu[0], mu[1]), tau, draws["rho"]
        total = (np.hypot(tau[0], draws["tau_within_sens"]),
                 np.hypot(tau[1], draws["tau_within_spec"]))  # fmt: skip
        shared = draws["rho"] * tau[0] * tau[1]
        return (mu[0], mu[1]), total, shared / np.maximum(total[0] * total[1], 1e-300)

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy of every test, and their differences, ratios and ranks.

        ``new`` has shape (2, ...) or (2 + m, ...): effects of a new study, then of a test in it.
        """
        g, labels = link(self.link), self.groups(studies)
        tau = (draws["tau_sens"], draws["tau_spec"])
        within, effect = None, new[:2]
        if not self.shared:
            size = (len(new) - 2) // 2
            within = (draws["tau_within_sens"], draws["tau_within_spec"])
            effect = np.stack([new[0] + new[2], new[1] + new[2 + size]])
        out: dict[str, Array] = {}
        for k in labels:
            sens, spec = self._of(k)
            mu = draws[sens], draws[spec]
            out |= point_estimands(mu, tau, effect, g, k, nu=draws.get("nu"), within=within)
        out |= groups.comparisons(out, labels)
        return out | draws

    @property
    def located(self) -> tuple[str, ...]:
        """None: what one study says of a test is what its results say, by their own effects."""
        return ()

    def statements(
        self, samples: Mapping[str, Array], studies: AccuracyStudies
    ) -> Iterator[tuple[Statement, Array]]:
        """Probability statements on the tests, as true-or-false draws."""
        yield from groups.statements(samples, self.groups(studies))
