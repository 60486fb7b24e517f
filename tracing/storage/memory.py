"""Events kept in memory, found by the trade they belong to. Every operation is O(1) amortised (rule K1)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tracing.record import Record

_SLACK = 16
"""Empty slots tolerated before the live events are moved together."""
STREAMED = -1
"""The number of an event that a stream writes anyway."""


class MemoryStorage:
    """What a tracer keeps, in order of arrival.

    Events stand in a list of slots; the index holds, per correlation id and type, the positions of its events in rising
    order. A removed event leaves an empty slot. Slots are given back in batches, each when at least as many are empty
    as are full, so that what it costs is spread over the removals that made it necessary. `live` is the number of full
    slots, read by the hot path, for nobody else to set. Trades that ended are noted for as long as they have events here.
    `coming` is the number that the next event is kept under: its `seq`, or STREAMED; its tracer sets it.
    """

    __slots__ = ("_base", "_ended", "_head", "_index", "_numbers", "_slots", "coming", "live")

    stream = None

    def __init__(self) -> None:
        self._slots: list[Record | None] = []
        self._numbers = array("q")  # of the slots
        self.coming = 0
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
        self._numbers.append(self.coming)
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
        before, ended = self.live, self._ended
        self._keep_only(lambda record: record.correlation_id is not None and record.correlation_id not in ended)
        return before - self.live

    def events(self) -> list[Record]:
        """Everything kept, in order of arrival."""
        return [record for record in self._slots if record is not None]

    def unwritten(self, since: int) -> Iterator[tuple[int, Record]]:
        """What no stream has written, with its number, from number `since` on."""
        for number, record in zip(self._numbers, self._slots, strict=True):
            if record is not None and number >= since:
                yield number, record

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
        self._numbers = array("q")
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
        del self._numbers[: self._head]
        self._base += self._head
        self._head = 0
        if len(self._slots) - self.live > self.live:
            ended = self._ended
            self._keep_only(lambda _: True)
            self._ended = ended

    def _keep_only(self, wanted: Callable[[Record], bool]) -> None:
        """Moves together what is wanted and lets go of the rest."""
        numbered, coming = zip(self._numbers, self._slots, strict=True), self.coming
        self.clear()
        for number, record in numbered:
            if record is not None and wanted(record):
                self.coming = number
                self.add(record)
        self.coming = coming
