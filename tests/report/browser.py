"""What a page in the browser shows, beside what its summary.json says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DESKTOP = (1280, 800)

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
FINDINGS, EVIDENCE = "Summary of findings", "Participants (studies)"
MORE = "Of 1,000 people tested, how many more (+) or fewer (-)"
ROWS = {
    "tp": ("True positives", "with the condition, test positive"),
    "fn": ("False negatives", "with the condition, test negative (missed)"),
    "tn": ("True negatives", "without the condition, test negative"),
    "fp": ("False positives", "without the condition, test positive"),
    "ppv": ("Positive predictive value", "has the condition if positive"),
    "npv": ("Negative predictive value", "free of it if negative"),
}
MARGINS = {"sens": "Sensitivity", "spec": "Specificity"}


@contextmanager
def opened(browser: Any, folder: Path, size: tuple[int, int] = DESKTOP) -> Iterator[Any]:
    """The page of a report in a window of this size."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto((folder / "index.html").as_uri())
    yield page
    page.close()


def serious(page: Any) -> list[str]:
    """Barriers that axe finds and calls serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{one['id']}: {node['html']}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


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
            for name in ("ppv", "npv"):
                yield _finding(name, label, p), _three(estimands[f"{name}{of}@{p:g}"], 100)
    for row in rows:
        if row["difference"]:
            if row["result"] in ("tp", "fp"):
                place = plain(f"{_percent(row['prevalence'])}, {row['shown']}")
                yield (MORE, place, ROWS[row["result"]][0]), _three(row)
        else:
            key = _finding(row["result"], row["label"], row["prevalence"])
            yield key, _three(row)
            group = "with" if row["result"] in ("tp", "fn") else "without"
            found = summary["findings"]["labels"].get(row["label"], summary["findings"])
            yield (*key[:2], EVIDENCE), (found[f"{group}_condition"], found["studies"])


def _finding(result: str, label: str, p: float) -> Key:
    name, meaning = ROWS[result]
    return (FINDINGS, f"{name}, {label}" if label else f"{name}: {meaning}",
            f"Prevalence {_percent(p)}")  # fmt: skip


def _effect(summary: Record) -> Iterator[tuple[Key, tuple[float, ...]]]:
    """Of odds ratios, at one baseline risk."""
    estimands, found = summary["estimands"], summary["findings"]
    yield ("card", "Pooled odds ratio", ""), _three(estimands["mu_ratio"])
    columns = {"risk": "Risk in group 1, per 1,000", "difference": "Difference, per 1,000"}
    for row in found["rows"]:
        stem, _, _ = row["estimand"].partition("@")
        if stem in columns:
            yield (FINDINGS, "The outcome", columns[stem]), _three(row)
    yield (FINDINGS, "The outcome", "Pooled odds ratio"), _three(estimands["mu_ratio"])
    yield (FINDINGS, "The outcome", EVIDENCE), (found["participants"], found["studies"])
    caption = "What was estimated; errors of percentages are in percentage points"
    for name, label in (("mu_ratio", "Pooled odds ratio"),
                        ("mu_new_ratio", "Odds ratio in a new study")):  # fmt: skip
        yield (caption, label, "Median"), (estimands[name]["median"],)
        yield (caption, label, INTERVAL), _three(estimands[name])[1:]
    for needed in summary["numbers_needed"]:
        risk = _percent(float(needed["baseline_risk"]))
        yield (FINDINGS, "The outcome", "Risk in group 2"), (100 * float(needed["baseline_risk"]),)
        ends = ("", "_lower", "_upper")
        values = tuple(needed[f"number_needed{end}"] for end in ends)
        yield ("Number needed", risk, "Number needed"), values


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
