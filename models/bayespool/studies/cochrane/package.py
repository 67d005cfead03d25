"""Data packages of RevMan Web: a zip archive of CSV files, or one that holds such an archive."""

import io
import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath

from bayespool.studies.cochrane.exports import REVMAN_WEB, read_export, read_judgements
from bayespool.studies.cochrane.review import Review
from bayespool.studies.headers import header_at
from bayespool.studies.limits import MOST_UNPACKED
from bayespool.studies.problems import Problem, TableError
from bayespool.studies.spellings import ACCURACY, normalise
from bayespool.studies.text import Records, read_text

_ROWS, _SETTINGS, _BIAS = (
    "-data-rows.csv", "-overall-estimates-and-settings.csv", "-risk-of-bias.csv",
)  # fmt: skip
_ALLOWED = "allowed is a data package of RevMan Web, which holds a file ...-data-rows.csv"
_MOST_FILES, _DEEPEST = 2_000, 2
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def read_package(
    file: str, content: bytes, also: Collection[str] = ()
) -> Review | tuple[Records, dict[str, dict[str, str]]]:
    """A review; or, of test accuracy, the records of its 2x2 tables and the judgements.

    Raises
    ------
    TableError
        No package, a locked or damaged one, one that unpacks to too much or holds two reviews.
    """
    files = _csv_files(file, content, [MOST_UNPACKED], 0)
    rows = [name for name in files if name.endswith(_ROWS)]
    judgements: dict[str, dict[str, str]] = {}
    for name, text in files.items():
        if name.endswith(_BIAS):
            judgements |= read_judgements(read_text(file, text).rows)
    if len(rows) == 1:
        stem = rows[0].removesuffix(_ROWS)
        settings = files.get(f"{stem}{_SETTINGS}")
        about = read_text(file, settings).rows if settings else []
        records = read_text(file, files[rows[0]]).rows
        missing = sorted(set(REVMAN_WEB) - {str(cell).strip() for cell in records[0][1]})
        if missing:
            raise _refused(file, f"{rows[0]} has no column {missing[0]!r}")
        review = read_export(file, records, about)
        return Review(file, review.analyses, judgements)
    if rows:
        raise _refused(file, f"the archive holds {len(rows)} reviews ({', '.join(rows[:5])})")
    tables = [name for name, text in files.items() if _of_accuracy(text, also)]
    if len(tables) != 1:
        raise _refused(file, "the archive holds no analyses of a review")
    return read_text(file, files[tables[0]], also), judgements


def _refused(file: str, rule: str, allowed: str = _ALLOWED) -> TableError:
    return TableError([Problem(file, None, None, rule, allowed)])


def _csv_files(file: str, content: bytes, left: list[int], depth: int) -> dict[str, bytes]:
    """CSV files of an archive and of archives in it, by name; `left` is what may be unpacked."""
    out: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_FILES:
                raise _refused(file, f"the archive holds {len(parts)} files",
                               f"at most {_MOST_FILES}")  # fmt: skip
            for part in parts:
                suffix = PurePosixPath(part.filename).suffix.lower()
                if suffix not in (".csv", ".zip") or (suffix == ".zip" and depth >= _DEEPEST):
                    continue
                if part.flag_bits & 1:
                    raise _refused(file, "the archive is locked by a password")
                if part.compress_type not in (_STORED, _DEFLATED):
                    raise _refused(file, f"{part.filename} is packed in an unusual way")
                with archive.open(part) as stream:
                    unpacked = stream.read(left[0] + 1)
                left[0] -= len(unpacked)
                if left[0] < 0:
                    raise _refused(file, "the archive unpacks to too much",
                                   f"at most {MOST_UNPACKED // 2**20} MiB")  # fmt: skip
                if suffix == ".zip":
                    out |= _csv_files(file, unpacked, left, depth + 1)
                elif unpacked.strip():
                    out[PurePosixPath(part.filename).name] = unpacked
    except TableError:
        raise
    except Exception as error:  # whatever a damaged archive makes zipfile and zlib raise
        rule = f"the file is no readable zip archive ({type(error).__name__}: {error})"
        raise _refused(file, rule) from error
    return out


def _of_accuracy(content: bytes, also: Collection[str]) -> bool:
    """Whether the first lines of a CSV file have the columns of 2x2 tables."""
    try:
        records = read_text("", content, also).rows
    except TableError:
        return False
    place = header_at([cells for _, cells in records[:1]], also)
    names = {normalise(str(cell)) for cell in records[place][1]}
    return all(names & set(ACCURACY[role]) for role in ("tp", "fp", "fn", "tn"))
