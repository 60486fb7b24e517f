"""The tracer: an observer that keeps events as long as its retention needs them and streams them where asked."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Protocol

from tracing.by_hand import policy_named, setting_named, types_named
from tracing.columns import in_turn
from tracing.retention import retention_of
from tracing.storage.memory import STREAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Literal

    from tracing.columns import Stretch
    from tracing.record import Record
    from tracing.retention import Warn
    from tracing.rules import RuleBook
    from tracing.settings import WriteAtEnd, WrittenRetentionPolicy
    from tracing.storage.disk import LineStream
    from tracing.storage.memory import MemoryStorage
    from tracing.storage.window import WindowFile


UNTRACED = {
    "seen": 0,
    "filtered": 0,
    "kept": 0,
    "pruned": 0,
    "evicted": 0,
    "refused": 0,
    "written": 0,
    "window": 0,
    "peak_in_memory": 0,
}
"""The accounting of a container that has no tracer."""


class TraceWarning(UserWarning):
    """More events came than a tracer was told to expect."""


class Storage(Protocol):
    """Where a tracer's events go: some stay in memory, all may go on to a stream."""

    @property
    def memory(self) -> MemoryStorage:
        """What is kept."""

    @property
    def stream(self) -> LineStream | None:
        """What is written, None if nothing is."""

    def count(self) -> int:
        """How many events are kept in memory."""


class EventTracer:
    """Traces the events of one bus.

    By hand it keeps every event in `storage` until told otherwise:

        tracer = EventTracer("portfolio_1", MemoryStorage())
        bus.attach_observer(tracer)

    `events_to_trace` limits the types it asks the bus for; `condition` refuses events one by one. The counters obey
    seen = filtered + kept + refused and kept = pruned + evicted + in memory, always and exactly (rule K5): an event
    that retention has no use for counts as kept and pruned at once. Streaming does not depend on retention: an event
    that memory refuses is still written (rule K7). What is kept and not streamed can be written to the `window`: by `dump`, and
    by `close` if `write_at_end` says so (rule K8).

    `started_at` is the id of the first event that came under the settings of the last `go_on`, None without one. `rules` are
    the dynamic rules that may change its settings, if there are any.

    Raises:
        ValueError: for settings that a config could not hold either, with the nearest name.
    """

    def __init__(
        self,
        trace_id: str,
        storage: Storage,
        *,
        events_to_trace: Literal["ALL"] | Iterable[str] = "ALL",
        retention_policy: WrittenRetentionPolicy = "all",
        max_events: int | None = None,
        condition: Callable[[Record], bool] | None = None,
        warn: Warn | None = None,
        window: WindowFile | None = None,
        write_at_end: WriteAtEnd = False,
    ) -> None:
        self.trace_id = trace_id
        self.storage = storage
        self.event_types = _types(events_to_trace)
        self.started_at: str | None = None
        self.rules: RuleBook | None = None
        self.window = window
        self._write_at_end = setting_named("storage_config.write_at_end", write_at_end)
        self._memory = storage.memory
        self._stream = storage.stream
        self._condition = condition
        self._warn = warn or _warn
        room = setting_named("max_events", max_events)
        self._retention = retention_of(policy_named(retention_policy), self._memory, room, self._note)
        self._keep = self._retention.keep
        self._write = None if self._stream is None else self._stream.add
        self._is_changed = False  # and no event has come since
        self._refused_before = self._evicted_before = 0
        self._taken = 0
        self._filtered = 0
        self._peak = 0

    def observe(self, event: Record) -> None:
        """Takes an event of a declared type, before the handlers have it.

        The peak is sampled when the next event comes: by then this one has been handled, and if it ended its trade,
        its trade has been pruned.

        Raises:
            WriteFailedError: if it filled a member that could not be written.
        """
        if self._memory.live > self._peak:  # noqa: PLR1730 - max() would cost three times as much, at every event
            self._peak = self._memory.live
        if self._condition is not None and not self._condition(event):
            self._filtered += 1
            return
        self._memory.coming = self._taken if self._write is None else STREAMED
        self._taken += 1
        self._keep(event)
        if self._write is not None:
            self._write(event)

    def observe_columns(self, stretches: Sequence[Stretch]) -> None:
        """Takes the events of several stretches, the first of each, then the second of each, and so on.

        None of them is built unless it is to be kept, or to be looked at.

        Raises:
            WriteFailedError: if they filled a member that could not be written.
        """
        if self._condition is not None:
            for event in in_turn(stretches):
                self.observe(event)
            return
        if self._is_changed:
            self._note_start(stretches[0].events()[0])
        self._sample_peak()
        if not self._retention.only_trades:
            for number, event in enumerate(in_turn(stretches), self._taken):
                self._memory.coming = number if self._write is None else STREAMED
                self._keep(event)
        self._taken += len(stretches) * (stretches[0].end - stretches[0].start)
        if self._write is not None and self._stream is not None:
            self._stream.add_columns(stretches)

    def trace_event(self, event: Record) -> None:
        """Offers an event by hand, without a bus; one of a type that is not traced is not looked at."""
        if self.event_types is None or event.type in self.event_types:
            self.observe(event)

    def ended(self, correlation_id: str) -> None:
        """Lets go of a trade's events if the retention says so; called when the handlers are done (rule K3)."""
        last = self._memory.latest()
        if last is None or not (last.ends_correlation and last.correlation_id == correlation_id):
            self._sample_peak()
        if self._retention.ended(correlation_id):
            self._memory.remove(correlation_id)

    @property
    def taken(self) -> int:
        """How many events it was offered and did not refuse by its condition."""
        return self._taken

    @property
    def stream(self) -> LineStream | None:
        """What it writes, or has written before its settings changed; None if it never did."""
        return self._stream

    def go_on(
        self,
        *,
        events_to_trace: Literal["ALL"] | Iterable[str],
        retention_policy: WrittenRetentionPolicy,
        max_events: int | None,
        stream: LineStream | None,
        write_at_end: WriteAtEnd = False,
    ) -> None:
        """Goes on under other settings from the next event: its counters, and what it has kept and written, go on too.

        `stream` is where events go from now on: None for nowhere, else the one it has if it has one. The bus must be
        told to ask for `event_types` again.
        """
        self._sample_peak()
        self._refused_before += self._retention.refused
        self._evicted_before += self._retention.evicted
        self.event_types = _types(events_to_trace)
        self._retention = retention_of(policy_named(retention_policy), self._memory, max_events, self._note)
        self._keep = self._keep_first
        self._write_at_end = write_at_end
        self._stream = stream or self._stream
        self._write = None if stream is None else stream.add
        self._is_changed = True
        self.started_at = None

    @property
    def events(self) -> list[Record]:
        """The events kept in memory, oldest first."""
        return self._memory.events()

    def find_correlated(self, correlation_id: str, event_type: str) -> Record | None:
        """The earliest kept event of a trade that is of this type, None if there is none."""
        return self._memory.find(correlation_id, event_type)

    def get_events_by_correlation(self, correlation_id: str) -> list[Record]:
        """The kept events of a trade, oldest first."""
        return self._memory.correlated(correlation_id)

    def prune_correlated(self, correlation_id: str) -> int:
        """Lets go of a trade's events; returns how many there were."""
        self._sample_peak()
        return self._memory.remove(correlation_id)

    def clear(self) -> int:
        """Lets go of every event kept in memory; returns how many there were. What was streamed is not touched."""
        self._sample_peak()
        return self._memory.clear()

    def clear_ended(self) -> int:
        """Lets go of what is kept of ended trades and of no trade; returns how many events that were (rule S12)."""
        self._sample_peak()
        return self._memory.remove_all_but_open()

    def accounting(self) -> dict[str, int]:
        """What became of the events, as counts: seen, filtered, kept, pruned, evicted, refused, written, window, peak_in_memory.

        `written` counts the streamed events in whole members, after `close` every one; `window` those that were kept in memory and
        then written.
        """
        in_memory = self._memory.count()
        refused = self._refused_before + self._retention.refused
        evicted = self._evicted_before + self._retention.evicted
        kept = self._taken - refused
        return {
            "seen": self._taken + self._filtered,
            "filtered": self._filtered,
            "kept": kept,
            "pruned": kept - evicted - in_memory,
            "evicted": evicted,
            "refused": refused,
            "written": 0 if self._stream is None else self._stream.written,
            "window": 0 if self.window is None else self.window.written,
            "peak_in_memory": max(self._peak, in_memory),
        }

    def dump(self) -> None:
        """Writes those of the events kept in memory that stand in no file yet; they stay in memory.

        Raises:
            WriteFailedError: if they cannot be written.
            RuntimeError: if it has no window to write to.
        """
        if self.window is None:
            raise RuntimeError(f"{self.trace_id}: there is no folder to write to")
        self.window.write(self._memory)

    def close(self, *, failed: bool = False) -> None:
        """Writes the streamed events that still wait, and those kept in memory if that is due; these stay in memory.

        `failed` says that what it traced did not come to its end.

        Raises:
            WriteFailedError: if they cannot be written.
        """
        if self._stream is not None:
            self._stream.close()
        if self.window is not None and (self._write_at_end is True or (self._write_at_end and failed)):
            self.dump()

    def _keep_first(self, record: Record) -> None:
        self._note_start(record)
        self._keep(record)

    def _note_start(self, event: Record) -> None:
        self._is_changed = False
        self._keep = self._retention.keep
        self.started_at = event.event_id

    def _sample_peak(self) -> None:
        self._peak = max(self._peak, self._memory.count())

    def _note(self, message: str) -> None:
        self._warn(f"{self.trace_id}: {message}")


@cache
def _shared(types: frozenset[str]) -> frozenset[str]:
    """One set for all tracers that ask for the same types."""
    return types


def _types(events_to_trace: Literal["ALL"] | Iterable[str]) -> frozenset[str] | None:
    names = types_named(events_to_trace)
    return None if names == "ALL" else _shared(frozenset(names))


def _warn(message: str) -> None:
    warnings.warn(message, TraceWarning, stacklevel=5)
