"""Orphans: requests nobody answered, orders without an end, trades never closed (rule E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.results.trace import Event

_ENDS = frozenset({"rejected", "cancelled", "expired"})
_ROUNDING = 1e-9
"""Parts of an order may add up to less than it by this share."""
NEEDED = {
    "requests without an answer": ("ORDER_REQUEST", "ORDER"),
    "orders without an end": ("ORDER", "FILL"),
    "trades never closed": ("POSITION_OPEN", "POSITION_CLOSE"),
}
"""The event types of which a trace must have both, to tell."""


class Orphan(NamedTuple):
    """Something that began and never ended: `id` is that of the request's event, of the order, or of the trade."""

    container_id: str
    what: str
    id: str
    since: str
    seq: int
    event_id: str
    symbol: str
    side: str
    quantity: float | None


class Orphans:
    """Finds the orphans of one trace; what it remembers is what is still open."""

    def __init__(self, container_id: str) -> None:
        self._container_id = container_id
        self._requests: dict[str, Event] = {}
        self._orders: dict[str, Event] = {}
        self._left: dict[str, float] = {}
        self._trades: dict[str, Event] = {}

    def of(self, events: Iterable[Event]) -> Iterator[Orphan]:
        """Reads a trace to its end; what is then still open, in the order in which it began."""
        take = {
            "ORDER_REQUEST": self._request,
            "ORDER": self._order,
            "FILL": self._fill,
            "POSITION_OPEN": self._open,
            "POSITION_CLOSE": self._close,
        }
        for event in events:
            if event["type"] in take:
                take[event["type"]](event)
        found = [
            *(self._orphan("request without an answer", id_, event) for id_, event in self._requests.items()),
            *(self._orphan("order without an end", id_, event) for id_, event in self._orders.items()),
            *(self._orphan("trade never closed", id_, event) for id_, event in self._trades.items()),
        ]
        yield from sorted(found, key=lambda orphan: orphan.seq)

    def _request(self, event: Event) -> None:
        self._requests[event["event_id"]] = event

    def _order(self, event: Event) -> None:
        self._requests.pop(event["causation_id"] or "", None)
        id_ = str(event.get("order_id"))
        if event.get("status") in _ENDS:
            self._orders.pop(id_, None)
        elif event.get("status") == "accepted":
            self._orders[id_] = event
            self._left[id_] = _number(event.get("quantity"))

    def _fill(self, event: Event) -> None:
        order = self._orders.get(str(event.get("order_id")))
        if order is not None:
            id_ = str(order["order_id"])
            self._left[id_] -= _number(event.get("quantity"))
            if self._left[id_] <= _ROUNDING * _number(order.get("quantity")):
                del self._orders[id_], self._left[id_]

    def _open(self, event: Event) -> None:
        self._trades[event["correlation_id"] or ""] = event

    def _close(self, event: Event) -> None:
        self._trades.pop(event["correlation_id"] or "", None)

    def _orphan(self, what: str, id_: str, event: Event) -> Orphan:
        known = (self._container_id, what, id_, event["timestamp"], event["seq"], event["event_id"])
        quantity = event.get("quantity")
        quantity = float(quantity) if isinstance(quantity, int | float) else None
        return Orphan(*known, str(event.get("symbol")), str(event.get("side")), quantity)


def cannot_tell(types: Iterable[str] | None) -> list[str]:
    """What a trace of these event types (None: of all) says nothing of."""
    if types is None:
        return []
    traced = set(types)
    return [what for what, needed in NEEDED.items() if not traced.issuperset(needed)]


def _number(value: Any) -> float:  # noqa: ANN401 - of a file that somebody may have written
    return float(value) if isinstance(value, int | float) else 0.0
