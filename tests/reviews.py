"""One review of two outcomes, as RevMan 5, its CSV export and RevMan Web would hand it out.

Written here for the tests, cell by cell, in the formats of those programs; the numbers are those
that Fleiss JL (1993), Stat Methods Med Res 2:121-145, prints: seven trials of aspirin after
myocardial infarction, and five of mental health treatment.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

FILES = ("review.rm5", "review.zip", "review.csv")
DEATHS = {
    "AMIS": (246, 2267, 219, 2257), "CDP": (44, 758, 64, 771), "GASP": (32, 317, 38, 309),
    "ISIS-2": (1570, 8587, 1720, 8600), "MRC-1": (49, 615, 67, 624), "MRC-2": (102, 832, 126, 850),
    "PARIS": (85, 810, 52, 406),
}  # fmt: skip
STAY = {  # mean, SD and people of both groups
    "Davis": (5.0, 4.7, 13, 6.5, 3.8, 13), "Florell": (4.9, 1.71, 30, 6.1, 2.3, 50),
    "Gruen": (22.5, 3.44, 35, 24.9, 10.65, 35), "Hart": (12.5, 1.47, 20, 12.3, 1.66, 20),
    "Wilson": (6.5, 0.76, 8, 7.38, 1.41, 8),
}  # fmt: skip
YEARS = {
    "AMIS": 1980, "CDP": 1976, "GASP": 1979, "ISIS-2": 1988, "MRC-1": 1974, "MRC-2": 1979,
    "PARIS": 1980, "Davis": 1973, "Florell": 1971, "Gruen": 1975, "Hart": 1975, "Wilson": 1977,
}  # fmt: skip
NAMES = ("Death after infarction", "Days in hospital")
REVIEW = "Two small examples"


def write_review(folder: Path) -> dict[str, Path]:
    """The three files in a folder, by their names."""
    contents = {"review.rm5": _rm5().encode(), "review.csv": _export().encode(),
                "review.zip": _package()}  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


def _rm5() -> str:
    studies = "".join(f'<STUDY ID="STD-{s}" NAME="{s}" YEAR="{y}"><IDENTIFIERS/></STUDY>\n'
                      for s, y in YEARS.items())  # fmt: skip
    deaths = "".join(
        f'<DICH_DATA STUDY_ID="STD-{s}" EVENTS_1="{e1}" TOTAL_1="{n1}" EVENTS_2="{e2}" '
        f'TOTAL_2="{n2}"/>\n' for s, (e1, n1, e2, n2) in DEATHS.items()
    )  # fmt: skip
    stay = "".join(
        f'<CONT_DATA STUDY_ID="STD-{s}" MEAN_1="{m1}" SD_1="{s1}" TOTAL_1="{n1}" MEAN_2="{m2}" '
        f'SD_2="{s2}" TOTAL_2="{n2}"/>\n' for s, (m1, s1, n1, m2, s2, n2) in STAY.items()
    )  # fmt: skip
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<COCHRANE_REVIEW TYPE="INTERVENTION">\n'
        f"<COVER_SHEET><TITLE>{REVIEW}</TITLE></COVER_SHEET>\n"
        f"<INCLUDED_STUDIES>\n{studies}</INCLUDED_STUDIES>\n<ANALYSES_AND_DATA>\n"
        f'<COMPARISON NO="1"><NAME>{REVIEW}</NAME>\n'
        f'<DICH_OUTCOME NO="1" EFFECT_MEASURE="OR" SWAP_EVENTS="NO"><NAME>{NAMES[0]}</NAME>\n'
        f"{deaths}</DICH_OUTCOME>\n"
        f'<CONT_OUTCOME NO="2" EFFECT_MEASURE="SMD"><NAME>{NAMES[1]}</NAME>\n'
        f"{stay}</CONT_OUTCOME>\n"
        "</COMPARISON></ANALYSES_AND_DATA></COCHRANE_REVIEW>\n"
    )


def _lines(header: list[str], rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _export() -> str:
    header = ["Comparison Number", "Outcome Number", "Subgroup Number", "Name", "Data Type",
              "Statistical Method", "Effect Measure", "Events 1", "Mean 1", "SD 1", "Total 1",
              "Events 2", "Mean 2", "SD 2", "Total 2", "Effect Estimate", "SE", "CI Start",
              "CI End", "Year of study"]  # fmt: skip
    place = ("Comparison Number", "Outcome Number", "Subgroup Number")
    rows: list[dict[str, object]] = [dict(zip(place, (1, 0, 0), strict=True), Name=REVIEW)]
    for number, (kind, measure, method) in enumerate(
        (("DIC", "OR", "MH"), ("CON", "SMD", "IV")), start=1
    ):
        at = dict(zip(place, (1, number, 0), strict=True))
        rows.append({**at, "Name": NAMES[number - 1], "Data Type": kind, "Effect Measure": measure,
                     "Statistical Method": method})  # fmt: skip
        columns = header[7:15]
        for study, values in (DEATHS if number == 1 else STAY).items():
            if number == 1:
                e1, n1, e2, n2 = values
                cells = (e1, 0, 0, n1, e2, 0, 0, n2)
            else:
                m1, s1, n1, m2, s2, n2 = values
                cells = ("", m1, s1, n1, "", m2, s2, n2)
            rows.append({**at, "Name": study, "Year of study": YEARS[study],
                         **dict(zip(columns, cells, strict=True))})  # fmt: skip
    return _lines(header, rows)


def _package() -> bytes:
    """An archive in an archive, with rows, settings and a table of risk of bias not filled in."""
    header = ["Analysis group", "Analysis number", "Analysis name", "Subgroup", "Study",
              "Study year", "GIV Mean", "GIV SE", "Experimental mean", "Experimental SD",
              "Experimental cases", "Experimental N", "Control mean", "Control SD", "Control cases",
              "Control N", "O-E", "Variance", "CI start", "CI end"]  # fmt: skip
    rows = []
    for number, outcome in ((1, DEATHS), (2, STAY)):
        for study, values in outcome.items():
            m1 = s1 = m2 = s2 = e1 = e2 = 0
            if number == 1:
                e1, n1, e2, n2 = values
            else:
                m1, s1, n1, m2, s2, n2 = values
            cells = (0, 0, m1, s1, e1, n1, m2, s2, e2, n2, 0, 0, 0, 0)
            own = (1, number, NAMES[number - 1], "", study, YEARS[study], *map(float, cells[:4]),
                   *cells[4:])  # fmt: skip
            rows.append(dict(zip(header, own, strict=True)))
    about = ["Analysis group", "Analysis number", "Analysis name", "Analysis group name",
             "Data type", "Log-scale data", "Effect measure",
             "Swap event and non-event"]  # fmt: skip
    settings = [
        dict(zip(about, (1, 1, NAMES[0], REVIEW, "Dichotomous", "true", "Odds Ratio", "false"),
                 strict=True)),
        dict(zip(about, (1, 2, NAMES[1], REVIEW, "Continuous", "false",
                         "Standardized Mean Difference", "false"), strict=True)),
    ]  # fmt: skip
    domain = "Allocation concealment?"
    bias = [{"Study": study, f"Domain (judgement): {domain}": "Not applicable"} for study in YEARS]
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for name, text in (
            ("analysis-data/1-data-rows.csv", _lines(header, rows)),
            ("analysis-data/1-overall-estimates-and-settings.csv", _lines(about, settings)),
            ("study-data/1-risk-of-bias.csv", _lines(list(bias[0]), bias)),
        ):
            archive.writestr(name, "\ufeff" + text)
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("review/1-files/1-data.zip", inner.getvalue())
    return outer.getvalue()
