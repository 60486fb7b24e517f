"""Longer bars from shorter ones (`timeframe`)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from engine.market.bars import FloatArray, IntArray
from engine.market.durations import DAY, WEEK, duration_text
from engine.market.problems import refuse
from engine.market.zones import local_to_utc, utc_to_local

Columns = Mapping[str, FloatArray]
# The epoch was a Thursday; weeks begin on Monday.
_MONDAY = 4 * DAY


class Resampling:
    """Bars of `timeframe` ns from bars of `length` ns (0 if unknown), none where there is no bar to build from.

    They are stamped as the bars they are built from: with the start of their time, or with its end.

    Minutes and hours are counted from midnight UTC; days from midnight and weeks from Monday of the zone, else of UTC.
    The first open, the highest high, the lowest low, the last close, the volumes added in order, a feature's last value.

    Raises:
        FileRefused: the timeframe is no multiple of the length of the file's bars.
    """

    def __init__(
        self, timeframe: int, zone: ZoneInfo | None, *, length: int, stamped: Literal["open", "close"]
    ) -> None:
        if length and timeframe % length:
            raise refuse(
                f"timeframe {duration_text(timeframe)} cannot be built from bars of {duration_text(length)}: "
                "it must be a multiple of them"
            )
        self._timeframe = timeframe
        self._zone = zone if timeframe % DAY == 0 else None
        self._anchor = _MONDAY if timeframe % WEEK == 0 else 0
        self._length = length if stamped == "close" else 0
        self._after = timeframe if stamped == "close" else 0

    def of_parts(self, parts: Iterable[tuple[IntArray, Columns]]) -> Iterator[tuple[IntArray, dict[str, FloatArray]]]:
        """The bars built from consecutive parts; the rows of a part's last bar wait for the next part."""
        waiting: tuple[IntArray, Columns] | None = None
        for part in parts:
            timestamps, columns = part if waiting is None else _joined(waiting, part)
            starts = self._starts(timestamps)
            last = int(np.searchsorted(starts, starts[-1]))
            waiting = timestamps[last:], {name: values[last:] for name, values in columns.items()}
            if last:
                yield self.of(timestamps[:last], {name: values[:last] for name, values in columns.items()})
        if waiting is not None:
            yield self.of(*waiting)

    def of(self, timestamps: IntArray, columns: Columns) -> tuple[IntArray, dict[str, FloatArray]]:
        """The bars built from these."""
        starts = self._starts(timestamps)
        first = np.flatnonzero(np.concatenate(([True], starts[1:] != starts[:-1])))
        stamps = starts[first] + self._after
        if self._zone is not None:
            stamps, _, _ = local_to_utc(stamps, np.ones(len(stamps), np.bool_), self._zone)
        return stamps, {name: _built(name, values, first) for name, values in columns.items()}

    def _starts(self, timestamps: IntArray) -> IntArray:
        """When the longer bar of each row begins, on the clock that counts."""
        opened = timestamps - self._length
        local = opened if self._zone is None else utc_to_local(opened, self._zone)
        return (local - self._anchor) // self._timeframe * self._timeframe + self._anchor


def _joined(waiting: tuple[IntArray, Columns], part: tuple[IntArray, Columns]) -> tuple[IntArray, Columns]:
    (before, columns), (timestamps, more) = waiting, part
    return (
        np.concatenate((before, timestamps)),
        {name: np.concatenate((values, more[name])) for name, values in columns.items()},
    )


def _built(name: str, values: FloatArray, first: IntArray) -> FloatArray:
    if name == "open":
        return values[first]
    if name == "high":
        highest: FloatArray = np.maximum.reduceat(values, first)
        return highest
    if name == "low":
        lowest: FloatArray = np.minimum.reduceat(values, first)
        return lowest
    if name == "volume":
        bucket = np.zeros(len(values), np.int64)
        bucket[first[1:]] = 1
        # bincount adds one after the other, so that the sum is the same on every machine.
        return np.bincount(np.cumsum(bucket), weights=values).astype(np.float64, copy=False)
    following: IntArray = np.append(first[1:], len(values))
    return values[following - 1]
