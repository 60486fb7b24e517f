"""Which portfolios the kernel simulates, and why it does not simulate the others (rule B1)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import msgspec.structs

from engine.orchestration.own_code import own_models
from tracing.counted import can_be_counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.orchestration.plan import Plan
    from engine.strategies.user import UserStrategy
    from tracing.settings import TraceSettings

Path = Literal["kernel", "event"]

MOST_LANES = 250
"""Lanes simulated at once that make events: their containers, and lines that wait, are nearly all the memory that grows."""
KERNEL_LANES = 4
"""How many times as many that the kernel simulates and that are not observed: they need little room."""
ROUNDS = 4
"""Shards for each worker: enough that none waits long for the slowest."""

_KNOWN_OF_ALL = frozenset({"id", "event_tracing"})
_KNOWN_OF_PORTFOLIOS = _KNOWN_OF_ALL | {
    *("inputs", "execution", "cash", "features", "strategy", "sizing", "lot_size", "minimum_notional"),
    *("close_at_end", "days_per_year", "risk_free_rate", "day_zone"),
    *("entry", "exit", "account", "risk", "weights", "benchmark"),
}
_KNOWN_OF_EXECUTIONS = _KNOWN_OF_ALL | {"fill_at", "commission", "slippage", "participation"}
"""What the kernel knows; a config that has anything else takes the event path."""


class LanePath(NamedTuple):
    """How a portfolio is simulated, and the reason."""

    path: Path
    reason: str


def lane_paths(plan: Plan, traces: Mapping[str, TraceSettings]) -> dict[str, LanePath]:
    """The path of every portfolio, by id: the kernel, unless others act on its events or it has what the kernel does not know.

    Of a strategy of the user's own that has not been imported, the style is not known: it is taken for columns.
    """
    listeners = {source: other.id for other in plan.containers.values() for source in other.inputs}
    return {
        planned.id: _path(next(_obstacles(plan, traces, listeners, planned.id), None))
        for planned in plan.of_type("portfolio")
    }


def lanes_on_kernel(paths: Mapping[str, LanePath], path: str) -> frozenset[str]:
    """The portfolios that the kernel simulates in a run that was asked for with this `path`."""
    return frozenset(id_ for id_, taken in paths.items() if taken.path == "kernel" and path != "event")


def shown_lanes(plan: Plan, traces: Mapping[str, TraceSettings], on_kernel: frozenset[str]) -> frozenset[str]:
    """Those of `on_kernel` that are observed, or their execution is: events are made for them."""
    if plan.config.results.trades or plan.config.results.equity:
        return on_kernel
    shown = {id_ for id_ in on_kernel if traces[id_].enabled and not can_be_counted(traces[id_])}
    answered = {id_ for id_ in on_kernel if traces[plan.execution_of[id_]].enabled}
    return frozenset(shown | answered)


def most_in_a_shard(lanes: int, workers: int, *, unobserved: bool) -> int:
    """Of so many lanes, those that are simulated at once; `unobserved`: all of them, and nobody observes them."""
    most = MOST_LANES * KERNEL_LANES if unobserved else MOST_LANES
    return most if workers == 1 else max(1, min(most, -(-lanes // (workers * ROUNDS))))


def _path(obstacle: str | None) -> LanePath:
    return LanePath("kernel", "one strategy") if obstacle is None else LanePath("event", obstacle)


def _obstacles(
    plan: Plan, traces: Mapping[str, TraceSettings], listeners: Mapping[str, str], id_: str
) -> Iterator[str]:
    if plan.config.results.clear_on_snapshot:
        yield "results ask for clear_on_snapshot"
    if id_ in listeners:
        yield f"{listeners[id_]} listens to it"
    if traces[id_].dynamic_rules:
        yield "its trace settings have dynamic_rules"
    benchmark = plan.portfolio(id_).benchmark
    if traces[id_].enabled and benchmark is not None and benchmark not in plan.data_of[id_]:
        yield f"it traces the bars of its benchmark {benchmark}"
    yield from (f"it says {key}" for key in _said(plan.portfolio(id_), _KNOWN_OF_PORTFOLIOS))
    yield from _strategy_obstacles(plan, traces[id_], id_)
    yield from _own_models(plan, id_)
    yield from _execution_obstacles(plan, traces, listeners, id_)


def _own_models(plan: Plan, id_: str) -> Iterator[str]:
    config = plan.containers[id_].config
    if config is not None:
        yield from (f"{id_} has a {key} model of the user's own" for key, _, _ in own_models(config))


def _strategy_obstacles(plan: Plan, trace: TraceSettings, id_: str) -> Iterator[str]:
    hosts = [source for source in (id_, *plan.behind[id_]) if plan.strategy(source) is not None]
    if len(hosts) != 1:
        yield "it follows several strategies" if hosts else "it follows no strategy"
    for host in hosts:
        own = plan.own_code.get(host)
        if own is not None:
            yield from _own_obstacles(plan, trace, own, is_shared=host != id_)


def _own_obstacles(plan: Plan, trace: TraceSettings, own: UserStrategy, *, is_shared: bool) -> Iterator[str]:
    """What of a user's strategy the kernel does not do; one that `is_shared` belongs to a strategy container."""
    if own.event_types or own.hears_events:
        yield f"{own.path} publishes or hears events of users' own"
    if is_shared and not own.is_column:
        yield f"{own.path} looks at one bar at a time in a container of its own"
    if plan.config.timeout_s is not None:
        if is_shared:
            yield f"timeout_s watches over {own.path} in a container of its own"
        if trace.enabled and can_be_counted(trace):
            yield f"timeout_s watches over {own.path}, and what is traced is held in memory"


def _execution_obstacles(
    plan: Plan, traces: Mapping[str, TraceSettings], listeners: Mapping[str, str], id_: str
) -> Iterator[str]:
    execution = plan.execution_of[id_]
    if execution in listeners:
        yield f"{listeners[execution]} listens to {execution}"
    if traces[execution].may_trace and len(plan.clients_of[execution]) > 1:
        yield f"{execution} traces its orders among others"
    if traces[execution].dynamic_rules:
        yield f"the trace settings of {execution} have dynamic_rules"
    yield from _own_models(plan, execution)
    config = plan.containers[execution].config
    if config is not None:
        yield from (f"{execution} says {key}" for key in _said(config, _KNOWN_OF_EXECUTIONS))


def _said(config: msgspec.Struct, known: frozenset[str]) -> Iterator[str]:
    """The keys of a config that are not known here and do not have their default."""
    return (key for key, default in _further(type(config), known) if getattr(config, key) != default)


@cache
def _further(struct: type[msgspec.Struct], known: frozenset[str]) -> tuple[tuple[str, object], ...]:
    """The fields beside those known, with their defaults."""
    return tuple((each.name, _default(each)) for each in msgspec.structs.fields(struct) if each.name not in known)


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
