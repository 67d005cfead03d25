"""How a table was understood, in words: what its columns are, what it is, what its rows say."""

from collections.abc import Callable
from typing import Any

from bayespool.studies.accuracy import AccuracyStudies
from bayespool.studies.arms import ArmCounts
from bayespool.studies.columns import Recognised, find, recognise
from bayespool.studies.correlations import Correlations
from bayespool.studies.effect_rows import recognise_effects
from bayespool.studies.effects import Effects
from bayespool.studies.means import GroupMeans
from bayespool.studies.measures import measure_named
from bayespool.studies.paired import PairedProportions
from bayespool.studies.proportions import Proportions
from bayespool.studies.rows import Rows
from bayespool.studies.spellings import (
    ACCURACY,
    ARM_1,
    ARM_2,
    ARMS,
    CORRELATION,
    DISEASED,
    HEALTHY,
    MEANS,
    ONE_ARM,
    SINGLE,
)
from bayespool.studies.tables import Table

ROLES = {
    "tp": "true positives", "fp": "false positives", "fn": "false negatives",
    "tn": "true negatives", "n_diseased": "people with the condition",
    "n_healthy": "people without the condition", "sens": "sensitivity, as printed",
    "spec": "specificity, as printed", "e1": "events of group 1", "none1": "group 1 without event",
    "n1": "people of group 1", "risk1": "risk of group 1, as printed", "e2": "events of group 2",
    "none2": "group 2 without event", "n2": "people of group 2",
    "risk2": "risk of group 2, as printed", "events": "people with the event",
    "none": "people without the event", "n": "people", "proportion": "proportion, as printed",
    "r": "correlation", "printed": "the estimate", "analysis": "the estimate, as analysed",
    "se": "standard error", "se_log": "standard error of the logarithm", "variance": "variance",
    "ci_low": "lower limit", "ci_high": "upper limit", "level": "percent of the interval",
    "p": "P value", "t": "t statistic", "z": "z statistic", "df": "degrees of freedom",
    "adjusted": "adjusted or not", "people": "people", "others": "people without the event",
    "expected": "events that the model expects", "o_e": "observed less expected events",
    "v": "variance of O-E", "events1": "events of group 1", "events2": "events of group 2",
    "survival1": "share of group 1 without the event at one time",
    "survival2": "share of group 2 without the event at one time",
    "time1": "person-time of group 1", "time2": "person-time of group 2",
    "median1": "median of group 1", "median2": "median of group 2",
    "direction": "positive or negative, beside a P value",
    "yes_yes": "people called positive by both readers",
    "yes_no": "people called positive by the first reader alone",
    "no_yes": "people called positive by the second reader alone",
    "no_no": "people called positive by neither reader",
    "share1": "share that the first reader calls positive",
    "share2": "share that the second reader calls positive", "readers": "readers",
    "items": "items of the scale",
}  # fmt: skip
_OTHER = {
    "kind": "kind of row (blank is a full result)", "both": "finding before and after",
    "lost": "finding before only", "gained": "finding after only", "neither": "finding never",
    "before": "finding before, of n_before", "n_before": "people seen before",
    "after": "finding after, of n_after", "n_after": "people seen after",
}  # fmt: skip
# Of rows that are no full results.
_OF_PARTIAL = (
    "sens", "spec", "ppv", "npv", "accuracy", "mean1", "sd1", "mean2", "sd2", "auc", "auclow",
    "auchigh", "direction", "weight", "alpha", "p", "ptest", "events", "n", "n1", "n2", "se", "sd",
    "risk1", "risk2",
)  # fmt: skip


def read_as(studies: Any) -> str:
    """``12 rows of 10 studies, read as ...``."""
    what = studies.IN_WORDS
    if isinstance(studies, AccuracyStudies):
        what += f": {studies.n_diseased.sum()} diseased and {studies.n_healthy.sum()} healthy"
    return f"{len(studies)} rows of {studies.n_studies} studies, read as {what}"


def columns_in_words(table: Table, studies: Rows) -> list[tuple[str, str]]:
    """Every column of the table and what it is taken for.

    Parameters
    ----------
    table
        As it was read for these studies.
    studies
        What it was read as.
    """
    found = _recognised(table, studies)
    words: dict[int, str] = {}
    for role, index in found.roles.items():
        words[index] = role_in_words(role)
    words |= {index: f"{ROLES[group.total]}, checked" for group, index in found.totals}
    if found.study is not None:
        words[found.study] = "study"
    if found.year is not None:
        words[found.year] = "year"
    others = find(table, {name: (name.replace("_", ""),) for name in _OTHER})
    special = ("kind",) if not isinstance(studies, PairedProportions) else tuple(_OTHER)
    for name in special:
        words |= {index: _OTHER[name] for index in others[name] if index not in words}
    if studies.is_partial.any():
        used = find(table, {"any": _OF_PARTIAL})["any"]
        words |= {index: "covariate, and read in rows that are no full results"
                  for index in used if index not in words}  # fmt: skip
    return [
        (column, words.get(index, "covariate"))
        for index, column in enumerate(table.columns)
        if index in words or index not in table.derived
    ]


def _recognised(table: Table, studies: Rows) -> Recognised:
    if isinstance(studies, Effects):
        return recognise_effects(table, measure_named(studies.measure))
    for shape, spellings, groups in (
        (AccuracyStudies, ACCURACY, (DISEASED, HEALTHY)), (ArmCounts, ARMS, (ARM_1, ARM_2)),
        (Proportions, SINGLE, (ONE_ARM,)), (GroupMeans, MEANS, ()), (Correlations, CORRELATION, ()),
    ):  # fmt: skip
        if isinstance(studies, shape):
            return recognise(table, spellings, groups)
    return recognise(table, {})


def role_in_words(role: str) -> str:
    """What a column of that role holds."""
    return ROLES.get(role) or of_group(role)


def of_group(role: str) -> str:
    """What a role of `MEANS` is: ``q3_2`` is of group 2."""
    names = {"mean": "mean", "sd": "standard deviation", "sem": "standard error of the mean",
             "median": "median", "q1_": "lower quartile", "q3_": "upper quartile",
             "min": "smallest value", "max": "largest value"}  # fmt: skip
    return f"{names[role[:-1]]} of group {role[-1]}"


def rows_in_words(studies: Any, most: int) -> list[tuple[str, str]]:
    """Label of the first rows and what each says."""
    say = _SENTENCES.get(type(studies), _values)
    partial = studies.statements
    return [
        (label, say(studies, i) if said is None else said.says)
        for i, (label, said) in enumerate(zip(studies.row[:most], partial[:most], strict=True))
    ]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.3g} %)" if whole else "")


def _accuracy(s: AccuracyStudies, i: int) -> str:
    return (f"{_share(s.tp[i], s.n_diseased[i])} with the condition are positive, "
            f"{_share(s.tn[i], s.n_healthy[i])} without it negative")  # fmt: skip


def _arms(s: ArmCounts, i: int) -> str:
    return (f"event in {_share(s.e1[i], s.n1[i])} of group 1, "
            f"{_share(s.e2[i], s.n2[i])} of group 2")  # fmt: skip


def _effect(s: Effects, i: int) -> str:
    measure = measure_named(s.measure)
    own = ""
    if measure.back != "identity":
        own = f"{measure.label} {measure.transform.back(s.estimate[i]):.3g}, "
    return f"{own}{measure.analysis_label} {s.estimate[i]:.3g} (SE {s.se[i]:.3g}), from {s.how[i]}"


def _means(s: GroupMeans, i: int) -> str:
    return (f"mean {s.mean1[i]:.4g} (SD {s.sd1[i]:.4g}) of {s.n1[i]} in group 1, "
            f"{s.mean2[i]:.4g} (SD {s.sd2[i]:.4g}) of {s.n2[i]} in group 2")  # fmt: skip


def _correlation(s: Correlations, i: int) -> str:
    return f"correlation {s.r[i]:.3g} of {s.n[i]} people"


def _proportion(s: Proportions, i: int) -> str:
    return f"event in {_share(s.events[i], s.n[i])}"


def _paired(s: PairedProportions, i: int) -> str:
    return (f"finding in {_share(s.yes_before[i], s.n_before[i])} before, "
            f"{_share(s.yes_after[i], s.n_after[i])} after")  # fmt: skip


def _values(s: Any, i: int) -> str:
    return ", ".join(f"{name} {values[i]:.6g}" for name, values in s.arrays.items())


_SENTENCES: dict[type, Callable[[Any, int], str]] = {
    AccuracyStudies: _accuracy,
    ArmCounts: _arms,
    Effects: _effect,
    GroupMeans: _means,
    Correlations: _correlation,
    Proportions: _proportion,
    PairedProportions: _paired,
}
