"""The one list of names: by which headers each role of each shape goes, and what a group is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

# Role -> the headers that name it, after `normalise`.
Spellings = Mapping[str, tuple[str, ...]]

_UNIT = re.compile(r"[(\[]\s*(?:n|no\.?|number|%|[0-9.]+\s*%\s*cr?i)\s*[)\]]\s*$", re.I)


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """A column name without case, space, underscore, dot, hyphen and final (n), (%) or (95% CI)."""
    return re.sub(r"[\s_.\-]+", "", _UNIT.sub("", name)).casefold()


# In order of preference; the first one present labels the studies, the others are covariates.
STUDY_LABELS = (
    "study",
    "studyid",
    "studlab",
    "author",
    "authors",
    "firstauthor",
    "id",
    "name",
    "trial",
    "citation",
)
AUTHOR_LABELS = ("author", "authors", "firstauthor")

# Columns that hold the cut-off of a test.
CUTOFF_LABELS = ("threshold", "cutoff", "cutpoint", "cutoffvalue", "cut", "cutoffs")

# Columns that name the reference standard, where it is not taken for the truth.
REFERENCE_LABELS = ("reference", "referencestandard", "refstandard", "referencetest")

# What tells the rows of one study apart, in order of preference.
SECOND_LABELS = (
    "site",
    "test",
    "indextest",
    "reader",
    "result",
    *CUTOFF_LABELS,
    "subgroup",
    "group",
    "location",
    "arm",
    "generation",
    "method",
    "testcat",
    "dt",
    "finding",
    "outcome",
    "estimand",
    "time",
    "timepoint",
    "sample",
    "comparison",
    "school",
)


@dataclass(frozen=True)
class Group:
    """The columns of one group of people and the ways to state its two counts.

    ``hit`` and ``miss`` are the counts (in accuracy what the test gets right and wrong, in an arm
    those with and without the event), ``total`` their sum, ``rate`` the printed hit / total.
    """

    hit: str
    miss: str
    total: str
    rate: str

    @property
    def forms(self) -> tuple[tuple[str, str], ...]:
        """Pairs of roles that suffice, in order of preference."""
        pairs = (self.hit, self.miss), (self.hit, self.total), (self.miss, self.total)
        return (*pairs, (self.rate, self.total))

    @property
    def allowed(self) -> str:
        """The forms in words."""
        return ", or ".join(f"{first} with {second}" for first, second in self.forms)


ACCURACY: Spellings = {
    "tp": (
        "tp",
        "bothpos",
        "bothpositive",
        "truepos",
        "truepositive",
        "truepositives",
        "ntp",
        "tpos",
    ),
    "fp": ("fp", "indexposrefneg", "falsepos", "falsepositive", "falsepositives", "nfp", "fpos"),
    "fn": ("fn", "indexnegrefpos", "falseneg", "falsenegative", "falsenegatives", "nfn", "fneg"),
    "tn": (
        "tn",
        "bothneg",
        "bothnegative",
        "trueneg",
        "truenegative",
        "truenegatives",
        "ntn",
        "tneg",
    ),
    "n_diseased": ("ndiseased", "npos", "n1", "ndis", "ncases"),
    "n_healthy": ("nhealthy", "nneg", "n2", "nnondiseased", "ncontrols"),
    "sens": ("sens", "sensitivity", "se"),
    "spec": ("spec", "specificity", "sp"),
}
DISEASED = Group(hit="tp", miss="fn", total="n_diseased", rate="sens")
HEALTHY = Group(hit="tn", miss="fp", total="n_healthy", rate="spec")

# Group 1 is treated or has the finding; a, b, c, d is finding by outcome, as metafor's ai, bi, ...
ARMS: Spellings = {
    "e1": ("e1", "a", "ai", "events1", "event1", "eventstreated", "eventstreatment", "evente",
           "r1", "tpos"),
    "none1": ("none1", "b", "bi", "tneg", "nonevents1", "noneventstreated"),
    "n1": ("n1", "n1i", "total1", "totaltreated", "totaltreatment", "ntreated", "ne"),
    "risk1": ("risk1", "p1", "risktreated"),
    "e2": ("e2", "c", "ci", "events2", "event2", "eventscontrol", "eventc", "r2", "cpos"),
    "none2": ("none2", "d", "di", "cneg", "nonevents2", "noneventscontrol"),
    "n2": ("n2", "n2i", "total2", "totalcontrol", "ncontrol", "nc"),
    "risk2": ("risk2", "p2", "riskcontrol"),
}  # fmt: skip
ARM_1 = Group(hit="e1", miss="none1", total="n1", rate="risk1")
ARM_2 = Group(hit="e2", miss="none2", total="n2", rate="risk2")

SINGLE: Spellings = {
    "events": ("events", "event", "e", "x", "xi", "r", "cases", "successes", "numerator"),
    "none": ("nonevents", "failures"),
    "n": ("n", "ni", "total", "denominator"),
    "proportion": ("proportion", "prop", "percent"),
}
ONE_ARM = Group(hit="events", miss="none", total="n", rate="proportion")

CORRELATION: Spellings = {
    "r": ("r", "ri", "cor", "correlation"),
    "n": ("n", "ni", "samplesize", "total"),
}


def _of_group(number: int, arm: str) -> dict[str, tuple[str, ...]]:
    """Roles of one group's mean or median; ``arm`` is the word and the letter that also name it."""
    k, word, letter = str(number), arm, arm[0]
    return {
        f"mean{k}": (f"mean{k}", f"m{k}", f"m{k}i", f"mean{word}", f"mean{letter}"),
        f"sd{k}": (f"sd{k}", f"sd{k}i", f"sd{word}", f"sd{letter}"),
        f"sem{k}": (f"sem{k}", f"se{k}", f"sem{word}"),
        f"median{k}": (f"median{k}", f"med{k}", f"median{word}"),
        f"q1_{k}": (f"q1{k}", f"q1{word}"),
        f"q3_{k}": (f"q3{k}", f"q3{word}"),
        f"min{k}": (f"min{k}", f"min{word}"),
        f"max{k}": (f"max{k}", f"max{word}"),
        f"n{k}": (f"n{k}", f"n{k}i", f"n{word}", f"total{k}", f"n{letter}"),
    }


MEANS: Spellings = _of_group(1, "experimental") | _of_group(2, "control")

# What accompanies an estimate; the estimate's own headers are those of its measure.
PRECISION: Spellings = {
    "se": ("se", "sei", "sete", "stderr", "standarderror"),
    "se_log": (
        "selog",
        "selogor",
        "selogrr",
        "seloghr",
        "selogirr",
        "logse",
        "selogoe",
        "selogit",
        "selogitc",
    ),
    "variance": ("vi", "variance"),
    "ci_low": ("cilow", "cilower", "cilb", "lowerci", "lci", "lcl", "low", "lower", "orlb"),
    "ci_high": ("cihigh", "ciupper", "ciub", "upperci", "uci", "ucl", "high", "upper", "orub"),
    "level": ("level", "cilevel", "conflevel"),
    "p": ("p", "pvalue", "pval"),
    "t": ("t", "tvalue", "tstat", "tstatistic"),
    "z": ("z", "zvalue", "zstat", "zstatistic"),
    "df": ("df",),
    "adjusted": ("adjusted", "isadjusted"),
}
