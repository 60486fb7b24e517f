"""Trailing stops: how they follow the closes (rule X4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from engine.trading.orders import WorkingOrder

    Floats = npt.NDArray[np.float64]


def trail_levels(order: WorkingOrder, closes: Floats) -> Floats:
    """Where a trailing stop stands now and after each of `closes`, shape (n + 1,): never back from where it was."""
    percent = order.request.trail_percent
    distance = closes * (percent / 100.0) if percent is not None else (order.request.trail_amount or 0.0)
    levels = np.concatenate((np.array([order.stop]), closes + order.sign * distance))
    path: Floats = (np.minimum if order.sign > 0 else np.maximum).accumulate(levels)
    return path


def ratchet(order: WorkingOrder, closes: Floats, row: int) -> None:
    """Brings a trailing stop up to the closes before `row` of its feed."""
    if order.request.order_type == "trailing_stop" and not order.triggered and order.ratcheted < row:
        order.stop = trail_levels(order, closes[order.ratcheted : row]).item(-1)
        order.ratcheted = row
