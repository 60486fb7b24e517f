"""Time: the union of all bars' timestamps, and each lane's own clock (rules L1, M4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.event_columns import Numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from engine.market.bars import Bars

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

STRETCH = 32
"""Bars read from the columns at a time: numbers of numpy are slow one by one, and thousands of lanes hold so many each."""

NO_MORE = (-1,)
"""What comes after the last row: no step is ever -1."""


def union(timestamps: Sequence[Integers]) -> Integers:
    """The sorted union, int64 ns UTC; one array is returned as it is."""
    first, *others = timestamps
    return reduce(np.union1d, others, first)


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """The bars of one data container, placed on the run's timeline: row r stands at step `steps[r]`.

    `met_from[r]`: the last step whose orders may meet row r. That is the step before it, or, where bars of several lengths or
    with shifted stamps are mixed, the last one that was over when the bar opened: what opened before a decision cannot fill its
    order (L3).
    """

    container_id: str
    symbol: str
    bars: Bars
    steps: Integers
    met_from: Integers | None = None

    def bar_id(self, row: int) -> str:
        """The id of the BAR event of a row (rule E1)."""
        return f"{self.container_id}:BAR:{row + 1}"

    def bar_ids(self, start: int, end: int) -> Numbered:
        """`bar_id` of each of the rows from `start` up to `end`."""
        return Numbered(f"{self.container_id}:BAR:", range(start + 1, end + 1))

    def next_row(self, step: int) -> int | None:
        """The first row that an order of `step` may meet, None after the last."""
        if self.met_from is None:
            unbroken = self.steps.item(-1) == len(self.steps) - 1
            row = step + 1 if unbroken else int(self.steps.searchsorted(step, "right"))
        else:
            row = int(self.met_from.searchsorted(step, "left"))
        return row if row < len(self.steps) else None


class Clock:
    """A lane's own time: the steps at which any of its feeds has a bar. `numbers`: the place of each symbol's feed.

    `steps`: int64, shape (n,). `rows[k]`: for each of them, the row of feed k's latest bar, -1 before its first.
    `closes[k]`: that row's close, 0.0 before the first, where no position can be.
    """

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.feeds = tuple(feeds)
        self.numbers = {feed.symbol: number for number, feed in enumerate(self.feeds)}
        self.steps = union([feed.steps for feed in self.feeds])
        self._is_uniform = all(len(feed.steps) == len(self.steps) for feed in self.feeds)
        self._is_unbroken = self.steps.item(-1) == len(self.steps) - 1
        self.rows = tuple(_latest_rows(feed.steps, self.steps) for feed in self.feeds)
        self.closes = tuple(_latest(feed.bars.close, rows) for feed, rows in zip(self.feeds, self.rows, strict=True))

    def __len__(self) -> int:
        return len(self.steps)

    def index_at(self, step: int) -> int:
        """The index of the latest of the clock's steps up to `step`."""
        if self._is_unbroken:
            return min(step, len(self.steps) - 1)
        return int(self.steps.searchsorted(step, "right")) - 1

    def marks(self, first: int = 0) -> Iterator[tuple[Any, ...]]:
        """(step, index, close of each feed) at each of the clock's steps from index `first` on, read a stretch at a time."""
        for start in range(first, len(self.steps), STRETCH):
            steps, *closes = (each[start : start + STRETCH].tolist() for each in (self.steps, *self.closes))
            yield from zip(steps, range(start, start + len(steps)), *closes, strict=True)

    def moment(self, index: int) -> int:
        """The timestamp of the clock's step `index`, ns UTC."""
        rows = ((feed, rows.item(index)) for feed, rows in zip(self.feeds, self.rows, strict=True))
        return max(feed.bars.timestamps.item(row) for feed, row in rows if row >= 0)

    def closes_at(self, index: int) -> list[float]:
        """Each feed's latest close at the clock's step `index`."""
        return [closes.item(index) for closes in self.closes]

    def fresh(self, index: int) -> list[tuple[int, int]]:
        """The (feed number, row) of every feed that has a bar at the clock's step `index`."""
        if len(self.feeds) == 1:
            return [(0, index)]
        step = self.steps[index]
        rows = ((k, int(rows[index])) for k, rows in enumerate(self.rows))
        return [(k, row) for k, row in rows if row >= 0 and self.feeds[k].steps[row] == step]

    def bar_id(self, index: int) -> str:
        """The id of the last BAR of the clock's step `index`."""
        if len(self.feeds) == 1:
            return self.feeds[0].bar_id(index)
        feed_number, row = self.fresh(index)[-1]
        return self.feeds[feed_number].bar_id(row)

    def bar_ids(self, start: int, end: int) -> Numbered | list[str]:
        """`bar_id` of each of the clock's steps from index `start` up to `end`."""
        if self._is_uniform:
            return self.feeds[-1].bar_ids(start, end)
        return [self.bar_id(index) for index in range(start, end)]

    def ordinals(self, feed_number: int, start: int, end: int) -> Sequence[int]:
        """The ordinal of each of the rows of a feed from row `start` up to `end`."""
        if self._is_uniform:
            feeds = len(self.feeds)
            return range(start * feeds + feed_number + 1, end * feeds + feed_number + 1, feeds)
        return [self.ordinal(feed_number, row) for row in range(start, end)]

    def ordinal(self, feed_number: int, row: int) -> int:
        """How many bars of the clock's feeds have come, that one included, taking feeds in order at each step."""
        if self._is_uniform:
            return row * len(self.feeds) + feed_number + 1
        step = self.feeds[feed_number].steps[row]
        before = (feed.steps.searchsorted(step, "right") for feed in self.feeds[: feed_number + 1])
        after = (feed.steps.searchsorted(step, "left") for feed in self.feeds[feed_number + 1 :])
        return sum(map(int, (*before, *after)))


def _latest_rows(steps: Integers, all_steps: Integers) -> Integers:
    """The row of the latest bar at each of `all_steps`. A single feed that stands at every step of the run is its own rows."""
    if len(steps) == len(all_steps) and steps.item(-1) == len(steps) - 1:
        return steps
    return np.searchsorted(steps, all_steps, "right") - 1


def _latest(close: Floats, rows: Integers) -> Floats:
    if len(rows) == len(close):
        return close
    return np.where(rows >= 0, close[np.maximum(rows, 0)], 0.0)
