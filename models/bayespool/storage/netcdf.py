"""Groups of labelled arrays as a NetCDF-4 file, written by h5py.

The format is HDF5 with dimension scales (NetCDF-4 format specification, Unidata). h5netcdf writes
the same, and looks every dimension of a group up again for each of its variables, which takes
longer than to write the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import h5py

Array = np.ndarray
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable. {:>9}"
# beyond these a float32 is no number any more, or has lost digits
_SMALLEST, _LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Group:
    """Arrays that share their dimensions.

    Attributes
    ----------
    coords : mapping of str to array or sequence of str
        What the places along a dimension are called; a dimension need not have any.
    variables : mapping of str to (names of dimensions, array)
    """

    coords: Mapping[str, Array | Sequence[str]]
    variables: Mapping[str, tuple[tuple[str, ...], Array]]

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension, those with coordinates first."""
        found = {name: len(values) for name, values in self.coords.items()}
        for dims, values in self.variables.values():
            found |= dict(zip(dims, values.shape, strict=True))
        return found


@contextmanager
def created(path: str | Path) -> Iterator[h5py.File]:
    """A new HDF5 file, built in memory and written when the block ends.

    The library does not survive a disk that is full when it closes a file; Python says so.
    """
    import h5py

    with h5py.File(str(path), "w", driver="core", backing_store=False, track_order=True) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    Path(path).write_bytes(image)


def write(path: str | Path, groups: Mapping[str, Group], attributes: Mapping[str, Any]) -> None:
    """Write groups, and attributes of the whole file. The same values give the same bytes."""
    with created(path) as file:
        for name, value in attributes.items():
            file.attrs[name] = value
        numbers = count()  # of dimensions, in the whole file
        for name, group in groups.items():
            _write(file.create_group(name, track_order=True), group, numbers)


def _write(target: h5py.Group, group: Group, numbers: Iterator[int]) -> None:
    scales = {}
    for name, size in group.sizes.items():
        if name in group.coords:
            scale = _dataset(target, name, np.asarray(group.coords[name]))
            scale.make_scale(name)
        else:
            scale = target.create_dataset(name, (size,), ">f4")
            scale.make_scale(_NO_VARIABLE.format(size))
        scale.attrs["_Netcdf4Dimid"] = np.int32(next(numbers))
        scales[name] = scale
    for name, (dims, values) in group.variables.items():
        made = _dataset(target, name, values)
        for place, dim in enumerate(dims):
            made.dims[place].attach_scale(scales[dim])


def _dataset(target: h5py.Group, name: str, values: Array) -> h5py.Dataset:
    if values.dtype.kind in "UO":
        import h5py

        return target.create_dataset(name, data=values.astype(object), dtype=h5py.string_dtype())
    if values.dtype.kind == "b":  # as xarray writes and reads true and false
        made = target.create_dataset(name, data=values.astype(np.int8))
        made.attrs["dtype"] = "bool"
        return made
    return target.create_dataset(name, data=values)


def compact(values: Array) -> Array:
    """The same numbers in less space: whole ones as small integers, others with seven digits.

    Numbers that seven digits do not hold, because they are too large or too small, stay.
    """
    if values.dtype.kind not in "iuf" or not values.size:
        return values
    if values.dtype.kind in "iu" or bool(np.all(values == np.rint(values))):
        low, high = float(values.min()), float(values.max())
        for kind in (np.int8, np.int16, np.int32):
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return values.astype(kind)
        return values
    size = np.abs(values[np.isfinite(values) & (values != 0.0)])
    fits = not size.size or (size.min() >= _SMALLEST and size.max() <= _LARGEST)
    return values.astype(np.float32) if fits else values
