"""From trace settings to a tracer that obeys them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tracing.resolve import TraceResolver
from tracing.settings import PartialTraceSettings, TraceSettingsBlock
from tracing.storage.disk import DiskStorage
from tracing.storage.limits import LARGEST_MEMBER
from tracing.storage.memory import MemoryStorage
from tracing.tracer import EventTracer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tracing.retention import Warn
    from tracing.settings import TraceSettings

    Written = Mapping[str, object] | PartialTraceSettings


def open_tracer(
    container_id: str,
    settings: TraceSettings,
    folder: Path | None,
    member_bytes: int,
    warn: Warn | None = None,
) -> EventTracer:
    """A tracer for one container; `folder` is where its event files go, made when the first is written.

    Settings that are not enabled make a tracer that asks for no event.

    `warn` receives each warning once; without it they are Python warnings.

    Raises:
        ValueError: if the settings stream to disk and there is no folder.
    """
    return EventTracer(
        container_id,
        _storage(settings, folder, member_bytes),
        events_to_trace=settings.events_to_trace if settings.enabled else (),
        retention_policy=settings.retention_policy,
        max_events=settings.max_events,
        warn=warn,
    )


def tracer_factory(output: Path | None = None) -> Callable[[str, Written], EventTracer]:
    """What a container made by hand takes as its `tracer_factory`: (container id, settings) -> tracer.

    The settings are written as in a config's `event_tracing`; event files go to a folder of the container below `output`.
    The function raises msgspec.ValidationError for settings that a config could not hold either, and ValueError if they
    stream to disk and there is no `output`.
    """

    def make(container_id: str, written: Written) -> EventTracer:
        own = msgspec.convert(written, PartialTraceSettings)
        settings = (
            TraceResolver(TraceSettingsBlock(enabled=True), {}, (), lambda _: 0).resolve(container_id, "", own).settings
        )
        folder = None if output is None else output / (settings.storage_path or container_id)
        return open_tracer(container_id, settings, folder, LARGEST_MEMBER)

    return make


def _storage(settings: TraceSettings, folder: Path | None, member_bytes: int) -> MemoryStorage | DiskStorage:
    if settings.storage_backend == "memory":
        return MemoryStorage()
    if folder is None:
        raise ValueError("storage_backend: disk needs a folder to write to")
    return DiskStorage(
        folder,
        compression=settings.storage_config.compression,
        max_file_size_mb=settings.storage_config.max_file_size_mb,
        member_bytes=member_bytes,
    )
