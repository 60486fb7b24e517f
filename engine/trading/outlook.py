"""Outlook: the next bar at which an order has to be looked at, so that its lane may sleep until then (rule L5).

It only says when to wake: what the bar then does to the order is asked of that bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.trading.orders import STOPS
from engine.trading.trailing import trail_levels

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engine.trading.orders import WorkingOrder

    Floats = npt.NDArray[np.float64]

FIRST_STRETCH = 64
GROWTH = 4
"""Bars searched at once, and how much longer each further stretch is."""


def next_row(order: WorkingOrder, high: Floats, low: Floats, close: Floats) -> int | None:
    """The first row from the order's first on at which a bar may reach it; None if none of the data does.

    Orders of a day, and those good immediately or not at all, are looked at bar by bar.
    """
    if order.kind == "market" or order.request.time_in_force in ("day", "ioc"):
        return order.first_row if order.first_row < len(close) else None
    start, length = order.first_row, FIRST_STRETCH
    while start < len(close):
        end = min(start + length, len(close))
        reached = _reached(order, high[start:end], low[start:end], close[order.ratcheted : end])
        first = int(reached.argmax())
        if reached[first]:
            return start + first
        start, length = end, length * GROWTH
    return None


def _reached(order: WorkingOrder, high: Floats, low: Floats, closes: Floats) -> npt.NDArray[np.bool_]:
    """Which of some bars come as far as the order; `closes` begin where a trailing stop has yet to follow."""
    upwards = order.sign > 0
    if order.kind not in STOPS:
        return low < order.limit if upwards else high > order.limit
    level: Floats | float = order.stop
    if order.request.order_type == "trailing_stop":
        path = trail_levels(order, closes)
        level = path[-1 - len(high) : -1]
    return high >= level if upwards else low <= level
