"""A feed as a benchmark: its value at the ends of another clock's days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.market.timeline import Clock, Feed


class Days(Protocol):
    """The days that have a bar."""

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """The row of the last bar of each."""

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The number of each, ascending."""

    @property
    def zone(self) -> str:
        """The `day_zone` by which they end."""


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkFeed:
    """`feed` seen from a lane: `clock` and `days` are the lane's, `own_days` those of the feed, numbered alike.

    Until it `has_ended`, the lane knows the bars up to its own latest.
    """

    feed: Feed
    clock: Clock
    days: Days
    own_days: Days
    has_ended: Callable[[], bool]

    @property
    def name(self) -> str:
        """The id of its data container."""
        return self.feed.container_id

    @property
    def day_zone(self) -> str:
        """The `day_zone` by which its own days end."""
        return self.own_days.zone

    def closes(self, bars: int) -> npt.NDArray[np.float64]:
        """What it is bought at, then its last close on each day of the lane's first `bars` bars.

        It is bought at an open: that of its bar at the lane's first, or if there was none yet on that day of its next one. The
        hour at which either is stamped says nothing. NaN for days that have no bar of it from then on.
        """
        bought = self._first_row()
        days = int(self.days.rows.searchsorted(bars - 1)) + 1 if bars else 0
        place = self.own_days.numbers.searchsorted(self.days.numbers[:days], "right")
        rows = np.append(-1, self.own_days.rows)[place]
        if bars and not self.has_ended():
            rows = np.minimum(rows, self._row_at(bars - 1))
        is_new = rows > np.maximum(np.concatenate(([-1], rows[:-1])), bought - 1)
        later = np.where(is_new, self.feed.bars.close[rows], np.nan)
        return np.concatenate(([self.feed.bars.open.item(bought) if is_new.any() else np.nan], later))

    def _row_at(self, index: int) -> int:
        """Its latest row at the lane's bar `index`, -1 before its first."""
        return int(self.feed.steps.searchsorted(self.clock.steps[index], "right")) - 1

    def _first_row(self) -> int:
        """The row that it is bought at; beyond the last row if there is none."""
        row = self._row_at(0)
        day = self.own_days.numbers[self.own_days.rows.searchsorted(row)]
        return row if row >= 0 and day == self.days.numbers[0] else row + 1
