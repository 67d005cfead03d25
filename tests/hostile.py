"""Odd and hostile tables as test cases: a text, and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bayespool.studies import AccuracyStudies, TableError, read_studies
from bayespool.studies.limits import MOST_PROBLEMS


@dataclass(frozen=True)
class Case:
    """A table and what must happen.

    Parameters
    ----------
    name
        Id of the test, and part of the file's name.
    content
        The file.
    refused
        Words of the message; empty if the table is taken.
    warned
        Words that one warning must hold, each; a table without any must have no warning.
    numbers
        Field of the studies to its values.
    measure
        Of an association; None reads diagnostic accuracy.
    options
        Of reading: keep_rows, sheet, column_map.
    """

    name: str
    content: str | bytes
    refused: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)
    measure: str | None = None
    suffix: str = ".csv"
    options: dict[str, Any] = field(default_factory=dict)

    def read(self, folder: Path) -> Any:
        content = self.content if isinstance(self.content, bytes) else self.content.encode()
        path = folder / f"t{self.suffix}"
        path.write_bytes(content)
        if self.measure is None:
            return AccuracyStudies.from_table(path, **self.options)
        return read_studies(path, self.measure, **self.options)

    def check(self, folder: Path) -> None:
        if self.refused:
            with pytest.raises(TableError) as caught:
                self.read(folder)
            message = str(caught.value)
            assert all(word in message for word in self.refused), message
            assert "t." in message
            lines = message.splitlines()
            assert len(lines) <= MOST_PROBLEMS + 2
            assert all(line.isprintable() and len(line) < 1500 for line in lines)
            return
        studies = self.read(folder)
        for word in self.warned:
            assert any(word in text for text in studies.warnings), studies.warnings
        assert bool(studies.warnings) == bool(self.warned), studies.warnings
        for name, values in self.numbers.items():
            found = getattr(studies, name)
            found = found.tolist() if hasattr(found, "tolist") else list(found)
            assert found == pytest.approx(values) if name in ("estimate", "se") else found == values


def corpus(cases: list[Case]) -> Any:
    """All cases of a file as parameters of one test."""
    assert len({case.name for case in cases}) == len(cases)
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])
