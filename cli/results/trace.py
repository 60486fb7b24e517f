"""The events that a container left on disk, or why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cli.results.json_file import DamagedFileError
from cli.results.opening import IMPLIED
from cli.results.refusal import RefusedError
from tracing.reading.reader import TraceReader
from tracing.storage.paths import StoragePathError, folder_within_results

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.results.container import ContainerResult
    from cli.results.results import ResultsTree
    from tracing.settings import TraceSettings

Event = dict[str, Any]


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

    After an iteration to the end `fault` says why there may be more than was read, None if the trace is whole. `result`
    is the container's metrics.json, None if that is damaged or not written yet. Without `numbered`, a gap in `seq` is no
    fault.
    """

    def __init__(
        self, container_id: str, folder: Path, result: ContainerResult | None, *, numbered: bool = True
    ) -> None:
        self.container_id = container_id
        self._folder = folder
        self._reader = TraceReader(folder, numbered=numbered)
        self._least = result.written if result else 0
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
        return self._reader.found or self._least > 0

    def __iter__(self) -> Iterator[Event]:
        self.fault = None
        try:
            for event in self._reader:
                msgspec.convert(event, EventHead)
                yield event
        except msgspec.ValidationError as error:
            self.fault = f"{self._folder}: event {self._reader.count - 1} is no event ({error})"
        except OSError as error:
            self.fault = f"{error.filename or self._folder}: cannot be read ({error.strerror})"
        else:
            self.fault = self._incomplete()

    def _incomplete(self) -> str | None:
        if self._reader.damage is not None:
            return str(self._reader.damage)
        if self._reader.count < self._least:
            return f"{self._folder}: {self._reader.count} events, but {self._least} were written: the end is lost"
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
    return f"{id_}: {_not_streamed(settings)}; {_remedy(id_)}"


def _not_streamed(settings: TraceSettings) -> str:
    if settings.may_stream:
        return "no dynamic rule that would have written its events came true"
    if not settings.enabled:
        return "nothing was traced"
    if not settings.events_to_trace:
        return "tracing is on, but for no type of event"
    return "its events were traced in memory only, and none was written"


def _remedy(id_: str) -> str:
    if id_ in IMPLIED:
        return f"to have them written, set in the config: `trace_settings: {{container_settings: {{{id_}: {{mode: full}}}}}}`"
    return "to have them written, set on this container in the config: `event_tracing: {mode: full}`"
