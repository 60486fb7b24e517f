"""Columns that grow part by part in files of their own, so that none of them is ever in memory as a whole (rule L6)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.market.bars import FloatArray, IntArray
from engine.market.column_file import ColumnFile, mapped, release_pages

_PART_ROWS = 1 << 18


class GrowingColumns:
    """Timestamps and columns of numbers in a folder: `timestamps` and `<i>`, eight bytes a value.

    Every part has the same columns in the same order. The files stay; whoever maps them needs only the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: tuple[str, ...] = ()
        self.rows = 0

    def add(self, timestamps: IntArray, columns: Mapping[str, FloatArray]) -> None:
        """Adds rows at the end.

        Raises:
            OSError: if they cannot be written.
        """
        mode = "ab" if self.rows else "wb"
        self.names = tuple(columns)
        self.rows += len(timestamps)
        for name, values in zip(_files(len(columns)), (timestamps, *columns.values()), strict=True):
            with (self._folder / name).open(mode) as file:
                np.ascontiguousarray(values).tofile(file)

    def clear(self) -> None:
        """Forgets every row."""
        self.rows = 0

    def whole(self) -> tuple[IntArray, dict[str, FloatArray]]:
        """Timestamps and columns as read-only arrays over the mapped files."""
        timestamps, *columns = (_mapped(self._folder / name) for name in _files(len(self.names)))
        values = (column.view(np.float64) for column in columns)
        return timestamps.view(np.int64), dict(zip(self.names, values, strict=True))

    def parts(self) -> Iterator[tuple[IntArray, dict[str, FloatArray]]]:
        """The same in consecutive parts, whose pages are let go of in between."""
        timestamps, columns = self.whole()
        for first in range(0, self.rows, _PART_ROWS):
            part = slice(first, first + _PART_ROWS)
            yield timestamps[part], {name: values[part] for name, values in columns.items()}
            release_pages()


def moved_columns(folder: Path, names: Sequence[str], file: ColumnFile) -> tuple[IntArray, dict[str, FloatArray]]:
    """Timestamps (int64 ns) and columns (float64) that `GrowingColumns` left in a folder, moved into a file for many.

    Raises:
        OSError: if they cannot be written.
    """
    timestamps, *columns = (folder / name for name in _files(len(names)))
    return (
        _moved(timestamps, file, np.int64),
        {name: _moved(path, file, np.float64) for name, path in zip(names, columns, strict=True)},
    )


def _moved(path: Path, file: ColumnFile, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    column = file.column(_parts(path, dtype), path.stat().st_size // 8, dtype)
    path.unlink()
    return column


def _parts(path: Path, dtype: npt.DTypeLike) -> Iterator[npt.NDArray[Any]]:
    with path.open("rb") as file:
        while len(part := np.fromfile(file, dtype, _PART_ROWS)):
            yield part


def _files(columns: int) -> tuple[str, ...]:
    return ("timestamps", *map(str, range(columns)))


def _mapped(path: Path) -> npt.NDArray[np.generic]:
    """A column as a plain read-only array over the mapped file, whose pages can be let go of."""
    with path.open("rb") as file:
        return np.frombuffer(mapped(file.fileno(), 0), np.int64)
