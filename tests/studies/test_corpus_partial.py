"""Odd and hostile rows that are no full results: refused in words and in no time, or taken."""

from __future__ import annotations

import time

import pytest
from hostile import Case, corpus

GOOD = {"tp": 10, "fp": 2, "fn": 3, "tn": 40}


def accuracy(name, refused=(), numbers=None, delimiter=",", **cells):
    """A full row and one of a kind."""
    columns = ["study", "tp", "fp", "fn", "tn", *cells]
    rows = [columns, ["A", *GOOD.values(), *[""] * len(cells)], ["B", *[""] * 4, *cells.values()]]
    text = "\n".join(delimiter.join(map(str, row)) for row in rows) + "\n"
    return Case(name, text, refused, (), numbers or {})


def rates(name, refused=(), **cells):
    shown = {"kind": "rates", "sens": "0.80", "spec": "0.90", "n_diseased": 10, "n_healthy": 20}
    return accuracy(f"rates-{name}", refused, **shown | cells)


def marker(name, refused=(), **cells):
    shown = {"kind": "marker", "n_diseased": 20, "n_healthy": 30, "mean1": 5, "sd1": 1, "mean2": 4,
             "sd2": 1.5}  # fmt: skip
    return accuracy(f"marker-{name}", refused, **shown | cells)


def candidates(name, rows, refused=(), numbers=None):
    text = "study,tp,fp,fn,tn,kind,weight\nA,10,2,3,40,,\n"
    text += "".join(f"B,{row}\n" for row in rows)
    return Case(f"candidates-{name}", text, refused, (), numbers or {})


def censored(name, refused=(), measure="or", **cells):
    cells = {"kind": "censored", "p": "ns", "n1": 20, "n2": 30, "events": 12} | cells
    text = f"study,e1,e2,{','.join(cells)}\nB,,,{','.join(map(str, cells.values()))}\n"
    return Case(f"censored-{name}", text, refused, (), {}, measure)


NO_RATES = ["1e-9", "1e-999999999", "0.8²", "٠.٨", "inf", "-0.5", "101%", "0.8-0.7",
            "0.8-0.9-1.0", "1_0", "0x1", "--", "%", "NaN%", "0.8/0.9", "1e308",
            "0." + "1" * 5000]  # fmt: skip
NO_SIZES = ["9" * 5000, "²", "٩", "1e3", "-5", "10.5", "10-9", "9-", "0x10", "1_0", "9" * 17]
LARGE = ["9000000000", "1-9000000000", "5000000-5000001", "1000-3000", "900000"]

CASES = [
    rates("good"),
    *(rates(f"no-rate-{text[:12]}", ("t.csv row 3, column sens: sens=", "is no rate"), sens=text)
      for text in NO_RATES),
    *(rates(f"no-size-{text[:8]}-{len(text)}",
            ("t.csv row 3, column n_diseased: n_diseased=", "is neither a"), n_diseased=text)
      for text in NO_SIZES),
    *(rates(f"large-{text}", ("row 3, column n_diseased: groups of", "allow more tables than are"),
            n_diseased=text, n_healthy=text) for text in LARGE),
    rates("computed", sens="0.8000000000000000", spec="0.9"),
    rates("middle-dot", sens="0·80"),
    accuracy("rates-decimal-comma", kind="rates", sens="0,80", spec="0,90", n_diseased=10,
             n_healthy=20, delimiter=";", numbers={"tp": [10, 8]}),
    accuracy("rates-range-with-comma", kind="rates", sens="0,75-0,85", spec="90,0", n_diseased=10,
             n_healthy=20, delimiter=";"),
    marker("good"),
    accuracy("marker-decimal-comma", kind="marker", n_diseased=20, n_healthy=30, mean1="5,25",
             sd1="1,5", mean2="4,1", sd2="1,5", delimiter=";"),
    marker("minus-sign", mean2="−4"),
    marker("sd-negative", ("t.csv row 3, column sd2: sd2=-1 is not positive",), sd2=-1),
    marker("sd-tiny", ("row 3, column sd2: sd2=1e-320 is too small",), sd2="1e-320"),
    marker("mean-1e308", ("row 3, column mean1: mean1=1e308 is too large",), mean1="1e308"),
    marker("underscore", ("row 3, column mean1: mean1='1_000' is text",), mean1="1_000"),
    marker("arabic", ("row 3, column mean1: mean1='١٢' is text",), mean1="١٢"),
    marker("infinite", ("column mean1: mean1=inf is not finite",), mean1="inf"),
    marker("one-limit", ("row 3, column auc_high: auc_high is blank beside",), mean1="", sd1="",
           mean2="", sd2="", auc=0.8, auc_low=0.7, auc_high=""),
    marker("other-limit", ("row 3, column auc_low: auc_low is blank beside",), mean1="", sd1="",
           mean2="", sd2="", auc=0.8, auc_low="", auc_high=0.9),
    marker("means-against-area", ("row 3, column auc: auc=0.2, but by its means the marker is h",),
           auc=0.2),
    marker("means-with-area", auc=0.7),
    marker("direction", ("column direction: direction='up'",), direction="up"),
    candidates("good", ["10,2,3,40,candidate,", "11,2,2,40,candidate,"]),
    candidates("weights", ["10,2,3,40,candidate,1", "11,2,2,40,candidate,3"],
               numbers={"tp": [10, 11]}),
    candidates("same-twice", ["10,2,3,40,candidate,", "10,2,3,40,candidate,", "1,2,3,4,candidate,"],
               ("t.csv row 4", "the candidate repeats that of row 3")),
    candidates("same-twice-weighted",
               ["10,2,3,40,candidate,1", "10,2,3,40,candidate,2", "1,2,3,4,candidate,1"],
               ("t.csv row 4", "the candidate repeats that of row 3")),
    candidates("that-agree", ["10,2,3,40,candidate,", "10,2,3,40,candidate,"],
               numbers={"tp": [10, 10]}),
    candidates("half-weights", ["10,2,3,40,candidate,2", "11,2,2,40,candidate,"],
               ("t.csv row 4, column weight: weight is blank where other",)),
    *(candidates(f"weight-{weight}", [f"10,2,3,40,candidate,{weight}", "11,2,2,40,candidate,1"],
                 ("t.csv row 3, column weight",))
      for weight in ("1e308", "-1", "0", "nan%", "inf")),
    censored("good"),
    *(censored(f"p-{text[:8]}-{len(text)}", ("t.csv row 2, column p: p=",), p=text)
      for text in ("2", "0", "1.5", "-0.1", "<<0.05", "²", "0_1", "1e-999999", "<",
                   "9" * 5000)),
    censored("p-decimal-comma", p='"<0,05"'),
    *(censored(f"size-{text[:8]}-{len(text)}", ("t.csv row 2, column n1: n1=",), n1=text)
      for text in NO_SIZES),
    censored("n-1e9", ("row 2, column n: the sizes and events allow",),
             n1="", n2="", n="1000000000"),
    censored("events-range", ("row 2, column n1: the sizes and events allow",),
             events="1-1000000000"),
    censored("events-1e9", ("row 2, column n1: the sizes and events allow",), n1=1000000000,
             n2=1000000000, events=1000000000),
    censored("two-ranges", ("row 2, column n1: the sizes and events allow 10000000000 designs",),
             n1="1-100000", n2="1-100000"),
    censored("too-many-tables", ("row 2, column p: no table was found",), n1=400000, n2=400000,
             events=300000),
    censored("sizes-of-means", ("row 2, column n1: the sizes",), measure="smd", n1="1-100000",
             n2="1-100000", smd=""),
    Case("pairs-1e11", "study,kind,before,n_before,after,n_after\n"
         "A,margins,200000000000,500000000000,100000000000,400000000000\n",
         ("t.csv row 2, column before: 100000000001 tables or more",), measure="or"),
    Case("pairs-1e5", "study,kind,before,n_before,after,n_after\n"
         "A,margins,60000,120000,50000,120000\n",
         ("t.csv row 2, column before: 50001 tables or more",), measure="or"),
    Case("pairs-and-a-p-value", "study,kind,before,n_before,after,n_after,p\n"
         "A,margins,19000,40000,19000,40000,0.04\n",
         ("row 2, column p: no table with these margins",), measure="or"),
    Case("pairs-once-1e6", "study,kind,before,n_before,after,n_after\n"
         "A,margins,900000,2000000,5,10\n",
         ("tables or more have these margins",), measure="or"),
    Case("arms-rates-large", "study,kind,risk1,n1,risk2,n2\nA,rates,0.5,9000000000,0.4,10\n",
         ("t.csv row 2, column n1: groups of 9000000000 and 10 allow more",), measure="or"),
    Case("arms-same-candidate", "study,kind,e1,n1,e2,n2\nA,,1,10,2,10\nB,candidate,1,10,3,10\n"
         "B,candidate,1,10,3,10\nB,candidate,2,10,3,10\n",
         ("row 4", "the candidate repeats that of row 3"), measure="or"),
    Case("kind-unknown", "study,kind,tp,fp,fn,tn\nA,rates,,,,\nB,guess,1,1,1,1\n",
         ("t.csv row 3, column kind: kind='guess'",)),
]  # fmt: skip


@corpus(CASES)
def test_partial_rows(case, tmp_path):
    began = time.process_time()
    case.check(tmp_path)
    assert time.process_time() - began < 5.0


def test_what_is_counted_is_what_is_listed():
    from bayespool.studies.paired import _how_many, _possible

    for x, n, y, m in [(3, 10, 4, 10), (3, 10, 4, 7), (0, 5, 5, 5), (5, 20, 2, 8), (2, 8, 5, 20)]:
        assert _how_many(x, n, y, m) == len(_possible(x, n, y, m))


@pytest.mark.parametrize("text, low, high", [("0.5", 0.45, 0.6), ("50%", 0.495, 0.51)])
def test_a_rate_is_rounded_or_cut_off(text, low, high):
    from bayespool.studies.possible import read_rate

    rate = read_rate(text)
    assert (float(rate.low), float(rate.high)) == pytest.approx((low, high))
