"""Whatever a table holds, it is read or refused in words that a terminal can show."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bayespool.studies import AccuracyStudies, TableError, read_studies

SHAPES = (
    "tp fp fn tn", "sens spec n_diseased n_healthy", "e1 n1 e2 n2", "or ci_low ci_high p",
    "mean1 sd1 n1 mean2 sd2 n2", "median1 q1_1 q3_1 n1 mean2 sem2 n2", "r n", "events n",
    "both lost gained neither", "before n_before after n_after p p_test",
         "estimate se variance t df",
)  # fmt: skip
MORE = ("kind", "year", "test", "p", "alpha", "auc", "weight", "direction", "se", "total", "level")
CELLS = (
    "", "0", "1", "12", "0.5", "0,5", "1e308", "1e-320", "-1", "12/15", "12 (45%)", "80%", "x",
         "NA",
    "0.5 (0.2-1.1)", "ns", "<0.05", "rates", "candidate", "censored", "margin", "marker", "margins",
    "1-9", "9-1", "1-999999999", "\u0663", "\u00b2", "\u22123", "#", '"', "inf", "1_0", "higher",
    "yes", "9" * 30, "\x1b", "\u202e", "100", "smd",
)  # fmt: skip
MEASURES = (None, "or", "rr", "md", "smd", "rom", "cor", "proportion", "generic")


@st.composite
def tables(draw):
    columns = ["study", *draw(st.sampled_from(SHAPES)).split()]
    columns += draw(st.lists(st.sampled_from(MORE), max_size=3, unique=True))
    whole = st.integers(0, 40).map(str)
    cell = st.one_of(whole, whole, whole, st.sampled_from(CELLS))
    label = st.sampled_from(["A", "B 2001", "b 2001", "C", "D", "Total", ""])
    rows = [
        [draw(label), *(draw(cell) for _ in columns[1:])] for _ in range(draw(st.integers(1, 4)))
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=draw(st.sampled_from(",;\t"))).writerows([columns, *rows])
    return text.getvalue()


@settings(deadline=None, max_examples=200)
@given(text=tables(), measure=st.sampled_from(MEASURES))
def test_any_table_is_read_or_refused_in_words(text, measure):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text, encoding="utf-8", newline="")
        try:
            if measure is None:
                studies = AccuracyStudies.from_table(path)
            else:
                studies = read_studies(path, measure)
            said = list(studies.warnings)
        except TableError as error:
            said = str(error).splitlines()
        except ValueError as error:  # of a measure that findings before and after do not have
            said = [str(error)]
            assert f"measure={measure!r} is not possible here" in said[0]
    assert all(line.isprintable() and len(line) < 1500 for line in said)
