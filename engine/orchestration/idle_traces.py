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
            at.setdefault((locations.of(each.path), each.value), []).append(each)
    idle = [some[0] for some in at.values() if all(each.reason is not None for each in some)]
    problems = (locations.problem(each.path, each.value, each.reason or "") for each in idle)
    return list({(problem.at, problem.expected): problem for problem in problems}.values())  # a sweep's are one


def _looked_at(plan: Plan, id_: str, trace: ResolvedTrace) -> Iterator[_Idle]:
    """Each setting of a container, if the config says it, as far as it may be idle."""
    settings, origins = trace.settings, trace.origins
    yield from _contradicted(trace)
    if not settings.may_trace:
        return
    because = _reasons(settings)
    for field, reason in because.items():
        if (path := origins[field].path) is not None:
            yield _Idle(path, _shown(settings, field), reason)
    path = origins["events_to_trace"].path
    if path is not None and settings.events_to_trace != "ALL":
        seen = _seen_by(plan, id_)
        for name in settings.events_to_trace:
            can_come = name in seen or name in _BY_ANYBODY or is_own_type(name)
            yield _Idle(path, name, None if can_come else f"no container that this is said of ever sees a {name}")


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


def _reasons(settings: TraceSettings) -> dict[str, str | None]:
    """Why each of these settings has no effect, None if it has one."""
    actions = [rule.action for rule in settings.dynamic_rules]
    policies = {settings.retention_policy, *(action.retention_policy for action in actions)} - {UNSET, "none"}
    in_memory = "memory" in (settings.storage_backend, *(action.storage_backend for action in actions))
    configs = [action.storage_config for action in actions if action.storage_config is not UNSET]
    at_end = [settings.storage_config.write_at_end, *(config.write_at_end for config in configs)]
    is_written = any(value is not UNSET and value for value in at_end) or any(a.dump is True for a in actions)
    is_readable = settings.may_stream or bool(policies and in_memory and is_written)
    nothing = None if is_readable else "no event of this is ever written to a file"
    return {
        "max_events": (_no_room(settings, actions) if policies - {"trade_complete"} else None)
        if policies
        else "nothing is kept in memory with retention_policy none",
        "storage_config.write_at_end": _no_end(policies=bool(policies), in_memory=in_memory, is_readable=is_readable),
        "storage_config.compression": nothing,
        "storage_config.max_file_size_mb": nothing,
        "storage_path": nothing,
    }


def _no_room(settings: TraceSettings, actions: Sequence[TraceAction]) -> str | None:
    rooms = (settings.max_events, *(action.max_events for action in actions if action.max_events is not UNSET))
    if settings.may_stream or any(room != 0 for room in rooms):
        return None
    return "nothing of what is traced is kept: expected at least 1, or retention_policy: none"


def _no_end(*, policies: bool, in_memory: bool, is_readable: bool) -> str | None:
    if not in_memory:
        return "with storage_backend disk every event is written as it comes"
    if not policies:
        return "nothing is kept in memory with retention_policy none"
    if not is_readable:
        return "nothing of what is traced can be read then; expected true or on_failure, or enabled: false"
    return None


def _shown(settings: TraceSettings, field: str) -> str:
    value: object = settings
    for name in field.split("."):
        value = getattr(value, name)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seen_by(plan: Plan, id_: str) -> set[str]:
    """The event types that reach a container: its own, and those of what it listens to."""
    heard = (id_, *plan.behind.get(id_, ()))
    benchmarks = {plan.portfolio(each).benchmark for each in heard if each in plan.execution_of}
    return {name for each in heard for name in _published(plan, each)} | ({"BAR"} if benchmarks - {None} else set())


def _published(plan: Plan, id_: str) -> Iterator[str]:
    planned = plan.containers[id_]
    yield from _PUBLISHED.get(planned.type, ())
    may_have_more = isinstance(planned.config, DataContainer) and isinstance(planned.config.source, FileSource)
    if plan.features(id_) or may_have_more:
        yield "FEATURES"
