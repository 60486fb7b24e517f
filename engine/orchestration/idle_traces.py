"""Trace settings that can change nothing that anybody could read: odd, but no mistake (rule R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET

from engine.config.schema import DataContainer
from engine.market.sources import FileSource
from engine.own_events import PUBLISHABLE, is_own_type
from tracing.layers import ON_THE_COMMAND_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.config.errors import ConfigProblem
    from engine.config.locations import Locations
    from engine.config.node import Mark
    from engine.orchestration.plan import Plan
    from tracing.layers import Origin
    from tracing.resolve import ResolvedTrace
    from tracing.settings import TraceAction, TraceSettings

_PUBLISHED: dict[str, tuple[str, ...]] = {
    "data": ("BAR",),
    "strategy": ("SIGNAL",),
    "execution": ("ORDER_REQUEST", "ORDER", "FILL"),
    "portfolio": (
        *("SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE"),
        *("PORTFOLIO_UPDATE", "RISK_BREACH"),
    ),
    "root": ("RUN_START", "CONTAINER_STATUS", "RUN_END"),
}
_BY_ANYBODY = PUBLISHABLE | {"ERROR"}
_TRADING = ("portfolio", "execution")
_OF_TRADES = frozenset({"SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE", "RISK_BREACH"})
_ALL_WRITTEN = "with storage_backend disk every event is written as it comes"
_NONE_KEPT = "nothing is kept in memory with retention_policy none"
_OF_NO_TRADE = (
    "nothing of what is traced belongs to a trade, and trade_complete keeps the events of open trades alone: "
    "expected sliding_window or all"
)


class _Idle(NamedTuple):
    """What a written setting would have to change in one container, and why it cannot; None if it can."""

    path: str
    value: str
    reason: str | None


def idle_traces(plan: Plan, traces: Mapping[str, ResolvedTrace], locations: Locations) -> list[ConfigProblem]:
    """A warning for each trace setting of the config that has an effect on no container that it reaches."""
    at: dict[tuple[Mark, str], list[_Idle]] = {}
    for id_, trace in traces.items():
        for each in _looked_at(plan, id_, trace):
            if locations.node(each.path) is not None:
                at.setdefault((locations.of(each.path), each.value), []).append(each)
    idle = [some[0] for some in at.values() if all(each.reason is not None for each in some)]
    if plan.config.results.clear_on_snapshot:
        idle += _clearing_nothing(plan, traces)
    problems = (locations.problem(each.path, each.value, each.reason or "") for each in idle)
    return list({(problem.at, problem.expected): problem for problem in problems}.values())  # a sweep's are one


def _clearing_nothing(plan: Plan, traces: Mapping[str, ResolvedTrace]) -> Iterator[_Idle]:
    settings = [traces[each.id].settings for each in plan.of_type("portfolio")]
    reason = None
    if plan.config.results.snapshot_every == 0:
        reason = "with snapshot_every 0 there is no snapshot"
    elif not any(each.may_trace and _Course(each).policies - {"trade_complete"} for each in settings):
        reason = "no portfolio keeps events in memory but those of open trades"
    if reason is not None:
        yield _Idle("results.clear_on_snapshot", "true", reason)


def _looked_at(plan: Plan, id_: str, trace: ResolvedTrace) -> Iterator[_Idle]:
    """Each setting of a container, if the config says it, as far as it may be idle."""
    settings, origins = trace.settings, trace.origins
    yield from _contradicted(trace)
    if not settings.may_trace:
        return
    course = _Course(settings, of_trades=_takes_of_trades(plan, id_, settings))
    because = course.reasons()
    for field, reason in because.items():
        if (path := origins[field].path) is not None:
            yield _Idle(path, _shown(settings, field), reason)
    yield from _kept_nowhere(course, origins)
    yield from _of_rules(course, because, origins["dynamic_rules"].path)
    path = origins["events_to_trace"].path
    if path is not None and settings.events_to_trace != "ALL":
        seen = _seen_by(plan, id_)
        for name in settings.events_to_trace:
            can_come = name in seen or name in _BY_ANYBODY or is_own_type(name)
            yield _Idle(path, name, None if can_come else f"no container that this is said of ever sees a {name}")


def _kept_nowhere(course: _Course, origins: Mapping[str, Origin]) -> Iterator[_Idle]:
    """The policy that has nothing to keep; and what another mapping has traced under it."""
    reason = _OF_NO_TRADE if course.keeps_nothing_of_no_trade else None
    policy = origins["retention_policy"].path
    if policy is None:
        return
    yield _Idle(policy, "minimal" if policy.endswith(".mode") else course.settings.retention_policy, reason)
    fields = {origins[field].path: field for field in ("enabled", "events_to_trace")}
    for path, field in fields.items():
        if path is not None and not _beside(path, policy):
            yield _Idle(path, _shown(course.settings, field), reason)


def _of_rules(course: _Course, because: Mapping[str, str | None], path: str | None) -> Iterator[_Idle]:
    """What the actions of dynamic rules say."""
    rules = course.settings.dynamic_rules
    for number, rule in enumerate(rules if path is not None else ()):
        place = f"{path}.{number}.action"
        for field, reason in because.items():
            yield _Idle(f"{place}.{field}", "", reason)
        if rule.action.dump is True:
            others = [each.action for each in rules if each is not rule]
            before = _Course(course.settings, others, of_trades=course.of_trades)
            yield _Idle(f"{place}.dump", "true", before.nothing_to_dump())


def _contradicted(trace: ResolvedTrace) -> Iterator[_Idle]:
    """What is said beside a key that leaves nothing to trace, in the same mapping: one that others may switch on again is odd for none."""
    settings, origins = trace.settings, trace.origins
    said = {origin.path: origin for origin in origins.values() if origin.path is not None}
    events = origins["events_to_trace"].path
    is_for_nothing = settings.enabled and settings.events_to_trace in ([], ()) and not settings.dynamic_rules
    off = origins["enabled"]
    is_off = not settings.may_trace and off.layer != ON_THE_COMMAND_LINE
    for path in said:
        reason = None
        if is_off and path != off.path and _beside(path, off.path):
            reason = "enabled: false stands beside it, so that nothing is traced"
        elif is_for_nothing and path == events and any(path != each and _beside(path, each) for each in said):
            reason = "nothing is traced then: expected types of events, ALL, or enabled: false"
        yield _Idle(path, "", reason)


def _beside(path: str, other: str | None) -> bool:
    """Whether two keys stand in one mapping."""
    return other is not None and path.rpartition(".")[0] == other.rpartition(".")[0]


class _Course:
    """What the settings of a container may be in the course of a run: its own, changed by any of these actions, all of its rules' if not given."""

    def __init__(
        self, settings: TraceSettings, actions: Sequence[TraceAction] | None = None, *, of_trades: bool = True
    ) -> None:
        self.of_trades = of_trades
        self.settings = settings
        self._actions = [rule.action for rule in settings.dynamic_rules] if actions is None else actions
        said = {settings.retention_policy, *(action.retention_policy for action in self._actions)} - {UNSET, "none"}
        self.policies = said if of_trades else said - {"trade_complete"}
        self._why_not = _OF_NO_TRADE if said else _NONE_KEPT
        self._in_memory = "memory" in (settings.storage_backend, *(a.storage_backend for a in self._actions))

    @property
    def keeps_nothing_of_no_trade(self) -> bool:
        """Whether no event is kept or written, as none that is traced belongs to a trade."""
        return self._why_not is _OF_NO_TRADE and not self.policies and not self.settings.may_stream

    def reasons(self) -> dict[str, str | None]:
        """Why each of these settings has no effect, None if it has one."""
        configs = [action.storage_config for action in self._actions if action.storage_config is not UNSET]
        at_end = [self.settings.storage_config.write_at_end, *(config.write_at_end for config in configs)]
        dumps = any(rule.action.dump is True for rule in self.settings.dynamic_rules)
        is_written = any(value is not UNSET and value for value in at_end) or dumps
        is_readable = self.settings.may_stream or bool(self.policies and self._in_memory and is_written)
        nothing = None if is_readable else "no event of this is ever written to a file"
        return {
            "max_events": self._no_room() if self.policies else self._why_not,
            "storage_config.write_at_end": self._no_end(is_readable=is_readable),
            "storage_config.compression": nothing,
            "storage_config.max_file_size_mb": nothing,
            "storage_path": nothing,
        }

    def nothing_to_dump(self) -> str | None:
        """Why there is nothing in memory that a dump could write."""
        if not self._in_memory:
            return _ALL_WRITTEN
        return None if self.policies else self._why_not

    def _no_room(self) -> str | None:
        rooms = (self.settings.max_events, *(a.max_events for a in self._actions if a.max_events is not UNSET))
        if self.policies == {"trade_complete"} or self.settings.may_stream or any(room != 0 for room in rooms):
            return None
        return "nothing of what is traced is kept: expected at least 1, or retention_policy: none"

    def _no_end(self, *, is_readable: bool) -> str | None:
        if not self._in_memory:
            return _ALL_WRITTEN
        if not self.policies:
            return self._why_not
        if not is_readable:
            return "nothing of what is traced can be read then; expected true or on_failure, or enabled: false"
        return None


def _shown(settings: TraceSettings, field: str) -> str:
    value: object = settings
    for name in field.split("."):
        value = getattr(value, name)
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seen_by(plan: Plan, id_: str) -> set[str]:
    """The event types that reach a container: its own, and those of what it listens to."""
    heard = (id_, *plan.behind.get(id_, ()))
    benchmarks = {plan.portfolio(each).benchmark for each in heard if each in plan.execution_of}
    return {name for each in heard for name in _published(plan, each)} | ({"BAR"} if benchmarks - {None} else set())


def _takes_of_trades(plan: Plan, id_: str, settings: TraceSettings) -> bool:
    """Whether a container may trace events that belong to trades: those of portfolios and execution containers alone do."""
    trading = (each for each in (id_, *plan.behind.get(id_, ())) if plan.containers[each].type in _TRADING)
    return any(name in _OF_TRADES and settings.may_take(name) for each in trading for name in _published(plan, each))


def _published(plan: Plan, id_: str) -> Iterator[str]:
    planned = plan.containers[id_]
    yield from _PUBLISHED.get(planned.type, ())
    may_have_more = isinstance(planned.config, DataContainer) and isinstance(planned.config.source, FileSource)
    if plan.features(id_) or may_have_more:
        yield "FEATURES"
