"""What a page in the browser shows, beside what its summary.json says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

Key = tuple[str, str, str]  # caption up to its colon (or "card"), row, column
Record = dict[str, Any]

CELLS = """() => [...document.querySelectorAll("table")].flatMap(table => {
  const head = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  return [...table.tBodies[0].rows].flatMap(row => [...row.cells].slice(1).map((cell, i) =>
    [table.caption.textContent, row.cells[0].textContent, head[i + 1], cell.textContent]));
})"""
CARDS = """() => [...document.querySelectorAll(".card")].map(card =>
  [".what", ".big", ".range"].map(part => card.querySelector(part).textContent))"""
INTERVAL = "95 % equal-tailed credible interval"
EVIDENCE = "Studies (participants)"
RESULTS = {
    "tp": "Found (true positives)", "fn": "Missed (false negatives)",
    "tn": "Rightly cleared (true negatives)", "fp": "False alarm (false positives)",
}  # fmt: skip
MARGINS = {"sens": "Sensitivity", "spec": "Specificity"}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u2212", "-")


def shown(page: Any) -> dict[Key, str]:
    """Every cell of every table, folded ones too, and the numbers in the boxes at the top."""
    out: dict[Key, str] = {}
    for caption, row, column, text in page.evaluate(CELLS):
        out[(plain(caption).partition(":")[0], plain(row), plain(column))] = plain(text)
    for what, big, interval in page.evaluate(CARDS):
        out[("card", plain(what), "")] = f"{plain(big)} {plain(interval).partition('interval')[2]}"
    return out


def expected(summary: Record) -> dict[Key, tuple[float, ...]]:
    """Where each number of a summary must be on the page, in the page's unit."""
    own = _effect(summary) if "measure" in summary else _accuracy(summary)
    return dict([*own, *_bands(summary)])


def differences(cells: dict[Key, str], values: dict[Key, tuple[float, ...]]) -> list[str]:
    """What the page leaves out or says otherwise; empty when it agrees with the summary."""
    return [
        f"{' | '.join(key)}: {cells.get(key, 'not there')!r} for {wanted}"
        for key, wanted in values.items()
        if key not in cells or not _agrees(cells[key], wanted)
    ]


def _agrees(text: str, wanted: Sequence[float]) -> bool:
    found = re.findall(r"([<>]?) ?([+-]?\d[\d,]*(?:\.\d+)?)", text)
    return len(found) == len(wanted) and all(
        _is(sign, number.replace(",", ""), value)
        for (sign, number), value in zip(found, wanted, strict=True)
    )


def _is(sign: str, number: str, value: float) -> bool:
    if sign:  # the ends of percentages
        return value < 0.1 if (sign, number) == ("<", "0.1") else (
            (sign, number) == (">", "99.9") and value > 99.9)  # fmt: skip
    half = 0.5 * 10.0 ** -len(number.partition(".")[2])
    return abs(float(number) - value) <= half + 1e-9


def _three(record: Record, factor: float = 1.0) -> tuple[float, ...]:
    return tuple(factor * record[name] for name in ("median", "lower", "upper"))


def _percent(p: float) -> str:
    return f"{100 * p:g} %"


def _accuracy(summary: Record) -> Iterator[tuple[Key, tuple[float, ...]]]:
    estimands, rows = summary["estimands"], summary["findings"]["rows"]
    labels = list(dict.fromkeys(row["label"] for row in rows if not row["difference"]))
    for label in labels:
        of, after = (f"[{label}]", f", {label}") if label else ("", "")
        for name, word in MARGINS.items():
            key = ("card", f"Pooled {word.lower()}{after}", "")
            yield key, _three(estimands[f"{name}{of}"], 100)
        for p in summary["prevalences"]:
            columns = {"ppv": "Has it if positive", "npv": "Free of it if negative"}
            for name, column in columns.items():
                key = ("After the result", f"{_percent(p)}{after}", column)
                yield key, _three(estimands[f"{name}{of}@{p:g}"], 100)
    for row in rows:
        p = row["prevalence"]
        caption = (
            f"Of 1,000 people tested at a prevalence of {_percent(p)}, {1000 * p:g} with the "
            "condition"
        )
        result, label = RESULTS[row["result"]], row["label"]
        if row["difference"]:
            column = label.replace(" - ", " against ")
        elif label:
            column = f"{label} ({_studies(summary['findings']['labels'][label])})"
        else:
            column = "Of 1,000 people"
            group = "with" if row["result"] in ("tp", "fn") else "without"
            yield (caption, result, EVIDENCE), _evidence(summary, f"{group}_condition")
        yield (caption, result, column), _three(row)


def _studies(record: Record) -> str:
    """Of a label with several."""
    return f"{record['studies']} studies, {record['participants']:,} participants"


def _evidence(summary: Record, people: str = "participants") -> tuple[float, ...]:
    return summary["findings"]["studies"], summary["findings"][people]


def _effect(summary: Record) -> Iterator[tuple[Key, tuple[float, ...]]]:
    """Of odds ratios."""
    names = {"mu_ratio": "Pooled odds ratio", "mu_new_ratio": "Odds ratio in a new study"}
    yield ("card", names["mu_ratio"], ""), _three(summary["estimands"]["mu_ratio"])
    absolute = {"risk": "Events per 1,000 in group 1", "difference": "Difference per 1,000"}
    for row in summary["findings"]["rows"]:
        stem, _, risk = row["estimand"].partition("@")
        values = _three(row)
        if stem in absolute:
            yield ("In 1,000 people", _percent(float(risk)), absolute[stem]), values
        else:
            yield ("The effect", names[stem], "Median"), values[:1]
            yield ("The effect", names[stem], INTERVAL), values[1:]
            yield ("The effect", names[stem], EVIDENCE), _evidence(summary)
    for needed in summary["numbers_needed"]:
        key = ("In 1,000 people", _percent(float(needed["baseline_risk"])), "Number needed")
        ends = ("", "_lower", "_upper")
        yield key, tuple(needed[f"number_needed{end}"] for end in ends)


def _bands(summary: Record) -> Iterator[tuple[Key, tuple[float, ...]]]:
    for one in summary["certainty"]["support"]:
        name, _, label = one["estimand"].removesuffix("]").partition("[")
        row = MARGINS.get(name, "Pooled odds ratio") + (f", {label}" if label else "")
        for band in one["bands"]:
            factor, unit = (100, " %") if name in MARGINS else (1, "")
            low, high = (x and f"{factor * x:g}" for x in (band["low"], band["high"]))
            column = f"{low} to {high}{unit}"
            if low is None:
                column = f"Below {high}{unit}"
            elif high is None:
                column = f"{low}{unit} or more"
            yield ("Between which thresholds the value lies", row, column), (100 * band["prob"],)
