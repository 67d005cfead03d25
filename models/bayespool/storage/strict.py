"""HDF5 from anybody: a link is followed and an array read only where both are plain.

Not followed are soft and external links, data that lie in other files or beyond the end of this
one, filters other than deflate, references, and arrays of another shape than is expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespool.storage.sealed import check_seal

if TYPE_CHECKING:
    import h5py

Array = np.ndarray
MOST_UNPACKED = 4 * 2**30  # bytes of all packed arrays of a file
MOST_MEMBERS = 100_000
LONGEST = 500  # characters of a message
_DEFLATE, _SHUFFLE = 1, 2  # of HDF5
KINDS = {"number": "fiu", "whole": "iu"}


@contextmanager
def opened(path: Path, form: str, allowed: str) -> Iterator[Folder]:
    """The root of a file whose checksum and format are right.

    Raises
    ------
    FileNotFoundError
    ValueError
        Not such a file; or, from anything that is read within the block, one that HDF5 cannot read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; allowed: {allowed}")
    check_seal(path, allowed)
    import h5py

    try:
        with _hdf5("the file"):
            file = h5py.File(path, "r")
        with file:
            root = Folder(file, path.stat().st_size, [MOST_UNPACKED])
            told = root.text("format")
            if told != form:
                raise ValueError(f"the format is {told[:60]!r}")
            yield root
    except ValueError as error:
        said = " ".join(str(error).split())[:LONGEST]
        raise ValueError(f"{path.name}: {said}; allowed: {allowed}") from error


@contextmanager
def _hdf5(name: str) -> Iterator[None]:
    """What HDF5 and h5py raise on a file that they cannot read becomes a refusal."""
    try:
        yield
    except (OSError, KeyError, RuntimeError, TypeError, UnicodeError) as error:
        raise ValueError(f"{name} cannot be read ({error})") from error


class Folder:
    """A group of a file, of which nothing is read that is not plain."""

    def __init__(self, group: h5py.Group, size: int, budget: list[int]) -> None:
        self._group, self._size, self._budget = group, size, budget

    def has_text(self, name: str) -> bool:
        with _hdf5(name):
            return name in self._group.attrs

    def text(self, name: str) -> str:
        """An attribute that is one text."""
        value = self._attribute(name)
        if not isinstance(value, str):
            raise ValueError(f"attribute {name} is no text")
        return value

    def whole(self, name: str) -> int:
        """An attribute that is one whole number."""
        value = self._attribute(name)
        if not isinstance(value, np.integer):
            raise ValueError(f"attribute {name} is no whole number")
        return int(value)

    def _attribute(self, name: str) -> Any:
        with _hdf5(f"attribute {name}"):
            held = self._group.attrs.get_id(name)
            if held.shape == () and held.get_storage_size() <= self._size:
                return self._group.attrs[name]
        raise ValueError(f"attribute {name} is a list")

    def names(self) -> list[str]:
        """Names of the members, in their order."""
        with _hdf5("a group"):
            if len(self._group) <= MOST_MEMBERS:
                return list(self._group)
        raise ValueError(f"more than {MOST_MEMBERS:,} members")

    def __contains__(self, name: str) -> bool:
        with _hdf5(name):
            return self._group.get(name, getlink=True) is not None

    def folder(self, name: str) -> Folder:
        import h5py

        return Folder(self._member(name, h5py.Group), self._size, self._budget)

    def record(self, name: str) -> str:
        """A member that is one text."""
        found = self._array(name)
        import h5py

        with _hdf5(name):
            if found.shape == () and h5py.check_string_dtype(found.dtype) is not None:
                self._check_place(name, found)
                return str(found.asstr()[()])
        raise ValueError(f"{name} is no text")

    def shape(self, name: str) -> tuple[int, ...]:
        """Of an array; checked when its values are asked for."""
        with _hdf5(name):
            return tuple(self._array(name).shape or ())

    def values(self, name: str, shape: tuple[int, ...], kind: str = "number") -> Array:
        """A member that is an array of this shape, of finite numbers.

        True and false, which NetCDF has no type for, come back as such.
        """
        found = self._array(name)
        with _hdf5(name):
            if found.shape != shape:
                raise ValueError(f"{name} has the shape {found.shape}, and should have {shape}")
            if found.dtype.kind not in KINDS[kind] or found.dtype.itemsize > 8:
                raise ValueError(f"{name} has the type {found.dtype}, and should be numbers")
            self._check_place(name, found)
            values: Array = found[()]
            told = found.attrs
            is_bool = (
                "dtype" in told and told.get_id("dtype").shape == () and told["dtype"] == "bool"
            )
        if not np.isfinite(values).all():
            raise ValueError(f"{name} has what is no finite number")
        if values.dtype.kind in "iu" and (values < 0).any():
            raise ValueError(f"{name} has a count below 0")
        return values.astype(bool) if is_bool else values

    def _array(self, name: str) -> h5py.Dataset:
        import h5py

        return self._member(name, h5py.Dataset)

    def _member(self, name: str, kind: Any) -> Any:
        import h5py

        with _hdf5(name):
            if not isinstance(self._group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is missing, or a link to elsewhere")
            found = self._group[name]
        if not isinstance(found, kind):
            raise ValueError(f"{name} is no {'array' if kind is h5py.Dataset else 'group'}")
        return found

    def _check_place(self, name: str, found: h5py.Dataset) -> None:
        """The values are in this file, and no more than it can hold."""
        made = found.id.get_create_plist()
        if found.external or found.is_virtual:
            raise ValueError(f"{name} lies in another file")
        filters = [made.get_filter(i)[0] for i in range(made.get_nfilters())]
        if not set(filters) <= {_DEFLATE, _SHUFFLE}:
            raise ValueError(f"{name} is packed in an unknown way")
        whole, stored = found.size * found.dtype.itemsize, found.id.get_storage_size()
        if found.chunks is not None:
            self._budget[0] -= max(whole, int(np.prod(found.chunks)) * found.dtype.itemsize)
            if self._budget[0] < 0:
                raise ValueError(f"{name} unpacks to more than the allowed {MOST_UNPACKED:,} bytes")
        elif stored < whole or (found.id.get_offset() or 0) + stored > self._size:
            raise ValueError(f"{name} says that it is larger than the file")
