"""The accounting of a tracer that was shown nothing: what became of events that are known by number alone (rule B2).

Where nobody else takes a container's events, none of them is built. What its tracer would have counted follows from how
many there were of each type, and how many of open trades at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tracing.settings import DEFAULT_WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tracing.settings import TraceSettings


class Census(NamedTuple):
    """Events by number.

    `counts` by type. Of the types that are asked for, those of trades that have not ended, and the most of them that there were
    at once.
    """

    counts: Mapping[str, int]
    of_open_trades: int
    most_of_open_trades: int


def can_be_counted(settings: TraceSettings) -> bool:
    """Whether what becomes of events follows from their number: none is written, and those that are kept are few."""
    match settings.retention_policy:
        case "all":
            return False
        case "trade_complete" if settings.max_events:
            return False  # it may have to be warned of
    return not settings.may_stream and settings.storage_config.write_at_end is not True


class CountedTracer:
    """Stands for an `EventTracer` under these settings, which keep events in memory and not all of them.

    `census` is asked when somebody wants to know.
    """

    started_at = None
    rules = None

    def __init__(self, settings: TraceSettings, census: Callable[[], Census]) -> None:
        self._settings = settings
        self._census = census

    def count(self) -> int:
        """How many events it would keep in memory by now."""
        return self._kept(self._census())

    def accounting(self) -> dict[str, int]:
        """What became of the events, as `EventTracer.accounting` says it."""
        census = self._census()
        seen, in_memory = self._taken(census.counts), self._kept(census)
        evicted = seen - in_memory if self._settings.retention_policy == "sliding_window" else 0
        return {
            "seen": seen,
            "filtered": 0,
            "kept": seen,
            "pruned": seen - evicted - in_memory,
            "evicted": evicted,
            "refused": 0,
            "written": 0,
            "window": 0,
            "peak_in_memory": max(in_memory, self._most(census)),
        }

    def _kept(self, census: Census) -> int:
        match self._settings.retention_policy:
            case "sliding_window":
                window = self._settings.max_events
                return min(self._taken(census.counts), DEFAULT_WINDOW if window is None else window)
            case "trade_complete":
                return census.of_open_trades
        return 0

    def _most(self, census: Census) -> int:
        return census.most_of_open_trades if self._settings.retention_policy == "trade_complete" else 0

    def _taken(self, counts: Mapping[str, int]) -> int:
        """How many of these it asks for."""
        wanted = self._settings.event_types
        return sum(count for name, count in counts.items() if wanted is None or name in wanted)
