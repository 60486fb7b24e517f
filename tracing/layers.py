"""What one layer of trace settings says, spelled canonically, and where it says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tracing.settings import RETENTION_SPELLINGS, WRITTEN_AT_END, DynamicRule, RuleAction, StorageConfig, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracing.settings import RetentionPolicy

    LineOf = Callable[[str], int | None]
    Layer = dict[str, tuple[Any, "Origin"]]

AT_END = "storage_config.write_at_end"
_OF_FULL = "of mode full"
_MODES: dict[str, dict[str, Any]] = {
    "minimal": {"retention_policy": "trade_complete", "storage_backend": "memory"},
    "full": {"events_to_trace": "ALL", "retention_policy": _OF_FULL, "storage_backend": "disk"},
    "sliding_window": {"retention_policy": "sliding_window", "storage_backend": "memory"},
}
_BUILT_IN: dict[str, dict[str, Any]] = {
    "portfolio": {"enabled": True, "events_to_trace": ["POSITION_OPEN", "POSITION_CLOSE", "FILL"]},
    "analysis": {"enabled": True, "storage_backend": "disk"},
}
_HEARING_TRADES = ("portfolio", "execution", "analysis", "")
_OF_TRADES = frozenset({"SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE"})
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

    own = said(written)
    layer: Layer = {}
    if "mode" in own:
        from_mode = origin("mode")
        layer = {field: (value, from_mode) for field, value in _MODES[own["mode"]].items()}
    if "retention_policy" in own:
        own["retention_policy"] = RETENTION_SPELLINGS[own["retention_policy"]]
    layer |= {_FIELDS[key]: (value, origin(key)) for key, value in own.items() if key in _FIELDS}
    if "storage_config" in own:
        stored = said(own["storage_config"])
        if stored.get("compression") is True:
            stored["compression"] = "gzip"
        layer |= {(place := f"storage_config.{key}"): (value, origin(place)) for key, value in stored.items()}
    enabling = next((layer[field][1] for field in _ENABLING if field in layer), None)
    if enabling is not None:
        layer.setdefault("enabled", (True, enabling))
    return layer


def canonical_rule(rule: DynamicRule, *, follows_policy: bool) -> DynamicRule:
    """The rule with its action spelled canonically: its mode expanded, tracing switched on where a layer would do so.

    `follows_policy`: `write_at_end` is not said by the container, so another policy brings its own.
    """
    layer = with_policy(layer_of(rule.action, "action", "action", lambda _: 0))
    if follows_policy and "retention_policy" in layer:
        layer.setdefault(AT_END, (WRITTEN_AT_END[layer["retention_policy"][0]], BUILT_IN))
    fields: dict[str, Any] = {field: value for field, (value, _) in layer.items() if "." not in field}
    stored = {field.partition(".")[2]: value for field, (value, _) in layer.items() if "." in field}
    if stored:
        fields["storage_config"] = StorageConfig(**stored)
    return DynamicRule(condition=rule.condition, action=RuleAction(**fields, dump=rule.action.dump))


def with_policy(layer: Layer) -> Layer:
    """The layer with what `mode: full` keeps in memory: open trades if the events go to disk, else everything."""
    value, origin = layer.get("retention_policy", (None, BUILT_IN))
    if value != _OF_FULL:
        return layer
    return layer | {"retention_policy": ("trade_complete" if _goes_to_disk(layer) else "all", origin)}


def default_policy(layer: Layer, container_type: str) -> RetentionPolicy:
    """What is kept where no layer says it: open trades, unless something is traced in memory alone that is of no trade."""
    names = layer["events_to_trace"][0] if "events_to_trace" in layer else "ALL"
    only_of_trades = container_type in _HEARING_TRADES and names != "ALL" and _OF_TRADES.issuperset(names)
    return "trade_complete" if only_of_trades or _goes_to_disk(layer) else "sliding_window"


def _goes_to_disk(layer: Layer) -> bool:
    return "storage_backend" in layer and layer["storage_backend"][0] == "disk"


def canonical_fields() -> list[str]:
    """The names a layer may set, storage_config by its parts."""
    storage = [f"storage_config.{key}" for key in StorageConfig.__struct_fields__]
    return [*dict.fromkeys(_FIELDS.values()), *storage]
