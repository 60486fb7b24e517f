"""Narration: portfolios that are computed as columns and yet observed get a narrator, once it is known who observes (rule B2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.batch.narrator import Heard, Narrator
from engine.batch.portfolio import BatchPortfolio
from engine.batch.told_marks import ToldMarks
from engine.batch.told_trades import Cast, ToldTrades
from engine.containers.data import BarStream, DataContainer
from engine.containers.execution import ExecutionContainer
from engine.containers.feature import FeatureContainer
from engine.containers.root import RUN_START_ID
from engine.containers.strategy import StrategyContainer
from engine.orchestration.equipment import desk_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.containers.base import Container
    from engine.containers.outlet import Outlet
    from engine.containers.stream import PagedStream
    from engine.orchestration.equipment import Equipment
    from engine.orchestration.stage import Stage


class Narration:
    """Makes the narrators of a stage; what the sources of several lanes publish at every bar is read once for all of them."""

    def __init__(self, stage: Stage, containers: Mapping[str, Container], equipment: Equipment) -> None:
        self._stage = stage
        self._plan = stage.plan
        self._containers = containers
        self._equipment = equipment
        self._heard: dict[str, list[Heard]] = {}

    def equip_all(self) -> None:
        """Gives a narrator to each portfolio that needs one."""
        for portfolio in self._containers.values():
            if isinstance(portfolio, BatchPortfolio):
                desk = self._execution_of(portfolio)
                if desk is not None:
                    desk.serve(portfolio.event_bus)
                if desk is not None or portfolio.event_bus.is_observed:
                    portfolio.narrator = self._narrator(portfolio, desk)

    def _execution_of(self, portfolio: BatchPortfolio) -> ExecutionContainer | None:
        """Its execution container, if that is observed and serves no other."""
        id_ = self._plan.execution_of[portfolio.container_id]
        execution = self._containers[id_]
        alone = len(self._plan.clients_of[id_]) == 1 and execution.event_bus.is_observed
        return execution if alone and isinstance(execution, ExecutionContainer) else None

    def _narrator(self, portfolio: BatchPortfolio, desk: ExecutionContainer | None) -> Narrator:
        id_, bus, clock, account = portfolio.container_id, portfolio.event_bus, portfolio.clock, portfolio.account
        moments = self._stage.agenda.timestamps[clock.steps]
        heard = [each for each in self._sources(portfolio) if bus.wants(each.event_type)]
        marks = ToldMarks(id_, clock, moments, account.cash) if bus.wants(ToldMarks.event_type) else None
        answer = bus.dispatch if desk is None else partial(desk.event_bus.dispatch, lane=portfolio.lane)
        trades = ToldTrades(
            self._cast(id_),
            (bus.dispatch, answer),
            clock.feeds[0].bars,
            moments,
            entries=account.entries,
            cash=account.cash,
        )
        return Narrator(bus, heard, marks, trades, RUN_START_ID)

    def _cast(self, id_: str) -> Cast:
        plan = self._plan
        execution = plan.execution_of[id_]
        host = next(source for source in (id_, *plan.behind[id_]) if plan.strategy(source) is not None)
        strategy = plan.strategy(host)
        return Cast(
            portfolio=id_,
            execution=execution,
            desk=desk_label(plan, id_),
            strategy="" if strategy is None else strategy.name,
            strategy_container=None if host == id_ else host,
            cause=partial(self._equipment.runners.cause, host, 0),
        )

    def _sources(self, portfolio: BatchPortfolio) -> Iterator[Heard]:
        """What it hears at every bar, in order: bars, then features by the place of who publishes them."""
        id_ = portfolio.container_id
        behind = [self._containers[source] for source in self._plan.behind[id_]]
        in_order = sorted(behind, key=lambda container: (container.lane, container.rank))
        for container in in_order:
            if isinstance(container, DataContainer):
                yield self._heard_of(container)[0]
        for container in in_order:
            yield from self._heard_of(container)[isinstance(container, DataContainer) :]
        own = self._equipment.publisher(portfolio, portfolio.outlet)
        yield from (Heard(stream, None) for stream in own.streams())

    def _heard_of(self, container: Container) -> list[Heard]:
        id_ = container.container_id
        if id_ not in self._heard:
            self._heard[id_] = [Heard(stream, _counting(stream)) for stream in _streams(container)]
        return self._heard[id_]


def _counting(stream: PagedStream) -> Outlet | None:
    """The outlet that counts a stream's events where it does not publish them for others as well."""
    return None if stream.outlet.wants(stream.event_type) else stream.outlet


def _streams(container: Container) -> list[PagedStream]:
    """What a container publishes at every bar; a data container's bars come first."""
    match container:
        case DataContainer():
            bars = BarStream(container.container_id, container.outlet, container.feed)
            return [bars, *container.publisher.streams()]
        case FeatureContainer() | StrategyContainer():
            return [*container.publisher.streams()]
    return []
