"""What no exchange would accept: orders that make no sense whatever the account holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.events import OrderRequest

BEYOND_REASON = 100.0
"""A price so many times above or below the last close is a slip of the hand."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("stop_price", "limit_price"),
    "trailing_stop": ("stop_price",),
}


def fault_of(request: OrderRequest, close: float) -> str:
    """What is wrong with a request in itself, seen from the symbol's last close; empty if nothing is."""
    fault = quantity_fault(request.quantity)
    if fault or request.order_type == "market":
        return fault
    for name in _NEEDS[request.order_type]:
        price: float | None = getattr(request, name)
        if price is None:
            return f"a {request.order_type} order needs a {name}"
        fault = _price_fault(name, price, close)
        if fault:
            return fault
    return _trail_fault(request) if request.order_type == "trailing_stop" else ""


def quantity_fault(quantity: float) -> str:
    """What is wrong with a number of units that is asked for; empty if nothing is."""
    ordered = math.isfinite(quantity) and quantity > 0.0
    return "" if ordered else f"quantity {quantity} is not a positive number of units"


def too_little(worth: float, minimum: float) -> str:
    """What is wrong with an order worth so much where the least is `minimum`, in quote currency; empty if nothing is."""
    return f"worth {worth:.2f}, less than minimum_notional {minimum:.2f}" if worth < minimum else ""


def _price_fault(name: str, price: float, close: float) -> str:
    if not math.isfinite(price) or price <= 0.0:
        return f"{name} {price} is not a price"
    if not close / BEYOND_REASON <= price <= close * BEYOND_REASON:
        return f"{name} {price} is beyond reason: the last close is {close}"
    return ""


def _trail_fault(request: OrderRequest) -> str:
    trails = [trail for trail in (request.trail_amount, request.trail_percent) if trail is not None]
    if len(trails) != 1 or not math.isfinite(trails[0]) or trails[0] <= 0.0:
        return "a trailing_stop order needs a trail_amount or a trail_percent above zero"
    return ""
