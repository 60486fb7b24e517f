"""A lane's equity, mark by mark: what T2 asks of every mark, and one value a day for the rest.

There are two ways in, one bar at a time in plain Python and a whole block in numpy. They use only comparisons, one
division and one subtraction per mark, so a lane may mix them as it likes and gets the same bits (B3).

Durations are measured on the lane's own clock: the mark before the first step stands at bar 0, the mark of step i at
bar i, and the final mark at the bar of the last step.
"""

from math import isfinite
from typing import NamedTuple, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.metrics.extremes import Extremes, chunks_of, extremes

NO_BAR = NO_ROW = -1


class Stretch(NamedTuple):
    """What marks of consecutive bars come to; rows count from the first of them, NO_ROW where there is none.

    `highest` and `last` mark. `lowest` equity / peak - 1, and its first row `trough`. `first_peak` and `last_peak`: rows at which
    equity reached the highest mark so far, `widest` the most rows from one to the next, `recovery` the first from the trough
    on.
    """

    bars: int
    bars_in_market: int
    highest: float
    last: float
    lowest: float
    trough: int
    first_peak: int
    last_peak: int
    widest: int
    recovery: int


class Equity(Protocol):
    """What the metrics ask of a lane's equity; see `EquityCurve`."""

    @property
    def initial_equity(self) -> float:
        """Money that it began with."""

    @property
    def final_equity(self) -> float:
        """The last mark."""

    @property
    def max_drawdown(self) -> float:
        """The lowest equity / peak - 1, 0 or negative."""

    @property
    def longest_drawdown_bars(self) -> int:
        """The most bars from a peak to the last mark below it."""

    @property
    def recovery_bars(self) -> int | None:
        """Bars from the lowest point of the deepest drawdown to the first mark at its peak again; None if never."""

    @property
    def bars(self) -> int:
        """Bars marked."""

    @property
    def bars_in_market(self) -> int:
        """Those of them with a position."""

    def daily_values(self) -> NDArray[np.float64]:
        """The initial equity and after it the last mark of each day."""


class EquityCurve:
    """The running figures of a lane's marks, from `initial_equity` (money, above zero) over at most `days` days.

    `final_equity` is the last mark, `peak` the highest one, `max_drawdown` the lowest equity / peak - 1 so far (0 or
    negative); `bars` counts the steps marked and `bars_in_market` those among them that held a position.

    Raises:
        ValueError: if `initial_equity` is not a finite number above zero.
    """

    __slots__ = (
        "_daily",
        "_days",
        "_last_day_bar",
        "_longest_spell",
        "_peak_bar",
        "_recovered_bar",
        "_trough_bar",
        "bars",
        "bars_in_market",
        "final_equity",
        "initial_equity",
        "max_drawdown",
        "peak",
    )

    def __init__(self, initial_equity: float, days: int) -> None:
        if not 0.0 < initial_equity < float("inf"):
            raise ValueError(f"initial equity {initial_equity!r} is not a finite amount above zero")
        self.initial_equity = self.final_equity = self.peak = initial_equity
        self.max_drawdown = 0.0
        self.bars = self.bars_in_market = 0
        self._daily = np.empty(days, dtype=np.float64)
        self._days = self._last_day_bar = 0
        self._peak_bar = self._longest_spell = 0
        self._trough_bar = self._recovered_bar = NO_BAR

    @property
    def drawdown(self) -> float:
        """The last mark over the peak, minus one: 0 or negative."""
        return self.final_equity / self.peak - 1.0

    @property
    def longest_drawdown_bars(self) -> int:
        """The most bars from a peak to the last mark below it."""
        return max(self._longest_spell, self.bars - self._peak_bar)

    @property
    def recovery_bars(self) -> int | None:
        """Bars from the lowest point of the deepest drawdown to the first mark at its peak again; None if never."""
        return None if self._recovered_bar == NO_BAR else self._recovered_bar - self._trough_bar

    def daily_values(self) -> NDArray[np.float64]:
        """The initial equity and after it the last mark of each day, a day still under way included."""
        finished = self._daily[: self._days]
        under_way = [self.final_equity] if self.bars > self._last_day_bar else []
        return np.concatenate(([self.initial_equity], finished, under_way))

    def mark(self, equity: float, *, in_market: bool, day_end: bool) -> None:
        """Add the mark of one step; `day_end` says that no later bar of this lane falls on the same day.

        Raises:
            OverflowError: if `equity` is not finite; nothing is changed then.
        """
        bar = self.bars + 1
        self._place(equity, bar)
        self.bars = bar
        if in_market:
            self.bars_in_market += 1
        if day_end:
            self._daily[self._days] = equity
            self._days += 1
            self._last_day_bar = bar

    def final_mark(self, equity: float) -> None:
        """Add the mark after the last step (L1, END): it replaces the value of the last day and is no step of its own.

        Raises:
            OverflowError: if `equity` is not finite; nothing is changed then.
        """
        self._place(equity, self.bars)
        if self._days and self._last_day_bar == self.bars:
            self._daily[self._days - 1] = equity

    def mark_block(
        self, equity: NDArray[np.float64], in_market: NDArray[np.bool_], day_end_rows: NDArray[np.intp]
    ) -> None:
        """Add the marks of consecutive steps: `equity` and `in_market` have shape (n,), rows count from the block.

        Raises:
            OverflowError: if an equity is not finite; the marks before it are in the curve then, as if given singly.
        """
        if len(equity) == 0:
            return
        chunks = chunks_of(equity)
        highest = float(chunks.highest.max())
        if not (isfinite(highest) and isfinite(chunks.lowest.min())):
            self._break_off(equity, in_market, day_end_rows)
        stretch = _stretch(equity, in_market, extremes(equity, chunks, self.peak), highest)
        self._add_stretch(stretch, equity[day_end_rows], int(day_end_rows[-1]) if len(day_end_rows) else NO_ROW)

    def _place(self, equity: float, bar: int) -> None:
        if not isfinite(equity):
            raise not_finite(bar)
        if equity < self.peak:
            drawdown = equity / self.peak - 1.0
            if drawdown < self.max_drawdown:
                self.max_drawdown = drawdown
                self._trough_bar = bar
                self._recovered_bar = NO_BAR
        else:
            if self.bars > self._peak_bar:
                self._end_spell(self.bars - self._peak_bar, bar)
            self.peak = equity
            self._peak_bar = bar
        self.final_equity = equity

    def _end_spell(self, length: int, bar: int) -> None:
        self._longest_spell = max(self._longest_spell, length)
        if self._trough_bar > self._recovered_bar:
            self._recovered_bar = bar

    def _break_off(
        self, equity: NDArray[np.float64], in_market: NDArray[np.bool_], day_end_rows: NDArray[np.intp]
    ) -> NoReturn:
        row = int(np.isfinite(equity).argmin())
        self.mark_block(equity[:row], in_market[:row], day_end_rows[day_end_rows < row])
        raise not_finite(self.bars + 1)

    def _add_stretch(self, stretch: Stretch, day_values: NDArray[np.float64], last_day_row: int) -> None:
        """Add the marks of consecutive steps by what they come to: as `mark_block` adds them one by one.

        `day_values`: the last mark of each day that ends in them; the last of those days ends at `last_day_row`.
        """
        before = self.bars
        if stretch.first_peak != NO_ROW:
            self._end_spells(before + 1 + stretch.first_peak, before + 1 + stretch.last_peak, stretch.widest)
        if stretch.lowest < self.max_drawdown:
            self.max_drawdown = stretch.lowest
            self._trough_bar = before + 1 + stretch.trough
            self._recovered_bar = NO_BAR if stretch.recovery == NO_ROW else before + 1 + stretch.recovery
        self.peak = max(self.peak, stretch.highest)
        self.final_equity = stretch.last
        self.bars += stretch.bars
        self.bars_in_market += stretch.bars_in_market
        if len(day_values):
            days = self._days + len(day_values)
            self._daily[self._days : days] = day_values
            self._days = days
            self._last_day_bar = before + last_day_row + 1

    def _end_spells(self, first: int, last: int, widest: int) -> None:
        """Close what was under water before and between the bars `first` to `last`, at which equity was at its peak."""
        if first - 1 > self._peak_bar:
            self._end_spell(first - 1 - self._peak_bar, first)
        self._longest_spell = max(self._longest_spell, widest - 1)
        self._peak_bar = last


def not_finite(bar: int) -> OverflowError:
    """What is raised where equity has no value any more."""
    return OverflowError(f"equity is no longer a finite amount at bar {bar}")


def _stretch(equity: NDArray[np.float64], in_market: NDArray[np.bool_], found: Extremes, highest: float) -> Stretch:
    rows = found.peak_rows
    later = int(rows.searchsorted(found.trough))
    return Stretch(
        bars=len(equity),
        bars_in_market=int(np.count_nonzero(in_market)),
        highest=highest,
        last=float(equity[-1]),
        lowest=found.lowest,
        trough=found.trough,
        first_peak=int(rows[0]) if len(rows) else NO_ROW,
        last_peak=int(rows[-1]) if len(rows) else NO_ROW,
        widest=int((rows[1:] - rows[:-1]).max()) if len(rows) > 1 else 0,
        recovery=int(rows[later]) if later < len(rows) else NO_ROW,
    )
