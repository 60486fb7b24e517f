"""A file's columns as a reader hands them over, before anybody judges them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.market.bars import FloatArray, IntArray
from engine.market.civil import BoolArray, Times
from engine.market.layouts import TextArray


class Unclear(Exception):  # noqa: N818 - an answer, not an accident
    """A file must be read and judged as a whole, its lines known, to say what it holds."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What a reader could not take of a row: the kind (see checks.KINDS), the words, the file's column."""

    kind: str
    reason: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one symbol in file order.

    Attributes:
        times: timestamps, as texts yet to be read or as the file stores them; shape (n,).
        numbers: float64 columns of shape (n,) by price, volume or feature name; NaN where there is no number.
        lines: line of each row in the file, or None if the reader does not know them.
        faults: rows the reader itself refuses; their timestamps and numbers mean nothing.
        columns: the file's name of each entry of `numbers`.
    """

    times: TextArray | Times
    numbers: Mapping[str, FloatArray]
    lines: IntArray | None
    faults: Mapping[int, RowFault]
    columns: Mapping[str, str]

    def __len__(self) -> int:
        return len(next(iter(self.numbers.values())))

    def line(self, row: int) -> int | None:
        """The line of a row, if known."""
        return None if self.lines is None else int(self.lines[row])

    def take(self, rows: BoolArray) -> "Table":
        """The table with only the rows where `rows` is true."""
        if rows.all():
            return self
        place = np.cumsum(rows) - 1
        return Table(
            times=_take_times(self.times, rows),
            numbers={name: values[rows] for name, values in self.numbers.items()},
            lines=None if self.lines is None else self.lines[rows],
            faults={int(place[row]): fault for row, fault in self.faults.items() if rows[row]},
            columns=self.columns,
        )


def _take_times(times: TextArray | Times, rows: BoolArray) -> TextArray | Times:
    if isinstance(times, Times):
        return Times(times.ns[rows], times.ok[rows], times.zoned[rows], times.clock[rows])
    return times[rows]
