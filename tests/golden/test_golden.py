"""Reports of fixed cases, word for word: a change of what a reader sees is seen here."""

from __future__ import annotations

import pytest
from golden.cases import CASES, HERE, texts


@pytest.mark.parametrize("name", CASES)
def test_says_what_it_said(name: str) -> None:
    for file, text in texts(name).items():
        assert text == (HERE / file).read_text(encoding="utf-8"), file


def test_every_file_has_its_case() -> None:
    assert {path.stem for path in HERE.glob("*.json")} == set(CASES)
