"""When the bars of a source open and close, and whether those of two sources run side by side (rule L3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.market.bars import Bars, IntArray
from engine.market.civil import BoolArray
from engine.market.durations import DAY
from engine.market.zones import local_to_utc, utc_to_local, zone_named

_PLAY = 24
"""A bar may last longer than its length by a 24th: a day of 25 hours, a leap year."""

_IN_A_ROW = 5
_ONE_IN = 3
_BLOCK = 1 << 18


def timed_by_close(bars: Bars, stamped: Literal["open", "close"], timezone: str | None) -> Bars:
    """The bars with the moments of their closes as timestamps, met by what is decided up to their opens.

    Bars of whole days last as long as the days of their zone: 23 or 25 hours where the clocks change. No bar lasts beyond the
    open of the next, and one that opens a little later than the length says (an hour after a day, a day after a year) follows
    without a pause.
    """
    stamps = bars.timestamps
    if stamped == "open":
        closes = _moved(stamps, bars.bar_length, timezone)
        ends = np.append(stamps[1:], np.iinfo(np.int64).max)
        closes = np.where(ends - bars.bar_length // _PLAY <= closes, ends, closes)
        return replace(bars, timestamps=_fixed(closes), at_close=True, decided_until=stamps)
    opens = _moved(stamps, -bars.bar_length, timezone)
    begins = np.insert(stamps[:-1], 0, np.iinfo(np.int64).min)
    opens = np.where(begins + bars.bar_length // _PLAY >= opens, begins, opens)
    return replace(bars, at_close=True, decided_until=_fixed(opens))


def timed_by_open(bars: Sequence[Bars], closing: Sequence[Bars]) -> list[Bars] | None:
    """The bars as they are stamped, at their opens, with what may be decided for each; None if stamps do not have the order of closes.

    `closing` are the same bars at their closes. Where one order is the other, what is known at a stamp is the same either way. A bar
    is met by what was decided before the first stamp whose close comes after its open.
    """
    stamps = np.concatenate([each.timestamps for each in bars])
    closes = np.concatenate([each.timestamps for each in closing])
    order = stamps.argsort(kind="stable")
    stamps, closes = stamps[order], closes[order]
    if not np.array_equal(np.sign(np.diff(stamps)), np.sign(np.diff(closes))):
        return None
    firsts = (stamps[closes.searchsorted(each.timestamps, "right")] for each in bars)
    return [replace(each, decided_until=_fixed(first - 1)) for each, first in zip(bars, firsts, strict=True)]


def _fixed(values: IntArray) -> IntArray:
    """The same in memory that nothing can make writable: strategies are given it."""
    return np.frombuffer(values.tobytes(), np.int64)


def _moved(timestamps: IntArray, by: int, timezone: str | None) -> IntArray:
    if timezone is None or by % DAY:
        return timestamps + by
    zone = zone_named(timezone)
    local = utc_to_local(timestamps, zone) + by
    moved, _, _ = local_to_utc(local, local % DAY == 0, zone)
    return moved


@dataclass(frozen=True, slots=True)
class Overlap:
    """How the bars of one source stand to those of others of the same length.

    Attributes:
        bars: those beside which the others have a bar.
        partly: those of them that the other's bar covers in part only, up to `in_a_row` one after the other.
        stamp: timestamp of the first of these, ns; `other`: of the bar that covers it in part.
    """

    bars: int = 0
    partly: int = 0
    in_a_row: int = 0
    stamp: int = 0
    other: int = 0

    @property
    def is_shift(self) -> bool:
        """Whether the stamps are shifted against each other: a few irregular ones, as of half-days, are none."""
        return self.in_a_row >= _IN_A_ROW or self.partly * _ONE_IN > self.bars


def overlap(timestamps: IntArray, others: IntArray, length: int) -> Overlap:
    """How bars of this length with these stamps stand to others, both int64, ascending.

    A bar stands beside the nearest of the others if that is no more than half a length away; a bar that the others miss has
    no neighbour and says nothing. Beside one with the same stamp it is covered as a whole.
    """
    if np.array_equal(timestamps, others):
        return Overlap(len(timestamps))
    beside, partly, first = 0, [], -1
    for start in range(0, len(timestamps), _BLOCK):
        distances = _distances(timestamps[start : start + _BLOCK], others)
        near = distances <= length // 2
        beside += int(near.sum())
        partly.append(distances[near] > 0)
        if first < 0 and partly[-1].any():
            first = start + int(np.flatnonzero(near & (distances > 0))[0])
    if first < 0:
        return Overlap(beside)
    marked = np.concatenate(partly)
    stamp = timestamps.item(first)
    nearest = int(np.abs(others - stamp).argmin())
    return Overlap(beside, int(marked.sum()), _longest_run(marked), stamp, others.item(nearest))


def _distances(timestamps: IntArray, others: IntArray) -> IntArray:
    """From each to the nearest of the others."""
    after = others.searchsorted(timestamps)
    later = np.abs(others[np.minimum(after, len(others) - 1)] - timestamps)
    earlier = np.abs(others[np.maximum(after - 1, 0)] - timestamps)
    nearest: IntArray = np.minimum(later, earlier)
    return nearest


def _longest_run(marked: BoolArray) -> int:
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max())
