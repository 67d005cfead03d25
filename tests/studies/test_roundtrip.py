"""from_counts -> file -> from_table is the identity, whatever the labels hold."""

import csv
import io
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bayespool.studies import AccuracyStudies
from bayespool.studies.cells import seen
from bayespool.studies.labels import same_study
from bayespool.studies.no_study import is_total


def is_label(text):
    """Whether a text names a study as it is, without a comment's mark or spaces to be mended."""
    return text and text == " ".join(text.split()) and text[0] != "#" and not is_total(text)


LABELS = st.one_of(
    st.sampled_from(["=1+1", 'O"Brien', "a,b;c", "NA", "1.0", "007", "x#", "two\nlines", "Å 中"]),
    st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12),
).map(seen)
COUNT = st.integers(0, 2**40)
FORMATS = {"comma": (".csv", ","), "semicolon": (".csv", ";"), "tab": (".tsv", "\t")}


@st.composite
def observed(draw):
    kept = LABELS.filter(is_label)
    labels = draw(st.lists(kept, min_size=1, max_size=6, unique_by=same_study))
    size = len(labels)
    columns = [draw(st.lists(COUNT, min_size=size, max_size=size)) for _ in range(3)]
    positive = draw(st.lists(st.integers(1, 99), min_size=size, max_size=size))
    assume(2 * max(positive) != sum(positive))  # or the largest would be a row of totals
    dose = st.one_of(st.none(), st.floats(-1e6, 1e6).map(lambda x: round(x, 9)), st.integers(-9, 9))
    return AccuracyStudies.from_counts(
        labels,
        *columns,
        positive,
        dose=draw(st.lists(dose, min_size=size, max_size=size)),
        note=["x" + draw(LABELS) for _ in labels],
    )


def columns_of(studies):
    counts = {name: getattr(studies, name).tolist() for name in ("tp", "fp", "fn", "tn")}
    return {"study": studies.study, **counts, **studies.covariates}


def assert_same(one, other):
    assert columns_of(one) == columns_of(other)
    assert one.row == other.row


@pytest.mark.parametrize("kind", FORMATS)
@settings(deadline=None)
@given(studies=observed())
def test_text_files(kind, studies):
    suffix, delimiter = FORMATS[kind]
    columns = columns_of(studies)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL)
    writer.writerows([columns, *zip(*columns.values(), strict=True)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        assert_same(studies, AccuracyStudies.from_table(path))


@settings(deadline=None)
@given(studies=observed())
def test_memory(studies):
    columns = columns_of(studies)
    again = AccuracyStudies.from_table(columns)
    assert_same(studies, again)
    assert again.sha256 == studies.sha256


def test_xlsx_and_parquet(tmp_path):
    studies = AccuracyStudies.from_counts(
        ["Å, 2010", 'O"Brien', "x#"],
        [1, 2, 3],
        [0, 0, 1],
        [4, 5, 6],
        [7, 8, 9],
        dose=[0.5, None, 2],
    )
    columns = columns_of(studies)
    pd.DataFrame(columns).to_parquet(tmp_path / "t.parquet")
    book = openpyxl.Workbook()
    for row in [list(columns), *zip(*columns.values(), strict=True)]:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    for name in ("t.parquet", "t.xlsx"):
        assert_same(studies, AccuracyStudies.from_table(tmp_path / name))
