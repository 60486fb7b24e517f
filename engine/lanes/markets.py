"""What lanes over the same data share: the bars of their symbols, on one clock, and its days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.kernel.language import F64, I64
    from engine.kernel.library import Kernel
    from engine.market.bars import Bars
    from engine.market.timeline import Clock
    from engine.metrics.days import DayEnds

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LaneMarket:
    """The bars of the feeds of a clock; `true_range(feed_number, timeperiod)` is a column of one of them, beside its bars."""

    clock: Clock
    days: DayEnds
    days_of: Callable[[Integers], Integers]
    true_range: Callable[[int, int], Floats]

    @property
    def timestamps(self) -> Integers:
        """The moments of the lanes, ns UTC."""
        first = self.clock.feeds[0]
        if len(first.steps) == len(self.clock):
            return first.bars.timestamps
        moments = np.empty(len(self.clock), np.int64)
        for feed in self.clock.feeds:
            moments[self.clock.steps.searchsorted(feed.steps)] = feed.bars.timestamps
        return moments

    def columns(self) -> list[SymbolColumns]:
        """The bars of each feed at the moments of the clock."""
        return [self._columns(number) for number in range(len(self.clock.feeds))]

    def _columns(self, number: int) -> SymbolColumns:
        clock, bars = self.clock, self.clock.feeds[number].bars

        def true_range(timeperiod: int) -> Floats:
            return self.true_range(number, timeperiod)

        if len(bars) == len(clock):
            return SymbolColumns(bars, _prices(bars), len(bars) - 1, true_range)
        places = clock.steps.searchsorted(clock.feeds[number].steps)
        rows, closes = clock.rows[number], clock.closes[number]

        def spread(column: Floats, elsewhere: float) -> Floats:
            made = np.full(len(clock), elsewhere)
            made[places] = column
            return made

        def at_moments(timeperiod: int) -> Floats:
            return np.where(rows >= 0, true_range(timeperiod)[np.maximum(rows, 0)], np.nan)

        prices = (spread(bars.open, 0.0), spread(bars.high, -np.inf), spread(bars.low, np.inf), closes)
        gaps = rows, self._first_met(number, places)
        return SymbolColumns(bars, (*prices, spread(bars.volume, 0.0)), places.item(-1), at_moments, gaps)

    def _first_met(self, number: int, places: Integers) -> Integers:
        """Where the first bar of a feed is that an order of each moment may meet (rule L3)."""
        feed, steps = self.clock.feeds[number], self.clock.steps
        if feed.met_from is None:
            found = feed.steps.searchsorted(steps, "right")
        else:
            found = feed.met_from.searchsorted(steps, "left")
        return np.append(places, len(steps))[found]


@dataclass(frozen=True, slots=True)
class SymbolColumns:
    """The bars of a symbol at the moments of its lanes: open, high, low, close, volume, and where the last bar is.

    `gaps`: `rows` and `first_met` of `state.Market`, where it lacks bars.
    """

    bars: Bars
    prices: tuple[Floats, ...]
    last: int
    true_range: Callable[[int], Floats]
    gaps: tuple[Integers, Integers] | None = None


class SharedSymbol:
    """The arrays of a symbol that all lanes of one kernel share; those that few of them need are made when they are asked for."""

    def __init__(self, kernel: Kernel, columns: SymbolColumns) -> None:
        self.columns = columns
        self._kernel = kernel
        self.prices = tuple(map(kernel.floats, columns.prices))
        self.close = self.prices[3]
        self.gaps = columns.gaps and (kernel.ints(columns.gaps[0]), kernel.ints(columns.gaps[1]))
        self.own_close = kernel.floats(columns.bars.close) if columns.gaps else self.close
        self._ranges: dict[int, F64] = {}
        self._day_after: I64 | None = None

    def day_after(self, days_of: Callable[[Integers], Integers], stamps: Integers) -> I64:
        """The number of the day of the moment at which each bar is over."""
        if self._day_after is None:
            self._day_after = self._kernel.ints(days_of(stamps + self.columns.bars.lasting))
        return self._day_after

    def true_range(self, timeperiod: int) -> F64:
        """An average true range."""
        if timeperiod not in self._ranges:
            self._ranges[timeperiod] = self._kernel.floats(self.columns.true_range(timeperiod))
        return self._ranges[timeperiod]


def _prices(bars: Bars) -> tuple[Floats, ...]:
    return bars.open, bars.high, bars.low, bars.close, bars.volume
