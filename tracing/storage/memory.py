"""Events kept in memory, found by the trade they belong to. Every operation is O(1) amortised (rule K1)."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracing.record import Record

_SLACK = 16
"""Empty slots tolerated before the live events are moved together."""


class MemoryStorage:
    """What a tracer keeps, in order of arrival.

    Events stand in a list of slots; the index holds, per correlation id and type, the positions of its events in rising
    order. A removed event leaves an empty slot. Slots are given back in batches, each when at least as many are empty
    as are full, so that what it costs is spread over the removals that made it necessary. `live` is the number of full
    slots, read by the hot path, for nobody else to set. Trades that ended are noted for as long as they have events here.
    """

    __slots__ = ("_base", "_ended", "_head", "_index", "_slots", "live")

    stream = None

    def __init__(self) -> None:
        self._slots: list[Record | None] = []
        self._base = 0  # position of the first slot
        self._head = 0  # slots before this one are empty
        self.live = 0
        self._index: dict[str, dict[str, list[int]]] = {}
        self._ended: dict[str, None] = {}

    @property
    def memory(self) -> MemoryStorage:
        """Where the kept events stand: here."""
        return self

    def count(self) -> int:
        """How many events are kept in memory."""
        return self.live

    def add(self, record: Record) -> None:
        """Keeps one more."""
        slots = self._slots
        correlation_id = record.correlation_id
        if correlation_id is not None:
            position = self._base + len(slots)
            by_type = self._index.get(correlation_id)
            if by_type is None:
                self._index[correlation_id] = {record.type: [position]}
            elif (positions := by_type.get(record.type)) is None:
                by_type[record.type] = [position]
            else:
                positions.append(position)
        slots.append(record)
        self.live += 1

    def holds(self, correlation_id: str) -> bool:
        """Whether an event of the trade is kept."""
        return correlation_id in self._index

    def open_correlations(self) -> int:
        """How many trades have events here."""
        return len(self._index)

    def note_end(self, correlation_id: str) -> None:
        """Notes that a trade ended, though its events stay."""
        if correlation_id in self._index:
            self._ended[correlation_id] = None

    def remove_all_but_open(self) -> int:
        """Lets go of the events of ended trades and of those without a trade; returns how many there were."""
        before = self.live
        kept = [record for record in self.events() if record.correlation_id not in self._ended]
        self.clear()
        for record in kept:
            if record.correlation_id is not None:
                self.add(record)
        return before - self.live

    def events(self) -> list[Record]:
        """Everything kept, in order of arrival."""
        return [record for record in self._slots if record is not None]

    def latest(self) -> Record | None:
        """What arrived last, None if that is not kept any more."""
        return self._slots[-1] if self._slots else None

    def find(self, correlation_id: str, record_type: str) -> Record | None:
        """The earliest kept event of a trade that is of this type."""
        positions = self._index.get(correlation_id, {}).get(record_type)
        if not positions:
            return None
        first = bisect_left(positions, self._base + self._head)
        return self._slots[positions[first] - self._base]

    def correlated(self, correlation_id: str) -> list[Record]:
        """The kept events of a trade, in order of arrival."""
        by_type = self._index.get(correlation_id, {})
        return self._at(sorted(position for positions in by_type.values() for position in positions))

    def remove(self, correlation_id: str) -> int:
        """Lets go of a trade's events; returns how many there were."""
        self._ended.pop(correlation_id, None)
        by_type = self._index.pop(correlation_id, None)
        if by_type is None:
            return 0
        slots, base, first = self._slots, self._base, self._base + self._head
        before = self.live
        for positions in by_type.values():
            for position in positions:
                if position >= first:
                    slots[position - base] = None
                    self.live -= 1
        self._give_back()
        return before - self.live

    def remove_oldest(self) -> None:
        """Lets go of the event that has been here longest.

        Raises:
            LookupError: if there is none.
        """
        slots, head = self._slots, self._head
        if self.live == 0:
            raise LookupError("no event is kept")
        while (record := slots[head]) is None:
            head += 1
        slots[head] = None
        self._head = head + 1
        self.live -= 1
        if record.correlation_id is not None:
            self._leave(record.correlation_id, record.type, self._base + head)
        self._give_back()

    def clear(self) -> int:
        """Lets go of everything; returns how many there were."""
        removed = self.live
        self._base += len(self._slots)
        self._slots = []
        self._index = {}
        self._ended = {}
        self._head = self.live = 0
        return removed

    def _leave(self, correlation_id: str, record_type: str, position: int) -> None:
        """Positions leave in rising order: once the middle one has gone, so has the whole first half."""
        by_type = self._index[correlation_id]
        positions = by_type[record_type]
        middle = len(positions) // 2
        if positions[middle] <= position:
            del positions[: middle + 1]
        if not positions:
            del by_type[record_type]
            if not by_type:
                del self._index[correlation_id]
                self._ended.pop(correlation_id, None)

    def _at(self, positions: Iterable[int]) -> list[Record]:
        first = self._base + self._head
        found = (self._slots[position - self._base] for position in positions if position >= first)
        return [record for record in found if record is not None]

    def _give_back(self) -> None:
        if len(self._slots) - self.live <= self.live + _SLACK:
            return
        del self._slots[: self._head]
        self._base += self._head
        self._head = 0
        if len(self._slots) - self.live > self.live:
            self._rebuild()

    def _rebuild(self) -> None:
        kept, ended = self.events(), self._ended
        self.clear()
        for record in kept:
            self.add(record)
        self._ended = ended
