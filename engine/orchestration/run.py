"""A run: its parts simulated, their results written, and what it came to (rules S6, S9)."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from engine.blame import Interruption
from engine.orchestration.board import ContainerCounts, count_containers, standing_of
from engine.orchestration.machine import peak_mib, process_s, versions
from engine.orchestration.part import SCHEMA_VERSION, Part, Report
from engine.orchestration.plan import ROOT
from engine.orchestration.results_folder import clear_results
from engine.orchestration.scenery import Scenery
from engine.orchestration.shards import Shard, SharedFailureError, parcel
from engine.orchestration.unknown import closing_notices
from tracing.record import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from engine.orchestration.board import Standing
    from engine.orchestration.part import Figures
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.results_folder import ResultsFolder
    from engine.orchestration.split import Split

    Outcomes = tuple[Mapping[str, Report], int]


@dataclass(slots=True)
class Outcome:
    """What a run came to.

    `containers`, `statuses` and `failures` (what went wrong, by id) leave the root out, but for a failure to write its own
    file: it is the run itself. `traces` say where in the code it went wrong. `metrics` by container id; `rejections` say why
    the first order of each was rejected, of those that had one. `notices` are sentences on what the data did not allow.
    `environment_failed`: the machine was at fault. `broken_off`: why the run was ended before its time, None if it was
    not, or because somebody asked for it. `total_s`: seconds of the whole process, up to the final run.json.
    """

    status: str
    containers: ContainerCounts
    statuses: dict[str, str]
    events: int
    sim_s: float
    metrics: dict[str, Figures]
    failures: dict[str, str] = field(default_factory=dict)
    rejections: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    environment_failed: bool = False
    broken_off: str | None = None
    total_s: float = 0.0


class Whole:
    """A run as one simulation, with the interface of `Split`."""

    def __init__(self, prepared: Prepared, results: Path, warn: Callable[[str], None]) -> None:
        self.scenery = Scenery(prepared.plan, prepared.bars)
        self._part = Part(prepared, self.scenery, results, warn)
        self.stop = self._part.simulation.stop

    @property
    def broken_off(self) -> str | None:
        """Why it ended before its time, None if it did not, or because somebody asked for it."""
        return self._part.broken_off

    def standing(self) -> Standing:
        """How far it is."""
        return standing_of(self._part.simulation)

    def run(self, watch: Callable[[], None]) -> tuple[dict[str, Report], int]:
        """Simulates and writes; returns what every container came to, and the number of events."""
        return self._part.report(self._part.run(watch)), self._part.simulation.events


class Run:
    """One run of what was prepared, into a claimed results folder, by so many `workers`.

    `how` says by which means, for run.json; `warn` takes remarks, one line each.
    """

    def __init__(
        self,
        prepared: Prepared,
        results: ResultsFolder,
        how: Mapping[str, int | str],
        warn: Callable[[str], None],
        workers: int = 1,
    ) -> None:
        self._how = how
        self._prepared = prepared
        self._results = results
        self._warn = warn
        self._workers = workers
        self._began = perf_counter()
        self._shards = parcel(prepared.plan, workers, prepared.on_kernel - prepared.shown)
        self._way: Whole | Split | None = None
        self._is_stopped = False

    def stop(self) -> None:
        """Asks the run to end with what it has."""
        self._is_stopped = True
        if self._way is not None:
            self._way.stop()

    def standing(self) -> Standing | None:
        """How far the run is, None before it has begun."""
        return None if self._way is None else self._way.standing()

    def execute(self, watch: Callable[[], None]) -> Outcome:
        """Simulates and writes everything but the final run.json, unless that fails: it then says so."""
        total = len(self._prepared.plan.containers) - 1
        self._results.write_run(self._record("running", {}, ContainerCounts(total, total, 0, 0, 0)))
        gc.freeze()  # thousands of planned containers live as long as the run: nobody need look whether they are garbage
        try:
            way, (reports, events) = self._simulate(watch)
        except Interruption:
            raise  # at once
        except BaseException:
            with suppress(OSError):  # why it could not be simulated matters more
                self._results.write_run(self._record("failed", {}, ContainerCounts(total, 0, 0, total, 0)))
            raise
        finally:
            gc.unfreeze()
        writing_s = sum(report.writing_s for report in reports.values()) / self._workers  # side by side
        outcome = _outcome(reports, events, max(perf_counter() - self._began - writing_s, 0.0))
        outcome.broken_off = way.broken_off
        if way.scenery is not None:
            outcome.notices = closing_notices(self._prepared.plan, way.scenery)
        return outcome

    def _simulate(self, watch: Callable[[], None]) -> tuple[Whole | Split, Outcomes]:
        """How it was simulated in the end, and what came of it."""
        try:
            return self._go(self._shards, watch)
        except SharedFailureError:
            # Who failed may have taken lanes of other shards along, at an event that those did not see.
            return self._go_again([], watch)
        except (OSError, MemoryError, Interruption):
            raise
        except BaseException:
            # What no container contains is one lane's all the same: each is simulated by itself, and that one fails.
            lanes = [planned.lane for planned in self._prepared.plan.of_type("portfolio")]
            if len(self._shards) > 1 or len(lanes) < 2:  # noqa: PLR2004 - there is no other
                raise
            return self._go_again([Shard(number, (lane,)) for number, lane in enumerate(lanes)], watch)

    def _go(self, shards: Sequence[Shard], watch: Callable[[], None]) -> tuple[Whole | Split, Outcomes]:
        prepared, results = self._prepared, self._results.root
        way: Whole | Split
        if len(shards) > 1:
            from engine.orchestration.split import Split  # noqa: PLC0415 - other processes take 2 MiB to know of

            way = Split(prepared, results, self._warn, shards, self._workers)
        else:
            way = Whole(prepared, results, self._warn)
        self._way = way
        if self._is_stopped:
            way.stop()
        return way, way.run(watch)

    def _go_again(self, shards: Sequence[Shard], watch: Callable[[], None]) -> tuple[Whole | Split, Outcomes]:
        clear_results(self._results.root, self._prepared.folders)
        return self._go(shards, watch)

    def finish(self, outcome: Outcome) -> None:
        """Says how long the process took, and writes the final run.json."""
        outcome.total_s = process_s()
        seconds = {"load_s": self._prepared.load_s, "sim_s": outcome.sim_s, "total_s": outcome.total_s}
        timings = {name: round(value, 6) for name, value in seconds.items()}
        self._results.write_run(self._record(outcome.status, timings, outcome.containers))

    def _record(self, status: str, timings: Mapping[str, float], containers: ContainerCounts) -> dict[str, Any]:
        prepared = self._prepared
        return {
            "schema_version": SCHEMA_VERSION,
            "name": prepared.plan.config.name,
            "status": status,
            "containers": containers._asdict(),
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
            "parameters": prepared.parameters,
            "config": prepared.plan.config,
        }


def _outcome(reports: Mapping[str, Report], events: int, sim_s: float) -> Outcome:
    statuses = {report.status for report in reports.values()}
    others = {id_: report.status for id_, report in reports.items() if id_ != ROOT}
    failed = {
        id_: report for id_, report in reports.items() if report.status == "failed" and (id_ != ROOT or report.trace)
    }
    return Outcome(
        status=next((status for status in ("interrupted", "failed") if status in statuses), "completed"),
        containers=count_containers(list(others.values())),
        statuses=others,
        events=events,
        sim_s=sim_s,
        metrics={id_: report.metrics for id_, report in reports.items()},
        failures={id_: report.failure or "" for id_, report in failed.items()},
        rejections={id_: report.rejection for id_, report in reports.items() if report.rejection},
        traces=[report.trace for report in reports.values() if report.trace],
        environment_failed=any(report.by_machine for report in failed.values()),
    )
