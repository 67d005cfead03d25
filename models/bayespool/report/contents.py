"""Which sections a panel reads in the main part, which stand in the appendix, and in what order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bayespool.report.blocks import Section

MAIN = (
    "findings",
    "studies",
    "sroc",
    "reference",
    "prevalence",
    "published",
    "comparisons",
    "decision",
    "robustness",
    "publication",
    "certainty",
)
APPENDIX = (
    "words", "notes", "accuracy", "effect", "selection", "hsroc", "covariates", "heterogeneity",
    "outliers", "bias", "bands", "incomplete", "predictive", "left-out", "other-priors",
    "cumulative", "convergence", "priors", "agreement", "methods", "reproduce", "prisma",
)  # fmt: skip


def ordered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """The sections in the order of a page; those that nothing is said of end the appendix.

    Parameters
    ----------
    sections : Section
        Each with an id of its own; one of the main part may ask for the appendix.
    """
    found = {section.id: section for section in sections}
    known = [found.pop(name) for name in (*MAIN, *APPENDIX) if name in found]
    return tuple(
        replace(section, appendix=section.appendix or section.id not in MAIN)
        for section in (*known, *found.values())
    )
