"""Retention: what stays in memory of the events a tracer is offered. One class a policy.

A policy may follow another in the middle of a run: it begins by letting go of what it would not have kept.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from tracing.settings import DEFAULT_WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracing.record import Record
    from tracing.settings import RetentionPolicy
    from tracing.storage.memory import MemoryStorage

    Warn = Callable[[str], None]

REMEMBERED_ENDS = 16
"""Ended trades remembered at least, so that what still comes of them is not taken for a new trade.

More are remembered where more were open at a time. Nobody knows that a trade will never be heard of again, so all of them
would have to be remembered to be sure; memory would then grow with every trade (rule K1).
"""


class Retention(Protocol):
    """Decides about each event, and about a trade's events when it ends."""

    refused: int
    evicted: int
    only_trades: bool
    """Whether it keeps no event that belongs to no trade."""

    def keep(self, record: Record) -> None:
        """Keeps the event in memory, or not."""

    def ended(self, correlation_id: str) -> bool:
        """Whether the events of this trade are to go now that it has ended."""


class KeepNothing:
    """`none`: nothing is kept; every event counts as kept and pruned at once."""

    __slots__ = ()

    refused = evicted = 0
    only_trades = True

    def __init__(self, memory: MemoryStorage) -> None:
        memory.clear()

    def keep(self, record: Record) -> None:
        """Lets it pass."""

    def ended(self, correlation_id: str) -> bool:  # noqa: ARG002 - no trade has anything here
        """Never: there is nothing to let go."""
        return False


class KeepAll:
    """`all`: everything, up to `max_events` if given; then the newest are refused, with one warning."""

    __slots__ = ("_limit", "_memory", "_warn", "refused")

    evicted = 0
    only_trades = False

    def __init__(self, memory: MemoryStorage, max_events: int | None, warn: Warn) -> None:
        self._memory = memory
        self._limit = sys.maxsize if max_events is None else max_events
        self._warn = warn
        self.refused = 0

    def keep(self, record: Record) -> None:
        """Keeps it if there is room."""
        if self._memory.live < self._limit:
            self._memory.add(record)
            return
        if self.refused == 0:
            self._warn(f"max_events={self._limit} reached: later events are not kept in memory")
        self.refused += 1

    def ended(self, correlation_id: str) -> bool:
        """Never: ended trades stay."""
        self._memory.note_end(correlation_id)
        return False


class KeepLast:
    """`sliding_window`: the last `max_events`, the last 1,000 without one."""

    __slots__ = ("_memory", "_window", "evicted")

    refused = 0
    only_trades = False

    def __init__(self, memory: MemoryStorage, max_events: int | None) -> None:
        self._memory = memory
        self._window = DEFAULT_WINDOW if max_events is None else max_events
        self.evicted = 0
        while memory.live > self._window:
            self._evict()

    def keep(self, record: Record) -> None:
        """Keeps it in the place of the oldest."""
        memory = self._memory
        memory.add(record)
        if memory.live > self._window:
            self._evict()

    def ended(self, correlation_id: str) -> bool:
        """Never: events leave by age."""
        self._memory.note_end(correlation_id)
        return False

    def _evict(self) -> None:
        self._memory.remove_oldest()
        self.evicted += 1


class KeepOpenTrades:
    """`trade_complete`: the events of trades that have not ended.

    `max_events` never costs an open trade its events (rule K4): keeping more than that is counted in `beyond_limit` and
    warned of once. A limit of 0 asks for no history, which this policy never has, and is not warned of.
    """

    __slots__ = ("_earlier_ends", "_limit", "_memory", "_most_open", "_recent_ends", "_warn", "beyond_limit")

    refused = evicted = 0
    only_trades = True

    def __init__(self, memory: MemoryStorage, max_events: int | None, warn: Warn) -> None:
        self._memory = memory
        self._limit = max_events or sys.maxsize
        self._warn = warn
        self._most_open = REMEMBERED_ENDS
        self._recent_ends: dict[str, None] = {}  # an empty dict takes a third of an empty set
        self._earlier_ends: dict[str, None] = {}
        self.beyond_limit = 0
        memory.remove_all_but_open()

    def keep(self, record: Record) -> None:
        """Keeps it if it belongs to a trade that has not ended."""
        correlation_id = record.correlation_id
        if correlation_id is None:
            return
        memory = self._memory
        if not memory.holds(correlation_id) and self._has_ended(correlation_id):
            return
        memory.add(record)
        if memory.live > self._limit:
            self._note_excess()

    def ended(self, correlation_id: str) -> bool:
        """Always; and what still comes of this trade is not kept."""
        self._most_open = max(self._most_open, self._memory.open_correlations())
        if len(self._recent_ends) >= self._most_open:
            self._earlier_ends, self._recent_ends = self._recent_ends, {}
        self._recent_ends[correlation_id] = None
        return True

    def _has_ended(self, correlation_id: str) -> bool:
        return correlation_id in self._recent_ends or correlation_id in self._earlier_ends

    def _note_excess(self) -> None:
        if self.beyond_limit == 0:
            self._warn(f"more than max_events={self._limit} events belong to open trades: they are all kept")
        self.beyond_limit += 1


def retention_of(policy: RetentionPolicy, memory: MemoryStorage, max_events: int | None, warn: Warn) -> Retention:
    """The retention a policy names, over `memory`. `warn` receives each kind of warning once."""
    if policy == "trade_complete":
        return KeepOpenTrades(memory, max_events, warn)
    if policy == "sliding_window":
        return KeepLast(memory, max_events)
    if policy == "all":
        return KeepAll(memory, max_events, warn)
    return KeepNothing(memory)
