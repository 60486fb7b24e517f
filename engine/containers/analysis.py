"""Analysis containers only listen: what they hear can be traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory
from engine.metrics.container_metrics import events_by_type

if TYPE_CHECKING:
    from collections.abc import Callable


class AnalysisContainer(Container):
    """Hears everything its inputs carry. `received` counts that by type, whether or not any of it was ever built."""

    type = "analysis"

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.received: Callable[[], dict[str, int]] = dict

    def metrics(self) -> Measured:
        """The events that it received, by type."""
        return events_by_type(self.received()), {}
