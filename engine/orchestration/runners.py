"""What runs the strategies of a run: bars or columns, where they come from, and what stands behind a decision."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.containers.portfolio import PortfolioContainer
from engine.containers.strategy import BarRunner, ColumnRunner
from engine.features.spec import feature_names
from engine.strategies.targets import changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.containers.base import Container
    from engine.containers.feature import FeaturePublisher
    from engine.containers.outlet import Outlet
    from engine.containers.strategy import Emit, Runner
    from engine.market.timeline import Clock
    from engine.orchestration.stage import Stage
    from engine.strategies.columns import Columns
    from engine.strategies.decision import PositionView
    from engine.strategies.targets import Changes


class Runners:
    """Makes the runners of strategy containers and of portfolios with a strategy of their own."""

    def __init__(
        self, stage: Stage, containers: Mapping[str, Container], publishers: Mapping[str, FeaturePublisher]
    ) -> None:
        self._stage = stage
        self._containers = containers
        self._publishers = publishers
        self._causes: dict[tuple[str, int], Callable[[int], str]] = {}

    def of(self, host: Container, outlet: Outlet, emit: Emit) -> Runner:
        """What runs a host's strategy: woken at every bar for a class, at changes of its target for columns."""
        id_ = host.container_id
        clock = self._clock(id_)
        cause = partial(self.cause, id_)
        own = self._stage.plan.own_code.get(id_)
        if own is not None and not own.is_column:
            return BarRunner(
                outlet,
                clock,
                own,
                emit=emit,
                cause=cause,
                position=partial(self._position, id_),
                origins=self.origins(id_),
                hears=self._stage.plan.own_event_types if own.hears_events else (),
            )
        return ColumnRunner(outlet, clock, partial(self._changes, id_), emit=emit, cause=cause)

    def _changes(self, id_: str) -> Changes:
        """The changes of target of a host's column strategy: computed once for all hosts that define the same."""
        clock, features = self._clock(id_), self._stage.plan.readable_features(id_)

        def columns(number: int) -> Columns:
            return self._stage.scenery.store.columns(clock.feeds[number].bars, features)

        own = self._stage.plan.own_code.get(id_)
        if own is not None:
            return changes(own.make(), clock, columns)
        strategy = self._stage.plan.strategy(id_)
        key = (strategy, tuple(features.items()), self._stage.plan.data_of[id_])
        if key not in self._stage.changes:
            self._stage.changes[key] = changes(strategy, clock, columns)
        return self._stage.changes[key]

    def origins(self, id_: str) -> dict[tuple[str, str], str]:
        """The container from which a host takes each feature of a symbol, the columns of the symbol's file among them."""
        origins: dict[tuple[str, str], str] = {}
        for source in reversed((id_, *self._stage.plan.behind[id_])):
            names = [
                name for key, spec in self._stage.plan.features(source).items() for name in feature_names(key, spec)
            ]
            for data in self._stage.plan.data_of[source]:
                feed = self._stage.scenery.feeds[data]
                further = feed.bars.extras if data == source else ()
                origins |= dict.fromkeys([(feed.symbol, name) for name in (*names, *further)], source)
        return origins

    def cause(self, id_: str, feed_number: int, row: int) -> str:
        """The event behind a decision: the nearest FEATURES of that bar, else the BAR."""
        name = self._causes.get((id_, feed_number))
        if name is None:
            name = self._causes[id_, feed_number] = self._name_of_cause(id_, feed_number)
        return name(row)

    def _name_of_cause(self, id_: str, feed_number: int) -> Callable[[int], str]:
        feed = self._clock(id_).feeds[feed_number]
        for source in (id_, *self._stage.plan.behind[id_]):
            if self._stage.plan.features(source):
                data = self._stage.plan.data_of[source]
                if feed.container_id in data:
                    return partial(self._publishers[source].event_id, data.index(feed.container_id))
        return feed.bar_id

    def _position(self, id_: str, feed_number: int) -> PositionView | None:
        """The position of the one portfolio a strategy serves; None where it serves several."""
        served = self._stage.plan.lanes_of.get(id_, ())
        if len(served) != 1:
            return None
        portfolio = self._containers[served[0]]
        symbol = self._clock(id_).feeds[feed_number].symbol
        return portfolio.position(symbol) if isinstance(portfolio, PortfolioContainer) else None

    def _clock(self, id_: str) -> Clock:
        return self._stage.scenery.clock(self._stage.plan.data_of[id_])
