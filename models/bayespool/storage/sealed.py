"""A checksum at the end of a file, behind what HDF5 reads: what is read is what was stored.

It tells a damaged or edited file, not who made it: anybody can compute it. What is inside is
checked before it is used (`bayespool.storage.strict`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bayespool.replacing import replacing_file

MARK = b"bayespool-sha256:"
LENGTH = len(MARK) + 64
_BLOCK = 1 << 20


@contextmanager
def sealing(path: str | Path) -> Iterator[Path]:
    """A new file, which gets its checksum and takes the place of `path` at the end."""
    with replacing_file(path) as partial:
        yield partial
        seal(partial)


def seal(path: Path) -> None:
    """Put the checksum behind the file, in the place of an old one."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size >= LENGTH:
            file.seek(size - LENGTH)
            if file.read(len(MARK)) == MARK:
                size -= LENGTH
                file.truncate(size)
        file.seek(size)
        file.write(MARK + _digest(path, size).encode())


def check_seal(path: Path, allowed: str) -> None:
    """Refuse a file that is not what was stored.

    Raises
    ------
    ValueError
        It has no checksum, or another one.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - LENGTH, 0))
        told = file.read(LENGTH)
    if not told.startswith(MARK):
        raise ValueError(
            f"{path.name}: has no checksum of bayespool at its end, so that it was cut off, or "
            f"written by another program; allowed: {allowed}"
        )
    if told[len(MARK) :] != _digest(path, size - LENGTH).encode():
        raise ValueError(
            f"{path.name}: its checksum is that of other contents, so that it was damaged or "
            f"changed after it was saved; allowed: {allowed}"
        )


def _digest(path: Path, size: int) -> str:
    """SHA-256 of the first bytes of a file."""
    found, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left and (block := file.read(min(_BLOCK, left))):
            found.update(block)
            left -= len(block)
    return found.hexdigest()
