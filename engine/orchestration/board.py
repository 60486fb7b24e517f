"""The board: where every process writes how far its shard is, and reads whether the run is to stop.

It is a small file that all of them map. A process that is killed leaves nothing locked there, as a queue or a semaphore
could be left.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.bus import SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.orchestration.simulation import Simulation

_STOP = 0
_FIELDS = 6


class ContainerCounts(NamedTuple):
    """How many containers a run has and how many of them have each status: running + completed + failed + interrupted = total.

    The root container is the run itself: it is not among them.
    """

    total: int
    running: int
    completed: int
    failed: int
    interrupted: int


def count_containers(statuses: Sequence[str]) -> ContainerCounts:
    """Counts containers by the statuses of all of them."""
    each = (statuses.count(status) for status in ContainerCounts._fields[1:])
    return ContainerCounts(len(statuses), *each)


class Standing(NamedTuple):
    """How far a run is: `step` of `steps`, at `timestamp` (ns UTC).

    Events published, containers by their status, positions open now.
    """

    step: int
    steps: int
    timestamp: int
    events: int
    containers: ContainerCounts
    open_trades: int


class Progress(NamedTuple):
    """How far shards are, summed over them: steps, events, the containers of their lanes that have ended, open positions."""

    steps: int
    events: int
    completed: int
    failed: int
    interrupted: int
    open_trades: int

    def counts(self, total: int) -> ContainerCounts:
        """The containers by status, of `total` that there are in the lanes: those that have not begun are running too."""
        ended = self.completed + self.failed + self.interrupted
        return ContainerCounts(total, total - ended, self.completed, self.failed, self.interrupted)


class Board:
    """A row for each shard, in a file at `path` that `make_board` made.

    What shards came to in the end is kept by the process that gathers it, in place of what they wrote on the way.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._rows = np.frombuffer(mmap.mmap(file.fileno(), 0), np.int64).reshape(-1, _FIELDS)
        self._ended = np.zeros(_FIELDS, np.int64)

    @property
    def stopped(self) -> bool:
        """Whether the run is to stop."""
        return bool(self._rows[0, _STOP])

    def stop(self) -> None:
        """Says that the run is to stop."""
        self._rows[0, _STOP] = 1

    def note(self, shard: int, simulation: Simulation) -> None:
        """Writes how far a shard is."""
        standing = standing_of(simulation, shared=False)
        self._rows[shard + 1] = (standing.step, standing.events, *standing.containers[2:], standing.open_trades)

    def end(self, shard: int, progress: Progress) -> None:
        """Takes what a shard, or a part of it, came to in the end; it goes on where its row says it is, if there is more of it."""
        step = self._rows[shard + 1, 0].item()
        self._rows[shard + 1] = 0
        self._rows[shard + 1, 0] = max(step, progress.steps)
        self._ended += progress._replace(steps=0)

    def clear(self, shard: int) -> None:
        """Takes back what a shard wrote whose process was killed: it begins again."""
        self._rows[shard + 1] = 0

    def progress(self) -> Progress:
        """How far all shards are."""
        return Progress(*(self._rows[1:].sum(axis=0) + self._ended).tolist())


def make_board(path: Path, shards: int) -> Board:
    """Makes the file of a board for so many shards.

    Raises:
        OSError: if it cannot be written.
    """
    path.write_bytes(bytes(8 * _FIELDS * (shards + 1)))
    return Board(path)


def standing_of(simulation: Simulation, *, shared: bool = True) -> Standing:
    """How far one simulation is; without `shared` only its lanes' own containers count."""
    steps = len(simulation.timeline)
    step = min(simulation.agenda.step + 1, steps)
    others = [each for each in simulation.containers.values() if each is not simulation.root]
    statuses = [container.status for container in others if shared or container.lane != SHARED]
    return Standing(
        step=step,
        steps=steps,
        timestamp=simulation.timeline.item(step - 1),
        events=simulation.events,
        containers=count_containers(statuses),
        open_trades=sum(container.open_positions for container in simulation.containers.values()),
    )
