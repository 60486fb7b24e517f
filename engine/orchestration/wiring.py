"""The wiring: from a plan and its bars to containers that know each other (rules L7, L9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.containers.analysis import AnalysisContainer
from engine.containers.data import DataContainer
from engine.containers.execution import ExecutionContainer
from engine.containers.feature import FeatureContainer
from engine.containers.portfolio import PortfolioContainer
from engine.containers.root import RootContainer
from engine.containers.strategy import StrategyContainer
from engine.orchestration.equipment import Equipment
from engine.orchestration.failures import Failures
from engine.orchestration.plan import ROOT
from engine.orchestration.simulation import Simulation
from engine.orchestration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.containers.base import Container
    from engine.market.bars import Bars
    from engine.orchestration.plan import Plan

REQUESTS = frozenset({"ORDER_REQUEST"})
ANSWERS = frozenset({"ORDER", "FILL"})
ERRORS = frozenset({"ERROR"})

BEFORE_ALL = -1
"""The rank of the root: nothing happens before RUN_START."""

_CLASSES: dict[str, type[Container]] = {
    cls.type: cls
    for cls in (
        DataContainer,
        FeatureContainer,
        StrategyContainer,
        PortfolioContainer,
        ExecutionContainer,
        AnalysisContainer,
        RootContainer,
    )
}


def wire(plan: Plan, bars: Mapping[str, Bars], prepare: Callable[[Mapping[str, Container]], None]) -> Simulation:
    """Makes the containers of `plan`, links them, and places them on the timeline of `bars` (by data container id).

    `prepare` gets the containers before anything is scheduled: observers are attached there.
    """
    stage = Stage(plan, bars)
    containers = {p.id: _CLASSES[p.type](p.id, lane=p.lane, rank=p.rank) for p in plan.containers.values()}
    root = RootContainer(ROOT, rank=BEFORE_ALL)
    containers[ROOT] = root
    _link(plan, containers)
    Equipment(stage, containers, root).equip_all()
    failures = Failures(stage.agenda, containers, stage.outlets, plan.dependents(), root.announce)
    for container in containers.values():
        container.event_bus.on_failure = failures.handler(container)
    prepare(containers)
    return Simulation(stage.timeline, stage.agenda, containers, root, stage.outlets, plan.config.block_size)


def _link(plan: Plan, containers: Mapping[str, Container]) -> None:
    root = containers[ROOT].event_bus
    for planned in plan.containers.values():
        bus = containers[planned.id].event_bus
        for source in planned.inputs:
            containers[source].event_bus.link(bus)
        if bus is not root:
            bus.link(root, ERRORS, ends=False)
    for portfolio, execution in plan.execution_of.items():
        client, desk = containers[portfolio].event_bus, containers[execution].event_bus
        client.link(desk, REQUESTS)
        desk.link(client, ANSWERS)
