"""Where a report answers the items of PRISMA-DTA, and which of them no analysis can answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayespool.report.blocks import Prose, Section, Table, Works
from bayespool.report.wording import listed

TOP = "the answer at the top"
STATEMENT = (
    "McInnes MDF, Moher D, Thombs BD, et al. Preferred reporting items for a systematic review and "
    "meta-analysis of diagnostic test accuracy studies: the PRISMA-DTA statement. JAMA "
    "2018;319:388–396.",
    "10.1001/jama.2017.19163",
)
OUTSIDE = "Not part of an analysis; the review tells it"
ABSENT = "Not in this report; the review tells it"


@dataclass(frozen=True)
class Item:
    """An item, what it is about in our words, and ids of the sections that may answer it.

    `top` says that the opening of the report answers it, too; `partly` what is still to be told.
    """

    number: str
    topic: str
    answered: tuple[str, ...] = ()
    top: bool = False
    partly: str = ""


FURTHER = ("covariates", "comparisons", "outliers", "bias", "robustness", "left-out",
           "other-priors", "cumulative", "agreement")  # fmt: skip
ITEMS = (
    Item("1 to 3, D1", "Title, abstract, background, role of the test"),
    Item("4", "The question", top=True,
         partly="people, test and target condition need the review's own words"),
    Item("5 to 10", "Protocol, eligibility, search, selection, extraction"),
    Item("11", "Definitions behind the extracted data"),
    Item("12", "How risk of bias and applicability were judged", ("bias",),
         partly="the tool and the judges are the review's to tell"),
    Item("13", "Which measures of accuracy, and what one unit of the analysis is",
         ("accuracy", "methods")),
    Item("14", "How results were handled and combined: several tests, cut-offs or results of a "
         "study, incomplete tables", ("methods", "incomplete", "covariates")),
    Item("D2", "The statistical model of the meta-analysis",
         ("methods", "priors", "hsroc", "convergence")),
    Item("16", "Further analyses that were made, and which were planned",
         FURTHER,
         partly="which of them were planned is the review's to tell"),
    Item("17", "Numbers of records screened and studies kept"),
    Item("18", "What each study was like", ("covariates",),
         partly="only covariates are here; designs, people and tests are the review's to tell"),
    Item("19", "Risk of bias and applicability of each study", ("bias",)),
    Item("20", "Counts and accuracy of each study, with intervals", ("studies", "incomplete")),
    Item("21", "Combined accuracy, its uncertainty, and how much studies differ",
         ("sroc", "hsroc", "accuracy", "heterogeneity"), top=True),
    Item("23", "Results of further analyses", FURTHER),
    Item("24", "The main findings in short, with the strength of the evidence",
         ("findings", "certainty"), top=True),
    Item("25", "Limitations of the evidence and of the review",
         ("predictive", "left-out", "incomplete"), top=True,
         partly="those of searching and selecting are the review's to tell"),
    Item("26", "What it means in practice and for research",
         ("findings", "decision"), partly="the conclusion is the review's"),
    Item("27", "Funding and the funders' part"),
)  # fmt: skip


def prisma_section(sections: Sequence[Section]) -> Section:
    """The items of PRISMA-DTA beside the sections that answer them.

    Parameters
    ----------
    sections : Section
        All others of a report of accuracy.
    """
    titles = {section.id: section.title for section in sections}
    rows = tuple((item.number, item.topic, _where(item, titles)) for item in ITEMS)
    words = (
        "For authors of a systematic review: the items of the PRISMA-DTA statement, in short and "
        "in other words than its own, and where this report answers them. The statement has no "
        "items 15 and 22."
    )
    table = Table(
        "PRISMA-DTA 2018 and this report", ("Item", "What it asks about", "Where"), rows,
        folded="Show where each item is answered", words=True,
    )  # fmt: skip
    blocks = (Prose(words), table, Works((STATEMENT,)))
    return Section("prisma", "PRISMA-DTA", "Where the items of PRISMA-DTA are answered", blocks)


def _where(item: Item, titles: dict[str, str]) -> str:
    found = [TOP] if item.top else []
    found += [f"“{titles[name]}”" for name in item.answered if name in titles]
    if not found:
        return ABSENT if item.answered else OUTSIDE
    text = listed(found)
    return f"{text[:1].upper()}{text[1:]}{f'; {item.partly}' if item.partly else ''}"
