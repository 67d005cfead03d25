"""The folder that a report is written into: checked before anything is computed, replaced whole."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bayespool.replacing import alive

CONTENTS = ("index.html", "summary.csv", "summary.json", "studies.csv", "posterior.nc", "figures",
            "report.md", "report.docx", "tables", "tables.json", "request.json")  # fmt: skip
OPTIONAL = ("refits.nc", "leave_one_out.csv", "prior_sensitivity.csv", "cumulative.csv",
            "other_rows.csv", "node_splitting.csv", "incomplete.csv",
            "without_incomplete.csv")  # fmt: skip
_HERE, _EXCHANGE = -100, 2  # of Linux's renameat2: the current folder, and both names at once


class TargetError(FileExistsError, ValueError):
    """A report cannot be written there."""


def check_target(target: str | Path) -> Path:
    """The place of a folder, once links and ``..`` are followed, if a report may be written there.

    Raises
    ------
    TargetError
        The current folder or one that holds it, a file or a path through one, a folder with
        anything that is not of a report, a name that is too long, or no permission to write.
    """
    try:
        place = Path(target).resolve()
        exists = place.exists()
        foreign = _foreign(place) if place.is_dir() else []
    except (OSError, RuntimeError) as error:  # too long a name, a circle of links, no permission
        reason = getattr(error, "strerror", None) or str(error)
        raise TargetError(f"{target}: {reason}; allowed: a folder that can be written") from None
    if place.is_symlink():  # still one, once all are followed
        raise TargetError(f"{target} is a circle of symbolic links; allowed: a folder")
    here = Path.cwd().resolve()
    if place == here or place in here.parents:
        raise TargetError(
            f"{target} is the current folder, or holds it, and a report would take its place; "
            "allowed: a new folder, or one with an old report"
        )
    if exists and not place.is_dir():
        raise TargetError(f"{target} is a file; allowed: a new folder or one with an old report")
    if foreign:
        raise TargetError(
            f"{target} holds files that are not of a report ({', '.join(foreign[:5])}), which "
            "replacing it would delete; allowed: a new or empty folder, or one with an old report"
        )
    _check_writable(target, place)
    return place


def _foreign(place: Path) -> list[str]:
    return sorted(item.name for item in place.iterdir() if item.name not in (*CONTENTS, *OPTIONAL))


def _check_writable(target: str | Path, place: Path) -> None:
    parent = place.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise TargetError(f"{target}: {parent} is a file; allowed: a path through folders")
    longest = os.pathconf(parent, "PC_NAME_MAX")
    if len(os.fsencode(_beside(place, "partial").name)) > longest:
        raise TargetError(f"{target}: its name is too long; allowed: a shorter one")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise TargetError(
            f"{target}: no permission to write into {parent}; allowed: another folder"
        )


def _beside(place: Path, word: str) -> Path:
    return place.with_name(f".{place.name}.{word}-{os.getpid()}")


@contextmanager
def replacing(target: str | Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its place when the block ends without exception.

    Readers see the old folder or the new one whole, whenever this process ends. A second writer of
    the same folder waits for the first; what a writer that was killed left behind is cleared away.
    """
    place = check_target(target)
    place.parent.mkdir(parents=True, exist_ok=True)
    with _only_writer(place):
        _clear(place)
        partial = _beside(place, "partial")
        try:
            partial.mkdir()
            yield partial
            _put(partial, place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _put(new: Path, place: Path) -> None:
    """The new folder in its place; what was there is removed afterwards."""
    if not place.exists():
        os.rename(new, place)
        return
    if not _exchange(new, place):  # a moment without a folder, which the next writer mends
        old = _beside(place, "old")
        os.rename(place, old)
        try:
            os.rename(new, place)
        except BaseException:
            os.rename(old, place)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Both names at once, where the system can."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return call is not None and not call(
        _HERE, os.fsencode(one), _HERE, os.fsencode(other), ctypes.c_uint(_EXCHANGE)
    )


@contextmanager
def _only_writer(place: Path) -> Iterator[None]:
    """One writer of a folder at a time; the lock stands apart, and nothing is left beside it."""
    try:
        import fcntl
    except ImportError:  # not there on every system: then nobody waits
        yield
        return
    key = hashlib.sha256(os.fsencode(place)).hexdigest()[:24]
    file = Path(tempfile.gettempdir()) / f"bayespool-{os.getuid()}-{key}.lock"
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _clear(place: Path) -> None:
    """Left-overs of writers that are no more; a folder that one had moved away comes back."""
    form = re.compile(rf"\.{re.escape(place.name)}\.(partial|old)-(\d+)")
    for path in sorted(place.parent.iterdir()):
        found = form.fullmatch(path.name)
        if found is None or alive(int(found[2])):
            continue
        if found[1] == "old" and not place.exists():
            os.rename(path, place)
        else:
            shutil.rmtree(path, ignore_errors=True)
