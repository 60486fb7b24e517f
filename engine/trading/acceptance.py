"""What no exchange would accept: orders that make no sense whatever the account holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.order_terms import ExitTerms

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
    fault = quantity_fault(request.quantity, request.unknown)
    if fault or request.order_type == "market":
        return fault
    for name in _NEEDS[request.order_type]:
        price: float | None = getattr(request, name)
        if price is None:
            return f"a {request.order_type} order needs a {name}"
        fault = _price_fault(name, price, close)
        if fault:
            return _because(fault, request.unknown)
    return _trail_fault(request) if request.order_type == "trailing_stop" else ""


def exits_fault(exits: ExitTerms, close: float) -> str:
    """What keeps exits from protecting a position, seen from the symbol's last close; empty if nothing does."""
    for name, price in (("stop_loss", exits.stop_loss), ("take_profit", exits.take_profit)):
        if price is not None and (fault := _price_fault(name, price, close)):
            return fault
    for name, trail in (("trail_amount", exits.trail_amount), ("trail_percent", exits.trail_percent)):
        if trail is not None and not 0.0 < trail < math.inf:
            return f"{name} {trail} is not above zero"
    return ""


def wrong_side(exits: ExitTerms, sign: int, price: float) -> str:
    """Which exit of a position (`sign` +1 long, -1 short) lies on the wrong side of a price; empty if none does."""
    for name, level, side in (("stop loss", exits.stop_loss, -sign), ("take profit", exits.take_profit, sign)):
        if level is not None and side * (level - price) <= 0.0:
            return f"a {name} at {level} is not {'above' if side > 0 else 'below'} the price {price}"
    return ""


def protection_fault(request: OrderRequest, close: float) -> str:
    """What is wrong with moving an exit to where the price has been already; empty for all other requests."""
    if request.oco is None or request.oco != request.correlation_id:
        return ""
    exits = ExitTerms(
        stop_loss=request.stop_price if request.order_type == "stop" else None,
        take_profit=request.limit_price if request.order_type == "limit" else None,
    )
    return wrong_side(exits, -1 if request.side == "buy" else 1, close)


def quantity_fault(quantity: float, unknown: str) -> str:
    """What is wrong with a number of units that is asked for, and what was `unknown`; empty if nothing is."""
    ordered = math.isfinite(quantity) and quantity > 0.0
    return "" if ordered else _because(f"quantity {quantity} is not a positive number of units", unknown)


def _because(fault: str, unknown: str) -> str:
    return f"{fault}: {unknown}" if unknown else fault


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
