"""Execution containers accept orders and fill them, on one desk for each portfolio they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.containers.base import Container, TracerFactory
from engine.events import Event, OrderRequest

if TYPE_CHECKING:
    from engine.bus import EventBus
    from engine.containers.desk import Desk


REQUESTS = frozenset({"ORDER_REQUEST"})
ANSWERS = frozenset({"ORDER", "FILL"})


class ExecutionContainer(Container):
    """Fills the orders of the portfolios that name it, each on a desk of its own: lanes never meet here."""

    type = "execution"

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.desks: dict[str, Desk] = {}
        self.event_bus.subscribe("ORDER_REQUEST", self._on_request)

    def _on_request(self, event: Event) -> None:
        if isinstance(event, OrderRequest) and event.source in self.desks:  # others are answered as columns
            self.desks[event.source].take(event)

    def serve(self, client: EventBus) -> None:
        """Hears the requests of a portfolio, which hears the answers."""
        client.link(self.event_bus, REQUESTS)
        self.event_bus.link(client, ANSWERS)
