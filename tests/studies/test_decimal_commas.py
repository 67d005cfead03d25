"""Decimal commas typed as text into a workbook, and what may be a thousand."""

from __future__ import annotations

import openpyxl
import pytest

from bayespool.studies import TableError, read_studies


def effects(folder, *rows):
    book = openpyxl.Workbook()
    for row in (("study", "estimate", "se"), *rows):
        book.active.append(row)
    book.save(folder / "t.xlsx")
    return read_studies(folder / "t.xlsx", "smd")


def test_read_and_said(tmp_path):
    studies = effects(tmp_path, ("A", "0,83", "0,21"), ("B", 0.4, 0.3), ("C", "-1,2", "0.4"))
    assert studies.estimate.tolist() == [0.83, 0.4, -1.2]
    assert studies.se.tolist() == [0.21, 0.3, 0.4]
    assert studies.warnings == ("t.xlsx: numbers such as 0,83 are read with a decimal comma",)


def test_what_may_be_a_thousand_is_refused(tmp_path):
    with pytest.raises(TableError, match="estimate='1,234' is text"):
        effects(tmp_path, ("A", "1,234", 0.2), ("B", 0.4, 0.3))
