"""The benchmark once more, from the bars that a portfolio hears of it."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.events import Bar


class BenchmarkReplay:
    """What a benchmark was worth, as BenchmarkFeed has it; `name` is the id of its data.

    `day_of` numbers the portfolio's days, `at_day_ends` gives what `latest` was at each: bars since it is bought, and a close.
    """

    def __init__(
        self, name: str, day_of: Callable[[int], int], at_day_ends: Callable[[], list[tuple[int, float]]]
    ) -> None:
        self.name = name
        self.latest = (0, nan)
        self._day_of = day_of
        self._at_day_ends = at_day_ends
        self._start: int | None = None
        self._bought: Bar | None = None

    def begin(self, timestamp: int) -> None:
        """The portfolio's first bar comes at this moment."""
        self._start = timestamp
        if self._bought is not None and self._day_of(self._bought.timestamp) != self._day_of(timestamp):
            self._bought, self.latest = None, (0, nan)

    def take(self, bar: Bar) -> None:
        """One more bar of the benchmark."""
        if self._bought is None or self._start is None or bar.timestamp <= self._start:
            self._bought, self.latest = bar, (0, nan)
        self.latest = self.latest[0] + 1, bar.close

    def closes(self, bars: int) -> npt.NDArray[np.float64]:  # noqa: ARG002 - all bars have come
        """As BenchmarkFeed has it."""
        values, known = [nan], 0
        for count, close in self._at_day_ends():
            values.append(close if count > known else nan)
            known = count
        if known and self._bought is not None:
            values[0] = self._bought.open
        return np.array(values)
