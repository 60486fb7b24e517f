"""How long an order works (rule X6): day, gtc, gtd; ioc orders meet one moment of one bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.trading.orders import WorkingOrder


class Lifetime:
    """Says when orders are over. `day_of(timestamp)` numbers the days; `bar_length` is ns from bar to bar."""

    def __init__(self, day_of: Callable[[int], int], bar_length: int) -> None:
        self._day_of = day_of
        self._bar_length = bar_length

    def begin(self, order: WorkingOrder, timestamp: int) -> None:
        """Notes the day of the first bar that an order meets: a day order is good for that day."""
        if order.day is None and order.request.time_in_force == "day":
            order.day = self._day_of(timestamp)

    def is_over_at(self, order: WorkingOrder, timestamp: int) -> str:
        """Why an order does not live to see the bar at `timestamp`; empty if it does."""
        terms = order.request
        if terms.time_in_force == "day" and order.day is not None and self._day_of(timestamp) != order.day:
            return "the day is over"
        if terms.time_in_force == "gtd" and terms.good_till is not None and timestamp > terms.good_till:
            return "its time is over"
        return ""

    def is_over_after(self, order: WorkingOrder, timestamp: int) -> str:
        """Why an order is done with once the bar at `timestamp` has passed; empty if it is not."""
        return self.is_over_at(order, timestamp + self._bar_length)
