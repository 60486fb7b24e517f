"""The benchmark once more, from the bars that a portfolio hears of it."""

from __future__ import annotations

from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.events import Bar


class BenchmarkReplay:
    """What a benchmark was worth; `name` is the id of its data, `at_day_ends` gives what `latest` was at each."""

    def __init__(self, name: str, at_day_ends: Callable[[], list[float]]) -> None:
        self.name = name
        self.latest = nan
        self._at_day_ends = at_day_ends
        self._before = self._first_open = nan

    def begin(self) -> None:
        """The portfolio's first bar is about to come."""
        self._before = self.latest

    def take(self, bar: Bar) -> None:
        """One more bar of the benchmark."""
        if isnan(self._first_open):
            self._first_open = bar.open
        self.latest = bar.close

    def closes(self, bars: int) -> npt.NDArray[np.float64]:  # noqa: ARG002 - all bars have come
        """As BenchmarkFeed has it."""
        ends = self._at_day_ends()
        before = self._before
        if isnan(before) and ends and not isnan(ends[0]):
            before = self._first_open
        return np.array([before, *ends])
