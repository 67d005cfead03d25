"""AccuracyStudies: recognition of columns, validation, labels, selection."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

from bayespool.studies import AccuracyStudies, TableError

GOOD = "study,tp,fp,fn,tn\nA,10,2,3,40\nB,5,0,0,20\n"


def read(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return AccuracyStudies.from_table(path)


def problems(tmp_path, text):
    with pytest.raises(TableError) as caught:
        read(tmp_path, text)
    return caught.value.problems


def counts(studies):
    return [getattr(studies, name).tolist() for name in ("tp", "fp", "fn", "tn")]


COUNTS = [[10, 5], [2, 0], [3, 0], [40, 20]]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "STUDY;TP;FP;FN;TN\nA;10;2;3;40\nB;5;0;0;20\n",
        "Study ID,True Positives,false_positives,False.Neg,TRUE-NEG\nA,10,2,3,40\nB,5,0,0,20\n",
        "study,tp,fp,fn,tn\nA,10.0,2.0,3.0,40.0\nB,5.0,0.0,0.0,20.0\n",
        "study,tp,n1,fp,n2\nA,10,13,2,42\nB,5,5,0,20\n",
        "study,tn,n_healthy,fn,n_diseased\nA,40,42,3,13\nB,20,20,0,5\n",
        "study,sens,spec,n_diseased,n_healthy\nA,0.77,0.95,13,42\nB,1,1.00,5,20\n",
        "study,Sensitivity,Specificity,n_pos,n_neg\nA,76.9,95.2,13,42\nB,100,100,5,20\n",
        "study,se,sp,n1,n2\nA,77%,95%,13,42\nB,100%,100%,5,20\n",
        "study;se;sp;n1;n2\nA;0,77;0,95;13;42\nB;1,00;1,00;5;20\n",
        "study,tp,fp,fn,tn,n_diseased,N2\nA,10,2,3,40,13,42\nB,5,0,0,20,,20\n",
        "study,tp,n1,spec,n2\nA,10,13,.952,42\nB,5,5,1,20\n",
    ],
)
def test_every_way_to_state_the_counts(tmp_path, text):
    studies = read(tmp_path, text)
    assert counts(studies) == COUNTS
    assert studies.row == studies.study == ("A", "B")
    assert dict(studies.covariates) == {}
    assert studies.n_diseased.tolist() == [13, 5]
    assert studies.n_healthy.tolist() == [42, 20]


@pytest.mark.parametrize("label", ["studlab", "First Author", "ID", "Trial", "citation", "authors"])
def test_study_label_synonyms(tmp_path, label):
    assert read(tmp_path, GOOD.replace("study", label)).study == ("A", "B")


def test_preferred_label_wins_and_the_other_is_a_covariate(tmp_path):
    studies = read(tmp_path, "id,Author,tp,fp,fn,tn\n1,A,1,2,3,4\n2,B,1,2,3,5\n")
    assert studies.study == ("A", "B")
    assert studies.covariates == {"id": (1, 2)}


def test_no_label_column(tmp_path):
    studies = read(tmp_path, "tp,fp,fn,tn\n1,2,3,4\n1,2,3,5\n")
    assert studies.study == ("Study 1", "Study 2")


def test_covariates_keep_headers_and_are_typed_by_column(tmp_path):
    text = (
        "study,YEAR,tp,fp,fn,tn,Rate of X,stage,sens,code\n"
        "A,2010,1,2,3,4,0.5,1,.9,007\nB,2012,1,2,3,5,NA,II,,008\n"
    )
    assert read(tmp_path, text).covariates == {
        "year": (2010, 2012),
        "Rate of X": (0.5, None),
        "stage": ("1", "II"),
        "sens": (0.9, None),
        "code": (7, 8),
    }


@pytest.mark.parametrize(
    "row, column, says, allowed",
    [
        ("C,,1,1,1", "tp", "tp is blank", "0 or more"),
        ("C,NA,1,1,1", "tp", "tp is 'NA'", "0 or more"),
        ("C,1,nan,1,1", "fp", "fp is 'nan'", "0 or more"),
        ("C,1,-1,1,1", "fp", "fp=-1 is negative", "0 or more"),
        ("C,1,1,2.5,1", "fn", "fn=2.5 is a fraction", "whole number"),
        ("C,1,1,ten,1", "fn", "fn='ten' is text", "whole number"),
        ("C,1,1,1,inf", "tn", "tn=inf is not finite", "whole number"),
        ('C,1,1,1,"1,234"', "tn", "tn='1,234' could have a thousands", "digits only"),
        ("C,1,1,1,1.234", "tn", "tn='1.234' could have a thousands", "digits only"),
        ('C,1,1,1,"1,2"', "tn", "tn='1,2' is text", "whole number"),
        ("C,1,1,1,TRUE", "tn", "tn='TRUE' is text", "whole number"),
        ("C,1,1,1,9007199254740993", "tn", "too large to be counted", "9007199254740992"),
        (f"C,1,1,1,{'9' * 400}", "tn", "is not finite", "whole number"),
        ("C,0,0,0,0", None, "both groups are empty", "at least one group"),
        (",1,1,1,1", "study", "label is blank", "names its study"),
        ("A,10,2,3,40", None, "repeats row 2 in every column", "delete it"),
        ("B,1,1,1,1", "study", "study 'B' appears in rows 3 and 4", "site, reader, test"),
    ],
)
def test_bad_rows(tmp_path, row, column, says, allowed):
    (problem,) = problems(tmp_path, GOOD + row + "\n")
    assert (problem.file, problem.row, problem.column) == ("t.csv", 4, column)
    assert says in problem.rule
    assert allowed in problem.allowed


@pytest.mark.parametrize(
    "text, row, column, says, allowed",
    [
        (
            "study,tp,n_diseased,fp,n_healthy\nA,12,10,0,1\n",
            2,
            "tp",
            "tp=12 exceeds n_diseased=10",
            "counts must satisfy 0 <= tp <= n_diseased",
        ),
        ("study,tp,n1,FP,n2\nA,1,10,3,1\n", 2, "FP", "FP=3 exceeds n2=1", "0 <= FP <= n2"),
        (
            "study,tp,fp,fn,tn,n1\nA,1,1,1,1,2\nB,1,1,1,3,5\n",
            3,
            "n1",
            "n1=5 but tp+fn=2",
            "must equal",
        ),
        ("study,tp,fp,fn,tn,n1\nA,1,1,1,1,x\n", 2, "n1", "n1='x' is text", "whole number"),
        ("study,tp,fp,fn\nA,1,1,1\n", None, "tn", "missing column tn", "tn with n_healthy"),
        ("study,tp,fp,tn\nA,1,1,1\n", None, "fn", "missing column fn", "found are study, tp, fp"),
        ("study,sens,fp,tn\nA,1,1,1\n", None, "n_diseased", "missing column n_diseased", "sens"),
        (
            "study,tp,true_positives,fp,fn,tn\nA,1,1,1,1,1\n",
            None,
            "tp",
            "the columns tp and true_positives all name tp",
            "keep one",
        ),
        ("study,tp,TP,fp,fn,tn\nA,1,1,1,1,1\n", 1, "tp", "2 columns have one name", "differ"),
        (
            "study,se,n1,fp,tn\nA,0.9,10,1,1\nB,90,10,1,1\n",
            None,
            "se",
            "mixes proportions",
            "all as percents",
        ),
        ("study,se,n1,fp,tn\nA,0.83,200,1,1\n", 2, "se", "fits 3 counts (165, 166, 167)", "more"),
        (
            "study,se,n1,fp,tn\nA,0.83,7,1,1\n",
            2,
            "se",
            "se=0.83 is no rate out of n1=7",
            "nearest possible are 0.71 (5/7) and 0.86 (6/7)",
        ),
        ("study,se,n1,fp,tn\nA,high,7,1,1\n", 2, "se", "se='high' is no rate", "from 0 to 1"),
        ("study,se,n1,fp,tn\nA,-0.1,7,1,1\n", 2, "se", "se='-0.1' is no rate", "from 0 to 1"),
        ("study,se,n1,fp,tn\nA,101,7,1,1\n", 2, "se", "se='101' is no rate", "from 0 to 100"),
        ("study,se,n1,fp,tn\nA,,7,1,1\n", 2, "se", "se is blank", "from 0 to 1"),
        ("study,se,n1,fp,tn\nA,0.5,0,1,1\n", 2, "se", "se=0.5 but n1=0", "leave se blank"),
        ("study,se,n1,fp,tn\nA,0.5,,1,1\n", 2, "n1", "n1 is blank", "whole number"),
    ],
)
def test_bad_tables(tmp_path, text, row, column, says, allowed):
    (problem,) = problems(tmp_path, text)
    assert (problem.row, problem.column) == (row, column)
    assert says in problem.rule
    assert allowed in problem.allowed


def test_all_problems_are_listed_at_once(tmp_path):
    text = (
        "# extracted twice\nstudy,tp,fp,fn,n_diseased,site\n"
        "A,1,1,1,2,x\nA,-1,ten,,2,x\nA,-1,ten,,2,x\n,2.5,1,1,9,y\nB,1,1,1,3,z\n"
    )
    found = {(problem.row, problem.column) for problem in problems(tmp_path, text)}
    assert found == {
        (None, "tn"),
        (4, "tp"),
        (4, "fn"),
        (5, None),
        (5, "tp"),
        (5, "fn"),
        (6, "tp"),
        (6, "study"),
        (7, "n_diseased"),
        (4, "study"),
    }
    full = text.replace("n_diseased,site", "tn,site")
    found = {(problem.row, problem.column) for problem in problems(tmp_path, full)}
    assert found >= {(4, "tp"), (4, "fp"), (4, "fn"), (5, None), (6, "tp"), (6, "study")}


def test_empty_groups_and_zero_cells_are_allowed_and_kept(tmp_path):
    studies = read(tmp_path, "study,tp,fp,fn,tn\nA,0,1,0,1\nB,1,0,1,0\nC,0,0,1,1\n")
    assert counts(studies) == [[0, 1, 0], [1, 0, 0], [0, 1, 1], [1, 0, 1]]
    rates = read(tmp_path, "study,se,n1,fp,tn\nA,,0,1,1\nB,0.50,2,1,1\n")
    assert counts(rates)[0] == [0, 1]


def test_booleans_are_refused():
    with pytest.raises(TableError, match="tp=True is true or false"):
        AccuracyStudies.from_counts(["A"], [True], [1], [1], [1])


HEAD = "study,tp,fp,fn,tn,"


@pytest.mark.parametrize(
    "text, rows",
    [
        (HEAD + "site\nA,1,1,1,1,x\nB,1,1,1,1,\nA,1,1,1,1,y\n", ("A, x", "B", "A, y")),
        (HEAD + "note,Reader\nA,1,1,1,1,x,1\nA,1,1,1,1,y,2\n", ("A, 1", "A, 2")),
        (HEAD + "site,test.cat\nA,1,1,1,1,x,1\nA,1,1,1,1,x,2\n", ("A, 1", "A, 2")),
        (HEAD + "dose,note\nA,1,1,1,1,5,x\nA,1,1,1,1,6,y\n", ("A, x", "A, y")),
        (
            HEAD + "reader,test\nA,1,1,1,1,1,CT\nA,1,1,1,1,1,MR\nA,1,1,1,1,2,CT\nB,1,1,1,1,,\n",
            ("A, CT, 1", "A, MR, 1", "A, CT, 2", "B"),
        ),
    ],
)
def test_second_labels(tmp_path, text, rows):
    studies = read(tmp_path, text)
    assert studies.row == rows
    assert studies.several_rows() == {"A": [row for row in rows if row != "B"]}


def test_a_blank_second_label_does_not_count(tmp_path):
    (problem,) = problems(tmp_path, HEAD + "site\nA,1,1,1,1,x\nB,1,1,1,1,x\nA,1,1,1,1,\n")
    assert (problem.row, problem.column) == (4, "study")


def test_row_labels_that_would_coincide_are_refused(tmp_path):
    text = HEAD + 'site\n"A, x",1,1,1,1,z\nA,1,1,1,1,x\nA,1,1,1,1,y\n'
    (problem,) = problems(tmp_path, text)
    assert (problem.row, problem.column) == (3, None)
    assert "'A, x' is also that of row 2" in problem.rule


def test_author_and_year_make_the_label(tmp_path):
    text = "Author,Year,tp,fp,fn,tn,test\nLi,2010,1,1,1,1,CT\nLi,2012,1,1,1,1,CT\n"
    studies = read(tmp_path, text + "Su,2011,1,1,1,1,CT\nSu,2011,1,1,1,1,MR\n")
    assert studies.study == ("Li 2010", "Li 2012", "Su 2011", "Su 2011")
    assert studies.row == ("Li 2010", "Li 2012", "Su 2011, CT", "Su 2011, MR")
    assert studies.covariates["year"] == (2010, 2012, 2011, 2011)
    once = read(tmp_path, "Author,Year,tp,fp,fn,tn\nLi,2010,1,1,1,1\nSu,2010,1,1,1,1\n")
    assert once.study == ("Li", "Su")


@pytest.fixture
def several():
    return AccuracyStudies.from_counts(
        ["C", "A", "B"],
        [1, 2, 3],
        np.array([4, 5, 6]),
        [0, 0, 0],
        [1.0, 2.0, 3.0],
        Test=["ct", "MR", None],
        year=[2012, 2010, None],
    )


def test_it_is_frozen(several):
    with pytest.raises(FrozenInstanceError):
        several.name = "x"
    with pytest.raises(ValueError, match="read-only"):
        several.tp[0] = 9
    with pytest.raises(TypeError):
        several.covariates["x"] = ()
    assert several.tp.dtype == np.int64


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_it_can_be_copied_and_pickled(several, clone):
    other = clone(several)
    assert counts(other) == counts(several)
    assert (other.row, other.sha256) == (several.row, several.sha256)
    assert other.covariates == several.covariates
    assert not other.tp.flags.writeable


def test_repr_is_short(several):
    assert repr(several) == "<AccuracyStudies table: 3 studies, 3 rows, 6 diseased, 21 healthy>"
    assert len(several) == 3


def test_select(several):
    for chosen in ([True, False, True], np.array([0, 2]), [0, -1]):
        part = several.select(chosen)
        assert part.row == ("C", "B")
        assert counts(part) == [[1, 3], [4, 6], [0, 0], [1, 3]]
        assert part.covariates == {"Test": ("ct", None), "year": (2012, None)}
        assert not part.tp.flags.writeable
    for wrong in ([True], [0, 0], [], [False] * 3, [0.5], [[0]]):
        with pytest.raises(ValueError, match=r"select|mask"):
            several.select(wrong)
    with pytest.raises(IndexError):
        several.select([3])


def test_where(several):
    assert several.where("test", " CT ").row == ("C",)
    assert several.where("YEAR", 2010.0).row == ("A",)
    assert several.where("study", "b").row == ("B",)
    with pytest.raises(TableError, match="allowed values are ct, MR"):
        several.where("Test", "PET")
    with pytest.raises(TableError, match="allowed are Test, year, study, row, tp"):
        several.where("reader", 1)
    with pytest.raises(TableError, match="no row has"):
        several.where("Test", None)


def test_order_by(several):
    assert several.order_by("study").row == ("A", "B", "C")
    assert several.order_by("year").row == ("A", "C", "B")
    assert several.order_by("n_healthy").row == ("C", "A", "B")
    assert several.order_by("Test").row == ("C", "A", "B")
    with pytest.raises(TableError, match="no column 'size'"):
        several.order_by("size")


def test_name_file_and_frames(tmp_path):
    studies = read(tmp_path, GOOD, "my set.csv")
    assert (studies.name, studies.file) == ("my set", "my set.csv")
    frame = pd.read_csv(tmp_path / "my set.csv")
    other = AccuracyStudies.from_table(frame, name="frame")
    assert counts(other) == COUNTS
    assert (other.name, other.file) == ("frame", "<table>")


def test_direct_construction_checks_shapes():
    one = np.array([1])
    with pytest.raises(ValueError, match="one length"):
        AccuracyStudies("x", ("A",), ("A",), one, one, one, np.array([1, 2]))
    two = np.array([1, 2])
    with pytest.raises(ValueError, match="unique"):
        AccuracyStudies("x", ("A", "A"), ("A", "A"), two, two, two, two)
