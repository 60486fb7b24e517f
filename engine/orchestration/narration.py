"""Narration: portfolios that are computed as columns and yet observed get a narrator, once it is known who observes (rule B2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.batch.narrator import Heard, Narrator
from engine.batch.portfolio import BatchPortfolio
from engine.batch.told_marks import ToldMarks
from engine.batch.told_trades import LaneSources, ToldTrades
from engine.containers.data import BarStream, DataContainer
from engine.containers.execution import ExecutionContainer
from engine.containers.feature import FeatureContainer, FeatureStream
from engine.containers.root import RUN_START_ID
from engine.containers.strategy import StrategyContainer
from engine.orchestration.equipment import desk_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from engine.containers.base import Container
    from engine.containers.feature import FeaturePublisher
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
        self._heard: dict[tuple[str, str], list[Heard]] = {}

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
        moments = self._stage.scenery.moments(clock)
        own = self._equipment.publisher(portfolio, portfolio.outlet)
        heard = [*self._bars(portfolio), *self._features(portfolio, own)]
        marks = ToldMarks(id_, clock, moments, account.cash) if bus.wants(ToldMarks.event_type) else None
        answer = bus.dispatch if desk is None else partial(desk.event_bus.dispatch, lane=portfolio.lane)
        trades = ToldTrades(
            self._sources(id_),
            (bus.dispatch, answer),
            clock.feeds[0].bars,
            moments,
            entries=account.entries,
            cash=account.cash,
        )
        return Narrator(bus, heard, marks, trades, RUN_START_ID)

    def _sources(self, id_: str) -> LaneSources:
        plan = self._plan
        execution = plan.execution_of[id_]
        host = next(source for source in (id_, *plan.behind[id_]) if plan.strategy(source) is not None)
        strategy = plan.strategy(host)
        return LaneSources(
            portfolio=id_,
            execution=execution,
            desk=desk_label(plan, id_),
            strategy="" if strategy is None else strategy.name,
            strategy_container=None if host == id_ else host,
            cause=partial(self._equipment.runners.cause, host, 0),
        )

    def _bars(self, portfolio: BatchPortfolio) -> Iterator[Heard]:
        """The bars that it hears, if anybody wants them."""
        if portfolio.event_bus.wants(BarStream.event_type):
            for container in self._behind(portfolio):
                if isinstance(container, DataContainer):
                    yield from self._shared((container.container_id, "bars"), container.bar_streams)

    def _features(self, portfolio: BatchPortfolio, own: FeaturePublisher) -> Iterator[Heard]:
        """The features that it hears and its `own`, if anybody wants them, by the place of who publishes them."""
        if portfolio.event_bus.wants(FeatureStream.event_type):
            for container in sorted([portfolio, *self._behind(portfolio)], key=_place):
                if container is portfolio:
                    yield from (Heard(stream, counts=False) for stream in own.streams())
                elif isinstance(container, DataContainer | FeatureContainer | StrategyContainer):
                    yield from self._shared((container.container_id, "features"), container.publisher.streams)

    def _behind(self, portfolio: BatchPortfolio) -> list[Container]:
        return [self._containers[source] for source in self._plan.behind[portfolio.container_id]]

    def _shared(self, key: tuple[str, str], streams: Callable[[], Sequence[PagedStream]]) -> list[Heard]:
        if key not in self._heard:
            self._heard[key] = [Heard(stream, counts=True) for stream in streams()]
        return self._heard[key]


def _place(container: Container) -> tuple[int, int]:
    """Where it has its turn within a phase."""
    return container.lane, container.rank
