"""What may be said about tracing: as it is written in a config, and the one canonical form it is resolved to."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

RetentionPolicy = Literal["trade_complete", "sliding_window", "all", "none"]
WrittenRetentionPolicy = Literal["trade_complete", "sliding_window", "all", "none", "minimal", "full"]
Mode = Literal["minimal", "full", "sliding_window"]
StorageBackend = Literal["memory", "disk"]
Compression = bool | Literal["gzip", "zstd"]
WriteAtEnd = bool | Literal["on_failure"]
EventNames = Literal["ALL"] | list[str]

DEFAULT_WINDOW = 1000
"""Events a sliding window holds where `max_events` is not given."""
DEFAULT_FILE_SIZE_MB = 100.0
RETENTION_SPELLINGS: dict[str, RetentionPolicy] = {
    **{name: name for name in ("trade_complete", "sliding_window", "all", "none")},
    "minimal": "trade_complete",
    "full": "all",
}
WRITTEN_AT_END: dict[RetentionPolicy, WriteAtEnd] = {
    "sliding_window": True,
    "all": True,
    "trade_complete": "on_failure",
    "none": False,
}
"""What `write_at_end` is where it is not said."""

_Enabled = Annotated[bool, Meta(description="whether the container is traced at all")]
_Mode = Annotated[
    Mode,
    Meta(
        description="a bundle of the other fields: minimal (open trades in memory), full (everything streamed to disk, "
        "open trades in memory; with storage_backend: memory everything in memory), sliding_window (the last max_events "
        "in memory); fields named beside it win"
    ),
]
_Events = Annotated[EventNames, Meta(description="ALL, or the names of the event types to trace")]
_Retention = Annotated[
    WrittenRetentionPolicy,
    Meta(
        description="what stays in memory: trade_complete (events of open trades; also spelled minimal), sliding_window "
        "(the last max_events), all (also spelled full), none"
    ),
]
_MaxEvents = Annotated[
    int,
    Meta(
        ge=0,
        description="events kept in memory; a sliding window keeps 1000 without it, trade_complete warns when open trades have more",
    ),
]
_Backend = Annotated[
    StorageBackend,
    Meta(
        description="disk streams every traced event to a file; with memory, what is still kept is written at the end"
    ),
]
_StoragePath = Annotated[
    str, Meta(description="folder of the event files, inside the output folder; the container's id without it")
]
_Window = Annotated[int, Meta(ge=0, description="events kept in memory: another spelling of max_events")]


class StorageConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How event files are written."""

    compression: Annotated[
        Compression | UnsetType, Meta(description="true or gzip (the default), zstd, or false for plain text")
    ] = UNSET
    max_file_size_mb: Annotated[
        Annotated[float, Meta(ge=0.01)] | UnsetType,
        Meta(description="no file of events is larger: it is continued in a next one; 1 MB is 1,000,000 bytes"),
    ] = UNSET
    write_at_end: Annotated[
        WriteAtEnd | UnsetType,
        Meta(
            description="whether what is kept in memory is written when the container ends: true (without it so for "
            "sliding_window and all), on_failure (for trade_complete), or false"
        ),
    ] = UNSET


class TraceAction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The trace settings that a dynamic rule may change; what it does not name stays as it is."""

    enabled: _Enabled | UnsetType = UNSET
    mode: _Mode | UnsetType = UNSET
    events_to_trace: _Events | UnsetType = UNSET
    retention_policy: _Retention | UnsetType = UNSET
    max_events: _MaxEvents | UnsetType | None = UNSET
    storage_backend: _Backend | UnsetType = UNSET
    storage_config: StorageConfig | UnsetType = UNSET


class RuleAction(TraceAction, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a dynamic rule does: it changes trace settings, writes what is kept in memory, or both."""

    dump: Annotated[
        bool | UnsetType,
        Meta(description="true: what is kept in memory at that moment is written, before the settings change"),
    ] = UNSET


class DynamicRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first time that the condition holds when a trade has closed, the action changes the trace settings (rule R5)."""

    condition: Annotated[
        str,
        Meta(description="a comparison over metrics.<name>, container.id and container.type: metrics.total_pnl > 0"),
    ]
    action: Annotated[RuleAction, Meta(description="the trace settings from then on, or dump")]


_Rules = Annotated[
    list[DynamicRule], Meta(description="changes of the trace settings in the course of the run, of portfolios alone")
]


class ContainerTraceSettings(TraceAction, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a container of any type may say of itself: only what is named in it overrides the layers below (rule R1)."""

    storage_path: _StoragePath | UnsetType = UNSET


class PartialTraceSettings(ContainerTraceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same of a portfolio, or a layer that reaches portfolios: they alone have dynamic rules (rule R5)."""

    dynamic_rules: _Rules | UnsetType = UNSET


class PatternSettings(PartialTraceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of `trace_settings.overrides`: a layer for the containers whose id matches."""

    pattern: Annotated[str, Meta(min_length=1, description="container ids, with the wildcards *, ? and [...]")]


class TraceSettingsBlock(PartialTraceSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `trace_settings` of a config. The fields it shares with every layer apply to all containers."""

    default: Annotated[PartialTraceSettings, Meta(description="the lowest layer above the built-in defaults")] = (
        PartialTraceSettings()
    )
    container_settings: Annotated[
        dict[str, PartialTraceSettings], Meta(description="a layer per pattern of container ids")
    ] = {}
    overrides: Annotated[list[PatternSettings], Meta(description="layers per pattern, written as a list")] = []


class TypeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`<type>_settings` of a config: a layer for every container of that type."""

    event_tracing: _Events | UnsetType = UNSET
    enabled: _Enabled | UnsetType = UNSET
    mode: _Mode | UnsetType = UNSET
    retention_policy: _Retention | UnsetType = UNSET
    sliding_window_size: _Window | UnsetType = UNSET
    storage_backend: _Backend | UnsetType = UNSET
    storage_config: StorageConfig | UnsetType = UNSET


class PortfolioSettings(TypeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`portfolio_settings` of a config: a layer for every portfolio."""

    dynamic_rules: _Rules | UnsetType = UNSET


class ResolvedStorageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How event files are written, nothing left open. `compression` is gzip, zstd or False."""

    compression: Literal["gzip", "zstd"] | bool = "gzip"
    max_file_size_mb: float = DEFAULT_FILE_SIZE_MB
    write_at_end: WriteAtEnd = "on_failure"


class TraceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The canonical trace settings of one container.

    `events_to_trace` is "ALL" or names in the order of the event table. `storage_path` is a folder relative to the
    output folder, None for the container's own. The actions of `dynamic_rules` name canonical fields, no mode.
    """

    enabled: bool = False
    events_to_trace: Literal["ALL"] | tuple[str, ...] = "ALL"
    retention_policy: RetentionPolicy = "trade_complete"
    max_events: int | None = None
    storage_backend: StorageBackend = "memory"
    storage_config: ResolvedStorageConfig = ResolvedStorageConfig()
    storage_path: str | None = None
    dynamic_rules: tuple[DynamicRule, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether events are written to disk."""
        return self.enabled and self.storage_backend == "disk" and self.events_to_trace != ()

    @property
    def may_trace(self) -> bool:
        """Whether anything is traced, from the start or once some of the rules say so."""
        return self.enabled or any(rule.action.enabled is True for rule in self.dynamic_rules)

    @property
    def may_stream(self) -> bool:
        """Whether events are written to disk, from the start or once some of the rules say so (rule S2)."""
        actions = [rule.action for rule in self.dynamic_rules]
        return (
            self.may_trace
            and "disk" in (self.storage_backend, *(action.storage_backend for action in actions))
            and any(events not in ((), []) for events in (self.events_to_trace, *(a.events_to_trace for a in actions)))
        )

    @property
    def event_types(self) -> frozenset[str] | None:
        """The types to trace, None for all."""
        return None if self.events_to_trace == "ALL" else frozenset(self.events_to_trace)

    @property
    def types_once_taken(self) -> frozenset[str] | None:
        """The types that a tracer may take in the course of a run, None for all."""
        named = (rule.action.events_to_trace for rule in self.dynamic_rules)
        asked = [self.events_to_trace, *(events for events in named if events is not UNSET)]
        return None if "ALL" in asked else frozenset(name for events in asked for name in events)

    def may_take(self, event_type: str) -> bool:
        """Whether an event of this type may be traced in the course of a run."""
        types = self.types_once_taken
        return self.may_trace and (types is None or event_type in types)


def said(written: Mapping[str, Any] | msgspec.Struct) -> dict[str, Any]:
    """The fields of settings that are said, by name."""
    if isinstance(written, Mapping):
        return dict(written)
    return {key: value for key in written.__struct_fields__ if (value := getattr(written, key)) is not UNSET}
