"""From the layers of a config to each container's canonical trace settings, and where each value came from (rule R1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from tracing.layers import (
    AT_END,
    BUILT_IN,
    Origin,
    built_in,
    canonical_fields,
    canonical_rule,
    default_policy,
    layer_of,
    with_policy,
)
from tracing.patterns import Pattern
from tracing.settings import (
    WRITTEN_AT_END,
    ContainerTraceSettings,
    DynamicRule,
    EventNames,
    PartialTraceSettings,
    ResolvedStorageConfig,
    TraceSettings,
    TraceSettingsBlock,
    TypeSettings,
)
from tracing.storage.paths import folder_within_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tracing.layers import Layer, LineOf


class ResolvedTrace(msgspec.Struct, frozen=True):
    """A container's trace settings and, for each canonical field by name, where its value came from."""

    settings: TraceSettings
    origins: dict[str, Origin]


class PatternRule:
    """A layer that applies by container id; `path` is where it stands in the config."""

    def __init__(self, text: str, written: PartialTraceSettings, path: str, line_of: LineOf) -> None:
        self.pattern = Pattern(text)
        self.path = path
        self.layer = layer_of(written, "pattern", path, line_of, text)


class TraceResolver:
    """Resolves the trace settings of any number of containers of one config.

    `by_type` holds the `<type>_settings` by container type; `event_types` the known names in the order of the event
    table; `line_of` answers in which line a dotted path of the config stands, None for the command line; `order_of` what
    sorts such paths from the first to the last, their lines if it is not given. Containers that the same rules apply to,
    and that say nothing of their own, share one result.
    """

    def __init__(
        self,
        block: TraceSettingsBlock,
        by_type: Mapping[str, TypeSettings],
        event_types: Sequence[str],
        line_of: LineOf,
        order_of: Callable[[str], tuple[int, ...]] | None = None,
    ) -> None:
        self._line_of = line_of
        order = order_of or (lambda path: (line_of(path) or 0,))
        self._rank = {name: rank for rank, name in enumerate(event_types)}
        self._common = (
            layer_of(block.default, "trace_settings.default", "trace_settings.default", line_of),
            layer_of(block, "trace_settings", "trace_settings", line_of),
        )
        self._by_type = {
            name: layer_of(written, f"{name}_settings", f"{name}_settings", line_of)
            for name, written in by_type.items()
        }
        rules = sorted(self._pattern_rules(block), key=lambda rule: order(rule.path))
        self._rules = sorted(rules, key=lambda rule: rule.pattern.specificity)
        self._shared: dict[tuple[object, ...], ResolvedTrace] = {}

    def resolve(
        self,
        container_id: str,
        container_type: str,
        own: ContainerTraceSettings | EventNames | None = None,
        own_path: str = "event_tracing",
    ) -> ResolvedTrace:
        """The settings of one container. `own` is its `event_tracing`, which stands at `own_path`.

        Only portfolios have dynamic rules: layers that reach others too give them none (rule R5).

        Raises:
            StoragePathError: if its `storage_path` is not a folder inside the results.
        """
        matching = [rule for rule in self._rules if rule.pattern.matches(container_id)]
        below = [built_in(container_type), *self._common, self._by_type.get(container_type, {})]
        layers = [*below, *(rule.layer for rule in matching)]
        if own is not None:
            written = own if isinstance(own, ContainerTraceSettings) else PartialTraceSettings(events_to_trace=own)
            own_layer = layer_of(written, "event_tracing", own_path, self._line_of)
            return self._merge([*layers, own_layer], container_type)
        key = (container_type, *(rule.path for rule in matching))
        if key not in self._shared:
            self._shared[key] = self._merge(layers, container_type)
        return self._shared[key]

    def _pattern_rules(self, block: TraceSettingsBlock) -> Iterator[PatternRule]:
        for text, written in block.container_settings.items():
            yield PatternRule(text, written, f"trace_settings.container_settings.{text}", self._line_of)
        for number, entry in enumerate(block.overrides):
            yield PatternRule(entry.pattern, entry, f"trace_settings.overrides.{number}", self._line_of)

    def _merge(self, layers: Iterable[Layer], container_type: str) -> ResolvedTrace:
        merged: Layer = {}
        for layer in layers:
            merged |= layer
        if container_type != "portfolio":
            merged.pop("dynamic_rules", None)
        merged = with_policy(merged)
        if "retention_policy" not in merged and merged.get("enabled", (False,))[0]:
            merged["retention_policy"] = default_policy(merged, container_type), BUILT_IN
        origins = {field: merged[field][1] if field in merged else BUILT_IN for field in canonical_fields()}
        values = {field: value for field, (value, _) in merged.items()}
        return ResolvedTrace(self._settings(values), origins)

    def _settings(self, values: dict[str, Any]) -> TraceSettings:
        names = values.get("events_to_trace", "ALL")
        if names != "ALL":
            values["events_to_trace"] = tuple(self._sorted(names))
        follows_policy = AT_END not in values
        if follows_policy:
            values[AT_END] = WRITTEN_AT_END[values.get("retention_policy", TraceSettings().retention_policy)]
        values["dynamic_rules"] = tuple(
            self._rule(rule, follows_policy=follows_policy) for rule in values.get("dynamic_rules", ())
        )
        if "storage_path" in values:
            values["storage_path"] = folder_within_results(values["storage_path"])
        fields = {field: value for field, value in values.items() if "." not in field}
        storage = {field.partition(".")[2]: value for field, value in values.items() if "." in field}
        return TraceSettings(**fields, storage_config=ResolvedStorageConfig(**storage))

    def _rule(self, written: DynamicRule, *, follows_policy: bool) -> DynamicRule:
        rule = canonical_rule(written, follows_policy=follows_policy)
        names = rule.action.events_to_trace
        if not isinstance(names, list):
            return rule
        return structs.replace(rule, action=structs.replace(rule.action, events_to_trace=self._sorted(names)))

    def _sorted(self, names: Iterable[str]) -> list[str]:
        return sorted(set(names), key=self._place_in_table)

    def _place_in_table(self, name: str) -> tuple[int, str]:
        return self._rank.get(name, len(self._rank)), name
