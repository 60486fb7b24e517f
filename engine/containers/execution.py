"""Execution containers accept orders and fill them, on one desk for each portfolio they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.containers.base import Container, Measured, Member, TracerFactory
from engine.events import Event, OrderRequest
from engine.metrics.container_metrics import OrderCounts, events_by_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.bus import EventBus
    from engine.containers.desk import Desk


REQUESTS = frozenset({"ORDER_REQUEST"})
ANSWERS = frozenset({"ORDER", "FILL"})


class ExecutionContainer(Container):
    """Fills the orders of the portfolios that name it, each on a desk of its own: lanes never meet here.

    `clients` are these portfolios in the order of declaration, wherever they are simulated.
    """

    type = "execution"
    counted = ("ORDER", "FILL")

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.desks: dict[str, Desk] = {}
        self.clients: Sequence[Member] = ()
        self.event_bus.subscribe("ORDER_REQUEST", self._on_request)

    def _on_request(self, event: Event) -> None:
        if isinstance(event, OrderRequest) and event.source in self.desks:  # others are answered as columns
            desk = self.desks[event.source]
            try:
                desk.take(event)
            except BaseException as error:  # noqa: BLE001 - what one lane asks for must not touch the others
                desk.outlet.fail(error)

    def metrics(self) -> Measured:
        """What became of the orders of all its portfolios: the sums of each, added in the order of declaration."""
        total = self._order_totals()
        figures, notes = total.metrics()
        return {**figures, **events_by_type({**super().event_counts(), **total.events}, self.counted)}, dict(notes)

    def event_counts(self) -> dict[str, int]:
        """Its answers."""
        return {**super().event_counts(), **self._order_totals().events}

    def _order_totals(self) -> OrderCounts:
        total = OrderCounts()
        for client in self.clients:
            total.add(client.order_counts())
        return total

    def serve(self, client: EventBus) -> None:
        """Hears the requests of a portfolio, which hears the answers."""
        client.link(self.event_bus, REQUESTS)
        self.event_bus.link(client, ANSWERS)
