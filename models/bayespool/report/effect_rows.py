"""What is said of each row of an association: as published, shrunken, left out, predicted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.association import scale
from bayespool.checks.contribution import completed
from bayespool.checks.influence import leave_one_out
from bayespool.checks.predictive import predictive_rows
from bayespool.estimands import LOWER, UPPER
from bayespool.figures.marks import Interval
from bayespool.report.files import partial_record
from bayespool.report.per_study import NONE, Margin, StudyRow, clopper_pearson, notes_of

if TYPE_CHECKING:
    from bayespool.fitted import Fit

Z95 = 1.959963984540054


def effect_rows(fitted: Fit, exact_elpd: Mapping[str, float] = NONE) -> tuple[StudyRow, ...]:
    """All rows, those of one study together; values of the study stand in each of its rows.

    Estimates and intervals are on the measure's own scale (odds ratio, correlation, proportion).
    """
    studies, labels, loo = fitted.studies, fitted.hierarchy.labels, leave_one_out(fitted)
    study_of = studies.row if tuple(labels) == tuple(studies.row) else studies.study
    number = np.array([labels.index(name) for name in study_of])
    order = np.argsort(number, kind="stable")
    shrunken = shrunken_intervals(fitted)
    observed, counts = observed_intervals(fitted), counts_texts(studies)
    predicted = {found.place: found for found in predictive_rows(fitted)}
    notes, out = notes_of(studies), []
    for place, i in enumerate(order):
        at = int(number[i])
        margin = Margin(
            *(_events(studies, i)),
            observed[i],
            shrunken[at],
            predicted.get(place),
            counts[i],
        )
        elpd = exact_elpd.get(labels[at], float(loo.elpd[at]))
        out.append(
            StudyRow(
                int(i),
                labels[at],
                studies.row[i],
                (margin,),
                elpd,
                float(loo.pareto_k[at]),
                note=notes[i],
            )
        )
    return tuple(out)


def shrunken_intervals(fitted: Fit) -> list[Interval]:
    """Posterior median and 95 % interval of every study, on the measure's own scale."""
    name, draws = next(iter(fitted.study_samples.items()))
    bounds = np.quantile(draws.reshape(len(draws), -1), [0.5, LOWER, UPPER], axis=1)
    if name == "effect":
        bounds = scale.to_measure(bounds, fitted.model.measure)
    return [Interval(*map(float, row)) for row in bounds.T]


def observed_intervals(fitted: Fit) -> list[Interval | None]:
    """What every row found, with its 95 % interval, on the measure's own scale."""
    studies: Any = fitted.studies
    measure = fitted.model.measure
    if studies.one_group:
        ((events, people),) = studies.counted.values()
        return [
            Interval(x / n, *clopper_pearson(int(x), int(n))) if n else None
            for x, n in zip(events, people, strict=True)
        ]
    of_counts = completed(studies) if studies.counted else studies
    estimate, se = of_counts.as_effects(measure).shown()
    ends = estimate + np.array([[0.0], [-Z95], [Z95]]) * se
    return [
        Interval(*map(float, row)) if shown and np.isfinite(row).all() else None
        for row, shown in zip(scale.to_measure(ends, measure).T, _printed(studies), strict=True)
    ]


def _printed(studies: Any) -> list[bool]:
    """Rows whose result is known at least nearly: not those told by a P value alone."""
    return [said is None or said.kind != "censored" for said in studies.statements]


def counts_texts(studies: Any) -> list[str]:
    """``7/14, 10/14`` where there are counts."""
    return [
        ", ".join(f"{x}/{n}" for x, n in batched(counts or (), 2)) if shown else ""
        for counts, shown in zip(studies.row_counts, _printed(studies), strict=True)
    ]


def _events(studies: Any, i: int) -> tuple[int, int]:
    """Events and people of the first group; zeros where they are not told or no prediction's."""
    if not studies.counted or studies.same_people or not _printed(studies)[i]:
        return 0, 0
    events, people = next(iter(studies.counted.values()))
    return int(events[i]), int(people[i])


def effect_record(fitted: Fit, row: StudyRow) -> dict[str, Any]:
    """One row of studies.csv: what was read, observed and shrunken values, predictions."""
    studies, margin = fitted.studies, row.margins[0]
    record: dict[str, Any] = {"study": studies.study[row.index], "row": row.row}
    record |= {name: values[row.index] for name, values in studies.arrays.items()}
    for name in studies.TUPLES:
        if name not in ("counts", "partial"):
            record[name] = getattr(studies, name)[row.index]
    record["counts"] = margin.counts
    seen, shrunken, found = margin.observed, margin.shrunken, margin.predicted
    word = "proportion" if studies.one_group else "effect"
    ends = "cp95" if word == "proportion" else "ci95"
    record |= {
        f"{word}_observed": seen.centre if seen else None,
        f"{word}_{ends}_lower": seen.lower if seen else None,
        f"{word}_{ends}_upper": seen.upper if seen else None,
        f"{word}_median": shrunken.centre,
        f"{word}_eti95_lower": shrunken.lower,
        f"{word}_eti95_upper": shrunken.upper,
        "elpd_loo": row.elpd,
        "pareto_k": row.pareto_k,
    }
    kind = found.kind if found else "estimate"
    record |= {
        f"{kind}_predictive_eti95_lower": found.lower if found else None,
        f"{kind}_predictive_median": found.median if found else None,
        f"{kind}_predictive_eti95_upper": found.upper if found else None,
        f"{kind}_loo_pit": found.pit if found else None,
    }
    record |= partial_record(studies, row.index)
    for name, values in studies.covariates.items():
        record[f"covariate_{name}" if name in record else name] = values[row.index]
    return record
