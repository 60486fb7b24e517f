"""The board: where every process writes how far its shard is, and reads whether the run is to stop.

It is a small file that all of them map. A process that is killed leaves nothing locked there, as a queue or a semaphore
could be left.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from engine.orchestration.simulation import Simulation

_STOP = 0
_FIELDS = 6


class Standing(NamedTuple):
    """How far a run is: `step` of `steps`, at `timestamp` (ns UTC).

    Events published, containers by their status, positions open now.
    """

    step: int
    steps: int
    timestamp: int
    events: int
    running: int
    done: int
    failed: int
    open_trades: int


class Board:
    """A row for each shard, in a file at `path` that `make_board` made."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._rows = np.frombuffer(mmap.mmap(file.fileno(), 0), np.int64).reshape(-1, _FIELDS)

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop."""
        return bool(self._rows[0, _STOP])

    def stop(self) -> None:
        """Says that the run is to stop."""
        self._rows[0, _STOP] = 1

    def note(self, shard: int, simulation: Simulation) -> None:
        """Writes how far a shard is."""
        standing = standing_of(simulation)
        self._rows[shard + 1] = (standing.step, *standing[3:])

    def sums(self) -> tuple[int, int, int, int, int, int]:
        """Steps, events, containers running, done and failed, open positions: each summed over the shards."""
        step, events, running, done, failed, open_trades = self._rows[1:].sum(axis=0).tolist()
        return step, events, running, done, failed, open_trades


def make_board(path: Path, shards: int) -> Board:
    """Makes the file of a board for so many shards.

    Raises:
        OSError: if it cannot be written.
    """
    path.write_bytes(bytes(8 * _FIELDS * (shards + 1)))
    return Board(path)


def standing_of(simulation: Simulation) -> Standing:
    """How far one simulation is."""
    steps = len(simulation.timeline)
    step = min(simulation.agenda.step + 1, steps)
    statuses = [container.status for container in simulation.containers.values()]
    return Standing(
        step=step,
        steps=steps,
        timestamp=simulation.timeline.item(step - 1),
        events=simulation.events,
        running=statuses.count("running"),
        done=statuses.count("completed"),
        failed=statuses.count("failed"),
        open_trades=sum(container.open_positions for container in simulation.containers.values()),
    )
