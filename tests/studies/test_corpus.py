"""Odd and hostile tables of diagnostic accuracy: refused, warned of or taken, case by case."""

from __future__ import annotations

import pytest
from hostile import Case, corpus

from bayespool.studies import AccuracyStudies, Effects, GroupMeans, TableError, read_studies

HEAD = "study,tp,fp,fn,tn\n"
GOOD = HEAD + "A 2001,10,2,3,40\nB 2002,5,0,1,20\nC 2003,12,4,2,31\n"
SUM = "27,6,6,91"
TP = {"tp": [10, 5, 12]}

TOTALS = [
    "Total", "TOTAL", "total:", "Totals", "Sub-total", "Subtotal (95% CI)", "Total (5 studies)",
    "Grand total", "Overall", "Overall (I² = 40 %)", "Pooled", "pooled estimate", "Mean", "Average",
    "Sum", "Summary", "Combined", "All studies", "RE Model", "Random effects model",
    "Common effect model", "Prediction interval", "Test for overall effect: Z = 3.2 (P = 0.001)",
    "Heterogeneity: Tau² = 0.1", "Total (n = 3)", "Summe", "Gesamt", "Insgesamt", "Mittelwert",
    "Durchschnitt", "Ensemble", "Total général", "Sous-total", "Moyenne", "Suma", "Promedio",
    "Totale", "Soma", "Totaal", "Samlet", "Yhteensä", "Ogółem", "Celkem", "Összesen", "Toplam",
    "Σύνολο", "ΣΥΝΟΛΟ", "Итого", "ВСЕГО", "合計", "总计", "합계", "المجموع",
]  # fmt: skip
NO_TOTALS = ["Sum 2010", "Meanwell 2001", "Total knee group 2004", "Allen", "Overall Study Group",
             "Pool 1999", "Ensembl", "Gesamtschule Kiel 2002"]  # fmt: skip

ROWS = [
    *(Case(f"total-{label}", f'{GOOD}"{label}",1,1,1,1\n',
           (f"t.csv row 5, column study: {label!r} is a total or a mean, no study", "--keep-row"))
      for label in TOTALS),
    *(Case(f"study-{label}", f"{GOOD}{label},1,1,1,1\n", numbers={"tp": [10, 5, 12, 1]})
      for label in NO_TOTALS),
    Case("total-of-blanks", f"{GOOD}Mean,,,,\n", ("row 5, column study: 'Mean' is a total",)),
    Case("total-by-sum", f"{GOOD}D 2004,{SUM}\n",
         ("row 5: the counts of 'D 2004' are the sums of all other rows",)),
    Case("total-first", f"{HEAD}D 2004,{SUM}\n" + GOOD.removeprefix(HEAD),
         ("row 2: the counts of 'D 2004' are the sums of all other rows",)),
    Case("no-sum-in-one-cell", f"{GOOD}D 2004,27,6,6,90\n", numbers={"tp": [10, 5, 12, 27]}),
    Case("two-alike-are-no-sum", HEAD + "A,3,1,1,9\nB,3,1,1,9\n", numbers={"tp": [3, 3]}),
    Case("subtotal-by-sum", f"{GOOD}D 2004,{SUM}\nE 2005,7,7,7,7\n",
         warned=("t.csv row 5: the counts of 'D 2004' are the sums of the 3 rows above",),
         numbers={"tp": [10, 5, 12, 27, 7]}),
    Case("kept-by-label", f"{GOOD}Total,1,1,1,1\n", numbers={"tp": [10, 5, 12, 1]},
         options={"keep_rows": ("total",)}),
    Case("kept-by-sum", f"{GOOD}D 2004,{SUM}\n", numbers={"tp": [10, 5, 12, 27]},
         options={"keep_rows": ("D 2004",)}),
    Case("kept-nothing", GOOD, ("there is no row 'Total' to keep", "A 2001"),
         options={"keep_rows": ("Total",)}),
    Case("arms-total", "study,e1,n1,e2,n2\nA,1,10,2,10\nB,3,20,4,21\nTotal,4,30,6,31\n",
         ("row 4, column study: 'Total' is a total",), measure="or"),
    Case("arms-sum", "study,e1,n1,e2,n2\nA,1,10,2,10\nB,3,20,4,21\nZ,4,30,6,31\n",
         ("row 4: the counts of 'Z' are the sums",), measure="or"),
    Case("effects-total", "study,or,ci_low,ci_high\nA,2,1,4\nB,1,0.5,2\nRE Model,1.5,1,2.2\n",
         ("row 4, column study: 'RE Model' is a total",), measure="or"),
    Case("proportions-sum", "study,events,n\nA,1,10\nB,3,21\nZ,4,31\n", ("row 4: the counts",),
         measure="proportion"),
    Case("means-total", "study,mean1,sd1,n1,mean2,sd2,n2\nA,1,1,9,2,1,9\nTotal,1,1,9,2,1,9\n",
         ("'Total' is a total",), measure="md"),
    Case("correlations-total", "study,r,n\nA,0.5,9\nAverage,0.5,9\n", ("'Average' is a total",),
         measure="cor"),
    Case("pairs-total", "study,both,lost,gained,neither\nA,1,2,3,4\nB,2,2,2,2\nSum,3,4,5,6\n",
         ("'Sum' is a total",), measure="or"),
]  # fmt: skip

ONE = "is read as the study 'Smith 2001' of row 2"
SAME = ["smith 2001", "SMITH 2001", "Smith  2001", "Smith, 2001", "Smith (2001)", "Smith; 2001",
        "Smith: 2001", "Smith [2001]", "Smith-2001", "Smith_2001", "Smith.2001", "Smith2001",
        " Smith\t2001", "Smith\u00a02001", "Smith\u200b 2001", "“Smith” 2001"]  # fmt: skip
APART = ["Smith 2001a", "Smith 2002", "Smith 2001+", "Smythe 2001", "Smith 200 1"]

STUDIES = [
    *(Case(f"one-study-{label!r}", f'{HEAD}Smith 2001,1,2,3,4\n"{label}",5,6,7,8\n',
           ("study 'Smith 2001' appears in rows 2 and 3", "2001a and 2001b")) for label in SAME),
    *(Case(f"two-studies-{label!r}", f"{HEAD}Smith 2001,1,2,3,4\n{label},5,6,7,8\n",
           numbers={"study": ["Smith 2001", label]}) for label in APART),
    *(Case(f"one-study-two-rows-{label!r}",
           f'study,test,tp,fp,fn,tn\nSmith 2001,CT,1,2,3,4\n"{label}",MR,5,6,7,8\n',
           warned=(ONE,) if label not in ("Smith  2001", " Smith\t2001", "Smith\u00a02001",
                                          "Smith\u200b 2001") else (),
           numbers={"study": ["Smith 2001"] * 2, "row": ["Smith 2001, CT", "Smith 2001, MR"]})
      for label in SAME),
    Case("normal-forms", HEAD + "M\u00fcller 2001,1,2,3,4\nMu\u0308ller 2001,5,6,7,8\n",
         ("study 'Müller 2001' appears in rows 2 and 3",)),
    Case("ligature", HEAD + "E\ufb03ng 2001,1,2,3,4\nEffing 2001,5,6,7,8\n", ("rows 2 and 3",)),
    Case("plus-and-minus", HEAD + "A+,1,2,3,4\nA-,5,6,7,8\n", numbers={"study": ["A+", "A-"]}),
    Case("identical", HEAD + "A,1,2,3,4\nA,1,2,3,4\n", ("row 3: the row repeats row 2",)),
    Case("combinations-of-labels",
         f"study,{','.join(f'site{"_" * i}' for i in range(40))},tp,fp,fn,tn\n"
         + f"A,{'x,' * 40}1,2,3,4\n" * 2 + f"A,{'x,' * 40}1,2,3,5\n", ("the row repeats row 2",)),
    Case("hundreds-of-one-study", HEAD + "".join(f"A,{i},2,3,4\n" for i in range(300)),
         ("study 'A' appears in rows 2, 3, 4", "more and 301")),
    Case("comment-in-the-middle", GOOD.replace("B 2002", "#B 2002"),
         warned=("t.csv: row 3 begins with # and is not read",), numbers={"tp": [10, 12]}),
    Case("comment-with-a-quote", GOOD.replace("B 2002", '# he said "no\nB 2002'),
         warned=("row 3 begins with #",), numbers=TP),
    Case("hash-within-quotes", GOOD.replace("B 2002", '"B\n#2002"'), numbers=TP),
    Case("blank-lines", GOOD.replace("B", "\n,,,,\n  \nB"), numbers=TP),
]  # fmt: skip

RATES = "study,tp,fp,fn,tn,sens,spec\n"
CONTRADICTING = [
    Case("sens-against-counts", RATES + "A,30,2,10,40,0.60,0.95\n",
         warned=("t.csv row 2, column sens: sens=0.60, but tp/(tp+fn) = 30/40 = 0.75; the counts",),
         numbers={"tp": [30]}),
    Case("spec-against-counts", RATES + "A,30,2,10,40,75%,40%\n",
         warned=("column spec: spec=40%, but tn/(tn+fp) = 40/42 = 95.2",)),
    Case("sens-agrees", RATES + "A,30,2,10,40,0.75,0.95\nB,1,0,2,20,.33,1\n"),
    Case("percents-agree", RATES + "A,30,2,10,40,75,95.2\nB,1,0,2,20,33,100\n"),
    Case("rates-cut-off-agree", RATES + "A,2,0,1,3,0.66,1.00\n"),
    Case("rates-with-limits-agree", RATES + "A,30,2,10,40,0.75 (0.6-0.9),95% (90 to 99)\n"),
    Case("rates-with-limits", RATES + "A,30,2,10,40,0.55 (0.4-0.7),0.95 (0.9-0.99)\n",
         warned=("sens=0.55 (0.4-0.7), but",)),
    Case("rates-in-words", RATES + "A,30,2,10,40,high,not given\n"),
    Case("se-alone-is-no-rate", "study,tp,fp,fn,tn,se\nA,30,2,10,40,0.05\n"),
    Case("se-and-sp-are-rates", "study,tp,fp,fn,tn,se,sp\nA,30,2,10,40,0.05,0.95\n",
         warned=("column se: se=0.05, but tp/(tp+fn) = 30/40",)),
    Case("total-against-counts", "study,tp,fp,fn,tn,total\nA,30,2,10,40,80\n",
         warned=("column total: total=80, but the counts add up to 82",)),
    Case("size-against-counts", "study,tp,fp,fn,tn,n1\nA,30,2,10,40,41\n",
         ("row 2, column n1: n1=41 but tp+fn=40",)),
    Case("many-contradictions",
         RATES + "".join(f"S{i},30,2,10,{40 + i},0.6,0.95\n" for i in range(50)),
         warned=("row 2, column sens: sens=0.6, but", "more warnings")),
]  # fmt: skip


@corpus([*ROWS, *STUDIES, *CONTRADICTING])
def test_rows(case, tmp_path):
    case.check(tmp_path)


def test_a_total_hides_no_other_problem(tmp_path):
    case = Case("t", f"{GOOD}D,x,1,1,1\nTotal,,,,\n")
    with pytest.raises(TableError) as caught:
        case.read(tmp_path)
    assert [(p.row, p.column) for p in caught.value.problems] == [(5, "tp"), (6, "study")]


def test_a_total_is_refused_once(tmp_path):
    with pytest.raises(TableError) as caught:
        Case("t", f"{GOOD}Total,{SUM}\n").read(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (5, "study")


def test_rows_are_kept_by_every_way_to_read():
    tables = {"study": ["A", "Total"], "tp": [1, 2], "fp": [1, 1], "fn": [1, 1], "tn": [1, 1]}
    assert len(AccuracyStudies.from_table(tables, keep_rows=("Total",))) == 2
    effects = {"study": ["A", "Mean"], "estimate": [0.1, 0.2], "se": [1, 1]}
    assert len(Effects.from_table(effects, keep_rows=("Mean",))) == 2
    assert len(read_studies(effects, "generic", keep_rows="mean")) == 2
    means = {"study": ["Sum"], **{name: [3.0] for name in ("mean1", "sd1", "mean2", "sd2")},
             "n1": [5], "n2": [5]}  # fmt: skip
    assert len(GroupMeans.from_table(means, keep_rows=("Sum",))) == 1
