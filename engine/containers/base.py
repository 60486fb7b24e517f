"""What every container has: an id, a bus of its own, a status, and a tracer if it asked for one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from engine.bus import SHARED, EventBus, Observer
from engine.metrics.container_metrics import OrderCounts, events_by_type
from engine.metrics.definitions import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence


class Count(Protocol):
    """Something whose size can be asked."""

    def count(self) -> int:
        """How many events it holds in memory."""


class Tracer(Observer, Protocol):
    """What a container knows of its tracer."""

    @property
    def events(self) -> Sequence[Any]:
        """The events kept in memory, oldest first."""

    @property
    def storage(self) -> Count:
        """Where they are kept."""


TracerFactory = Callable[[str, Any], Tracer]
"""Makes the tracer of a container from its id and whatever settings it understands."""

Measured = tuple[dict[str, float | int | None], dict[str, float | int | str | list[str]]]
"""Metrics by name, and notes on them."""


Watch = Callable[[int, list[float]], None]
"""Gets the marks of a portfolio as they come: the bar of the first, and equity at that and at the bars after it."""


class Member(Protocol):
    """What containers whose metrics are sums know of those that they sum over. `lane` is that which it serves alone."""

    container_id: str
    type: str
    lane: int
    status: str

    def metrics(self) -> Measured:
        """Its metrics, and notes on them."""

    def event_counts(self) -> dict[str, int]:
        """The events that it published, by type."""

    def order_counts(self) -> OrderCounts:
        """What its orders were answered; nothing, if it has none."""


class MissingTracerFactoryError(TypeError):
    """Tracing was asked of a container that was given no way to make a tracer."""


class Container:
    """A declared unit of a run. `lane` is the portfolio it serves alone, or SHARED.

    `tracer_factory(container_id, settings)` makes the tracer that `enable_tracing` attaches: a container does not know
    how tracing works. `status` is one of running, completed, failed, interrupted; `correlation_id` that of the run. `reached` is the
    step before which everything is published, `errors` how many ERROR events it published; `failed_at` (ns UTC) when it failed, if
    that was before the step in which it was found.
    """

    type = "container"
    counted: tuple[str, ...] = ()
    """The types of events that its metrics count also where there are none."""

    def __init__(
        self,
        container_id: str,
        *,
        lane: int = SHARED,
        rank: int = 0,
        tracer_factory: TracerFactory | None = None,
    ) -> None:
        self.container_id = container_id
        self.lane = lane
        self.rank = rank
        self.event_bus = EventBus(container_id, lane)
        self.tracer: Tracer | None = None
        self.status = "running"
        self.error: str | None = None
        self.exception: BaseException | None = None
        self.correlation_id: str | None = None
        self.reached = 0
        self.errors = 0
        self.failed_at: int | None = None
        self._tracer_factory = tracer_factory
        self._final: Measured | None = None

    @property
    def id(self) -> str:
        """Another name of `container_id`."""
        return self.container_id

    def start(self) -> None:
        """Arranges for the first piece of work, once everything is wired."""

    def follow_interest(self) -> None:
        """Begins or ends what it publishes at every bar, now that other types of event are wanted."""

    def settle(self, step: int) -> None:
        """Brings the container's books up to all steps before `step`."""

    def enable_tracing(self, settings: Any) -> Tracer:  # noqa: ANN401 - the settings are the factory's business
        """Attaches a tracer made from `settings` and returns it; one already there is replaced.

        Raises:
            MissingTracerFactoryError: if the container was made without `tracer_factory`.
            ValueError: if the factory refuses the settings.
        """
        if self._tracer_factory is None:
            raise MissingTracerFactoryError(
                f"container {self.container_id!r} cannot trace: pass tracer_factory= when you make it"
            )
        tracer = self._tracer_factory(self.container_id, settings)
        self.attach(tracer)
        return tracer

    def attach(self, tracer: Tracer) -> None:
        """Has `tracer` observe the container's bus, in place of one that may be there."""
        self.disable_tracing()
        self.tracer = tracer
        self.event_bus.attach_observer(tracer)

    def disable_tracing(self) -> None:
        """Leaves no trace of tracing on the bus."""
        if self.tracer is not None:
            self.event_bus.detach_observer(self.tracer)
            self.tracer = None

    @property
    def first_rejection(self) -> str:
        """Why the first of its orders was rejected, empty if none was; only portfolios have orders."""
        return ""

    @property
    def open_positions(self) -> int:
        """Positions held now; only portfolios hold any."""
        return 0

    def metrics(self) -> Measured:
        """The container's metrics in their order of definition, and notes on them."""
        return events_by_type(self.event_counts(), self.counted), {}

    def event_counts(self) -> dict[str, int]:
        """The events that it published, by type. Those that nobody wanted count too: they have their numbers all the same."""
        return {"ERROR": self.errors}

    def order_counts(self) -> OrderCounts:
        """What its orders were answered; nothing, if it has none."""
        return OrderCounts()

    def without_figures(self) -> Measured:
        """Its metrics from now on where measuring them failed: none has a value."""
        names = [metric.name for metric in METRICS] if self.type == "portfolio" else []
        self._final = dict.fromkeys(names), dict.fromkeys(names, "it could not be measured: see error")
        return self._final

    def memory_usage(self) -> dict[str, int]:
        """Events held in memory and positions held: the reproducible part of what memory is used for."""
        events = self.tracer.storage.count() if self.tracer is not None else 0
        return {"events_in_memory": events, "open_positions": self.open_positions}

    def get_memory_stats(self) -> dict[str, int]:
        """`memory_usage` and the size of the metrics in bytes."""
        metrics, _ = self.metrics()
        return {**self.memory_usage(), "metrics_size": sys.getsizeof(metrics)}

    def get_results(self) -> dict[str, Any]:
        """What the container came to: id, type, status, metrics with notes, memory usage."""
        metrics, notes = self.metrics()
        return {
            "container_id": self.container_id,
            "type": self.type,
            "status": self.status,
            "correlation_id": self.correlation_id,
            "metrics": metrics,
            "metric_notes": notes,
            "memory_usage": self.memory_usage(),
        }
