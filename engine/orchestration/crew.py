"""The crew: has shards simulated, here or by other processes, and sees to it that a killed one costs only its lanes."""

from __future__ import annotations

import gc
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from engine.blame import Interruption
from engine.market.shipment import packed, unpacked
from engine.orchestration.board import Board
from engine.orchestration.executors import HereAndNow, processes
from engine.orchestration.shards import (
    Places,
    Shard,
    ShardResult,
    SharedFailureError,
    clear_lanes,
    simulate_shard,
    travelling,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future
    from pathlib import Path

    from engine.market.column_file import ColumnFile
    from engine.orchestration.prepare import Prepared
    from engine.orchestration.scenery import Scenery
    from engine.orchestration.simulation import Simulation

_LOOK_S = 0.1
_PATIENCE_S = 3.5
"""How long shards may take to end once they are asked to, before their processes are ended: 5 s are promised for all."""


class StoppedError(Exception):
    """The run was to stop, and its shards have had their time."""


class Worker:
    """Simulates one shard after the other in one process; `watch` is called now and then."""

    def __init__(
        self, prepared: Prepared, scenery: Scenery, places: Places, watch: Callable[[], None] = lambda: None
    ) -> None:
        self._prepared = prepared
        self._scenery = scenery
        self._places = places
        self._watch = watch
        self._board = Board(places.board)

    def simulate(self, shard: Shard) -> ShardResult | None:
        """What came of a shard, None if the run was stopped before."""
        if self._board.stopped:
            return None
        try:
            return simulate_shard(self._prepared, self._scenery, self._places, shard, partial(self._observe, shard))
        finally:
            gc.collect()  # containers refer to each other: those of one shard would still be there in the next

    def _observe(self, shard: Shard, simulation: Simulation) -> Callable[[], None]:
        looked = 0.0

        def look() -> None:
            nonlocal looked
            if self._board.stopped:
                simulation.stop()
            if perf_counter() - looked > _LOOK_S:
                looked = perf_counter()
                self._board.note(shard.number, simulation)
                self._watch()

        return look


_WORKERS: list[Worker] = []
"""The worker of this process, where it is one of a pool."""


def _become_worker(content: bytes, columns: Path, places: Places) -> None:
    prepared, scenery = unpacked(content, columns)
    _WORKERS.append(Worker(prepared, scenery, places))
    gc.freeze()  # what it was sent lives as long as it does: no shard's leavings are looked for in it


def _work(shard: Shard) -> ShardResult | None:
    (worker,) = _WORKERS
    return worker.simulate(shard)


class Crew:
    """Hands shards out and gathers what comes of them.

    `results` are those of the finished ones; `unfinished` were stopped, `killed` killed their worker, and of `failed`, which
    hold one portfolio each, the simulation itself raised. `watch` is called now and then.
    """

    def __init__(self, prepared: Prepared, places: Places, board: Board, watch: Callable[[], None]) -> None:
        self.results: list[ShardResult] = []
        self.unfinished: list[Shard] = []
        self.killed: list[Shard] = []
        self.failed: list[tuple[Shard, BaseException]] = []
        self._prepared = prepared
        self._places = places
        self._board = board
        self._watch = watch
        self._stopped_at = 0.0

    def here(self, shards: Sequence[Shard], scenery: Scenery) -> None:
        """Has the shards simulated in this process."""
        worker = Worker(self._prepared, scenery, self._places, self._watch)
        self._gather(nullcontext(HereAndNow()), worker.simulate, shards)

    def in_processes(self, shards: Sequence[Shard], scenery: Scenery, file: ColumnFile, workers: int) -> None:
        """Has the shards simulated by so many processes, over the columns in `file`.

        A process that is killed takes the others of its pool along. What was unfinished is handed out once more, then shard
        by shard, then lane by lane: so it is found whose process dies.
        """
        content = packed((travelling(self._prepared), scenery), file)

        def handed_out(some: Sequence[Shard], processes_: int) -> list[Shard]:
            if self._board.stopped:
                self.unfinished += some
            if self._board.stopped or not some:
                return []
            pool = processes(min(processes_, len(some)), _become_worker, content, file.path, self._places)
            left = self._gather(pool, _work, some)
            self._clear(left)
            return left

        left = handed_out(handed_out(shards, workers), workers)
        for shard in left:
            if handed_out([shard], 1):
                alone = _lane_by_lane(shard)
                self.killed += [one for one in alone if handed_out([one], 1)] if len(alone) > 1 else alone

    def _clear(self, shards: Sequence[Shard]) -> None:
        """Takes away what was left by whatever broke off while it simulated these."""
        for shard in shards:
            self._board.clear(shard.number)
            self._places.spool(shard).unlink(missing_ok=True)
        lanes = {lane for shard in shards for lane in shard.lanes}
        clear_lanes(self._places.results, self._prepared, lanes)

    def _gather(
        self,
        supply: AbstractContextManager[Executor],
        work: Callable[[Shard], ShardResult | None],
        shards: Sequence[Shard],
    ) -> list[Shard]:
        """The shards that are left because the pool broke."""
        left = {shard.lanes: shard for shard in shards}
        try:
            with supply as pool:
                futures = _submitted(pool, work, shards)
                while futures:
                    done, _ = wait(futures, _LOOK_S, FIRST_COMPLETED)
                    self._watch()
                    for shard, future in [(futures.pop(future), future) for future in done]:
                        if isinstance(future.exception(), BrokenExecutor):
                            continue
                        del left[shard.lanes]
                        again = self._take(shard, future)
                        left |= {one.lanes: one for one in again}
                        futures |= _submitted(pool, work, again)
                    self._check_patience()
        except StoppedError:
            self.unfinished += left.values()
            return []
        return list(left.values())

    def _take(self, shard: Shard, future: Future[ShardResult | None]) -> Sequence[Shard]:
        """What came of a shard; returns those to simulate again: its portfolios one by one, if something raised among them."""
        error = future.exception()
        if isinstance(error, SharedFailureError | Interruption):
            raise error
        if error is not None:
            self._clear([shard])
            if len(shard.lanes) > 1:
                return _lane_by_lane(shard)
            self.failed.append((shard, error))
            return ()
        result = future.result()
        if result is None:
            self.unfinished.append(shard)
            return ()
        self.results.append(result)
        self._board.end(shard.number, result.progress)
        if result.broken_off:
            self._board.stop()
        return ()

    def _check_patience(self) -> None:
        if self._board.stopped:
            self._stopped_at = self._stopped_at or perf_counter()
            if perf_counter() - self._stopped_at > _PATIENCE_S:
                raise StoppedError


def _lane_by_lane(shard: Shard) -> list[Shard]:
    return [Shard(shard.number, (lane,)) for lane in shard.lanes]


def _submitted(
    pool: Executor, work: Callable[[Shard], ShardResult | None], shards: Sequence[Shard]
) -> dict[Future[ShardResult | None], Shard]:
    futures = {}
    with suppress(BrokenExecutor):  # those that are not submitted are left
        for shard in shards:
            futures[pool.submit(work, shard)] = shard
    return futures
