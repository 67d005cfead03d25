"""What a report shows, and the sections of its page in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayespool.report import (
    guideline_page,
    guideline_words,
    incomplete,
    incomplete_section,
    numbers,
    prose,
    publication_page,
    tables,
)
from bayespool.report.agreement import agreement_section
from bayespool.report.blocks import Block, Bullets, Drawing, Listing, Prose, Section, Works
from bayespool.report.comparators import Comparator
from bayespool.report.kinds import ACCURACY, kind_of
from bayespool.report.per_study import StudyRow
from bayespool.report.prisma import prisma_section
from bayespool.report.references import ALWAYS, OF_ENGINE, references
from bayespool.report.refit_sections import cumulative_section, left_out_blocks, prior_section
from bayespool.report.refits import Refits
from bayespool.report.summary import Summary

if TYPE_CHECKING:
    from bayespool.fitted import Fit

NB = numbers.SPACE
BESIDE = {
    "markdown": "report.md",
    "word": "report.docx (for editing; the next run replaces it)",
    "tables": "tables/ and tables.json (every table)",
}


@dataclass(frozen=True, eq=False)
class Page:
    """Everything that the page shows."""

    fitted: Fit
    summary: Summary
    rows: Sequence[StudyRow]
    drawings: dict[str, Drawing]
    comparators: Sequence[Comparator]
    title: str
    question: str
    notes: Sequence[str]
    command: str | None
    refits: Refits
    formats: Sequence[str] = ()

    @property
    def exact(self) -> bool:
        """Exact leave-one-study-out was asked for."""
        return self.refits.leave_one_out is not None

    @property
    def several(self) -> bool:
        """There are other studies, which a study left out is predicted from."""
        return self.fitted.hierarchy.n_studies > 1


def sections(page: Page) -> list[Section]:
    """All sections after the first screen, in no order that matters (`contents` has it)."""
    kind = kind_of(page.fitted)
    made = [section(page) for section in SECTIONS]
    parts = [*kind.sections(page), *guideline_page.certainty_sections(page),
             *(section for section in made if section is not None)]  # fmt: skip
    return [*parts, prisma_section(parts)] if kind is ACCURACY else parts


def every_note(page: Page) -> tuple[str, ...]:
    """What to keep in mind, in full: of the table, of thin data, and of checks that inform."""
    kind = kind_of(page.fitted)
    return prose.cautions(
        page.fitted, page.summary, page.notes, kind.cautions(page.fitted), exact=page.exact
    )


def _notes(page: Page) -> Section | None:
    """All cautions, of which the first screen has the most urgent."""
    found = (*every_note(page), *guideline_words.unstable(page.fitted, page.refits))
    return Section("notes", "Notes", "Notes and warnings", (Bullets(found),)) if found else None


def _words(page: Page) -> Section:
    """The answer once more, with its numbers, for whoever quotes a sentence."""
    kind = kind_of(page.fitted)
    said = (*incomplete.sentences(page.fitted), *kind.more(page.fitted, page.summary))
    return Section("words", "In words", "The answer in words", tuple(map(Prose, said)))


def _published(page: Page) -> Section | None:
    if not page.comparators:
        return None
    blocks = (tables.comparators_table(page.summary, page.comparators),)
    return Section("published", "Published", "Comparison with published estimates", blocks)


def _predictive(page: Page) -> Section:
    names = ("predictive_", "spread_", "loo_pit") if page.several else ("predictive_",)
    found = [f for f in page.summary.checks if f.name.startswith(names)]
    blocks: list[Block] = [
        Prose(
            "If the model were a fair description, studies that it simulates would look like the "
            "studies that were done."
        ),
        tables.findings_table(page.fitted, found, "Predictive checks"),
        *(page.drawings[name] for name in ("predictive",) if name in page.drawings),
    ]
    spread = tables.spread_table(page.fitted)
    if spread is not None:
        blocks.append(spread)
    if page.several and "pit" in page.drawings:
        blocks.append(page.drawings["pit"])
    return Section("predictive", "Predictive checks", "Posterior predictive checks", tuple(blocks))


def _left_out(page: Page) -> Section | None:
    if not page.several:
        return None
    found = [f for f in page.summary.checks if f.name == "loo_pareto_k"]
    left, blocks = page.refits.leave_one_out, list[Block]()
    words = (
        "The log predictive density says how expected a study was, given all the others: the "
        "lower, the more surprising."
    )
    if left is None:
        words += (
            " A Pareto k above 0.7 marks a study so influential that its own values are "
            "approximate."
        )
        blocks += [Prose(words), *(Prose(f.sentence) for f in found)]
    else:
        blocks += left_out_blocks(page.fitted, left, page.drawings["influence"])
        words += (
            f" Their sum, {numbers.number(left.elpd)}, compares models of the same studies. The "
            "probability integral transforms (PIT) come from importance sampling, for which a "
            "Pareto k above 0.7 means that they are approximate; the rest of this section is exact."
        )
        blocks.append(Prose(words))
    transforms = kind_of(page.fitted).transforms
    blocks.append(tables.leave_one_out_table(page.rows, transforms, exact=left is not None))
    return Section("left-out", "Influence", "Influence: each study left out in turn", tuple(blocks))


def _convergence(page: Page) -> Section:
    other = ("predictive_", "spread_", "loo_", "prior_overlap")
    found = [f for f in page.summary.checks if not f.name.startswith(other)]
    blocks: list[Block] = [
        Prose(prose.engine_words(page.fitted)),
        *(Prose(text) for text in [prose.evidence_words(page.fitted)] if text),
        tables.findings_table(
            page.fitted, found, "Checks that decide whether the numbers may be used"
        ),
    ]
    if "ranks" in page.drawings:
        blocks.append(page.drawings["ranks"])
    return Section("convergence", "Computation", "Computation", tuple(blocks))


def _priors(page: Page) -> Section:
    blocks = (page.drawings["priors"], tables.priors_table(page.fitted, page.summary))
    return Section("priors", "Priors", "Priors and posteriors", blocks)


def _methods(page: Page) -> Section:
    engine = page.fitted.engine
    kind = kind_of(page.fitted)
    by_grid = page.fitted.draws.info.get("path") == "grid"
    how = () if by_grid else OF_ENGINE[engine]
    keys = [*page.fitted.model.references, *kind.references, *ALWAYS, *how]
    if page.fitted.draws.info.get("sampler") == "nutpie":
        keys.append("nutpie")
    if page.fitted.studies.one_group:
        keys.append("clopper1934")
    if page.fitted.agreement is not None:
        keys += OF_ENGINE[page.fitted.agreement.engine]
    works = tuple((work.text, work.doi) for work in references(keys))
    blocks: tuple[Block, ...] = (
        *map(
            Prose,
            prose.methods(
                page.fitted,
                kind.likelihood(page.fitted),
                kind.observed(page.fitted),
                exact=page.exact,
            ),
        ),
        Works(works),
    )
    return Section("methods", "Methods", "Methods and references", blocks)


def _reproduce(page: Page) -> Section:
    fitted = page.fitted
    facts = (
        f"Data {fitted.studies.file}, SHA-256 {fitted.studies.sha256}",
        f"Model {fitted.model!r}",
        f"Engine {fitted.engine}, seed {fitted.seed}",
        *(f"{name} {version}" for name, version in fitted.versions.items()),
    )
    blocks: list[Block] = [Bullets(facts)]
    if page.command:
        blocks.insert(0, Listing(page.command))
    files = [*page.refits.names, *incomplete.records(fitted)]
    twins = "".join(f", {name}.csv" for name in files)
    blocks.append(
        Prose(
            "Beside this page: summary.csv and summary.json (all estimates at full precision), "
            f"studies.csv (each study){twins}, posterior.nc (draws, readable by ArviZ)"
            f"{''.join(f', {BESIDE[name]}' for name in page.formats if name in BESIDE)} and "
            f"figures/ (SVG{', PNG' if 'png' in page.formats else ''})."
        )
    )
    return Section("reproduce", "Reproduce", "How to repeat this", tuple(blocks))


def _incomplete(page: Page) -> Section | None:
    return incomplete_section.section(page.fitted)


def _other_priors(page: Page) -> Section | None:
    variants = page.refits.prior_sensitivity
    if variants is None:
        return None
    return prior_section(page.fitted, variants, page.drawings["sensitivity"])


def _cumulative(page: Page) -> Section | None:
    steps = page.refits.cumulative
    if steps is None:
        return None
    return cumulative_section(page.fitted, steps, page.drawings["cumulative"])


def _agreement(page: Page) -> Section | None:
    agreement = page.fitted.agreement
    return None if agreement is None else agreement_section(page.fitted, agreement, page.summary)


SECTIONS: tuple[Callable[[Page], Section | None], ...] = (
    guideline_page.bias_section, publication_page.section, _incomplete,
    guideline_page.robustness_section, _words, _predictive, _left_out, _convergence, _priors,
    _notes, _published, _other_priors, _cumulative, _agreement, _methods, _reproduce,
)  # fmt: skip
