"""Marks one by one, given to the equity curve in blocks once the ends of their days are known (rule T2)."""

from __future__ import annotations

import numpy as np

from engine.metrics.days import day_ends
from engine.metrics.equity import EquityCurve
from engine.metrics.year import NS_PER_DAY, years_between

_BLOCK = 4096
MOST_DAYS = 2**64 // NS_PER_DAY + 2
"""As many days as timestamps can name: memory is taken only for those there are."""


class Marks:
    """The marks of a lane; days end as a `day_zone` says. `days` are the numbers of those that have ended."""

    def __init__(self, cash: float, zone: str) -> None:
        self.curve = EquityCurve(cash, MOST_DAYS)
        self._zone = zone
        self._timestamps: list[int] = []
        self._equity: list[float] = []
        self._in_market: list[bool] = []
        self.days: list[int] = []
        self._first: int | None = None
        self._last = 0

    @property
    def years(self) -> float:
        """The time from the first mark to the last."""
        return 0.0 if self._first is None else years_between(self._first, self._last)

    def add(self, timestamp: int, equity: float, *, in_market: bool) -> None:
        """Adds the mark of a bar (ns UTC, quote currency)."""
        self._first = timestamp if self._first is None else self._first
        self._last = timestamp
        self._timestamps.append(timestamp)
        self._equity.append(equity)
        self._in_market.append(in_market)
        if len(self._timestamps) > _BLOCK:
            self._pass_on(_BLOCK)

    def settle(self) -> EquityCurve:
        """The curve with every mark in it, the last of which ends its day; no more may be added."""
        self._pass_on(len(self._timestamps))
        return self.curve

    def _pass_on(self, count: int) -> None:
        """Gives the curve the first `count` marks; whether the last of those ends its day, the one after it shows."""
        found = day_ends(np.array(self._timestamps, np.int64), self._zone)
        block = np.array(self._equity[:count]), np.array(self._in_market[:count], np.bool_)
        ended = int(found.rows.searchsorted(count))
        self.curve.mark_block(*block, found.rows[:ended])
        self.days += found.numbers[:ended].tolist()
        del self._timestamps[:count], self._equity[:count], self._in_market[:count]
