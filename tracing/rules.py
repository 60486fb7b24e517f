"""Dynamic rules: trace settings that change once a condition has come true (rule R5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, structs

from tracing.expression import Expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracing.expression import Sort
    from tracing.expression_runs import Lookup
    from tracing.settings import StorageConfig, TraceAction, TraceSettings


class RuleBook:
    """The rules of one container and what has become of its settings.

    `settings` are those in force: the container's own, changed by the action of every rule that has latched, in the order
    of latching. `sorts` names what conditions may use, and whether it is a number or a text.

    Raises:
        ExpressionError: for a condition that the grammar refuses; a config that loaded has none.
    """

    def __init__(self, settings: TraceSettings, sorts: Mapping[str, Sort]) -> None:
        self.settings = settings
        self._waiting = [
            (_compiled(rule.condition, tuple(sorts.items())), rule.action) for rule in settings.dynamic_rules
        ]

    @property
    def names(self) -> frozenset[str]:
        """What the rules that have not latched yet want to know; empty once there is none."""
        return frozenset(name for condition, _ in self._waiting for name in condition.names)

    @property
    def waits(self) -> bool:
        """Whether any rule has not latched yet."""
        return bool(self._waiting)

    def latch(self, lookup: Lookup) -> bool:
        """Applies every waiting rule whose condition holds, in the order in which they are written; whether any did."""
        held = [condition.evaluate(lookup) for condition, _ in self._waiting]
        for (_, action), holds in zip(self._waiting, held, strict=True):
            if holds:
                self.settings = changed(self.settings, action)
        self._waiting = [rule for rule, holds in zip(self._waiting, held, strict=True) if not holds]
        return any(held)


def changed(settings: TraceSettings, action: TraceAction) -> TraceSettings:
    """The settings with what a canonical action names in place of what they said."""
    fields = {field: value for field in action.__struct_fields__ if (value := getattr(action, field)) is not UNSET}
    if fields.get("events_to_trace", "ALL") != "ALL":
        fields["events_to_trace"] = tuple(fields["events_to_trace"])
    if "storage_config" in fields:
        fields["storage_config"] = structs.replace(settings.storage_config, **_said(fields["storage_config"]))
    return structs.replace(settings, **fields)


def _said(config: StorageConfig) -> dict[str, Any]:
    return {key: value for key in config.__struct_fields__ if (value := getattr(config, key)) is not UNSET}


@lru_cache(maxsize=1024)
def _compiled(condition: str, sorts: tuple[tuple[str, Sort], ...]) -> Expression:
    """One for all containers that share the condition."""
    known = dict(sorts)
    return Expression(condition, known, known)
