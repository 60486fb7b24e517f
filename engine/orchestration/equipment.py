"""Equipment: what each container needs to do its work, handed to it before the run (rules C1, L5)."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from engine.config.schema import ExecutionContainer as ExecutionConfig
from engine.config.schema import OwnModel
from engine.config.schema import PortfolioContainer as PortfolioConfig
from engine.containers.account import Account
from engine.containers.combination import Combination
from engine.containers.data import DataContainer
from engine.containers.desk import Desk
from engine.containers.entry_size import EntrySize, closes_of
from engine.containers.execution import ExecutionContainer
from engine.containers.feature import FeatureContainer, FeaturePublisher
from engine.containers.ledger import Ledger
from engine.containers.portfolio import PortfolioContainer
from engine.containers.root import RUN_START_ID, RootContainer
from engine.containers.strategy import StrategyContainer
from engine.features.spec import FeatureSpec, feature_names
from engine.market.benchmark import BenchmarkFeed
from engine.metrics.days import day_numbers
from engine.metrics.equity import EquityCurve
from engine.metrics.trade_book import TradeBook
from engine.orchestration.runners import Runners
from engine.trading.costs import Terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.config.schema import AnyContainer
    from engine.containers.base import Container
    from engine.containers.outlet import Outlet
    from engine.features.columns import Column
    from engine.market.timeline import Clock
    from engine.orchestration.plan import Plan
    from engine.orchestration.stage import Stage
    from engine.trading.sizing import Sizer

Model = TypeVar("Model")

LAST_LANE = 1 << 40
"""Sorts after every portfolio: where the run itself ends."""


def desk_label(plan: Plan, portfolio: str) -> str:
    """What stands in the ids of a portfolio's orders: its execution, and its own id where that serves several (rule E1)."""
    id_ = plan.execution_of[portfolio]
    return f"{id_}/{portfolio}" if len(plan.clients_of[id_]) > 1 else id_


class Equipment:
    """Equips the containers of a stage."""

    def __init__(self, stage: Stage, containers: Mapping[str, Container], root: RootContainer) -> None:
        self._stage = stage
        self._scenery = stage.scenery
        self._plan = stage.plan
        self._containers = containers
        self._root = root
        self._publishers: dict[str, FeaturePublisher] = {}
        self.runners = Runners(stage, containers, self._publishers)

    def equip_all(self) -> None:
        """Gives every container what it works with."""
        for container in self._containers.values():
            match container:
                case DataContainer():
                    container.outlet = self._outlet(container)
                    container.feed = self._scenery.feeds[container.container_id]
                    container.publisher = self._extras(container)
                case FeatureContainer():
                    container.publisher = self.publisher(container, self._outlet(container))
                case StrategyContainer():
                    self._equip_strategy(container)
                case PortfolioContainer():
                    self._equip_portfolio(container)
                case RootContainer():
                    self._equip_root(container)

    def _equip_root(self, root: RootContainer) -> None:
        root.outlet = self._outlet(root)
        root.closing_outlet = self._stage.outlet(root, LAST_LANE, root.container_id)
        # It says something of every container at the first step and at the last, however many there are.
        root.outlet.most_in_a_step = root.closing_outlet.most_in_a_step = math.inf
        root.others = [container for container in self._containers.values() if container is not root]
        root.run_name = self._plan.config.name
        root.last_step = len(self._scenery.timeline) - 1

    def _equip_strategy(self, container: StrategyContainer) -> None:
        id_ = container.container_id
        container.outlet = self._outlet(container)
        container.clock = self._clock(id_)
        container.publisher = self.publisher(container, container.outlet)
        strategy = self._plan.strategy(id_)
        container.strategy_name = strategy.name if strategy else ""
        container.runner = self.runners.of(container, container.outlet, container.emit)

    def _equip_portfolio(self, portfolio: PortfolioContainer) -> None:
        id_ = portfolio.container_id
        config = self._plan.portfolio(id_)
        clock = self._clock(id_)
        days = self._scenery.days_of(self._plan, id_)
        portfolio.outlet = self._outlet(portfolio)
        portfolio.clock = clock
        portfolio.ledger = Ledger(
            config.cash, clock, EquityCurve(config.cash, len(days.rows)), days, config.account.borrowing
        )
        portfolio.account = Account(
            portfolio.outlet, clock, portfolio.ledger, model=config.account, minimum_notional=config.minimum_notional
        )
        portfolio.desk = self._open_desk(portfolio)
        portfolio.publisher = self.publisher(portfolio, portfolio.outlet)
        portfolio.strategy_name = config.strategy.name if config.strategy else ""
        portfolio.runner = self.runners.of(portfolio, portfolio.outlet, portfolio.decide) if config.strategy else None
        portfolio.close_at_end = config.close_at_end
        portfolio.days_per_year = days.year(config.days_per_year)
        portfolio.entry_form, portfolio.exit_form = config.entry, config.exit
        portfolio.true_range = partial(self.true_range, clock)
        portfolio.entry_size = self._entry_size(config, clock, portfolio)
        portfolio.combination = self._combination(config, portfolio)
        portfolio.risk_free_rate = config.risk_free_rate
        portfolio.day_zone, portfolio.day_zone_source = days.zone, days.zone_source
        portfolio.borrowing = config.account.borrowing
        portfolio.day_of = day_numbers(days.zone)
        portfolio.risk_rules = config.risk
        portfolio.statistics.book = TradeBook(feed.symbol for feed in clock.feeds)
        portfolio.benchmark = self.benchmark(portfolio)
        portfolio.start_cause = RUN_START_ID
        portfolio.finished = self._root.announce

    def days_of_symbols(self, id_: str) -> list[int]:
        """The days a year of each symbol of a portfolio."""
        config = self._plan.portfolio(id_)
        return [
            self._scenery.days((feed.container_id,), config.day_zone).year(config.days_per_year).number
            for feed in self._clock(id_).feeds
        ]

    def benchmark(self, portfolio: Container) -> BenchmarkFeed | None:
        """The benchmark of a portfolio, if it has one."""
        id_ = portfolio.container_id
        config = self._plan.portfolio(id_)
        if not config.benchmark:
            return None
        return BenchmarkFeed(
            self._scenery.feeds[config.benchmark],
            self._clock(id_),
            self._scenery.days_of(self._plan, id_),
            self._scenery.benchmark_days(self._plan, id_),
            has_ended=lambda: portfolio.status == "completed",
        )

    def _open_desk(self, portfolio: PortfolioContainer) -> Desk:
        """A desk in the portfolio's lane."""
        id_ = self._plan.execution_of[portfolio.container_id]
        execution = self._containers[id_]
        declared = self._plan.containers[id_].config
        label = desk_label(self._plan, portfolio.container_id)
        outlet = self._stage.outlet(execution, portfolio.lane, label, portfolio.event_bus)
        terms = self._terms(declared) if isinstance(declared, ExecutionConfig) else Terms()
        desk = Desk(
            id_,
            outlet,
            portfolio.clock,
            terms,
            account=portfolio.account,
            day_of=day_numbers(self._scenery.days_of(self._plan, portfolio.container_id).zone),
        )
        if isinstance(execution, ExecutionContainer):
            execution.desks[portfolio.container_id] = desk
        return desk

    def true_range(self, clock: Clock, feed_number: int, timeperiod: int) -> Column:
        """An average true range, computed once for everybody who measures by it."""
        spec = FeatureSpec(indicator="ATR", parameters=(("timeperiod", timeperiod),))
        return self._scenery.store.named(clock.feeds[feed_number].bars, {"atr": spec})["atr"]

    def _terms(self, execution: ExecutionConfig) -> Terms:
        """The terms of an execution container for one desk; users' models are made afresh for each."""
        return Terms(
            fill_at=execution.fill_at,
            commissions=tuple(self._models(execution, "commission", execution.commissions)),
            slippages=tuple(self._models(execution, "slippage", execution.slippages)),
            participation=execution.participation,
        )

    def _entry_size(self, config: PortfolioConfig, clock: Clock, portfolio: PortfolioContainer) -> EntrySize:
        declared: list[Sizer | OwnModel] = [config.sizing]
        (sizer,) = self._models(config, "sizing", declared)
        return EntrySize(
            sizer,
            clock,
            portfolio.ledger,
            weights=[config.weights.get(feed.symbol, 1.0) for feed in clock.feeds],
            lot_size=config.lot_size,
            days_per_year=self.days_of_symbols(config.id),
            known_closes=self._stage.known_closes if isinstance(config.sizing, OwnModel) else closes_of,
        )

    def _combination(self, config: PortfolioConfig, portfolio: PortfolioContainer) -> Combination | None:
        if config.combine is None:
            return None
        voices = self._plan.voices(config.id)
        weights = {id_: config.combine.weights.get(id_, 1.0) for id_ in voices}
        feeds = len(portfolio.clock.feeds)
        return Combination(portfolio.outlet, config.combine, weights, feeds, portfolio.settle_on)

    def _models(self, host: AnyContainer, key: str, declared: Sequence[Model | OwnModel]) -> Iterator[Model]:
        """The models under a key of a container's config, those of users made afresh."""
        for place, model in enumerate(declared):
            if isinstance(model, OwnModel):
                made: Model = self._plan.own_models[host.id, key, place]()
                yield made
            else:
                yield model

    def _extras(self, container: DataContainer) -> FeaturePublisher:
        """A file's own further columns are features of the data container (rule M1)."""
        extras = dict(container.feed.bars.extras)
        return FeaturePublisher(
            container.container_id,
            container.outlet,
            self._clock(container.container_id),
            list(extras),
            lambda _: extras,
        )

    def publisher(self, host: Container, outlet: Outlet) -> FeaturePublisher:
        """What publishes the features that a host defines."""
        id_ = host.container_id
        features, clock = self._plan.features(id_), self._clock(id_)

        def columns(number: int) -> dict[str, Column]:
            return self._scenery.store.named(clock.feeds[number].bars, features)

        names = [name for key, spec in features.items() for name in feature_names(key, spec)]
        publisher = FeaturePublisher(id_, outlet, clock, names, columns)
        self._publishers[id_] = publisher
        return publisher

    def _outlet(self, container: Container) -> Outlet:
        return self._stage.outlet(container, container.lane, container.container_id)

    def _clock(self, id_: str) -> Clock:
        return self._scenery.clock(self._plan.data_of[id_])
