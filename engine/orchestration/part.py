"""A part of a run: some of its containers, simulated together, and the files they write (rules S6, S9)."""

from __future__ import annotations

import errno
import traceback
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from engine.blame import described, said_by, users_line
from engine.containers.portfolio import PortfolioContainer
from engine.lanes.portfolio import LanePortfolio
from engine.market.column_file import release_pages
from engine.orchestration.extracts import EquityExtract, TradeExtract
from engine.orchestration.failed_lanes import trace_failed_lanes
from engine.orchestration.kernel_lanes import UnshownEvents
from engine.orchestration.memory import MemoryLimit
from engine.orchestration.results_folder import write_metrics
from engine.orchestration.snapshots import take_snapshots
from engine.orchestration.tracing_setup import accounting, attach_tracers, open_stream
from engine.orchestration.watchdog import LaneTimeoutError, Watchdog
from engine.orchestration.wiring import wire
from tracing.storage.members import WriteFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from engine.containers.base import Container, Measured
    from engine.containers.root import RootContainer
    from engine.metrics.container_metrics import OrderCounts
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.scenery import Scenery
    from tracing.storage.disk import LineStream
    from tracing.tracer import EventTracer

    Containers = Mapping[str, Container]
    AnyPortfolio = PortfolioContainer | LanePortfolio

SCHEMA_VERSION = 1

Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a container came to.

    `failure` says what went wrong, `trace` where in the code; `by_machine`: the machine was at fault. `rejection` is why its
    first order was rejected, empty if none was. Its file took `writing_s` seconds. `events` are those that it published, by type; `orders` what its orders were answered.
    """

    status: str
    metrics: Figures
    failure: str | None
    trace: str
    by_machine: bool
    rejection: str
    writing_s: float
    events: dict[str, int]
    orders: OrderCounts


class Part:
    """The containers named by `members`, without it all of them; they write into folders below `folder`.

    `warn` takes remarks, one line each. `prepare` gets the containers before anything is arranged for them, and returns those
    that have their tracers and are measured here. `broken_off` says why the simulation was ended before its time, None if it was not, or
    because somebody asked for it.
    """

    def __init__(
        self,
        prepared: Prepared,
        scenery: Scenery,
        folder: Path,
        warn: Callable[[str], None],
        *,
        members: Collection[str] | None = None,
        root: RootContainer | None = None,
        prepare: Callable[[Containers], Containers] = lambda containers: containers,
    ) -> None:
        self._prepared = prepared
        self._scenery = scenery
        self._prepare = prepare
        self._folder = folder
        self._warn = warn
        self._wanted = prepared.plan.config.results
        self._tracers: dict[str, EventTracer] = {}
        self._extracts: list[tuple[Container, TradeExtract | EquityExtract]] = []
        self._memory = MemoryLimit(prepared.plan.config.memory_mb)
        self.broken_off: str | None = None
        self.simulation = wire(
            prepared.plan,
            scenery,
            self._attach,
            members=members,
            root=root,
            on_kernel=prepared.on_kernel,
            kernel=prepared.kernel,
        )

    def run(self, watch: Callable[[], None]) -> dict[str, Measured]:
        """Simulates to the end, or until it is stopped; returns the metrics of the containers that are measured here, by id."""
        with self._watchdog():
            self.simulation.run(partial(self._look, watch))
        if not self.simulation.agenda.stopped:
            self._tracers |= trace_failed_lanes(
                self._prepared, self._scenery, self._folder, self.simulation, partial(self._look, watch)
            )
        self._close_files()
        return {id_: self._metrics_of(container) for id_, container in self._measured.items()}

    def _watchdog(self) -> AbstractContextManager[object]:
        limit_s = self._prepared.plan.config.timeout_s
        if limit_s is None:
            return nullcontext()
        watchdog = self.simulation.agenda.guard = Watchdog(limit_s)
        return watchdog

    def _look(self, watch: Callable[[], None]) -> None:
        watch()
        release_pages()
        if self.broken_off is None and (excess := self._memory.excess()):
            self.broken_off = excess
            self.simulation.stop()

    def report(self, measured: Mapping[str, Measured]) -> dict[str, Report]:
        """Writes the metrics.json of those whose metrics are given, and says what they came to."""
        reports = {}
        for id_, metrics in measured.items():
            container, began = self.simulation.containers[id_], perf_counter()
            if container is self.simulation.root:
                metrics = container.metrics()  # noqa: PLW2901 - one that could not be written has failed since it was measured
            try:
                self._write(container, metrics)
            except OSError as error:
                self._fail_late(container, error)
            except Exception as error:  # noqa: BLE001 - figures that no file takes cost their container
                self._fail_late(container, error)
                self._write(container, metrics := container.without_figures())
            reports[id_] = _report(container, metrics[0], perf_counter() - began)
        return reports

    def _attach(self, containers: Containers) -> None:
        prepared, folder = self._prepared, self._folder
        own = self._measured = self._prepare(containers)
        self._tracers = attach_tracers(
            prepared.plan, own, prepared.traces, folder, self._warn, streams=prepared.streams, among=containers
        )
        self._unbuilt = UnshownEvents(prepared.plan, containers, prepared.traces)
        for container in containers.values():
            container.correlation_id = prepared.correlation_id
            if isinstance(container, PortfolioContainer | LanePortfolio):
                self._attach_extracts(container)
                if self._wanted.snapshot_every:
                    take_snapshots(container, self._wanted.snapshot_every, self._take_snapshot)

    def _attach_extracts(self, portfolio: AnyPortfolio) -> None:
        if self._wanted.trades:
            trades = TradeExtract(self._open_file(portfolio, "trades"))
            portfolio.event_bus.attach_observer(trades)
            self._extracts.append((portfolio, trades))
        if self._wanted.equity:
            moments = self._scenery.moments(portfolio.clock)
            equity = EquityExtract(self._open_file(portfolio, "equity"), moments)
            portfolio.watch_equity(equity.marked)
            self._extracts.append((portfolio, equity))

    def _open_file(self, portfolio: AnyPortfolio, stem: str) -> LineStream:
        wanted = self._wanted
        streams = (wanted.trades + wanted.equity) * sum(1 for _ in self._prepared.plan.of_type("portfolio"))
        return open_stream(self._folder / portfolio.container_id, stem, streams, durable=wanted.durable)

    def _take_snapshot(self, portfolio: AnyPortfolio) -> None:
        """Writes what the portfolio has come to so far. The tracer is relieved first, so that the file says so."""
        tracer = self._tracers.get(portfolio.container_id)
        if tracer is not None and self._wanted.clear_on_snapshot:
            tracer.clear_ended()
        self._write(portfolio, portfolio.metrics())

    def _write(self, container: Container, measured: Measured) -> None:
        result = self._result(container, measured)
        write_metrics(self._folder, container.container_id, result, durable=self._wanted.durable)

    def _close_files(self) -> None:
        closings: list[tuple[Container, Callable[[], None]]] = []
        for id_, tracer in self._tracers.items():
            container = self.simulation.containers[id_]
            closings.append((container, partial(tracer.close, failed=container.status == "failed")))
        closings += [(container, extract.close) for container, extract in self._extracts]
        for container, close in closings:
            try:
                close()
            except Exception as error:  # noqa: BLE001 - the others close theirs
                self._fail_late(container, error)

    def _metrics_of(self, container: Container) -> Measured:
        try:
            return container.metrics()
        except Exception as error:  # noqa: BLE001 - the others have theirs
            self._fail_late(container, error)
            return container.without_figures()

    def _fail_late(self, container: Container, error: Exception) -> None:
        """What goes wrong once the simulation is over costs its container; what the others wrote stays."""
        container.status, container.error, container.exception = "failed", said_by(error), error
        if self.simulation.root.status == "completed":
            self.simulation.root.status = "failed"

    def _result(self, container: Container, measured: Measured) -> dict[str, Any]:
        metrics, notes = measured
        id_ = container.container_id
        return {
            "schema_version": SCHEMA_VERSION,
            "container_id": id_,
            "type": container.type,
            "status": container.status,
            "error": _described(container),
            "correlation_id": self._prepared.correlation_id,
            "parameters": self._prepared.parameters.get(id_, {}),
            "metrics": metrics,
            "metric_notes": notes,
            "tracing": accounting(self._tracers.get(id_) or self._unbuilt.tracers.get(id_), self._prepared.traces[id_]),
            "memory_usage": container.memory_usage(),
            "trace_settings": self._prepared.traces[id_],
        }


def _report(container: Container, metrics: Figures, writing_s: float) -> Report:
    error = container.exception
    return Report(
        status=container.status,
        metrics=metrics,
        failure=_described(container),
        trace="" if error is None else "".join(traceback.format_exception(error)),
        by_machine=_is_by_machine(error),
        rejection=container.first_rejection,
        writing_s=writing_s,
        events=container.event_counts(),
        orders=container.order_counts(),
    )


def _is_by_machine(error: BaseException | None) -> bool:
    """Whether a file of the run's or memory failed, and not in code of the user's."""
    return isinstance(error, WriteFailedError) or (isinstance(error, OSError | MemoryError) and not users_line(error))


def _described(container: Container) -> str | None:
    if container.error is None:
        return None
    error = container.exception
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and _is_by_machine(error):
        return f"disk_full: {container.error}"
    if isinstance(error, LaneTimeoutError | WriteFailedError):
        return container.error
    return container.error if error is None else described(error)
