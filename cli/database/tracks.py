"""The tracks of a trace: a thread for each container, and one more for each further symbol that a portfolio trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROCESS = 1
"""All tracks are threads of one process: the run."""


class Place(NamedTuple):
    """A moment (microseconds) on a track."""

    ts: int
    tid: int


class Tracks:
    """Gives every slice a place at which it overlaps none but those that hold it whole.

    `latest` is the end of the last slice so far.
    """

    def __init__(self, run_name: str, container_ids: Iterable[str]) -> None:
        self.latest = 0
        self._run_name = run_name
        self._tids = {id_: tid for tid, id_ in enumerate(container_ids, 1)}
        self._free: dict[int, int] = {}
        self._trades_of: dict[tuple[str, str], int] = {}
        self._last_trade: dict[int, int] = {}
        self._used = len(self._tids)

    def names(self) -> Iterator[dict[str, Any]]:
        """The name of the process and of the track of each container, in order of declaration."""
        yield {"name": "process_name", "ph": "M", "pid": PROCESS, "tid": 0, "args": {"name": self._run_name}}
        for id_, tid in self._tids.items():
            yield from _named(tid, id_)

    def place(self, container_id: str, earliest: int, *, room: int) -> Place:
        """The next free place on a container's own track, with so many microseconds free before it."""
        tid = self._tids[container_id]
        ts = max(earliest, self._free.get(tid, earliest)) + room
        self._free[tid] = ts + 1
        self.latest = max(self.latest, ts + 1)
        return Place(ts, tid)

    def trades_of(self, container_id: str, symbol: str) -> Iterator[dict[str, Any]]:
        """The name of the track for the trades in a symbol, if it is a new one: those in the first stand on the container's own."""
        if (container_id, symbol) in self._trades_of:
            return
        if self._tids[container_id] not in self._trades_of.values():
            self._trades_of[container_id, symbol] = self._tids[container_id]
            return
        self._used += 1
        self._trades_of[container_id, symbol] = self._used
        yield from _named(self._used, f"{container_id} {symbol}")

    def trade(self, container_id: str, symbol: str, began: int, ended: int) -> Place:
        """Where the slice of a trade begins: not before the trade before it has ended."""
        tid = self._trades_of[container_id, symbol]
        start = max(began, self._last_trade.get(tid, began))
        self._last_trade[tid] = ended
        return Place(start, tid)


def _named(tid: int, name: str) -> Iterator[dict[str, Any]]:
    yield {"name": "thread_name", "ph": "M", "pid": PROCESS, "tid": tid, "args": {"name": name}}
    yield {"name": "thread_sort_index", "ph": "M", "pid": PROCESS, "tid": tid, "args": {"sort_index": tid}}
