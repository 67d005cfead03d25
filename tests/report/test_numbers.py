"""How numbers are written."""

from __future__ import annotations

import pytest

from bayespool.report import numbers
from bayespool.report.references import REFERENCES, references
from bayespool.report.wording import counted, listed


def plain(text: str) -> str:
    return text.replace(numbers.SPACE, " ").replace(numbers.MINUS, "-")


@pytest.mark.parametrize(
    "p, table, prose",
    [
        (0.0, "< 0.1 %", "< 0.1 %"),
        (0.0009, "< 0.1 %", "< 0.1 %"),
        (0.001, "0.1 %", "0.1 %"),
        (0.004, "0.4 %", "0.4 %"),
        (0.7149, "71.5 %", "71 %"),
        (0.99, "99.0 %", "99 %"),
        (0.996, "99.6 %", "99.6 %"),
        (0.9995, "> 99.9 %", "> 99.9 %"),
        (1.0, "> 99.9 %", "> 99.9 %"),
    ],
)
def test_percent(p: float, table: str, prose: str) -> None:
    assert plain(numbers.percent(p)) == table
    assert plain(numbers.percent_prose(p)) == prose


@pytest.mark.parametrize(
    "x, text",
    [
        (12.345, "12.3"), (1234.4, "1,234"), (0.31551, "0.32"), (2.0, "2.00"), (9.999, "10.0"),
        (0.0767, "0.077"), (0.00987, "0.0099"), (0.105, "0.10"), (271.2, "271"),
        (99.96, "100"), (3e7, "3.00e+07"), (2e-6, "2.00e-06"), (0.0, "0.00"),
        (float("inf"), "–"),
    ],
)  # fmt: skip
def test_ratio(x: float, text: str) -> None:
    assert plain(numbers.ratio(x)) == text


@pytest.mark.parametrize(
    "p, text",
    [(0.0, "below 0.1 %"), (1.0, "above 99.9 %"), (0.4213, "about 42 %"), (0.004, "about 0.4 %")],
)
def test_about(p: float, text: str) -> None:
    assert plain(numbers.about(p)) == text


@pytest.mark.parametrize(
    "x, text", [(-0.355, "-0.35"), (-0.001, "0.00"), (1.0, "1.00"), (float("nan"), "–")]
)
def test_number(x: float, text: str) -> None:
    assert plain(numbers.number(x)) == text


@pytest.mark.parametrize(
    "x, text", [(4114.1, "4,114"), (1.0082, "1.008"), (0, "0"), (0.7, "0.700")]
)
def test_measured(x: float, text: str) -> None:
    assert numbers.measured(x) == text


def test_shares_may_be_all_or_none() -> None:
    assert plain(numbers.share(5, 5)) == "100.0 %"
    assert plain(numbers.share(0, 5)) == "0.0 %"
    assert numbers.share(0, 0) == numbers.MISSING


def test_words() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert plain(counted(1, "study", "studies")) == "1 study"


def test_references() -> None:
    assert len(references(["vehtari2024", "vehtari2024"])) == 1
    with pytest.raises(ValueError, match="no reference nobody1900; allowed"):
        references(["nobody1900"])
    for work in REFERENCES.values():
        assert work.doi == "" or work.doi.startswith("10.")
