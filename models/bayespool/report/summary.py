"""Everything a fit says in numbers, as one record and as strict JSON. NumPy and the standard
library only, so that the command line can print it without loading a plotting package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.accuracy.quantities import MARGINS as QUANTITIES
from bayespool.accuracy.quantities import PREDICTIVE_VALUES, after
from bayespool.accuracy.roc import predictive_values
from bayespool.association.scale import varies
from bayespool.bias.accuracy import AccuracyAssessment
from bayespool.bias.assessment import Assessment, assess
from bayespool.checks import Finding, run_checks
from bayespool.estimands import (
    Estimate,
    Probability,
    exceedance,
    probability,
    summarise,
)
from bayespool.guideline.certainty import Support, check_thresholds
from bayespool.guideline.findings import Evidence, check_prevalences
from bayespool.guideline.findings import Finding as PerThousand
from bayespool.guideline.judgements import Judgements, read_judgements
from bayespool.quantity import WHOLE, Group, point
from bayespool.report import guideline_numbers, numbers, points
from bayespool.report.association_numbers import (
    BaselineRisk,
    NumberNeeded,
    absolute_effects,
    check_baseline,
    check_groups,
    check_mid,
    check_unit,
    probabilities,
)
from bayespool.report.points import MARGINS, ending
from bayespool.report.wording import POOLED, naming
from bayespool.studies.measures import GROUPS

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.request import Request

THRESHOLDS: dict[str, tuple[float, ...]] = {"sens": (0.7, 0.8, 0.9), "spec": (0.7, 0.8, 0.9)}


@dataclass(frozen=True)
class Summary:
    """Estimates, probability statements and checks of one fit.

    Attributes
    ----------
    estimates : mapping of estimand name to Estimate
        With ``ppv@0.1`` and ``npv@0.1`` for every prevalence, ``risk@0.1`` and ``difference@0.1``
        for every baseline risk.
    probabilities : tuple of Probability
    checks : tuple of Finding
        Gates first.
    prevalences : tuple of float
        Of accuracy.
    measure : str
        Of an association; empty for accuracy.
    mid : float or None
        Smallest important difference, on the measure's own scale.
    baseline_risks : tuple
    groups : tuple of two str
        What an association compares: ``vaccinated``, ``not vaccinated``.
    unit : str
        Of a mean difference or a generic effect: ``m/s``.
    numbers_needed : tuple of NumberNeeded
    varies : bool
        Of an association: its effect differs between studies.
    pooled : str
        What its mean is called, with a place for the measure.
    pooled_at : str
        Where the mean holds, if that is one place of several: ``at the cut-off 50``.
    compared : tuple of tuples of str
        Of accuracy: labels of the tests, or of the levels of each category, that are compared.
    prevalences_given, thresholds_given : bool
        Somebody chose them for this report; otherwise they are defaults.
    of_tests : bool
        Of accuracy: the labels are tests; otherwise they are groups of studies of one test.
    findings, differences : tuple of PerThousand
        Of accuracy: results of 1,000 people at every prevalence, and how many more of two tests.
    support : tuple of Support
        What the estimates say between thresholds.
    judgements : Judgements or None
        Of a panel, on certainty.
    evidence : mapping of label to Evidence
        Of the whole table under the empty label.
    publication : Assessment, AccuracyAssessment or None
        What publication bias might do, where that was asked.
    """

    estimates: Mapping[str, Estimate]
    probabilities: tuple[Probability, ...]
    checks: tuple[Finding, ...]
    prevalences: tuple[float, ...] = ()
    measure: str = ""
    mid: float | None = None
    baseline_risks: tuple[BaselineRisk, ...] = ()
    groups: tuple[str, str] = GROUPS
    unit: str = ""
    numbers_needed: tuple[NumberNeeded, ...] = ()
    varies: bool = True
    pooled: str = POOLED
    pooled_at: str = ""
    compared: tuple[tuple[Group, ...], ...] = ()
    of_tests: bool = False
    prevalences_given: bool = True
    thresholds_given: bool = True
    findings: tuple[PerThousand, ...] = ()
    differences: tuple[PerThousand, ...] = ()
    support: tuple[Support, ...] = ()
    judgements: Judgements | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    publication: Assessment | AccuracyAssessment | None = None

    @property
    def labels(self) -> tuple[Group, ...]:
        """Whose accuracy is told; one empty text where there is one summary point."""
        return tuple(label for part in self.compared for label in part) or (WHOLE,)

    def tells_of(self, name: str) -> bool:
        """The estimand is there; under a common effect a new study's is the pooled one again."""
        return name in self.estimates and (
            self.varies or self.estimates[name].estimand.role != "new"
        )

    @property
    def failed_gates(self) -> tuple[Finding, ...]:
        """Checks that decide whether the numbers may be used, and that say no."""
        return tuple(f for f in self.checks if f.gate and not f.passed)

    @property
    def passed(self) -> bool:
        """All gates passed."""
        return not self.failed_gates


def build_summary(
    fitted: Fit,
    prevalences: Sequence[float] | None = None,
    thresholds: Mapping[str, Sequence[float]] | None = None,
    mid: float | None = None,
    baseline_risks: Sequence[BaselineRisk] = (),
    judgements: Judgements | str | Path | None = None,
    groups: Sequence[str] = (),
    unit: str = "",
) -> Summary:
    """Summarise a fit.

    Parameters
    ----------
    fitted : Fit
    prevalences : proportions in (0, 1), optional
        Of accuracy: for predictive values; the median share of diseased participants in the
        studies if None.
    thresholds : mapping of estimand name to cut-offs, optional
        For statements such as ``P(sens > 0.8)``; of accuracy 0.7, 0.8 and 0.9 of both if None.
    mid : float, optional
        Of an association: the smallest important difference, on the measure's own scale (1.25 for
        a ratio), for the probabilities of less, more and neither.
    baseline_risks : proportions in (0, 1) or ProbabilityInterval, optional
        Of an odds ratio, risk ratio or risk difference: risks of group 2, for absolute effects.
    judgements : Judgements or path of a TOML file, optional
        Of a panel, on certainty; see `bayespool.guideline.judgements`.
    groups : two str, optional
        Names of the groups that an association compares, the first against the second.
    unit : str, optional
        Of a mean difference, its standard deviation or a generic effect: ``m/s``.

    Raises
    ------
    ValueError
        A prevalence or baseline risk outside (0, 1), a threshold of an unknown estimand or out of
        its range, unlawful judgements, or an option of the other kind of analysis.
    FileNotFoundError
        No such file of judgements.
    """
    measure = fitted.model.measure
    if isinstance(judgements, str | Path):
        judgements = read_judgements(judgements)
    cuts = checked_request(fitted, prevalences, thresholds, mid, baseline_risks, groups, unit)
    statements = tuple(exceedance(fitted.samples, cuts, fitted.draws.ancestor))
    if measure:
        mid, risks = check_mid(mid, measure), check_baseline(baseline_risks, measure)
        named = (groups[0], groups[1]) if groups else GROUPS
        absolute, needed = absolute_effects(fitted, risks, named)
        bands = guideline_numbers.effect_cuts(measure, mid, cuts)
        own = probabilities(fitted, mid)
        known = {item.statement for item in own}
        statements = (*own, *(item for item in statements if item.statement not in known))
        return Summary(
            dict(fitted.estimates) | absolute,
            statements,
            run_checks(fitted),
            measure=measure, mid=mid, baseline_risks=risks, numbers_needed=needed,
            groups=named, unit=unit,
            varies=varies(fitted.model), pooled=naming(fitted),
            thresholds_given=thresholds is not None or mid is not None,
            support=guideline_numbers.supports(fitted, bands, statements, measure),
            judgements=judgements, evidence=guideline_numbers.evidence_of(fitted),
        )  # fmt: skip
    chosen = default_prevalences(fitted.studies) if prevalences is None else prevalences
    chosen = check_prevalences(chosen)
    found, more = guideline_numbers.accuracy_numbers(fitted, chosen)
    return Summary(
        dict(fitted.estimates) | _predictive_values(fitted, chosen),
        (*comparisons(fitted), *statements),
        run_checks(fitted),
        chosen,
        pooled=naming(fitted), pooled_at=fitted.model.pooled_at(fitted.studies),
        compared=points.compared(fitted), of_tests=bool(fitted.model.test),
        prevalences_given=prevalences is not None, thresholds_given=thresholds is not None,
        findings=found, differences=more,
        support=guideline_numbers.supports(fitted, cuts, statements),
        judgements=judgements, evidence=guideline_numbers.evidence_of(fitted),
    )  # fmt: skip


def summary_of(fitted: Fit, request: Request) -> Summary:
    """`build_summary` of a request that is one record."""
    summary = build_summary(fitted, **request.of_numbers, judgements=request.judgements)
    return replace(summary, publication=assess(fitted, request.bias))


def checked_request(
    fitted: Fit,
    prevalences: Sequence[float] | None = None,
    thresholds: Mapping[str, Sequence[float]] | None = None,
    mid: float | None = None,
    baseline_risks: Sequence[BaselineRisk] = (),
    groups: Sequence[str] = (),
    unit: str = "",
) -> Mapping[str, Sequence[float]]:
    """The cut-offs of a summary, once all that `build_summary` refuses has been refused."""
    measure = fitted.model.measure
    _check_options(measure, prevalences, mid, baseline_risks)
    check_groups(groups, measure)
    check_unit(unit, measure)
    if measure:
        check_mid(mid, measure)
        check_baseline(baseline_risks, measure)
    elif prevalences is not None:
        check_prevalences(prevalences)
    cuts = thresholds
    if cuts is None:
        cuts = {} if measure else THRESHOLDS
    if not measure:
        cuts = _of_groups(cuts, points.labels(fitted))
    for name, values in cuts.items():
        check_thresholds(name, values, fitted)
    return cuts


def _of_groups(
    cuts: Mapping[str, Sequence[float]], labels: Sequence[Group]
) -> dict[str, Sequence[float]]:
    """Cut-offs of ``sens`` are those of every group."""
    out: dict[str, Sequence[float]] = {}
    for name, values in cuts.items():
        own = labels if name in MARGINS else (WHOLE,)
        out |= {f"{name}{ending(label)}": values for label in own}
    return out


def comparisons(fitted: Fit) -> list[Probability]:
    """Probability statements on the groups or tests, where the model has any."""
    return [
        probability(statement, draws, fitted.draws.ancestor)
        for statement, draws in fitted.model.statements(fitted.samples, fitted.studies)
    ]


def _check_options(
    measure: str,
    prevalences: Sequence[float] | None,
    mid: float | None,
    baseline_risks: Sequence[BaselineRisk],
) -> None:
    """Refuse an option that this kind of analysis has no use for."""
    if measure and prevalences is not None:
        raise ValueError(
            "prevalences are of diagnostic accuracy; allowed here: mid, baseline_risks"
        )
    if not measure and (mid is not None or baseline_risks):
        raise ValueError("mid and baseline_risks are of associations; allowed here: prevalences")


def _predictive_values(fitted: Fit, prevalences: Sequence[float]) -> dict[str, Estimate]:
    samples, out = fitted.samples, dict[str, Estimate]()
    for p in prevalences:
        for group in points.labels(fitted):
            sens, spec = (samples[point(margin, group=group)] for margin in QUANTITIES)
            found = zip(PREDICTIVE_VALUES, predictive_values(sens, spec, p), strict=True)
            for quantity, draws in found:
                name = after(quantity, p, numbers.given_percent(p), group)
                out[name] = summarise(name, draws, fitted.draws.ancestor)
    return out


def default_prevalences(studies: Any) -> tuple[float, ...]:
    """Median share of diseased participants, to two decimals in (0, 1).

    Of the studies that have both groups; 0.5 where there are none. It is of the studies' making,
    and stands only until somebody gives the prevalence of a setting.
    """
    total = studies.n_diseased + studies.n_healthy
    used = (studies.n_diseased > 0) & (studies.n_healthy > 0)
    if not used.any():
        return (0.5,)
    share = float(np.median(studies.n_diseased[used] / total[used]))
    return (min(max(round(share, 2), 0.01), 0.99),)
