"""Odd and hostile tables of associations: refused, warned of or taken, case by case."""

from __future__ import annotations

from math import log
from statistics import NormalDist

import pytest
from hostile import Case, corpus

ESTIMATES = "study,or,ci_low,ci_high,se_log,p\n"
LOGS = "study,log_or,se,variance,ci_low,ci_high,t,p,df\n"
FIELDS = LOGS.strip().split(",")[1:]


def one(name, refused=(), warned=(), measure="or", numbers=None, **cells):
    """A table of one row with the cells that are given."""
    text = f"study,{','.join(cells)}\nA,{','.join(map(str, cells.values()))}\n"
    return Case(name, text, refused, warned, numbers or {}, measure)


SE = 0.2
LIMITS = {"ci_low": 0.11, "ci_high": 0.89}
RATIO = {"or": 2.0, "ci_low": 1.0, "ci_high": 4.0}

AGREE = [
    one("se-and-variance", log_or=0.5, se=0.2, variance=0.04, numbers={"se": [0.2]}),
    one("se-and-rounded-variance", log_or=0.5, se=0.23, variance=0.05, numbers={"se": [0.23]}),
    one("se-and-interval", log_or=0.5, se=0.2, **LIMITS, numbers={"se": [0.2]}),
    one("se-and-p", log_or=0.5, se=0.2, p=0.012, numbers={"se": [0.2]}),
    one("se-and-bound", log_or=0.5, se=0.1, p="<0.001", numbers={"se": [0.1]}),
    one("se-and-not-significant", log_or=0.1, se=0.1, p=">0.05", numbers={"se": [0.1]}),
    one("se-and-p-of-zero", log_or=0.5, se=0.1, p="0.000", numbers={"se": [0.1]}),
    one("se-and-t", log_or=0.5, se=0.2, t=2.5, numbers={"se": [0.2]}),
    one("interval-and-p", **RATIO, p=0.05, numbers={"se": [log(4) / 2 / 1.959964]}),
    one("coarse-limits", **{"or": 1.5, "ci_low": 1.1, "ci_high": 2.2}),
    one("limits-of-a-small-ratio", **{"or": 0.3, "ci_low": 0.1, "ci_high": 0.7}),
    one("t-of-small-samples", measure="md", md=2, ci_low=-0.57, ci_high=4.57, df=4, t=2.16),
    one("level-90", measure="md", md=2.0, se=1.0, ci_low=0.355, ci_high=3.645, level=90),
    one("level-as-share", measure="md", md=2.0, se=1.0, ci_low=0.355, ci_high=3.645, level=0.9),
    one("tiny-p", log_or=0.5, p=1e-20, numbers={"se": [-0.5 / NormalDist().inv_cdf(5e-21)]}),
]  # fmt: skip
DISAGREE = [
    one("variance-is-se", (), ("variance: variance=0.2 asks for", "se=0.2 says 0.2, which is"),
        log_or=0.5, se=0.2, variance=0.2),
    one("se-half", (), ("ci_low: ci_low=0.11, ci_high=0.89 asks for a standard error of 0.1",),
        log_or=0.5, se=0.1, **LIMITS),
    one("se-against-p", (), ("column p: p=0.5 asks for",), log_or=0.5, se=0.1, p=0.5),
    one("se-against-bound", (), ("column p: p=<0.001 asks for a standard error of 0 to",),
        log_or=0.5, se=0.4, p="<0.001"),
    one("se-against-not-significant", (), ("column p: p=>0.05 asks for a standard error of 0.2",),
        log_or=0.5, se=0.1, p=">0.05"),
    one("se-against-t", (), ("column t: t=5.0 asks for",), log_or=0.50, se="0.20",
        t=5.0),
    one("interval-against-p", (), ("column p: p=0.5 asks for", "ci_low=1.0, ci_high=4.0 says"),
        **RATIO, p=0.5),
    one("se-log-against-interval", (), ("asks for a standard error of",), **RATIO, se_log=0.1),
    one("ratio-in-the-middle-of-its-limits", (), ("estimate is not in the middle of its interval",),
        **{"or": 2.5, "ci_low": 1.0, "ci_high": 4.0}),
    one("ratio-near-its-limit", (), ("is not in the middle",),
        **{"or": 2.00, "ci_low": 1.90, "ci_high": 9.90}),
    one("difference-off-centre", (), ("is not in the middle",), measure="md", md=1.0, ci_low=0.5,
        ci_high=9.5),
]  # fmt: skip
IMPOSSIBLE = [
    *(one(f"{name}-{value}", (f"t.csv row 2, column {name}", "too"), measure="md",
          **{"md": 1.0, "se": 0.5} | {name: value})
      for name, value in [("md", "1e308"), ("md", "-1e300"), ("md", "1e-320"), ("se", "1e308"),
                          ("se", "1e-320"), ("se", "1e-80")]),
    one("ratio-of-1e-320", ("row 2, column or: or=1e-320 is too small",),
        **{"or": "1e-320", "ci_low": 1, "ci_high": 2}),
    one("p-of-1e-320", ("column p: p='1e-320' is no exact P value",), log_or=0.5, p="1e-320"),
    one("infinite", ("row 2, column md: md=inf is not finite",), measure="md", md="inf", se=1),
    one("minus-infinite", ("md=-infinity is not finite",), measure="md", md="-infinity", se=1),
    one("se-negative", ("row 2, column se: se=-1 is not positive",), measure="md", md=1, se=-1),
    one("se-zero", ("row 2, column se: se=0 is not positive",), measure="md", md=1, se=0),
    one("limits-swapped", ("are in the wrong order",), **{"or": 2, "ci_low": 4, "ci_high": 1}),
    one("limit-below-zero", ("is no limit of a ratio",), **{"or": 2, "ci_low": -1, "ci_high": 4}),
    one("limits-without", ("does not contain or=8",), **{"or": 8, "ci_low": 1, "ci_high": 4}),
    one("one-limit", ("row 2: ci_low=1 has no ci_high",), **{"or": 2, "ci_low": 1}),
    one("sd-of-1e200", ("row 2, column sd1: sd1=1e200 is too large",), measure="md", mean1=1,
        sd1="1e200", n1=9, mean2=1, sd2=1, n2=9),
    one("mean-of-1e308", ("column mean2: mean2=1e308 is too large",), measure="md", mean1=1, sd1=1,
        n1=9, mean2="1e308", sd2=1, n2=9),
    one("ratio-of-negative-means", ("A: a mean is not above 0",), measure="rom", mean1=-1, sd1=1,
         n1=9,
        mean2=1, sd2=1, n2=9),
    one("r-of-1", ("r=1 is no correlation",), measure="cor", r=1, n=9),
    one("covariate-infinite", ("row 2, column dose: dose=inf is not finite",), measure="generic",
        estimate=1, se=1, dose="inf"),
    one("covariate-of-1e308", ("row 2, column dose: dose=1e308 is too large",), measure="generic",
        estimate=1, se=1, dose="1e308"),
    one("sem-against-sd", (), ("column sem1: sem1=1.0, but sd1=1.0 of 9 gives 0.333; sd1",),
        measure="md", mean1=1, sd1="1.0", sem1="1.0", n1=9, mean2=1, sd2=1, n2=9),
    one("sem-beside-sd", measure="md", mean1=1, sd1="1.0", sem1="0.33", n1=9, mean2=1, sd2=1, n2=9),
    one("arms-risk", (), ("column risk1: risk1=0.9, but e1/(e1+none1) = 1/10 = 0.1",), e1=1, n1=10,
        e2=2, n2=10, risk1=0.9),
    one("arms-risk-agrees", e1=1, n1=10, e2=2, n2=10, risk1="10%", risk2=20),
    one("arms-total", (), ("column total: total=30, but the counts add up to 20",), e1=1, n1=10,
        e2=2, n2=10, total=30),
    one("proportion", (), ("column percent: percent=45, but events/(events+none) = 12/20 = 60",),
        measure="proportion", events=12, n=20, percent=45),
]  # fmt: skip

RATIO_SE = [log(4) / 2 / 1.959964]
INTERVALS = [
    "2.0 (1.0-4.0)",
    "2.0 (1.0 to 4.0)",
    "2.0 [1.0, 4.0]",
    "2.0 (1.0,4.0)",
    "2.0(1.0; 4.0)",
    "2.0 (95% CI 1.0-4.0)",
    "2.0 (95 % CI: 1.0 to 4.0)",
    "2·0 (1·0–4·0)",
    "2,0 (1,0-4,0)",
]
TOGETHER = [
    *(Case(f"interval-{text}", f'study,or\nA,"{text}"\n', measure="or",
           numbers={"estimate": [log(2)], "se": RATIO_SE}) for text in INTERVALS),
    one("interval-of-differences", measure="md", md="−1.0 (−2.0–0.0)",
        numbers={"estimate": [-1.0], "se": [1 / 1.959964]}),
    one("interval-of-negatives", measure="md", md="-2.0 (-3.0 - -1.0)",
        numbers={"estimate": [-2.0], "se": [1 / 1.959964]}),
    *(one(f"header-{header}", measure="or", numbers={"se": RATIO_SE},
         **{header: "2.0 (1.0 to 4.0)"})
      for header in ("OR (95% CI)", "or [95% CI]", "Odds ratio (95 % CrI)", "aOR (95%CI)")),
    one("interval-of-90", measure="md", md="2.0 (90% CI 1.0-3.0)", numbers={"se": [1 / 1.644854]}),
    one("interval-off-centre", (), ("is not in the middle",), **{"or": "3.0 (1.0-4.0)"}),
    one("interval-without", ("does not contain or=5.0",), **{"or": "5.0 (1.0-4.0)"}),
    one("interval-beside-limits", ("row 2, column or: or='2.0 (1.0-4.0)' is text",),
        **{"or": "2.0 (1.0-4.0)", "ci_low": 1, "ci_high": 4}),
    one("interval-of-three", ("or='2.0 (1-4-5)' is text",), **{"or": "2.0 (1-4-5)"}),
    Case("one-interval-not-given", "study,or\nA,2.0 (1.0-4.0)\nB,NR\n",
         ("t.csv row 3, column or: or='NR' is text",), measure="or"),
    Case("semicolon-and-commas", "study;or;ci_low;ci_high;p\nA;2,0;1,0;4,0;0,05\n", measure="or",
         numbers={"estimate": [log(2)], "se": RATIO_SE}),
    Case("semicolon-bound", "study;log_or;se;p\nA;0,5;0,1;<0,001\n", measure="or"),
    Case("means-with-commas", "study;mean1;sd1;n1;mean2;sd2;n2\nA;1,5;0,5;9;1,0;0,5;9\n",
         measure="md", numbers={"mean1": [1.5], "sd2": [0.5]}),
    Case("correlation-with-commas", "study;r;n\nA;0,5;9\n", measure="cor", numbers={"r": [0.5]}),
    Case("proportion-with-comma", "study;percent;n\nA;12,5;8\n", measure="proportion",
         numbers={"events": [1]}),
]  # fmt: skip


@corpus([*AGREE, *DISAGREE, *IMPOSSIBLE, *TOGETHER])
def test_effects(case, tmp_path):
    case.check(tmp_path)


@pytest.mark.parametrize("text", ["0.3", "0,3", "-0.3", "<0.3", "−0.3", "3e-1"])
def test_half_a_unit(text):
    from bayespool.studies.contradictions import half_unit

    assert half_unit(text) == pytest.approx(0.05)
