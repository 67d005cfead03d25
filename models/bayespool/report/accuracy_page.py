"""What the page of diagnostic accuracy has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayespool.report import (
    accuracy_methods,
    accuracy_tables,
    accuracy_variation,
    accuracy_words,
    cutoff_page,
    findings_table,
    forests,
    guideline_page,
    network_page,
    numbers,
    points,
    prevalence_page,
    reference_page,
    tables,
)
from bayespool.report.blocks import Block, Bullets, Prose, Section
from bayespool.report.points import MARGINS, ending
from bayespool.report.wording import ALONE

if TYPE_CHECKING:
    from bayespool.report.page import Page

NB = numbers.SPACE
SPREAD = ("tau_sens", "tau_spec", "rho")
WITHIN = ("tau_within_sens", "tau_within_spec", "rho_within", "share_between_sens",
          "share_between_spec", "dependence_diseased", "dependence_healthy")  # fmt: skip


def sections(page: Page) -> list[Section]:
    """From the studies to how much they differ."""
    is_hsroc = page.fitted.model.summary_curve
    found = [_studies(page), _sroc(page), _hsroc(page) if is_hsroc else None,
             cutoff_page.section(page), reference_page.section(page),
             prevalence_page.section(page), _accuracy(page), _comparisons(page), _covariates(page),
             guideline_page.decision_section(page), _heterogeneity(page),
             _outliers(page)]  # fmt: skip
    if is_hsroc:
        found[:3] = [found[2], found[1], found[0]]
    found.insert(0, guideline_page.accuracy_findings(page))
    return [section for section in found if section is not None]


def _studies(page: Page) -> Section:
    blocks: tuple[Block, ...] = (*forests.pages(page.drawings), tables.studies_table(page.rows))
    return Section("studies", "Studies", "Included studies", blocks)


def _sroc(page: Page) -> Section:
    blocks = (page.drawings["sroc"],)
    return Section("sroc", "ROC", "Summary ROC plot", blocks)


def _hsroc(page: Page) -> Section:
    summary = page.summary
    names = [*tables.HSROC, *(name for name in summary.estimates if name.startswith("beta_"))]
    caption = "Parameters of the summary curve and of the studies around it"
    blocks: list[Block] = [
        tables.estimates_table(summary, names, caption),
        Bullets(accuracy_methods.hsroc_bullets()),
    ]
    if points.codings(page.fitted):
        blocks.append(Prose(f"Λ, Θ and β are those at the reference levels and centres. "
                            f"{accuracy_methods.coding_words(page.fitted)}"))  # fmt: skip
    else:
        blocks.append(Prose(accuracy_variation.shape_words(summary)))
    return Section("hsroc", "Curve", "The summary ROC curve in five numbers", tuple(blocks))


def _accuracy(page: Page) -> Section:
    summary = page.summary
    names = [f"{name}{ending(label)}" for label in summary.labels
             for name in (*MARGINS, *tables.RATIOS)]  # fmt: skip
    where = "In the one study" if summary.pooled == ALONE else "At the average study"
    caption = f"{where}; Monte Carlo errors of percentages are in percentage points"
    blocks: list[Block] = [
        tables.three_summaries(summary),
        Bullets(accuracy_words.three_questions(page.fitted, summary)),
        tables.estimates_table(summary, names, caption),
        Prose(
            "The area under the summary curve covers false-positive proportions that no study "
            "observed: it extrapolates, and depends on the model there."
        ),
        *(page.drawings[name] for name in ("crosshair",) if name in page.drawings),
    ]
    return Section("accuracy", "Accuracy", "Accuracy measures", tuple(blocks))


def _comparisons(page: Page) -> Section | None:
    summary, fitted = page.summary, page.fitted
    if not summary.compared:
        return None
    blocks: list[Block] = [Bullets(tuple(accuracy_words.differences(summary)))]
    if fitted.model.test:
        blocks += [page.drawings[name] for name in ("network",) if name in page.drawings]
        blocks += [
            Prose(
                "Studies with both tests compare them in people and settings that are the same; "
                "studies with one of them compare whatever else differs, too. "
                f"{accuracy_words.evidence_within(fitted)}"
            ),
            accuracy_tables.evidence_table(fitted),
            *(Prose(text) for text in [network_page.missing(fitted)] if text),
            *network_page.blocks(page.refits.node_splitting),
        ]
    blocks.append(accuracy_tables.comparisons_table(summary))
    of_people = findings_table.differences_table(summary)
    blocks += [] if of_people is None else [of_people]
    blocks += [accuracy_tables.ranks_table(summary, x) for x in summary.compared if len(x) > 2]
    title = f"Comparison between {'tests' if summary.of_tests else 'groups of studies'}"
    return Section("comparisons", "Comparison", title, tuple(blocks), appendix=not summary.of_tests)


def _covariates(page: Page) -> Section | None:
    fitted, summary = page.fitted, page.summary
    codings = points.codings(fitted)
    if not codings:
        return None
    blocks: list[Block] = [Prose(accuracy_methods.coding_words(fitted))]
    blocks += [d for name, d in page.drawings.items() if name.startswith("bubble")]
    if any(not coding.levels for coding in codings) and not fitted.model.test:
        blocks.append(accuracy_tables.settings_table(fitted, summary))
    if not fitted.model.summary_curve:
        blocks.append(accuracy_tables.coefficients_table(summary))
    blocks.append(
        Prose(
            "Covariates are of studies and not of people: an association between them and the "
            "accuracy need not hold for single patients, and other differences between studies "
            "may explain it."
        )
    )
    return Section("covariates", "Covariates", "Meta-regression", tuple(blocks))


def _heterogeneity(page: Page) -> Section:
    summary, fitted = page.summary, page.fitted
    groups = [ending(label) for label in points.labels(fitted)]
    own = points.covariances(fitted)
    names = [f"{name}{ending(level)}" for level in own for name in SPREAD]
    within = ("tau_within", *WITHIN)
    names += [f"{name}{of}" for name in within for of in dict.fromkeys(("", *groups))] + ["nu"]
    new = "new_study" if "sens_new_study" in summary.estimates else "new"
    names += [f"{name}_{new}{of}" for of in groups for name in MARGINS]
    caption = "Between-study variation"
    if not fitted.model.summary_curve:
        names += tables.HSROC
        if "shape" in summary.estimates:
            caption += ", and the HSROC parameters (Rutter and Gatsonis)"
    else:
        names += ["sigma_alpha", "sigma_theta"]
    order = [name for name in names if name in summary.estimates]
    blocks: list[Block] = [
        Bullets(accuracy_variation.heterogeneity(fitted, summary)),
        tables.estimates_table(summary, order, caption),
    ]
    revman = accuracy_tables.revman_table(fitted)
    blocks += [] if revman is None else [revman]
    return Section("heterogeneity", "Heterogeneity", "Heterogeneity", tuple(blocks))


def _outliers(page: Page) -> Section | None:
    precision = {row.study: row.precision for row in page.rows if row.precision is not None}
    if not precision:
        return None
    blocks = (
        Prose(
            "Study effects have heavy tails here: every study has a precision factor, 1 on average "
            "before the data are seen, and the lower it is the less the study pulls the pooled "
            f"values. {accuracy_variation.outliers(precision)}"
        ),
        accuracy_tables.precision_table(page.rows),
    )
    return Section("outliers", "Outliers", "Outlying studies", blocks)
