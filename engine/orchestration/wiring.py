"""The wiring: from a plan and its bars to containers that know each other (rules L7, L9)."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from engine.containers.analysis import AnalysisContainer
from engine.containers.data import DataContainer
from engine.containers.execution import ExecutionContainer
from engine.containers.feature import FeatureContainer
from engine.containers.portfolio import PortfolioContainer
from engine.containers.root import RootContainer
from engine.containers.strategy import StrategyContainer
from engine.kernel.library import load_kernel
from engine.lanes.portfolio import LanePortfolio
from engine.orchestration.equipment import Equipment
from engine.orchestration.failures import Failures
from engine.orchestration.kernel_lanes import KernelLanes, find_changes
from engine.orchestration.plan import ROOT
from engine.orchestration.simulation import Simulation
from engine.orchestration.stage import Stage
from engine.orchestration.totals import connect_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from engine.containers.base import Container
    from engine.kernel.library import Kernel
    from engine.orchestration.plan import Plan
    from engine.orchestration.scenery import Scenery

ERRORS = frozenset({"ERROR"})
BARS = frozenset({"BAR"})

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


def wire(
    plan: Plan,
    scenery: Scenery,
    prepare: Callable[[Mapping[str, Container]], None],
    *,
    members: Collection[str] | None = None,
    root: RootContainer | None = None,
    on_kernel: Collection[str] = (),
    kernel: Kernel | None = None,
) -> Simulation:
    """Makes the containers of `plan`, links them, and places them on the timeline of `scenery`.

    `members` are the ids of those that take part, without it all; the root always does. `prepare` gets the containers before
    anything is scheduled: observers are attached there. Portfolios in `on_kernel` are simulated by the `kernel`, the one that is built
    unless another is given; they must qualify.
    """
    stage = Stage(plan, scenery)
    taking_part = plan.containers.keys() if members is None else members
    changes = find_changes(stage, (id_ for id_ in on_kernel if id_ in taking_part))
    containers = {
        p.id: (LanePortfolio if p.id in changes else _CLASSES[p.type])(p.id, lane=p.lane, rank=p.rank)
        for p in plan.containers.values()
        if p.id in taking_part and p.id != ROOT
    }
    root = root or RootContainer(ROOT, rank=BEFORE_ALL)
    containers[ROOT] = root
    _link(plan, containers)
    connect_totals(plan, containers, containers)
    equipment = Equipment(stage, containers, root)
    equipment.equip_all()
    lanes = KernelLanes(stage, containers, equipment, kernel or load_kernel())
    lanes.open_all(changes, root)
    failures = Failures(stage.agenda, containers, stage.outlets, plan.dependents(), root.announce)
    for container in containers.values():
        container.event_bus.on_failure = failures.handler(container)
    prepare(containers)
    lanes.show_events()
    return Simulation(scenery.timeline, stage.agenda, containers, root, stage.outlets, plan.config.block_size)


def _link(plan: Plan, containers: Mapping[str, Container]) -> None:
    """Links those that are there, in the order of the plan."""
    root = containers[ROOT].event_bus
    for id_, container in containers.items():
        bus = container.event_bus
        for source in _sources(plan, id_, containers):
            containers[source].event_bus.link(bus)
        for benchmark in _benchmarks(plan, id_, containers):
            containers[benchmark].event_bus.link(bus, BARS)
        if bus is not root:
            bus.link(root, ERRORS, ends=False)
    for id_, execution_id in plan.execution_of.items():
        execution = containers.get(execution_id)
        if isinstance(containers.get(id_), PortfolioContainer) and isinstance(execution, ExecutionContainer):
            execution.serve(containers[id_].event_bus)


def _benchmarks(plan: Plan, id_: str, containers: Mapping[str, Container]) -> Iterable[str]:
    """The benchmarks whose bars a container hears: a portfolio's own, and those of portfolios that are not there."""
    absent = (source for source in plan.containers[id_].inputs if source not in containers)
    portfolios = [other for other in (id_, *absent) if other in plan.execution_of]
    named = ((plan.portfolio(other).benchmark, plan.behind[other]) for other in portfolios)
    return dict.fromkeys(
        name for name, behind in named if name is not None and name in containers and name not in behind
    )


def _sources(plan: Plan, id_: str, containers: Mapping[str, Container]) -> Iterable[str]:
    """Whom a container hears. In the stead of one that is not there stand those whose events it would have passed on."""
    if isinstance(containers[id_], LanePortfolio):
        return ()
    present = (
        (source,) if source in containers else (other for other in plan.behind[source] if other in containers)
        for source in plan.containers[id_].inputs
    )
    return dict.fromkeys(chain.from_iterable(present))
