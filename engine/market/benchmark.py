"""A feed as a benchmark: its value at the ends of another clock's days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from engine.market.timeline import Clock, Feed


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkFeed:
    """`feed` seen from a lane: `clock` is the lane's, `day_rows` the indices of each day's last bar there, ascending."""

    feed: Feed
    clock: Clock
    day_rows: npt.NDArray[np.intp]

    @property
    def name(self) -> str:
        """The id of its data container."""
        return self.feed.container_id

    def closes(self, bars: int) -> npt.NDArray[np.float64]:
        """Its value before the lane's first bar, then its latest close at the end of each day of the lane's first `bars` bars.

        A day under way ends at the last of these bars. NaN where nothing is known yet. Before the first bar it is worth its
        last close, or the open of its first bar if that comes within the lane's first day.
        """
        ends = self.day_rows[self.day_rows < bars]
        if bars and (not len(ends) or ends[-1] < bars - 1):
            ends = np.append(ends, bars - 1)
        steps = self.clock.steps[ends]
        rows = np.searchsorted(self.feed.steps, steps, "right") - 1
        later = np.where(rows >= 0, self.feed.bars.close[np.maximum(rows, 0)], np.nan)
        return np.concatenate(([self._before(steps)], later))

    def _before(self, steps: npt.NDArray[np.int64]) -> float:
        row = int(np.searchsorted(self.feed.steps, self.clock.steps[0], "left")) - 1
        if row >= 0:
            return self.feed.bars.close.item(row)
        if len(steps) and self.feed.steps[0] <= steps[0]:
            return self.feed.bars.open.item(0)
        return float("nan")
