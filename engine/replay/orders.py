"""Orders once more: what is asked for is what is accepted, and only that is filled, at a price its bar has (rules X1 to X8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.events import Order, OrderRequest
from engine.replay.difference import broken, shown, values_differ
from engine.trading.orders import DEAD

if TYPE_CHECKING:
    from engine.events import Bar, Event, Fill

_ROUNDING = 1e-9
"""Parts of an order may add up to more than it by this share."""
_ASKED = tuple(
    name
    for name in OrderRequest.__struct_fields__
    if name in Order.__struct_fields__ and name not in {"timestamp", "source", "event_id", "causation_id"}
)
_SAME = ("correlation_id", "symbol", "side")


class OrderCheck:
    """Follows the orders of a trace while they are asked for and at work."""

    def __init__(self) -> None:
        self._asked: dict[str, OrderRequest] = {}
        self._working: dict[str, Order] = {}
        self._left: dict[str, float] = {}

    def on_request(self, request: OrderRequest) -> None:
        """Remembers what is asked for until it is answered."""
        self._asked[request.event_id] = request

    def on_order(self, seq: int, order: Order) -> None:
        """Takes what became of an order.

        Raises:
            DifferenceFoundError: if it is not what was asked for, or dies without having been accepted.
        """
        asked = self._asked.pop(order.causation_id or "", None)
        if asked is not None:
            _check_same(seq, order, asked, _ASKED)
        if order.status in DEAD:
            if order.status != "rejected" and self._working.pop(order.order_id, None) is None:
                raise broken(seq, order.event_id, f"{order.status}: order {order.order_id} is not at work")
            self._left.pop(order.order_id, None)
        elif order.order_id not in self._working:
            self._working[order.order_id] = order
            self._left[order.order_id] = order.quantity

    def on_fill(self, seq: int, fill: Fill, bar: Bar | None, close: float) -> None:
        """Takes a fill; `bar` is its symbol's at that moment, None if there is none, `close` the symbol's latest.

        Raises:
            DifferenceFoundError: if no such order is at work, or its price is none of the bar's.
        """
        order = self._working.get(fill.order_id)
        if order is None:
            raise broken(seq, fill.event_id, f"order {fill.order_id} is not at work")
        _check_same(seq, fill, order, _SAME)
        left = self._left[fill.order_id] - fill.quantity
        if left < -_ROUNDING * order.quantity:
            raise broken(seq, fill.event_id, f"{fill.quantity} are filled where {self._left[fill.order_id]} are left")
        self._left[fill.order_id] = left
        if left <= _ROUNDING * order.quantity:
            del self._working[fill.order_id], self._left[fill.order_id]
        _check_price(seq, fill, order, bar, close)


def _check_price(seq: int, fill: Fill, order: Order, bar: Bar | None, close: float) -> None:
    """Price and slippage say what the price was before slippage: a market order's is the open or the close of its bar."""
    if order.order_type != "market":
        return
    before = (close,) if bar is None else (bar.open, bar.close)
    if all(abs(fill.price - price) * fill.quantity != fill.slippage for price in before):
        because = f"close {close}" if bar is None else f"open {bar.open} and close {bar.close} of {bar.event_id}"
        raise broken(
            seq, fill.event_id, f"price {fill.price} with slippage {fill.slippage} does not follow from {because}"
        )


def _check_same(seq: int, event: Event, other: Event, names: tuple[str, ...]) -> None:
    for name in names:
        recorded, due = getattr(event, name), getattr(other, name)
        if shown(recorded) != shown(due):
            raise values_differ((seq, event.event_id), name, (recorded, due), other.event_id)
