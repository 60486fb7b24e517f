"""A feed as a benchmark: its value at the ends of another clock's days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.market.timeline import Clock, Feed


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkFeed:
    """`feed` seen from a lane: `clock` is the lane's, `day_rows` the indices of each day's last bar there, ascending.

    `day_of` numbers the lane's days.
    """

    feed: Feed
    clock: Clock
    day_rows: npt.NDArray[np.intp]
    day_of: Callable[[int], int]

    @property
    def name(self) -> str:
        """The id of its data container."""
        return self.feed.container_id

    def closes(self, bars: int) -> npt.NDArray[np.float64]:
        """What it is bought at, then its close at the end of each day of the lane's first `bars` bars.

        It is bought at an open: that of its bar at the lane's first, or if there was none yet on that day of its next one. A
        day under way ends at the last of the lane's bars. NaN for days that have no bar of it from then on.
        """
        bought = self._first_row()
        ends = self.day_rows[self.day_rows < bars]
        if bars and (not len(ends) or ends[-1] < bars - 1):
            ends = np.append(ends, bars - 1)
        steps = self.clock.steps[ends]
        rows = np.searchsorted(self.feed.steps, steps, "right") - 1
        is_new = rows > np.maximum(np.concatenate(([-1], rows[:-1])), bought - 1)
        later = np.where(is_new, self.feed.bars.close[rows], np.nan)
        return np.concatenate(([self.feed.bars.open.item(bought) if is_new.any() else np.nan], later))

    def _first_row(self) -> int:
        """The row that it is bought at; beyond the last row if there is none."""
        row = int(self.feed.steps.searchsorted(self.clock.steps[0], "right")) - 1
        start, stamps = self.clock.moment(0), self.feed.bars.timestamps
        return row if row >= 0 and self.day_of(stamps.item(row)) == self.day_of(start) else row + 1
