"""From trace settings to a tracer that obeys them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tracing.by_hand import check_choice, setting_named
from tracing.resolve import TraceResolver
from tracing.settings import PartialTraceSettings, TraceSettingsBlock, said
from tracing.storage.disk import DiskStorage
from tracing.storage.limits import LARGEST_MEMBER
from tracing.storage.memory import MemoryStorage
from tracing.storage.window import WindowFile
from tracing.tracer import EventTracer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tracing.retention import Warn
    from tracing.settings import EventNames, TraceSettings

    Written = Mapping[str, object] | PartialTraceSettings | EventNames


def open_tracer(
    container_id: str,
    settings: TraceSettings,
    folder: Path | None,
    member_bytes: int,
    warn: Warn | None = None,
    *,
    durable: bool = False,
) -> EventTracer:
    """A tracer for one container; `folder` is where its event files go, made when the first is written.

    Without a folder what is kept in memory is written nowhere.

    `durable` files survive the loss of power as far as they are counted in `written` (rule S6).

    Settings that are not enabled make a tracer that asks for no event.

    `warn` receives each warning once; without it they are Python warnings.

    Raises:
        ValueError: if the settings stream to disk and there is no folder.
    """
    return EventTracer(
        container_id,
        _storage(settings, folder, member_bytes, durable=durable),
        events_to_trace=settings.events_to_trace if settings.enabled else (),
        retention_policy=settings.retention_policy,
        max_events=settings.max_events,
        warn=warn,
        window=_window(settings, folder, member_bytes, durable=durable),
        write_at_end=settings.storage_config.write_at_end,
    )


def retrace(
    tracer: EventTracer, settings: TraceSettings, folder: Path, member_bytes: int, *, durable: bool = False
) -> None:
    """Has a tracer that `open_tracer` made go on under other settings; the arguments as there.

    A file that has been begun is gone on with, by another part if its compression changes.

    Raises:
        WriteFailedError: if what waits to be written cannot be.
    """
    stream = tracer.stream
    if stream is None:
        stream = _storage(settings, folder, member_bytes, durable=durable).stream
    elif settings.streams:
        stream.go_on_as(settings.storage_config.compression, settings.storage_config.max_file_size_mb)
    if tracer.window is not None:
        tracer.window.compression = settings.storage_config.compression
        tracer.window.max_file_size_mb = settings.storage_config.max_file_size_mb
    tracer.go_on(
        events_to_trace=settings.events_to_trace if settings.enabled else (),
        retention_policy=settings.retention_policy,
        max_events=settings.max_events,
        stream=stream if settings.streams else None,
        write_at_end=settings.storage_config.write_at_end,
    )


def tracer_factory(output: Path | None = None) -> Callable[[str, Written], EventTracer]:
    """What a container made by hand takes as its `tracer_factory`: (container id, settings) -> tracer.

    The settings are written as in a config's `event_tracing`; event files go to a folder of the container below `output`, those of
    what is kept in memory too, once the tracer is closed. The function raises ValueError for settings that a config could not
    hold either, if they stream to disk and there is no `output`, and if they have dynamic rules, which need a run.
    """

    def make(container_id: str, written: Written) -> EventTracer:
        own = _own_settings(written)
        settings = (
            TraceResolver(TraceSettingsBlock(enabled=True), {}, (), lambda _: 0).resolve(container_id, "", own).settings
        )
        folder = None if output is None else output / (settings.storage_path or container_id)
        return open_tracer(container_id, settings, folder, LARGEST_MEMBER)

    return make


def _own_settings(written: Written) -> PartialTraceSettings:
    if not isinstance(written, Mapping | PartialTraceSettings):
        written = {"events_to_trace": written}
    fields = said(written)
    for name in fields:
        check_choice("trace settings", name, PartialTraceSettings.__struct_fields__)
    if "dynamic_rules" in fields:
        raise ValueError("dynamic_rules: only a run evaluates them; by hand, change the settings yourself")
    return PartialTraceSettings(**{name: setting_named(name, value) for name, value in fields.items()})


def _window(settings: TraceSettings, folder: Path | None, member_bytes: int, *, durable: bool) -> WindowFile | None:
    if folder is None:
        return None
    config = settings.storage_config
    return WindowFile(
        folder,
        member_bytes,
        compression=config.compression,
        max_file_size_mb=config.max_file_size_mb,
        durable=durable,
    )


def _storage(
    settings: TraceSettings, folder: Path | None, member_bytes: int, *, durable: bool
) -> MemoryStorage | DiskStorage:
    if settings.storage_backend == "memory":
        return MemoryStorage()
    if folder is None:
        raise ValueError("storage_backend: disk needs a folder to write to")
    return DiskStorage(
        folder,
        compression=settings.storage_config.compression,
        max_file_size_mb=settings.storage_config.max_file_size_mb,
        member_bytes=member_bytes,
        durable=durable,
    )
