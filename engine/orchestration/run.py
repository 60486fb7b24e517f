"""A run: the containers simulated, their results written, and what it came to (rules S6, S9)."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from engine.containers.portfolio import PortfolioContainer
from engine.orchestration.extracts import EquityExtract, TradeExtract
from engine.orchestration.identity import resolved_config
from engine.orchestration.machine import peak_mib, versions
from engine.orchestration.tracing_setup import accounting, attach_tracers, open_stream
from engine.orchestration.wiring import wire
from tracing.record import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.containers.base import Container, Measured
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.results_folder import ResultsFolder
    from tracing.tracer import EventTracer

SCHEMA_VERSION = 1


@dataclass(slots=True)
class Outcome:
    """What a run came to.

    `containers`, `completed` and `failures` (what went wrong, by id) leave the root out, unless its own file could not
    be written: it is the run itself.
    `metrics` by container id.
    `environment_failed`: the machine was at fault.
    """

    status: str
    containers: int
    completed: int
    events: int
    sim_s: float
    metrics: dict[str, dict[str, float | int | None]]
    failures: dict[str, str] = field(default_factory=dict)
    environment_failed: bool = False


class Run:
    """One run of what was prepared, into a claimed results folder.

    `how` says by which means (workers, path), for run.json; `warn` takes remarks, one line each.
    """

    def __init__(
        self,
        prepared: Prepared,
        results: ResultsFolder,
        how: Mapping[str, int | str],
        warn: Callable[[str], None],
    ) -> None:
        self._how = how
        self._prepared = prepared
        self._results = results
        self._tracers: dict[str, EventTracer] = {}
        self._extracts: list[tuple[Container, TradeExtract | EquityExtract]] = []
        self._warn = warn
        self._began = perf_counter()
        self.simulation = wire(prepared.plan, prepared.bars, self._attach)

    def execute(self, watch: Callable[[], None]) -> Outcome:
        """Simulates and writes everything but the final run.json."""
        self._results.write_run(self._record("running", {}))
        self.simulation.run(watch)
        self._close_files()
        measured = {id_: container.metrics() for id_, container in self.simulation.containers.items()}
        sim_s = perf_counter() - self._began
        for id_, container in self.simulation.containers.items():
            try:
                self._results.write_metrics(id_, self._result(container, measured[id_]))
            except OSError as error:
                self._fail_writing(container, error)
        return self._outcome(measured, sim_s)

    def finish(self, outcome: Outcome) -> None:
        """Writes the final run.json."""
        timings = {"load_s": round(self._prepared.load_s, 6), "sim_s": round(outcome.sim_s, 6)}
        self._results.write_run(self._record(outcome.status, timings))

    def _attach(self, containers: Mapping[str, Container]) -> None:
        prepared, results = self._prepared, self._results
        self._tracers = attach_tracers(prepared.plan, containers, prepared.traces, results.root, self._warn)
        wanted = prepared.plan.config.results
        streams = (wanted.trades + wanted.equity) * sum(1 for _ in prepared.plan.of_type("portfolio"))
        for id_, container in containers.items():
            container.correlation_id = prepared.correlation_id
            if isinstance(container, PortfolioContainer):
                if wanted.trades:
                    trades = TradeExtract(open_stream(results.root / id_, "trades", streams))
                    container.event_bus.attach_observer(trades)
                    self._extracts.append((container, trades))
                if wanted.equity:
                    equity = EquityExtract(open_stream(results.root / id_, "equity", streams), container.timestamps)
                    container.ledger.watch = equity.marked
                    self._extracts.append((container, equity))

    def _close_files(self) -> None:
        containers = self.simulation.containers
        tracers = ((containers[id_], tracer) for id_, tracer in self._tracers.items())
        for container, file in (*tracers, *self._extracts):
            try:
                file.close()
            except OSError as error:
                self._fail_writing(container, error)

    def _fail_writing(self, container: Container, error: OSError) -> None:
        """A file that cannot be written costs its container; what the others wrote stays."""
        container.status, container.error, container.exception = "failed", str(error), error
        if self.simulation.root.status == "completed":
            self.simulation.root.status = "failed"

    def _result(self, container: Container, measured: Measured) -> dict[str, Any]:
        metrics, notes = measured
        id_ = container.container_id
        tracer = self._tracers.get(id_)
        return {
            "schema_version": SCHEMA_VERSION,
            "container_id": id_,
            "type": container.type,
            "status": container.status,
            "error": _described(container),
            "correlation_id": self._prepared.correlation_id,
            "metrics": metrics,
            "metric_notes": notes,
            "tracing": accounting(tracer),
            "memory_usage": container.memory_usage(),
            "trace_settings": self._prepared.traces[id_],
        }

    def _outcome(self, measured: Mapping[str, Measured], sim_s: float) -> Outcome:
        containers = self.simulation.root.others
        everyone = [*containers, self.simulation.root]
        statuses = {container.status for container in everyone}
        failed = [c for c in everyone if c.status == "failed" and (c is not self.simulation.root or c.exception)]
        return Outcome(
            status=next((status for status in ("interrupted", "failed") if status in statuses), "completed"),
            containers=len(containers),
            completed=sum(container.status == "completed" for container in containers),
            events=self.simulation.events,
            sim_s=sim_s,
            metrics={id_: metrics for id_, (metrics, _) in measured.items()},
            failures={container.container_id: _described(container) or "" for container in failed},
            environment_failed=any(isinstance(container.exception, OSError | MemoryError) for container in failed),
        )

    def _record(self, status: str, timings: Mapping[str, float]) -> dict[str, Any]:
        prepared = self._prepared
        return {
            "schema_version": SCHEMA_VERSION,
            "name": prepared.plan.config.name,
            "status": status,
            "pid": os.getpid(),
            "plan_hash": prepared.hash,
            "correlation_id": prepared.correlation_id,
            "how": dict(self._how),
            "seed": prepared.plan.config.seed,
            "versions": versions(),
            "data": {
                id_: {
                    "source": bars.source_name,
                    "symbol": bars.symbol,
                    "fingerprint": bars.fingerprint,
                    "bars": len(bars),
                    "first": Clock().text(bars.timestamps.item(0)),
                    "last": Clock().text(bars.timestamps.item(-1)),
                }
                for id_, bars in prepared.bars.items()
            },
            "timings": dict(timings),
            "peak_rss_mb": peak_mib(),
            "folders": sorted(prepared.folders),
            "config": resolved_config(prepared.plan),
        }


def _described(container: Container) -> str | None:
    if container.error is None:
        return None
    error = container.exception
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"disk_full: {container.error}"
    return container.error if error is None else f"{type(error).__name__}: {container.error}"
