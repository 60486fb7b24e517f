"""One file for the columns of a run: written once, then mapped, so that they cost page cache and no heap (rule L6)."""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Column = npt.NDArray[Any]

GRAIN = mmap.ALLOCATIONGRANULARITY
"""Bytes that a column takes at least."""
_LEAST_STRETCH = 1 << 20
_OURS_ALONE = 0o600


_MAPPED: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def mapped(descriptor: int, length: int, offset: int = 0) -> mmap.mmap:
    """A read-only mapping of a file, which `release_pages` knows of; length 0 is to its end."""
    mapping = mmap.mmap(descriptor, length, access=mmap.ACCESS_READ, offset=offset)
    _MAPPED.add(mapping)
    return mapping


def release_pages() -> None:
    """Lets go of the pages of mapped columns that this process has looked at: what is asked for again is mapped again.

    Without it all columns of a long run would count as its memory by the end, although nothing but the file needs them.
    """
    if hasattr(mmap, "MADV_DONTNEED"):
        for mapping in list(_MAPPED):
            mapping.madvise(mmap.MADV_DONTNEED)


def stretches(size: int) -> int:
    """How many stretches a file of so many bytes has at most."""
    return max(size // _LEAST_STRETCH, 1).bit_length() + 2


class Stretch(NamedTuple):
    """A part of the file that is mapped as one: `begin` and `end` in bytes."""

    begin: int
    end: int
    mapping: mmap.mmap


class ColumnFile:
    """A file that columns are put into, one after the other; what comes back are read-only arrays over its mapping.

    Without a `path` the file has no name: nothing is left behind, however the run ends. With one, other processes map it
    too: `packed` and `Shipment`. It is mapped in stretches that double the whole, because every mapping holds a descriptor:
    their number grows with the logarithm of the columns. Values are written, not stored through the mapping: a full disk is
    then an OSError and not a dead process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._descriptor = -1
        self._end = 0
        self._stretches: list[Stretch] = []

    def reserve(self, rows: int) -> int:
        """A place for a column of `rows` values of eight bytes; returns where it begins.

        Raises:
            OSError: if there is no room for the file.
        """
        size = max(rows, 1) * 8
        if not self._stretches or self._end + size > self._stretches[-1].end:
            self._stretch(size)
        begin = self._end
        self._end += -(-size // GRAIN) * GRAIN
        return begin

    def write(self, place: int, values: Column) -> int:
        """Writes consecutive values from `place` on; returns the place of what follows.

        Raises:
            OSError: if they cannot be written.
        """
        left = np.ascontiguousarray(values).data.cast("B")
        while left:
            written = os.pwrite(self._descriptor, left, place)
            left = left[written:]
            place += written
        return place

    def column(self, parts: Iterable[Column], rows: int, dtype: npt.DTypeLike) -> Column:
        """A whole column of `rows` values that comes in consecutive parts.

        Raises:
            OSError: if it cannot be written.
        """
        place = following = self.reserve(rows)
        for part in parts:
            following = self.write(following, part)
        return self.view(place, rows, dtype)

    def view(self, place: int, rows: int, dtype: npt.DTypeLike) -> Column:
        """The column of `rows` values that begins at `place`, read-only."""
        stretch = next(stretch for stretch in self._stretches if stretch.begin <= place < stretch.end)
        return np.frombuffer(stretch.mapping, dtype, rows, place - stretch.begin)

    def put(self, values: Column) -> Column:
        """Writes a whole column of eight-byte values and returns it as it stands in the file.

        Raises:
            OSError: if it cannot be written.
        """
        place = self.reserve(len(values))
        self.write(place, values)
        return self.view(place, len(values), values.dtype)

    def place_of(self, column: Column) -> int | None:
        """Where a column begins that stands in this file, None if it does not."""
        address = column.__array_interface__["data"][0]
        for stretch in self._stretches:
            start = np.frombuffer(stretch.mapping, np.uint8).__array_interface__["data"][0]
            if start <= address < start + stretch.end - stretch.begin:
                return int(stretch.begin + address - start)
        return None

    def _stretch(self, size: int) -> None:
        if self._descriptor < 0:
            self._open()
        begin = self._stretches[-1].end if self._stretches else 0
        length = -(-max(size, begin, _LEAST_STRETCH) // GRAIN) * GRAIN
        os.ftruncate(self._descriptor, begin + length)
        mapping = mapped(self._descriptor, length, begin)
        self._stretches.append(Stretch(begin, begin + length, mapping))
        self._end = begin

    def _open(self) -> None:
        if self.path is not None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OURS_ALONE)
        else:
            self._descriptor, path = tempfile.mkstemp(prefix="admf-columns-")
            Path(path).unlink()
        weakref.finalize(self, os.close, self._descriptor)


class PastColumn:
    """What is known of a column by now, in a `file` of such, for users' code that may not know more.

    What it hands out is read-only and stands over a mapping that holds zeros where the future will be. Every value is copied
    once, however often it is asked for.
    """

    def __init__(self, column: Column, file: ColumnFile) -> None:
        self._column = column
        self._file = file
        self._place = self._end = file.reserve(len(column))
        self._known = 0

    def first(self, count: int) -> Column:
        """The first values; more of them than ever before are known from now on.

        Raises:
            OSError: if they cannot be written.
        """
        if count > self._known:
            self._end = self._file.write(self._end, self._column[self._known : count])
            self._known = count
        return self._file.view(self._place, count, self._column.dtype)
