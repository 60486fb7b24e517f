"""The benchmark once more, from the bars that a portfolio hears of it."""

from __future__ import annotations

from bisect import bisect_right
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from engine.metrics.days import day_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from engine.events import Bar


class BenchmarkReplay:
    """What a benchmark was worth, as BenchmarkFeed has it; `name` is the id of its data.

    `day_of` numbers the portfolio's days, `days` gives the numbers of those that have a mark. Its own end as `day_zone` says.
    """

    def __init__(
        self, name: str, day_zone: str, day_of: Callable[[int], int], days: Callable[[], Sequence[int]]
    ) -> None:
        self.name = name
        self.day_zone = day_zone
        self._day_of = day_of
        self._own_day_of = day_numbers(day_zone)
        self._days = days
        self._start: int | None = None
        self._bought: Bar | None = None
        self._numbers: list[int] = []
        self._at_ends: list[tuple[int, float]] = []
        self._at_mark = (0, nan)

    @property
    def _latest(self) -> tuple[int, float]:
        """Bars since it is bought, and the close of the last."""
        return self._at_ends[-1] if self._at_ends else (0, nan)

    def begin(self, timestamp: int) -> None:
        """The portfolio's first bar comes at this moment."""
        self._start = timestamp
        if self._bought is not None and self._numbers[-1] != self._day_of(timestamp):
            self._buy(None)

    def take(self, bar: Bar) -> None:
        """One more bar of the benchmark."""
        if self._bought is None or self._start is None or bar.timestamp <= self._start:
            self._buy(bar)
        latest, day = (self._latest[0] + 1, bar.close), self._own_day_of(bar.timestamp)
        if self._numbers and self._numbers[-1] == day:
            self._at_ends[-1] = latest
        else:
            self._numbers.append(day)
            self._at_ends.append(latest)

    def mark(self) -> None:
        """Its portfolio is marked, or has ended, and knows the bars up to here."""
        self._at_mark = self._latest

    def closes(self, bars: int) -> npt.NDArray[np.float64]:  # noqa: ARG002 - all bars have come
        """As BenchmarkFeed has it."""
        values, known = [nan], 0
        for day in self._days():
            place = bisect_right(self._numbers, day)
            count, close = min(self._at_ends[place - 1] if place else (0, nan), self._at_mark, key=lambda each: each[0])
            values.append(close if count > known else nan)
            known = count
        if known and self._bought is not None:
            values[0] = self._bought.open
        return np.array(values)

    def _buy(self, bar: Bar | None) -> None:
        self._bought = bar
        self._numbers.clear()
        self._at_ends.clear()
