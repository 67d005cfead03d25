"""Tools for risk of bias: their domains and words, and the columns that tables give them in.

Levels are shared by all tools, words are each tool's own: what QUADAS-2 calls unclear is "some
concerns" in RoB 2 and moderate in QUIPS and ROBINS-I.

References
----------
Whiting et al. (2011), Ann Intern Med 155:529-536 (QUADAS-2); Yang et al. (2021), Ann Intern Med
174:1592-1599 (QUADAS-C); Sterne et al. (2019), BMJ 366:l4898 (RoB 2); Sterne et al. (2016), BMJ
355:i4919 (ROBINS-I); Hayden et al. (2013), Ann Intern Med 158:280-286 (QUIPS); McGuinness & Higgins
(2021), Res Synth Methods 12:55-61 (robvis).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LOW, UNCLEAR, HIGH, CRITICAL, UNKNOWN = "low", "unclear", "high", "critical", "no information"

DEVIATIONS = ("deviationsfromintendedinterventions",)
REPORTING = ("selectionofthereportedresult", "selectionofreportedresult", "selectivereporting")


@dataclass(frozen=True)
class Tool:
    """A tool for risk of bias.

    Parameters
    ----------
    name : str
    domains : mapping of str to str
        Keys and labels, in the tool's order.
    words : mapping of str to str
        What the tool calls each level that it has, from the best on.
    prefixes : tuple of str
        What columns begin with, besides ``rob_``, before a domain or its number (``d1``).
    spellings : mapping of str to tuple of str
        Other names of domains in columns.
    """

    name: str
    domains: Mapping[str, str]
    words: Mapping[str, str]
    prefixes: tuple[str, ...]
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that it has, from the best on."""
        return tuple(self.words)

    def level(self, word: str) -> str | None:
        """The level of a judgement as a table writes it; None where it is no judgement."""
        known = {own: level for level, own in self.words.items()}
        known |= {own.split()[0]: level for level, own in self.words.items()}
        known |= {"+": LOW, "-": HIGH, "l": LOW, "h": HIGH, "?": UNCLEAR}
        if UNKNOWN in self.words:
            known |= {"ni": UNKNOWN, "?": UNKNOWN, "s": HIGH, "m": UNCLEAR, "c": CRITICAL}
        return known.get(word)


QUADAS = Tool(
    "QUADAS-2",
    {
        "patient_selection": "Patient selection",
        "index_test": "Index test",
        "reference_standard": "Reference standard",
        "flow_timing": "Flow and timing",
    },
    {LOW: "low", UNCLEAR: "unclear", HIGH: "high"},
    ("quadas",),
)
ROB2 = Tool(
    "RoB 2",
    {
        "randomisation": "Randomisation process",
        "deviations": "Deviations in intervention",
        "missing_data": "Missing outcome data",
        "measurement": "Measurement of outcome",
        "reporting": "Reported result",
    },
    {LOW: "low", UNCLEAR: "some concerns", HIGH: "high"},
    ("rob2", "riskofbias2"),
    {
        "randomisation": ("randomization", "randomizationprocess"),
        "deviations": DEVIATIONS,
        "missing_data": ("missingoutcomedata", "missing"),
        "measurement": ("measurementoftheoutcome",),
        "reporting": REPORTING,
    },
)
QUIPS = Tool(
    "QUIPS",
    {
        "participation": "Study participation",
        "attrition": "Study attrition",
        "prognostic_factor": "Prognostic factor",
        "outcome": "Outcome measurement",
        "confounding": "Study confounding",
        "analysis": "Analysis and reporting",
    },
    {LOW: "low", UNCLEAR: "moderate", HIGH: "high"},
    ("quips",),
    {
        "prognostic_factor": ("prognosticfactormeasurement", "pf", "pfmeasurement"),
        "analysis": ("statisticalanalysis", "statisticalanalysisandreporting"),
    },
)
ROBINS = Tool(
    "ROBINS-I",
    {
        "confounding": "Confounding",
        "selection": "Selection of participants",
        "classification": "Intervention classified",
        "deviations": "Deviations in intervention",
        "missing_data": "Missing data",
        "measurement": "Measurement of outcomes",
        "reporting": "Reported result",
    },
    {LOW: "low", UNCLEAR: "moderate", HIGH: "serious", CRITICAL: "critical",
     UNKNOWN: "no information"},
    ("robins", "robinsi"),
    {
        "classification": ("classificationofinterventions",),
        "deviations": DEVIATIONS,
        "missing_data": ("missing",),
        "reporting": REPORTING,
    },
)  # fmt: skip
TOOLS = (QUADAS, ROB2, QUIPS, ROBINS)
# of robvis: columns D1, D2, ... and Overall, told apart by how many domains there are
BY_DOMAINS = {len(tool.domains): tool for tool in TOOLS}
OVERALL = ("overall", "roboverall", "overallbias", "overallrob", "overallriskofbias")


OF_REVIEW = "Risk of bias: "  # what begins the columns that the file of a Cochrane review gives


def of_review(domains: Mapping[str, str], cells: Iterable[str]) -> Tool:
    """What a Cochrane review judged by: its own domains, and the words of the tool that it took.

    Parameters
    ----------
    domains : mapping of str to str
        Keys and labels.
    cells : iterable of str
        Its judgements, in lower case.
    """
    found = set(cells)
    words = QUADAS.words
    for tool in (ROB2, ROBINS):
        if found & (set(tool.words.values()) - set(QUADAS.words.values())):
            words = tool.words
    return Tool("the review's own tool", domains, words, ())


def worst(levels: tuple[str | None, ...]) -> str | None:
    """The worst level; None where a domain is not judged and none is at its worst."""
    for level in (CRITICAL, HIGH):
        if level in levels:
            return level
    if None in levels:
        return None
    return next(level for level in (UNKNOWN, UNCLEAR, LOW) if level in levels)
