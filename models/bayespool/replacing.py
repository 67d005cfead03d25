"""Files that take the place of old ones whole: whatever ends the program, one of both is there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 200  # characters of the name that is kept in that of the partial file


@contextmanager
def replacing_file(path: str | Path) -> Iterator[Path]:
    """A new file beside `path`, which takes its place when the block ends without exception.

    What is no file, such as a pipe, is written as it is. Left-overs of writers that were killed are
    cleared away.
    """
    place = Path(path).resolve()
    if place.exists() and not place.is_file():
        yield place
        return
    clear_left_overs(place)
    partial = place.with_name(f".{place.name[-LONGEST:]}.partial-{os.getpid()}")
    try:
        yield partial
        _to_disk(partial)
        os.replace(partial, place)
    except OSError as error:  # it is the user's file that could not be written
        if str(error.filename) == str(partial):
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def clear_left_overs(place: Path) -> None:
    """Remove partial files of processes that are no more."""
    form = re.compile(rf"\.{re.escape(place.name[-LONGEST:])}\.partial-(\d+)")
    if not place.parent.is_dir():
        return
    for path in place.parent.iterdir():
        if (found := form.fullmatch(path.name)) and not alive(int(found[1])) and path.is_file():
            path.unlink(missing_ok=True)


def alive(process: int) -> bool:
    """Whether another process of this number runs."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
