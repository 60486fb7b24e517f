"""A run split into shards, and brought together again: the same results as of one simulation (rules Z1 to Z3)."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from engine.bus import SHARED
from engine.market.column_file import ColumnFile
from engine.orchestration.board import ContainerCounts, Standing, make_board, standing_of
from engine.orchestration.crew import Crew
from engine.orchestration.part import Part, Report
from engine.orchestration.plan import ROOT
from engine.orchestration.replay import MergedRoot, Replay
from engine.orchestration.results_folder import SPOOLS
from engine.orchestration.scenery import Scenery
from engine.orchestration.shards import Places, abandon, lane_counts, open_trades_of
from engine.orchestration.spool import merged
from engine.orchestration.wiring import BEFORE_ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from engine.containers.base import Container
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.shards import Shard, ShardResult

_MERGE_S = 1.0
"""How long bringing together may take in a run that was stopped."""


class Split:
    """The run of what was prepared, in `shards` by so many `workers`, into the folder `results`."""

    def __init__(
        self,
        prepared: Prepared,
        results: Path,
        warn: Callable[[str], None],
        shards: Sequence[Shard],
        workers: int,
    ) -> None:
        self._prepared = prepared
        self._results = results
        self._warn = warn
        self._shards = shards
        self._workers = workers
        self._stopped = False
        self._standing: Callable[[], Standing | None] = lambda: None
        self.stop: Callable[[], None] = self._stop_at_once
        self.broken_off: str | None = None
        self.scenery: Scenery | None = None

    def standing(self) -> Standing | None:
        """How far the run is, None before it has begun."""
        return self._standing()

    def run(self, watch: Callable[[], None]) -> tuple[dict[str, Report], int]:
        """Simulates and writes; returns what every container came to, and the number of events.

        Raises:
            SharedFailureError: if the lanes cannot be told from each other: the run must be one.
        """
        with self._spools() as spools, TemporaryDirectory(prefix="admf-") as scratch:
            places = Places(self._results, spools, Path(scratch) / "board")
            board = make_board(places.board, len(self._shards))
            self.stop = board.stop
            if self._stopped:
                board.stop()
            file = ColumnFile(Path(scratch) / "columns") if self._workers > 1 else ColumnFile()
            scenery = self.scenery = Scenery(self._prepared.plan, self._prepared.bars, file)

            total = len(self._prepared.plan.containers) - 1

            def standing() -> Standing | None:
                progress = board.progress()
                if not progress.steps:
                    return None
                step = max(1, progress.steps // len(self._shards))
                return _standing(scenery.timeline, step, progress.events, progress.counts(total), progress.open_trades)

            self._standing = standing
            crew = Crew(self._prepared, places, board, watch)
            if self._workers > 1:
                scenery.make_ready(self._prepared.plan)
                crew.in_processes(self._shards, scenery, file, self._workers)
            else:
                crew.here(self._shards, scenery)
            for remark in (remark for result in crew.results for remark in result.remarks):
                self._warn(remark)
            reports, events = self._bring_together(crew, scenery, spools, watch)
            step = self._last_step(reports, scenery)
            ended = _standing(scenery.timeline, step, events, lane_counts(reports), open_trades_of(reports))
            self._standing = lambda: ended
            return reports, events

    def _last_step(self, reports: Mapping[str, Report], scenery: Scenery) -> int:
        """How far the run came: to the end unless it was stopped."""
        last = self._standing()
        is_cut_short = any(report.status == "interrupted" for report in reports.values())
        return last.step if last is not None and is_cut_short else len(scenery.timeline)

    def _stop_at_once(self) -> None:
        self._stopped = True

    @contextmanager
    def _spools(self) -> Iterator[Path]:
        folder = self._results / SPOOLS
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _bring_together(
        self, crew: Crew, scenery: Scenery, spools: Path, watch: Callable[[], None]
    ) -> tuple[dict[str, Report], int]:
        prepared, plan = self._prepared, self._prepared.plan
        self.broken_off = next((result.broken_off for result in crew.results if result.broken_off), None)
        reports: dict[str, Report] = {}
        for result in crew.results:
            reports |= result.reports
        abandoned: list[tuple[list[Shard], str, str | BaseException | None]] = [
            (crew.killed, "failed", "worker_killed"),
            (crew.unfinished, "interrupted", None),
            *(([shard], "failed", error) for shard, error in crew.failed),
        ]
        for shards, status, error in abandoned:
            lanes = {lane for shard in shards for lane in shard.lanes}
            if lanes:
                reports |= abandon(prepared, scenery, self._results, lanes, status=status, error=error)
        root = MergedRoot(ROOT, rank=BEFORE_ALL)

        def prepare(containers: Mapping[str, Container]) -> Mapping[str, Container]:
            root.bring_together(plan, containers, reports)
            notes = merged(sorted(spools.iterdir()), plan.own_event_types)
            Replay(notes, root.outlet.agenda, containers, root).begin()
            return containers

        members = {id_ for id_, planned in plan.containers.items() if planned.lane == SHARED}
        part = Part(prepared, scenery, self._results, self._warn, members=members, root=root, prepare=prepare)
        began, simulation = perf_counter(), part.simulation
        is_cut_short = any(report.status == "interrupted" for report in reports.values())

        def look() -> None:
            if is_cut_short and perf_counter() - began > _MERGE_S:
                simulation.stop()
            watch()

        of_lanes, reached = lane_counts(reports), self._last_step(reports, scenery)
        events, open_trades = sum(result.events for result in crew.results), open_trades_of(reports)

        def standing() -> Standing:
            shared = standing_of(simulation).containers
            counts = ContainerCounts(*map(sum, zip(of_lanes, shared, strict=True)))
            return _standing(scenery.timeline, reached, events + simulation.events, counts, open_trades)

        self._standing = standing
        self.stop = simulation.stop
        measured = part.run(look)
        self.broken_off = self.broken_off or part.broken_off
        root.finish()
        measured[ROOT] = root.metrics()
        shared = part.report(measured)
        everyone = {**reports, **shared}
        return {id_: everyone[id_] for id_ in plan.containers}, _events(crew.results, part)


def _standing(
    timeline: npt.NDArray[np.int64], step: int, events: int, containers: ContainerCounts, open_trades: int
) -> Standing:
    return Standing(step, len(timeline), timeline.item(step - 1), events, containers, open_trades)


def _events(results: Sequence[ShardResult], part: Part) -> int:
    """Events of all lanes, and those of the shared containers once: where somebody in any of the parts wanted them.

    Only here does the root publish; it has outlets of one name.
    """
    outlets = part.simulation.outlets
    shared = {outlet.label: outlet.all_published() for outlet in outlets if outlet.label != ROOT}
    for result in results:
        for label, published in result.shared_events.items():
            if label != ROOT:
                shared[label] = published.together(shared.get(label, published))
    of_root = sum(outlet.published for outlet in outlets if outlet.label == ROOT)
    return of_root + sum(result.events for result in results) + sum(each.total for each in shared.values())
