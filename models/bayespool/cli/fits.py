"""The commands that fit: accuracy, association."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from bayespool.cli.delivery import answer, deliver
from bayespool.cli.options import (
    ASKED,
    FITTING,
    OUTPUT,
    PANEL,
    Fitting,
    Output,
    Panel,
    check_prevalences,
    labelled,
    requested,
    risk,
    selected,
    with_priors,
    without,
)
from bayespool.cli.publication import (
    OF_ACCURACY,
    PUBLICATION,
    Publication,
    PublicationOfAccuracy,
)
from bayespool.cli.reading import READ, Read, warn
from bayespool.progress import note, say
from bayespool.terminal import watched

if TYPE_CHECKING:
    from bayespool.fitted import Fit
    from bayespool.report.refits import Refits
    from bayespool.report.request import Request

ALONE = (
    "one study says nothing of the variation between studies: the model has tau=Fixed(0), and the "
    'effect is that of this study (--prior "tau=HalfNormal(0.5)" adds what the prior says of a new '
    "study)"
)


def accuracy(
    table: str,
    /,
    *,
    model: str = "auto",
    covariate: tuple[str, ...] = (),
    covariate_on: tuple[str, ...] = (),
    by: str = "",
    test: str = "",
    shared: bool = False,
    structure: str = "factor",
    indirect: bool = False,
    correlation: float | None = None,
    robust: bool = False,
    link: str = "logit",
    marker: str = "ignored",
    cutoff: float | None = None,
    transform: str = "log",
    positive: str = "",
    same_spread: bool = False,
    reference_sens: tuple[str, ...] = (),
    reference_spec: tuple[str, ...] = (),
    dependence: bool = False,
    hierarchical_prevalence: bool = False,
    low_risk_only: bool = False,
    prevalence: Annotated[tuple[float, ...], Parameter(group=ASKED)] = (),
    read: Read = READ,
    fitting: Fitting = FITTING,
    panel: Panel = PANEL,
    publication: PublicationOfAccuracy = OF_ACCURACY,
    output: Output = OUTPUT,
) -> int:
    """Pool sensitivity and specificity over studies and write a report.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file of 2x2 tables, or the name of a dataset. A column kind
        marks rows that state less: margin, rates, candidate or marker.
    model
        auto, bivariate, meta-regression, nested (several results per study), comparison (of tests),
        hsroc, thresholds (several cut-offs per study), latent-class (an imperfect reference) or
        prevalence (learnt with accuracy; a column design marks case-control studies).
        auto is comparison with --test, meta-regression with --covariate, else bivariate.
    covariate
        A study covariate of meta-regression, nested, comparison or hsroc; repeat for more.
    covariate_on
        Of hsroc, what covariates act on: accuracy, threshold or shape; all three by default.
    by
        A covariate whose levels differ in their between-study SDs too.
    test
        The column that names the test of every row, for a comparison.
    shared
        Of a comparison: tests differ by the same amount in all studies.
    structure
        Of a comparison, the SDs of tests within studies: factor (one for sensitivity, one for
        specificity), common (one for both, as in metadta) or by-test (two for every test).
    indirect
        Of a comparison: allow a network of tests that is not connected.
    correlation
        Of nested results: their correlation within patients, 0 (different patients) to 1.
    robust
        Student-t study effects, which give way to outlying studies; not of hsroc.
    link
        logit, probit or cloglog; of hsroc the logit.
    marker
        What rows with kind marker (two means, or an area under the curve) do: ignored, or binormal.
    cutoff
        Of thresholds: the cut-off whose accuracy comes first; that of most rows by default.
    transform
        Of thresholds, of the marker: log, identity, or box-cox (estimates the power between).
    positive
        Of thresholds: whether a result above or below its cut-off is positive; by default as the
        counts say.
    same_spread
        Of thresholds: the marker is spread alike in all studies.
    reference_sens
        Of latent-class: what is known of the reference standard's sensitivity, such as "0.6 to 0.9"
        (a 95 % interval), "TB culture=0.6 to 0.9" (of one of several, named in a column reference;
        repeat for more), "Beta(9, 14)", or 1.
    reference_spec
        The same of its specificity.
    dependence
        Of latent-class: index and reference test tend to be wrong in the same people.
    hierarchical_prevalence
        Of latent-class: prevalences are normal on the logit scale, not uniform in every study.
    low_risk_only
        Keep the rows with a low risk of bias in every QUADAS-2 domain (columns such as
        rob_patient_selection).
    prevalence
        Prevalence (a proportion) for predictive values and natural frequencies; repeat for more.
    """
    with watched(silent=output.silent):
        say(f"reading {table}")
        from bayespool.bias.assessment import check_asked
        from bayespool.checks.variants import check_steps
        from bayespool.choice import choose
        from bayespool.datasets import resolve
        from bayespool.guideline.bias import low_risk_only as of_low_risk
        from bayespool.model_options import ModelOptions

        check_prevalences(prevalence)
        bias = publication.asked()
        asked = requested(panel, output, prevalences=prevalence or None, bias=bias)
        studies = selected(warn(resolve(table, **read.options())), fitting.where)
        if low_risk_only:
            studies = of_low_risk(studies)
        studies = labelled(studies, fitting.label)
        options = ModelOptions(
            link=link, covariate=covariate, covariate_on=covariate_on, by=by, test=test,
            shared=shared, structure=structure, indirect=indirect, correlation=correlation,
            robust=robust, marker=marker, cutoff=cutoff, transform=transform, positive=positive,
            same_spread=same_spread, reference_sens=reference_sens, reference_spec=reference_spec,
            dependence=dependence, hierarchical_prevalence=hierarchical_prevalence,
        )  # fmt: skip
        chosen, studies = choose(studies, "", model, options)
        chosen = with_priors(chosen, fitting.prior)
        chosen.check(studies)
        check_asked(chosen, studies, bias)
        without(studies, fitting.without)
        folder = output.folder(Path("reports") / studies.name)
        if fitting.cumulative:
            check_steps(chosen, studies)  # says what is wrong before a fit is waited for
        fitted = _fit(chosen, studies, fitting, output, asked)
        return deliver(fitted, folder, output, asked, _refits(fitted, fitting))


def association(
    table: str,
    /,
    *,
    measure: str = "",
    covariate: tuple[str, ...] = (),
    mid: Annotated[float | None, Parameter(group=ASKED)] = None,
    baseline_risk: Annotated[tuple[str, ...], Parameter(group=ASKED)] = (),
    model: str = "auto",
    bridge: bool = False,
    robust: bool = False,
    low_risk_only: bool = False,
    read: Read = READ,
    fitting: Fitting = FITTING,
    panel: Panel = PANEL,
    publication: Publication = PUBLICATION,
    output: Output = OUTPUT,
) -> int:
    """Pool an association over studies and write a report.

    Parameters
    ----------
    table
        A CSV, TSV, XLSX or Parquet file, or that of a Cochrane review (.rm5, .zip, CSV), of counts,
        effects, means, correlations, proportions or findings before and after, or the name of a
        dataset. A column kind marks rows that state less: rates, candidate, censored (a P value) or
        margins (before and after).
    measure
        or, rr, rd, md, smd, rom, cor, hr, irr, proportion or generic (study, estimate, se). The
        file of a Cochrane review says it itself.
    covariate
        A study covariate of a meta-regression; repeat for more.
    mid
        Smallest important difference on the measure's own scale, such as 1.25 for an odds ratio.
    baseline_risk
        Risk in group 2, such as 0.1 or "ProbabilityInterval(0.05, 0.2)", for absolute effects;
        repeat for more.
    model
        auto, normal (effects with standard errors), binomial (exact counts), beta-binomial (counts
        of a proportion, beta study effects), nested (several results per study) or pre-post (a
        finding before and after in the same people). auto is pre-post where a table has such
        findings, binomial where it has counts of an odds ratio or a proportion, else normal.
    bridge
        Take rows of kind smd among odds ratios, or of kind or among standardised mean differences,
        times or divided by pi / sqrt(3); they are marked.
    robust
        Student-t study effects, which give way to outlying studies.
    low_risk_only
        Keep the rows with a low risk of bias in every domain (columns such as
        rob2_randomisation, or those of a Cochrane review).
    """
    with watched(silent=output.silent):
        say(f"reading {table}")
        from bayespool.association.scale import varies
        from bayespool.bias.assessment import check_asked
        from bayespool.checks.variants import steps
        from bayespool.choice import choose
        from bayespool.datasets import measure_said, resolve_association
        from bayespool.guideline.bias import low_risk_only as of_low_risk
        from bayespool.model_options import ModelOptions
        from bayespool.report.association_numbers import check_baseline, check_mid

        measure = measure.strip().casefold() or measure_said(table, **read.options())

        bias = publication.asked()
        risks = tuple(map(risk, baseline_risk))
        asked = requested(panel, output, mid=mid, baseline_risks=risks, bias=bias)
        found = warn(resolve_association(table, measure, bridge=bridge, **read.options()))
        found = selected(found, fitting.where)
        if low_risk_only:
            found = of_low_risk(found)
        found = labelled(found, fitting.label)
        options = ModelOptions(covariate=covariate, robust=robust)
        chosen, studies = choose(found, measure, model, options)
        chosen = with_priors(chosen, fitting.prior)
        without(studies, fitting.without)
        check_asked(chosen, studies, bias)
        far = check_mid(mid, measure)
        if mid is not None and far is not None and far != mid:
            note(
                f"--mid {mid:g} is a ratio: below {mid:g} and above {far:.4g} a difference matters"
            )
        check_baseline(asked.baseline_risks, measure)
        folder = output.folder(Path("reports") / studies.name)
        if fitting.cumulative:
            steps(studies)
        fitted = _fit(chosen, studies, fitting, output, asked)
        alone = studies.same_people and not varies(chosen)
        return deliver(
            fitted, folder, output, asked, _refits(fitted, fitting), (ALONE,) if alone else ()
        )  # fmt: skip


def _fit(model: Any, studies: Any, fitting: Fitting, output: Output, asked: Request) -> Fit:
    """Fit, and print the answer."""
    from bayespool.checks.leave_one_out import check_studies
    from bayespool.fitting import DEFAULT_SEED, fit, foreseen, planned
    from bayespool.report.ordering import check_order
    from bayespool.report.summary import checked_request

    check_order(asked.order, studies)
    if fitting.leave_one_out:
        check_studies(studies)
    if asked.thresholds:  # refused before a fit is waited for
        checked_request(foreseen(model, studies), **asked.of_numbers)
    say(planned(model, studies, fitting.engine))
    seed = DEFAULT_SEED if fitting.seed is None else fitting.seed
    fitted = fit(model, studies, fitting.engine, seed)
    answer(fitted, output, asked)
    return fitted


def _refits(fitted: Fit, fitting: Fitting) -> Refits:
    from bayespool.checks import leave_one_out, variants
    from bayespool.report.refits import Refits

    choices = without(fitted.studies, fitting.without)
    return Refits(
        leave_one_out.refit_without_each(fitted) if fitting.leave_one_out else None,
        variants.prior_sensitivity(fitted) if fitting.prior_sensitivity else None,
        variants.cumulative(fitted) if fitting.cumulative else None,
        variants.other_rows(fitted, choices) if choices else None,
    )
