"""Containers whose metrics are sums over others: an execution container's over its clients, an analysis container's over its sources."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from engine.containers.analysis import AnalysisContainer
from engine.containers.execution import ExecutionContainer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.containers.base import Container, Member
    from engine.orchestration.plan import Plan


def connect_totals(plan: Plan, containers: Mapping[str, Container], everyone: Mapping[str, Member]) -> None:
    """Has those of `containers` that are sums add up what `everyone` came to who takes part, in the order of declaration."""
    for id_, container in containers.items():
        if isinstance(container, ExecutionContainer):
            container.clients = [everyone[client] for client in plan.clients_of.get(id_, ()) if client in everyone]
        elif isinstance(container, AnalysisContainer):
            container.received = partial(_received, plan, id_, everyone)


def _received(plan: Plan, id_: str, everyone: Mapping[str, Member]) -> dict[str, int]:
    """The events that reach a container which only listens, by type: each once, whatever ways it may take (rule L7).

    Everything that is behind it is heard; of a portfolio also the answers that it gets and the bars of its benchmark; of an
    execution container also the requests that it gets.
    """
    behind = dict.fromkeys(source for source in plan.behind[id_] if source in everyone)
    total: Counter[str] = Counter()
    for source in behind:
        total.update(everyone[source].event_counts())
    for portfolio in (source for source in behind if source in plan.execution_of):
        if plan.execution_of[portfolio] not in behind:
            total.update(everyone[portfolio].order_counts().events)
    for execution in (source for source in behind if source in plan.clients_of):
        for client in plan.clients_of[execution]:
            if client in everyone and client not in behind:
                total["ORDER_REQUEST"] += everyone[client].event_counts().get("ORDER_REQUEST", 0)
    for benchmark in _benchmarks(plan, behind) - behind.keys():
        total["BAR"] += everyone[benchmark].event_counts()["BAR"]
    return dict(total)


def _benchmarks(plan: Plan, behind: Mapping[str, None]) -> set[str]:
    named = (plan.portfolio(source).benchmark for source in behind if source in plan.execution_of)
    return {name for name in named if name is not None}
