"""Dynamic rules: trace settings that change once a condition has come true (rule R5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET, Struct, structs

from tracing.expression import Expression
from tracing.record import Clock
from tracing.settings import TraceAction, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tracing.expression import Sort
    from tracing.expression_runs import Lookup
    from tracing.record import Record
    from tracing.settings import DynamicRule, RuleAction, TraceSettings


class RuleRecord(Struct):
    """What became of a rule: when it came true and after which event; `seq` is how many events had been traced by then.

    Of one that has not come true all three are None.
    """

    condition: str
    fired_at: str | None = None
    event_id: str | None = None
    seq: int | None = None


class Latched(NamedTuple):
    """What a rule asks for that has come true: to write what is kept (`dumps`), then the `settings` if they change."""

    dumps: bool
    settings: TraceSettings | None


class RuleBook:
    """The rules of one container and what has become of its settings.

    `settings` are those in force: the container's own, changed by the action of every rule that has latched, in the order
    of latching; `records` says of each rule what became of it. `sorts` names what conditions may use, and whether it is a number or a text.

    Raises:
        ExpressionError: for a condition that the grammar refuses; a config that loaded has none.
    """

    def __init__(self, settings: TraceSettings, sorts: Mapping[str, Sort]) -> None:
        self.settings = settings
        self.records = unfired(settings.dynamic_rules)
        self._waiting = [
            (_compiled(rule.condition, tuple(sorts.items())), rule.action, record)
            for rule, record in zip(settings.dynamic_rules, self.records, strict=True)
        ]

    @property
    def names(self) -> frozenset[str]:
        """What the rules that have not latched yet want to know; empty once there is none."""
        return frozenset(name for condition, *_ in self._waiting for name in condition.names)

    @property
    def waits(self) -> bool:
        """Whether any rule has not latched yet."""
        return bool(self._waiting)

    def latch(self, lookup: Lookup, event: Record, seq: int) -> list[Latched]:
        """What the waiting rules ask for whose condition holds after `event`, in the order in which they are written.

        `seq`: how many events have been traced.
        """
        held = [rule for rule in self._waiting if rule[0].evaluate(lookup)]
        self._waiting = [rule for rule in self._waiting if rule not in held]
        return [self._latched(action, record, event, seq) for _, action, record in held]

    def _latched(self, action: RuleAction, record: RuleRecord, event: Record, seq: int) -> Latched:
        record.fired_at, record.event_id, record.seq = Clock().text(event.timestamp), event.event_id, seq
        before, self.settings = self.settings, changed(self.settings, action)
        only_dumps = action.dump is True and self.settings == before
        return Latched(action.dump is True, None if only_dumps else self.settings)


def unfired(rules: Iterable[DynamicRule]) -> list[RuleRecord]:
    """The records of rules none of which has come true."""
    return [RuleRecord(rule.condition) for rule in rules]


def changed(settings: TraceSettings, action: TraceAction) -> TraceSettings:
    """The settings with what a canonical action names in place of what they said."""
    fields = {name: value for name in TraceAction.__struct_fields__ if (value := getattr(action, name)) is not UNSET}
    if fields.get("events_to_trace", "ALL") != "ALL":
        fields["events_to_trace"] = tuple(fields["events_to_trace"])
    if "storage_config" in fields:
        fields["storage_config"] = structs.replace(settings.storage_config, **said(fields["storage_config"]))
    return structs.replace(settings, **fields)


@lru_cache(maxsize=1024)
def _compiled(condition: str, sorts: tuple[tuple[str, Sort], ...]) -> Expression:
    """One for all containers that share the condition."""
    known = dict(sorts)
    return Expression(condition, known, known)
