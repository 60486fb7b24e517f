"""The events that a container left on disk, or why there are none."""

from __future__ import annotations

import sys
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cli.results.container import Tracing
from cli.results.json_file import DamagedFileError
from cli.results.opening import IMPLIED
from cli.results.refusal import RefusedError
from tracing.reading.reader import TraceReader
from tracing.rules import changed
from tracing.settings import TraceSettings
from tracing.storage.paths import StoragePathError, folder_within_results
from tracing.storage.window import WINDOW_STEM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cli.results.container import ContainerResult
    from cli.results.results import ResultsTree

Event = dict[str, Any]


class Extent(NamedTuple):
    """How many traced events stand in no file: `before` the first that does, `after` it, and of these those that found no room."""

    before: int
    after: int
    refused: int

    def __str__(self) -> str:
        """For a person."""
        parts = [
            (self.before, "came before them"),
            (self.after - self.refused, "came between or after them"),
            (self.refused, "that came later found no room, as max_events were kept"),
        ]
        said = ", ".join(f"{count:,} {what}" for count, what in parts if count)
        return f"only events that were kept in memory: {said}"


def said_of(extents: Mapping[str, Extent]) -> list[str]:
    """A line on what is missing in the traces of containers, by id; none if nothing is."""
    if len(extents) == 1:
        return [f"{id_}: {extent}" for id_, extent in extents.items()]
    whole = Extent(*map(sum, zip(*extents.values(), strict=True))) if extents else None
    return [f"of {len(extents)} containers {whole}"] if whole else []


class EventHead(msgspec.Struct, frozen=True):
    """What every event has, whatever its type."""

    seq: int
    type: str
    timestamp: str
    event_id: str
    correlation_id: str | None
    causation_id: str | None


class Trace:
    """Iterates over the events of one container, in order, as dicts that have the fields of EventHead.

    These are the events that were streamed to disk and those that were kept in memory and then written (the window). Where there
    are both, `seq` counts all that were traced; a window alone begins behind those that came before.

    After an iteration to the end `fault` says why there may be more than was read, None if all that was written is there. `result`
    is the container's metrics.json, None if that is damaged or not written yet. Without `numbered`, a gap in `seq` is no
    fault.
    """

    def __init__(
        self, container_id: str, folder: Path, result: ContainerResult | None, *, numbered: bool = True
    ) -> None:
        self.container_id = container_id
        self._folder = folder
        self._stream = TraceReader(folder, numbered=numbered)
        self._window = TraceReader(folder, WINDOW_STEM)
        self._result = result
        self._settings = result.trace_settings if result else None
        self.fault: str | None = None

    @property
    def types(self) -> tuple[str, ...] | None:
        """The event types it may hold, None if that is all of them."""
        asked = self._settings.events_to_trace if self._settings and not self._settings.dynamic_rules else "ALL"
        return None if asked == "ALL" else tuple(asked)

    @property
    def found(self) -> bool:
        """Whether there is anything to read, or should be."""
        return self.has_window or self._stream.found or (self._result is not None and self._result.written > 0)

    @property
    def has_window(self) -> bool:
        """Whether events that were kept in memory are among them."""
        return self._window.found or (self._result is not None and self._result.tracing.window > 0)

    @property
    def extent(self) -> Extent | None:
        """What is not there of the events that were traced; None if there are all, or those that were streamed."""
        if not self.has_window:
            return None
        before = next((int(event["seq"]) for event in self), 0)
        tracing = self._result.tracing if self._result else None
        after = tracing.seen - tracing.filtered - tracing.in_files - before if tracing else 0
        refused = min(after, tracing.refused) if tracing else 0
        return Extent(before, after, refused) if before or after else None

    def __iter__(self) -> Iterator[Event]:
        self.fault = None
        if not self.has_window:
            yield from self._checked(self._stream)
        elif not self._stream.found:
            yield from self._checked(self._window)
        else:
            both = (self._checked(self._window), self._renumbered(self._checked(self._stream)))
            yield from merge(*both, key=lambda event: int(event["seq"]))
        self.fault = self.fault or self._incomplete()

    def _checked(self, reader: TraceReader) -> Iterator[Event]:
        try:
            for event in reader:
                msgspec.convert(event, EventHead)
                yield event
        except msgspec.ValidationError as error:
            self.fault = f"{self._folder}: event {reader.count - 1} is no event ({error})"
        except OSError as error:
            self.fault = f"{error.filename or self._folder}: cannot be read ({error.strerror})"

    def _renumbered(self, events: Iterator[Event]) -> Iterator[Event]:
        """Streamed events, numbered among all that were traced."""
        numbers = chain.from_iterable(self._streamed())
        for event in events:
            yield {**event, "seq": next(numbers)}

    def _streamed(self) -> Iterator[range]:
        """The numbers of the streamed events: dynamic rules may have begun and ended that."""
        settings, start = self._settings or TraceSettings(enabled=True, storage_backend="disk"), 0
        records = self._result.tracing.rules if self._result else []
        fired = [
            (record.seq, rule)
            for record, rule in zip(records, settings.dynamic_rules, strict=False)
            if record.seq is not None
        ]
        for end, rule in sorted(fired, key=lambda each: each[0]):
            if settings.streams:
                yield range(start, end)
            settings, start = changed(settings, rule.action), end
        yield range(start, sys.maxsize)

    def _incomplete(self) -> str | None:
        tracing = self._result.tracing if self._result else Tracing(written=0)
        for reader, written in ((self._stream, tracing.written), (self._window, tracing.window)):
            if reader.damage is not None:
                return str(reader.damage)
            if reader.count < written:
                return f"{self._folder}: {reader.count} events, but {written} were written: the end is lost"
        return None


def trace_of(tree: ResultsTree, id_: str) -> Trace:
    """The trace of a container, whether or not there are events in it; a damaged metrics.json does not stand in the way."""
    try:
        result = tree.result(id_)
    except DamagedFileError:
        result = None
    return Trace(id_, event_folder(tree, id_, result), result)


def opened_trace(tree: ResultsTree, id_: str) -> Trace:
    """The trace of a container.

    Raises:
        RefusedError: if nothing was written; it says what would write it.
    """
    trace = trace_of(tree, id_)
    if not trace.found:
        raise RefusedError(why_no_events(id_, tree.result(id_)))
    return trace


def event_folder(tree: ResultsTree, id_: str, result: ContainerResult | None) -> Path:
    """Where the event files of a container are; never outside the results, whatever its settings say."""
    written = result.trace_settings.storage_path if result else None
    try:
        return tree.root / (folder_within_results(written) if written else id_)
    except StoragePathError:
        return tree.root / id_


def event_files(tree: ResultsTree, result: ContainerResult) -> dict[str, int]:
    """The files of a container beside its metrics, with their sizes in bytes, by path below the results."""
    folders = dict.fromkeys([tree.root / result.container_id, event_folder(tree, result.container_id, result)])
    paths = (path for folder in folders for path in sorted(folder.glob("*.jsonl*")) if path.is_file())
    return {str(path.relative_to(tree.root)): path.stat().st_size for path in paths}


def why_no_events(id_: str, result: ContainerResult | None) -> str:
    """Why a container has no event file, and the key of the config that would make it have one."""
    if result is None:
        return f"{id_}: no events are written yet"
    settings = result.trace_settings
    if settings.streams:
        asked = "" if settings.events_to_trace == "ALL" else f" of {', '.join(settings.events_to_trace)}"
        return f"{id_}: events{asked} were to be written, but none occurred"
    return f"{id_}: {_not_written(result)}; {_remedy(id_, settings)}"


def _not_written(result: ContainerResult) -> str:
    settings = result.trace_settings
    for rule, record in zip(settings.dynamic_rules, result.tracing.rules, strict=False):
        if record.fired_at is not None:
            settings = changed(settings, rule.action)
    if settings.streams:
        return "a dynamic rule had its events written, but none came after that"
    if result.trace_settings.may_stream:
        return "no dynamic rule that would have written its events came true"
    if not settings.enabled:
        return "nothing was traced"
    if not settings.events_to_trace:
        return "tracing is on, but for no type of event"
    return _not_kept(result, settings)


def _not_kept(result: ContainerResult, settings: TraceSettings) -> str:
    at_end = settings.storage_config.write_at_end
    if not at_end:
        return "its events were traced in memory only, and none was written"
    if at_end == "on_failure" and result.status != "failed":
        return "its events were traced in memory only, to be written if it failed"
    return "its events were traced in memory, and none was kept at the end"


def _remedy(id_: str, settings: TraceSettings) -> str:
    if settings.enabled and settings.retention_policy == "all":  # by mode full, with another storage_backend
        return "to have them written, set on this container in the config: `event_tracing: {mode: full, storage_backend: disk}`"
    if id_ in IMPLIED:
        return f"to have them written, set in the config: `trace_settings: {{container_settings: {{{id_}: {{mode: full}}}}}}`"
    return "to have them written, set on this container in the config: `event_tracing: {mode: full}`"
