"""How many processes a run is worth: starting one costs about as much as a second of simulation. No result depends on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.orchestration.lane_paths import shown_lanes
from engine.orchestration.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.orchestration.plan import Plan
    from tracing.settings import TraceSettings

_EVENT_S, _BAR_S, _TRADE_S, _LANE_S = 6e-6, 15e-6, 150e-6, 1e-3
"""Seconds for a traced event, a bar that a user's code is shown, a trade, and a portfolio from its making to its file."""

_EVENT_ON_KERNEL_S, _BAR_ON_KERNEL_S, _TRADE_ON_KERNEL_S = 2e-6, 2e-8, 1e-6
"""The same of a portfolio on the kernel."""

_WORTH_S = 3.0
"""Seconds of simulation that make another process worth while."""


def worthwhile_workers(
    plan: Plan, traces: Mapping[str, TraceSettings], on_kernel: frozenset[str], bars: Mapping[str, int]
) -> int:
    """As many as there are cores, unless the run is so short that they would spend it starting.

    `bars` are those of each data container, by id.
    """
    return max(1, min(_cores(), len(plan.execution_of), int(_seconds(plan, traces, on_kernel, bars) / _WORTH_S)))


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _seconds(
    plan: Plan, traces: Mapping[str, TraceSettings], on_kernel: frozenset[str], bars: Mapping[str, int]
) -> float:
    """What one process would need, told from the plan and the length of the data."""
    traffic = Traffic(plan, bars)
    own_code = [id_ for id_, strategy in plan.own_code.items() if not strategy.is_column]
    shown = shown_lanes(plan, traces, on_kernel)
    traced = [id_ for id_, trace in traces.items() if trace.enabled and (id_ in shown or id_ not in on_kernel)]
    events = {id_: sum(traffic.heard(id_).values()) for id_ in traced}
    trades = traffic.trades
    return (
        sum(count * (_EVENT_ON_KERNEL_S if id_ in shown else _EVENT_S) for id_, count in events.items())
        + sum(map(traffic.bars_of, own_code)) * _BAR_S
        + sum(trades[id_] * (_TRADE_ON_KERNEL_S if id_ in on_kernel else _TRADE_S) for id_ in trades)
        + sum(traffic.bars_of(id_) for id_ in on_kernel) * _BAR_ON_KERNEL_S
        + len(plan.execution_of) * _LANE_S
    )
