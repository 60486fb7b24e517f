"""What one layer of trace settings says, spelled canonically, and where it says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from tracing.settings import DynamicRule, StorageConfig, TraceAction

if TYPE_CHECKING:
    from collections.abc import Callable

    LineOf = Callable[[str], int | None]
    Layer = dict[str, tuple[Any, "Origin"]]

_MODES: dict[str, dict[str, Any]] = {
    "minimal": {"retention_policy": "trade_complete", "storage_backend": "memory"},
    "full": {"events_to_trace": "ALL", "retention_policy": "trade_complete", "storage_backend": "disk"},
    "sliding_window": {"retention_policy": "sliding_window", "storage_backend": "memory"},
}
_BUILT_IN: dict[str, dict[str, Any]] = {
    "portfolio": {"enabled": True, "events_to_trace": ["POSITION_OPEN", "POSITION_CLOSE", "FILL"]},
    "analysis": {"enabled": True, "storage_backend": "disk"},
}
_RETENTION_SPELLINGS = {"minimal": "trade_complete", "full": "all"}
_ENABLING = ("events_to_trace", "retention_policy", "storage_backend")
_FIELDS = {
    "enabled": "enabled",
    "events_to_trace": "events_to_trace",
    "event_tracing": "events_to_trace",
    "retention_policy": "retention_policy",
    "max_events": "max_events",
    "sliding_window_size": "max_events",
    "storage_backend": "storage_backend",
    "storage_path": "storage_path",
    "dynamic_rules": "dynamic_rules",
}


class Origin(msgspec.Struct, frozen=True):
    """Where a value came from: the layer, its pattern if it has one, its dotted path in the config and the line there.

    A built-in default has neither path nor line; what was set on the command line has no line, and its layer is `--set`.
    """

    layer: str
    pattern: str | None = None
    path: str | None = None
    line: int | None = None


BUILT_IN = Origin("built-in")
ON_THE_COMMAND_LINE = "--set"


def built_in(container_type: str) -> Layer:
    """The built-in defaults of a type, where they differ from those of every type."""
    return {field: (value, BUILT_IN) for field, value in _BUILT_IN.get(container_type, {}).items()}


def layer_of(written: msgspec.Struct, name: str, path: str, line_of: LineOf, pattern: str | None = None) -> Layer:
    """The canonical fields a layer sets, each with its value and origin. `path` is where the layer stands in the config.

    Its `mode` lies beneath the fields named beside it. Saying what to trace, how long to keep it or where it goes
    switches tracing on, unless the layer says otherwise (rule R1).
    """

    def origin(key: str) -> Origin:
        place = f"{path}.{key}"
        line = line_of(place)
        return Origin(name if line is not None else ON_THE_COMMAND_LINE, pattern, place, line)

    said = _said(written)
    layer: Layer = {}
    if "mode" in said:
        from_mode = origin("mode")
        layer = {field: (value, from_mode) for field, value in _MODES[said["mode"]].items()}
    layer |= {_FIELDS[key]: (_canonical(value), origin(key)) for key, value in said.items() if key in _FIELDS}
    if "storage_config" in said:
        stored = {f"storage_config.{key}": value for key, value in _said(said["storage_config"]).items()}
        layer |= {key: (_codec(value), origin(key)) for key, value in stored.items()}
    enabling = next((layer[field][1] for field in _ENABLING if field in layer), None)
    if enabling is not None:
        layer.setdefault("enabled", (True, enabling))
    return layer


def canonical_rule(rule: DynamicRule) -> DynamicRule:
    """The rule with its action spelled canonically: its mode expanded, tracing switched on where a layer would do so."""
    layer = layer_of(rule.action, "action", "action", lambda _: 0)
    fields: dict[str, Any] = {field: value for field, (value, _) in layer.items() if "." not in field}
    stored = {field.partition(".")[2]: value for field, (value, _) in layer.items() if "." in field}
    if stored:
        fields["storage_config"] = StorageConfig(**stored)
    return DynamicRule(condition=rule.condition, action=TraceAction(**fields))


def canonical_fields() -> list[str]:
    """The names a layer may set, storage_config by its parts."""
    storage = [f"storage_config.{key}" for key in StorageConfig.__struct_fields__]
    return [*dict.fromkeys(_FIELDS.values()), *storage]


def _said(written: msgspec.Struct) -> dict[str, Any]:
    return {key: value for key in written.__struct_fields__ if (value := getattr(written, key)) is not UNSET}


def _canonical(value: Any) -> Any:  # noqa: ANN401 - a value of any field
    return _RETENTION_SPELLINGS.get(value, value) if isinstance(value, str) else value


def _codec(value: Any) -> Any:  # noqa: ANN401
    return "gzip" if value is True else value
