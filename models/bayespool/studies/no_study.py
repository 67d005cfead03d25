"""Rows that are no study: totals, means and pooled results, told by their label or their counts."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from bayespool.studies.limits import listed
from bayespool.studies.problems import Problem, located
from bayespool.studies.tables import Table

# What alone, or before brackets, names a row of totals, means or pooled results.
_WORDS = (
    "total, totals, sum, sums, subtotal, subtotals, sub total, sub totals, grand total",
    "summary, overall, pooled, combined, altogether, all, all studies, all trials, mean",
    "means, average, averages, median, re model, fe model, random effects, fixed effect",
    "fixed effects, prediction, common effect, random effects model, fixed effect model",
    "fixed effects model, heterogeneity, common effect model, prediction interval, gesamt",
    "insgesamt, gesamtsumme, zusammen, summe, summen, zwischensumme, mittelwert, mittel",
    "durchschnitt, alle, alle studien, totaux, ensemble, somme, sous total, moyenne, médiane",
    "tous, toutes les études, suma, total general, promedio, media, mediana, todos",
    "todos los estudios, totale, totale generale, subtotale, somma, tutti, tutti gli studi",
    "soma, total geral, média, totaal, subtotaal, som, gemiddelde, totalt, sammanlagt, summa",
    "medelvärde, i alt, ialt, samlet, gjennomsnitt, gennemsnit, yhteensä, keskiarvo, razem",
    "ogółem, średnia, celkem, spolu, průměr, összesen, átlag, ukupno, skupno, toplam",
    "ortalama, σύνολο, итого, всего, сумма, среднее, разом, 合计, 总计, 小计, 合計, 総計",
    "小計, 平均, 합계, 총계, 소계, 평균, المجموع, סך הכל",
)
# Words of a longer label, such as "pooled estimate of all studies"; the first is one of the leads.
_LEADS = "total, pooled, overall, combined, summary, subtotal, average, mean, sum, random, fixed"
_PARTS = (
    f"{_LEADS}, common, all, the, of, effect, effects, estimate, estimates, result, results, rate",
    "model, analysis, studies, trials, participants, patients, value, values, meta, reml, dl, hksj",
    "sensitivity, specificity, accuracy, proportion",
)
_NOTE = re.compile(r"^(?:test for (?:overall|subgroup)|heterogeneity\s*:)")
_ASIDE = re.compile(r"[(\[{].*?[)\]}]|\b[nkip]\s*[=<].*$|\b(?:i|tau|chi)[²2^].*$")
_KEEP = "delete the row; or, if it is a study, insist by keep_rows=({label!r},) (--keep-row)"
_SMALLEST = 10  # people, below which a sum of rows is too easily one by chance


def is_total(label: str) -> bool:
    """Whether a label is that of a total, a mean or a pooled result, in one of many languages."""
    plain = _bare(label)
    if _NOTE.match(plain):
        return True
    words = [word for word in re.split(r"[^\w]+", _ASIDE.sub(" ", plain)) if word]
    longer = len(words) > 1 and words[0] in _LEADING and _FILLING.issuperset(words)
    return longer or " ".join(words) in _NAMES


def kept(table: Table, *labels: str) -> bool:
    """Whether the owner insists that a row of one of these labels is a study."""
    return bool({_folded(label) for label in table.keep} & {_folded(label) for label in labels})


def totals_by_label(table: Table, column: int | None, labels: Sequence[str]) -> list[Problem]:
    """Rows whose study label says that they are no study, and wishes that no row fulfils."""
    name = None if column is None else table.columns[column]
    problems = [
        Problem(table.file, number, name, f"{label!r} is a total or a mean, no study",
                _KEEP.format(label=label))
        for number, label in zip(table.row_numbers, labels, strict=True)
        if is_total(label) and not kept(table, label)
    ]  # fmt: skip
    there = {_folded(label) for label in labels}
    return problems + [
        Problem(table.file, None, name, f"there is no row {label!r} to keep",
                f"labels are {listed(tuple(dict.fromkeys(labels)))}")
        for label in table.keep
        if _folded(label) not in there
    ]  # fmt: skip


def totals_by_counts(
    table: Table, studies: Sequence[str], counts: Mapping[int, tuple[int, ...]]
) -> tuple[list[Problem], list[str]]:
    """Rows whose counts are the sums of others: of all others a problem, else a warning.

    Parameters
    ----------
    table
        The table.
    studies
        Study of every row.
    counts
        By row, its counts; rows without full counts are left out.

    Returns
    -------
    problems
        Rows that are the sum of all others (of two or more).
    warnings
        Rows that are the sum of two or more rows directly above them.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    sums = [sum(column) for column in zip(*counts.values(), strict=True)]
    above: list[tuple[int, ...]] = []
    for row, own in counts.items():
        label, number = studies[row], table.row_numbers[row]
        several = len(counts) > 2 and sum(own) > 0 and not kept(table, label)
        if several and all(2 * x == whole for x, whole in zip(own, sums, strict=True)):
            rule = f"the counts of {label!r} are the sums of all other rows, so it is no study"
            problems.append(Problem(table.file, number, None, rule, _KEEP.format(label=label)))
        elif several and sum(own) >= _SMALLEST and (parts := _summed(own, above)):
            first = table.row_numbers[list(counts)[len(above) - parts]]
            warnings.append(
                f"{located(table.file, number, None)}: the counts of {label!r} are the sums of the "
                f"{parts} rows above it (from row {first}): is it a subtotal?"
            )
        above.append(own)
    return problems, warnings


def _summed(own: tuple[int, ...], above: list[tuple[int, ...]]) -> int:
    """How many rows directly above add up to this one in every count; 0 if there are none."""
    rest = list(own)
    for parts, row in enumerate(reversed(above), start=1):
        rest = [left - x for left, x in zip(rest, row, strict=True)]
        if min(rest) < 0:
            return 0
        if not any(rest):
            return parts if parts > 1 else 0
    return 0


def _folded(label: str) -> str:
    return " ".join(str(label).split()).casefold()


def _bare(text: str) -> str:
    """Text without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


_NAMES = frozenset(_bare(word) for line in _WORDS for word in line.split(", "))
_LEADING = frozenset(_LEADS.split(", "))
_FILLING = frozenset(word for line in _PARTS for word in line.split(", "))
