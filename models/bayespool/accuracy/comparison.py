"""Comparing tests: two or more, in the same patients or in different ones.

References
----------
Cochrane Handbook for DTA reviews v2, chapter 9.4.7 (test as covariate, study effects shared);
Nyaga, Arbyn & Aerts (2018), Stat Methods Med Res 27:1766-1784 (effects of tests within studies);
Ma, Lian, Chu, Ibrahim & Chen (2018), Biostatistics 19:87-102 (tests that studies did not use);
Plackett (1965), J Am Stat Assoc 60:516-522 (dependence of two tests within patients).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bayespool.accuracy import evidence, groups, results
from bayespool.accuracy.cross_classified import cross_classified
from bayespool.accuracy.margins import (
    Margins,
    margin_rows,
    other_priors,
    point_estimands,
    pymc_inverse_link,
    study_numbers,
)
from bayespool.accuracy.networks import Network, PairEvidence, check_covariates, check_tests
from bayespool.accuracy.quantities import MARGINS, coefficient, intercept
from bayespool.accuracy.rows_of_tests import (
    COMMON,
    DEPENDENCE,
    FACTOR,
    STRUCTURES,
    WITHIN,
    Layout,
    Structure,
    observe,
)
from bayespool.design import Design, design
from bayespool.hierarchy import Hierarchy
from bayespool.numerics.links import link
from bayespool.numerics.paired import PairedBinomial
from bayespool.priors import LKJ, HalfNormal, LogNormal, Normal, StudentT
from bayespool.quantity import Estimand, Group

if TYPE_CHECKING:
    from bayespool.estimands import Statement
    from bayespool.studies import AccuracyStudies

Array = np.ndarray
RIDGES = (("tau_sens", "tau_within_sens"), ("tau_spec", "tau_within_spec"))


@dataclass(frozen=True, repr=False)
class Comparison(Margins):
    """Sensitivity and specificity of several tests, studies kept whole.

    ``g(sens_ik) = mu_sens[k] + u_sens,i + w_sens,ik`` for test k in study i, and likewise for
    specificity. All rows of a study share ``u_i ~ N(0, Sigma)``; a test within a study has its own
    independent ``w``, unless `shared`. Tests that a study did not use are missing at random: they
    may be missing for reasons that the study's other results tell. Where the cross-classification
    of two tests in the same patients is known (columns ``tp_both`` and ``fp_both``: positive on
    both tests among those with and without the condition), the four cells are fitted with an odds
    ratio between the tests.

    Parameters
    ----------
    test : str
        The column that names the test of each row.
    covariates : tuple of str
        Covariates whose coefficients all tests share; accuracy is told at the reference levels and
        centres.
    shared : bool
        One effect of the study for all its tests and none of tests within studies, the model of
        the Cochrane Handbook: tests then differ by the same amount (on the link scale) everywhere.
    structure : {"factor", "common", "by-test"}
        Standard deviations of tests within studies: one for sensitivity and one for specificity;
        one for both, the model of metadta; or one of every test for each of the two.
    indirect : bool
        Allow a network of tests that is not connected.
    sens, spec : prior
        Of every test.
    beta : prior
        Of each coefficient on the link scale: of a level against the reference, or of one standard
        deviation of a number.
    tau_sens, tau_spec, rho, link, nu, marker
        As in `Bivariate`.
    tau_within_sens, tau_within_spec, tau_within : prior
        Standard deviations of tests within studies, on the scale of the link; the last is that of
        the structure ``common``.
    dependence : prior
        Of the odds ratio between two tests within patients, one for people with and one for people
        without the condition; used where the cross-classification is known.
    """

    test: str = "test"
    covariates: tuple[str, ...] = field(default=(), metadata={"quiet": True})
    shared: bool = False
    structure: str = field(default=FACTOR, metadata={"quiet": True})
    indirect: bool = False
    sens: Any = Normal(0.0, 1.5)
    spec: Any = Normal(0.0, 1.5)
    beta: Any = field(default=Normal(0.0, 1.5), metadata={"quiet": True})
    tau_sens: Any = HalfNormal(1.0)
    tau_spec: Any = HalfNormal(1.0)
    rho: LKJ = LKJ(2.0)
    tau_within_sens: Any = HalfNormal(0.5)
    tau_within_spec: Any = HalfNormal(0.5)
    tau_within: Any = field(default=HalfNormal(0.5), metadata={"quiet": True})
    dependence: Any = LogNormal(1.0, 1.5)
    link: str = "logit"
    nu: Any = None
    marker: str = field(default="ignored", metadata={"quiet": True})

    title: ClassVar[str] = "Comparison of tests"
    command: ClassVar[str] = "comparison"
    brief: ClassVar[str] = "two tests or more"
    options: ClassVar[tuple[str, ...]] = (
        "test", "covariate", "shared", "structure", "indirect", "link", "robust", "marker",
    )  # fmt: skip
    automatic: ClassVar[Container[str]] = ("",)
    told_by: ClassVar[tuple[str, ...]] = ("test", "shared", "structure", "indirect")
    effects: ClassVar[tuple[str, ...]] = ("sens", "spec")
    references: ClassVar[tuple[str, ...]] = (
        "macaskill2022", "nyaga2018", "ma2018", "chu2006", "lkj2009",
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.structure not in STRUCTURES:
            allowed = ", ".join(STRUCTURES)
            raise ValueError(f"structure={self.structure!r} is unknown; allowed: {allowed}")
        if self.shared and self.structure != FACTOR:
            raise ValueError(
                f"structure={self.structure!r} is of effects of tests within studies, which shared "
                "leaves out; allowed: one of the two"
            )
        if not isinstance(self.beta, Normal | StudentT):
            raise ValueError(f"beta={self.beta!r}; allowed: Normal or StudentT, which have a scale")

    @property
    def within_priors(self) -> tuple[str, ...]:
        """Fields of the standard deviations within studies that the model has."""
        if self.shared:
            return ()
        return WITHIN[:1] if self.structure == COMMON else WITHIN[1:]

    @property
    def priors(self) -> dict[str, Any]:
        """The prior of each hyperparameter; those of single tests under their common name."""
        unused = {*WITHIN} - {*self.within_priors}
        if not self.covariates:
            unused.add("beta")
        return {n: p for n, p in super().priors.items() if n not in unused}

    def alternatives(self) -> dict[str, Comparison]:
        """Named priors that a reader might have preferred, for the prior sensitivity."""
        found = {name: replace(self, **changes) for name, changes in other_priors().items()}
        return found | results.alternatives(self, self.within_priors)

    def groups(self, studies: AccuracyStudies) -> tuple[Group, ...]:
        """The tests, in the order of their first rows."""
        return tuple(map(Group, dict.fromkeys(map(str, studies.covariates[self.test]))))

    def _of(self, test: Group) -> tuple[Estimand, ...]:
        """The pooled values of a test on the scale of the link."""
        return tuple(intercept(self.link, margin, test) for margin in MARGINS)

    def network(self, studies: AccuracyStudies) -> Network:
        """Which studies used which tests."""
        return Network.of(studies, self.test)

    def evidence(self, studies: AccuracyStudies) -> tuple[PairEvidence, ...]:
        """For every pair of tests, which studies have both and which have one."""
        return self.network(studies).pairs

    def check(self, studies: AccuracyStudies) -> None:
        """Refuse a table without tests to compare, and rows that contradict one another."""
        check_tests(studies, self.test, indirect=self.indirect)
        if cross_classified(studies):
            if self.link != "logit":
                raise ValueError(f"link={self.link!r}: cross-classified tests need the logit link")
            evidence.refuse_partial(
                studies, "comparison of cross-classified tests", "no columns tp_both and fp_both"
            )
        if self.covariates:
            check_covariates(studies, self.test, self.covariates)

    def _columns(self, studies: AccuracyStudies) -> Design:
        """Columns of the covariates, none without any."""
        return design(studies, self.covariates)

    def layout(self, studies: AccuracyStudies) -> Layout:
        """Where each tp and tn row stands."""
        return Layout.of(studies, studies.covariates[self.test], self.groups(studies))

    def within(self, studies: AccuracyStudies) -> Structure:
        """How far tests differ within studies."""
        return Structure(self.structure, self.priors, self.groups(studies))

    def build(self, studies: AccuracyStudies) -> Any:
        """The PyMC model: what a methodologist reads, and what NUTS samples."""
        import pymc as pm

        prior, labels, at = self.priors, self.groups(studies), self.layout(studies)
        inverse = pymc_inverse_link(self.link)
        study = study_numbers(studies)[at.row]
        coords = {
            "study": list(dict.fromkeys(studies.study)),
            "outcome": ["sens", "spec"],
            "result": np.arange(at.result[-1] + 1),
            "place": np.arange(at.places),
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
            columns = self._columns(studies)
            for term, x, beta in zip(
                columns.terms, columns.matrix.T, columns.priors(self.beta), strict=True
            ):
                own = pm.math.stack([beta.to_pymc(coefficient(m.name, term)) for m in MARGINS])
                eta = eta + own[at.margin] * x[at.row]
            if not self.shared:
                z = pm.Normal("z", 0.0, 1.0, dims=("result", "place"))
                eta = eta + self.within(studies).to_pymc(at) * z[at.result, at.place]
            observe(studies, at, inverse(eta), self.dependence, self.marker)
        return model

    def hierarchy(self, studies: AccuracyStudies) -> Hierarchy:
        """The same model as rows for quadrature."""
        rows, at = margin_rows(studies, self.link, self.marker), self.layout(studies)
        labels, columns = self.groups(studies), self._columns(studies)
        likelihood = rows["likelihood"].take(at.order)
        if at.pairs.size:
            both, partner = np.full(len(at.row), -1), np.arange(len(at.row))
            both[at.pairs] = at.cell_counts(studies)[:, :1]
            partner[at.pairs] = at.pairs[:, ::-1]
            likelihood = PairedBinomial(
                likelihood.successes, likelihood.trials, both, partner, at.margin
            )
        tests = np.eye(2 * len(labels))[2 * at.test + at.margin]
        slopes = np.einsum("rc,rm->rcm", columns.matrix[at.row], np.eye(2)[at.margin])
        prior, betas = self.priors, columns.priors(self.beta)
        return Hierarchy(
            X=np.column_stack([tests, slopes.reshape(len(tests), -1)]),
            Z=rows["Z"][at.order],
            study=rows["study"][at.order],
            likelihood=likelihood,
            kinds=tuple(rows["kinds"][r] for r in at.order),
            labels=rows["labels"],
            row_labels=tuple(rows["row_labels"][r] for r in at.order),
            coefficients=(
                *(name for k in labels for name in self._of(k)),
                *(coefficient(m.name, term) for term in columns.terms for m in MARGINS),
            ),
            coefficient_priors=(
                *(prior[name] for _ in labels for name in self.intercepts),
                *(beta for beta in betas for _ in MARGINS),
            ),
            between=self.covariance(),
            within=None if self.shared else self.within(studies).within(at),
            row_scales=DEPENDENCE if at.pairs.size else (),
            row_scale_priors=(self.dependence,) * 2 if at.pairs.size else (),
            freedom_prior=self.nu,
            ridges=RIDGES if self.structure == FACTOR and not self.shared else (),
        )  # fmt: skip

    def row_estimands(self, predictors: Array, studies: AccuracyStudies) -> dict[str, Array]:
        """Sensitivity and specificity of every row (proportions), shape (n_rows, ...)."""
        back = np.argsort(self.layout(studies).order)
        return super().row_estimands(predictors[back], studies)

    def settings(self, studies: AccuracyStudies) -> dict[Group, dict[str, Any]]:
        """The tests, each as the value of its column; covariates at references and centres."""
        return {label: {self.test: label} for label in self.groups(studies)}

    def point(
        self, draws: Mapping[str, Array], studies: AccuracyStudies, values: Mapping[str, Any]
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """Means, standard deviations and correlation (link scale) of one test in a new study.

        ``values`` are the test and covariates, of which those not named are at their reference or
        centre.
        """
        test = Group(str(values[self.test]))
        columns, mu = self._columns(studies), [draws[name] for name in self._of(test)]
        at = columns.at({name: x for name, x in values.items() if name != self.test})
        for term, x in zip(columns.terms, at, strict=True):
            if x != 0.0:
                mu = [m + x * draws[coefficient(margin.name, term)]
                      for m, margin in zip(mu, MARGINS, strict=True)]  # fmt: skip
        tau = (draws["tau_sens"], draws["tau_spec"])
        if self.shared:
            return (mu[0], mu[1]), tau, draws["rho"]
        own = self.within(studies).of(test, draws)
        total = (np.hypot(tau[0], own[0]), np.hypot(tau[1], own[1]))
        shared = draws["rho"] * tau[0] * tau[1]
        return (mu[0], mu[1]), total, shared / np.maximum(total[0] * total[1], 1e-300)

    def at(
        self, draws: Mapping[str, Array], studies: AccuracyStudies, label: str
    ) -> tuple[tuple[Array, Array], tuple[Array, Array], Array]:
        """`point` of a test, at the references and centres of the covariates."""
        return self.point(draws, studies, {self.test: label})

    def estimands(self, draws: dict[str, Array], new: Array, studies: Any) -> dict[str, Array]:
        """Accuracy of every test, and their differences, ratios and ranks.

        ``new`` has shape (2, ...) or (2 + m, ...): effects of a new study, then of a test in it.
        """
        g, labels = link(self.link), self.groups(studies)
        tau = (draws["tau_sens"], draws["tau_spec"])
        structure, at = self.within(studies), self.layout(studies)
        out: dict[str, Array] = {}
        for i, k in enumerate(labels):
            sens, spec = self._of(k)
            within, effect = None, new[:2]
            if not self.shared:
                within = structure.of(k, draws)
                own = [new[2 + structure.new_effect(at, margin, i)] for margin in (0, 1)]
                effect = np.stack([new[0] + own[0], new[1] + own[1]])
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
