"""The part of ``../validation.md`` on models of publication bias, from their kept results."""

from __future__ import annotations

import csv
from pathlib import Path

HERE = Path(__file__).resolve().parent

TEXT = """## Publication bias

By `uv run docs/validation/selection.py calibration`: parameters drawn from the priors, {k} seen
studies drawn from the model, fitted by quadrature; as for the accuracy family above.

| model | tables | parameters | smallest p | 95 % held | 50 % held | failed |
|---|---|---|---|---|---|---|
{calibration}

By `uv run docs/validation/selection.py reviews`: reviews of {k} studies with exact counts, all
seen, or by the t statistic of the log diagnostic odds ratio with each study's own standard errors.
Bias is that of the posterior median of the pooled log odds ratio, with its Monte Carlo error; there
are few reviews. Told the right share the models turn the bias round: they take away more than there
is, with errors at pooled proportions more than with each study's own. Told the same share where all
studies were seen they take away as much again. The curve of a report is how far the answer may move
under an assumption, and no estimate of where it lies.

| studies seen | model | reviews | failed | bias | 95 % held |
|---|---|---|---|---|---|
{reviews}

Three- and four-parameter selection models by `metafor::selmodel` are kept in
`docs/validation/selmodel.csv` (`Rscript docs/validation/selmodel.R`); a test holds ours to them.
"""


def kept(part: str) -> list[dict[str, str]]:
    """Results of one part."""
    with (HERE / f"selection_{part}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def section() -> str:
    """The section with its tables."""
    return TEXT.format(k=20, calibration=_calibration(), reviews=_reviews()).rstrip()


def _by_model(rows: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["model"], []).append(row)
    return found


def _calibration() -> str:
    lines = []
    for model, rows in _by_model(kept("calibration")).items():
        held = (100 * sum(float(r[f"held_{p}"]) for r in rows) / len(rows) for p in (95, 50))
        smallest = min(float(r["ks_p"]) for r in rows)
        cells = (model, rows[0]["tables"], len(rows), f"{smallest:.2g}",
                 *(f"{h:.1f} %" for h in held), rows[0]["failed"])  # fmt: skip
        lines.append(_line(cells))
    return "\n".join(lines)


def _reviews() -> str:
    return "\n".join(
        _line((
            row["seen"], row["model"], row["reviews"], row["failed"],
            f"{float(row['bias']):+.2f} ({float(row['bias_error']):.2f})",
            f"{100 * float(row['coverage']):.0f} %",
        ))
        for row in kept("reviews")
        if row["estimand"] == "log_dor"
    )  # fmt: skip


def _line(cells: tuple[object, ...]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
