"""Portfolios on the kernel: what they are made with, which of their events are shown, and what is counted of the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from engine.blame import Interruption
from engine.config.schema import ExecutionContainer as ExecutionConfig
from engine.config.schema import OwnModel
from engine.containers.data import BarStream, DataContainer
from engine.containers.execution import ExecutionContainer
from engine.containers.feature import FeatureContainer, FeatureStream
from engine.containers.root import RUN_START_ID
from engine.containers.strategy import StrategyContainer
from engine.events import PortfolioUpdate
from engine.lanes.bar_strategy import BarStrategy, FeedInputs
from engine.lanes.changes import ChangesOfPart, KnownChanges, LateChanges, NoChanges, StretchChanges
from engine.lanes.configure import LaneConfigurator
from engine.lanes.events import HeardStream, LaneEvents, MarkEvents, SharedStream
from engine.lanes.journal_events import JournalEvents, LaneNames
from engine.lanes.markets import LaneMarket
from engine.lanes.portfolio import LanePortfolio, LaneSetup
from engine.metrics.days import day_numbers
from engine.orchestration.equipment import desk_label
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.crossover import Crossover
from engine.strategies.targets import changes
from engine.trading.costs import Terms
from tracing.counted import Census, CountedTracer, can_be_counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from engine.containers.base import Container
    from engine.containers.feature import FeaturePublisher
    from engine.containers.root import RootContainer
    from engine.containers.stream import PagedStream
    from engine.kernel.library import Kernel
    from engine.lanes.changes import TargetChanges
    from engine.market.timeline import Clock, Feed
    from engine.orchestration.equipment import Equipment
    from engine.orchestration.plan import Plan
    from engine.orchestration.stage import Stage
    from engine.strategies.columns import Columns
    from tracing.settings import TraceSettings

_ALWAYS_WANTED = frozenset({"ORDER_REQUEST", "ORDER", "FILL", "POSITION_CLOSE"})
"""Types whose events count as published whether or not they are traced."""
_WANTED_IF_OBSERVED = ("SIGNAL", "POSITION_OPEN", "PORTFOLIO_UPDATE", "FEATURES", "RISK_BREACH")


def strategy_host(plan: Plan, id_: str) -> str:
    """The container whose strategy a portfolio follows: itself, or one behind it."""
    return next(source for source in (id_, *plan.behind[id_]) if plan.strategy(source) is not None)


def asks_at_bars(plan: Plan, id_: str) -> bool:
    """Whether the strategy of a portfolio is a user's class that looks at one bar at a time."""
    own = plan.own_code.get(id_)
    return own is not None and not own.is_column


def find_changes(stage: Stage, ids: Iterable[str]) -> dict[str, LateChanges]:
    """What tells when the strategies of the portfolios of these ids change their targets: their own are asked in their turn.

    A strategy container that is followed is asked now, and one that fails leaves its portfolios out: they are shown its ERROR, on
    the event path.
    """
    plan, clock_of = stage.plan, stage.scenery.clock
    found: dict[str, LateChanges] = {}
    followed: dict[str, LateChanges | None] = {}
    in_part: dict[tuple[str, tuple[str, ...]], LateChanges] = {}
    for id_ in ids:
        host, data = strategy_host(plan, id_), plan.data_of[id_]
        if asks_at_bars(plan, id_):
            found[id_] = LateChanges(NoChanges)
            continue
        late = LateChanges(partial(_changes_of, stage, host))
        if host == id_:
            found[id_] = late
            continue
        if host not in followed:
            followed[host] = _asked(late)
        asked = followed[host]
        if asked is not None and data != plan.data_of[host]:
            part = LateChanges(partial(ChangesOfPart, asked, clock_of(plan.data_of[host]), clock_of(data)))
            asked = in_part.setdefault((host, data), part)
        if asked is not None:
            found[id_] = asked
    return found


def _asked(changes: LateChanges) -> LateChanges | None:
    try:
        changes.ask()
    except Interruption:
        raise
    except BaseException:  # noqa: BLE001 - raised again on the event path
        return None
    return changes


def _changes_of(stage: Stage, host: str) -> TargetChanges:
    plan, scenery = stage.plan, stage.scenery
    clock = scenery.clock(plan.data_of[host])
    own = plan.own_code.get(host)
    strategy = plan.strategy(host) if own is None else own.make()

    def columns_of(number: int) -> Columns:
        return scenery.store.columns(clock.feeds[number].bars, plan.readable_features(host))

    if isinstance(strategy, Crossover | BuyAndHold) and len(clock.feeds) == 1:
        columns = columns_of(0)
        return StretchChanges(strategy, {name: columns[name] for name in strategy.columns()})
    return KnownChanges(clock, changes(strategy, clock, columns_of))


class KernelLanes:
    """The portfolios of a stage that are on the kernel, by id.

    What several of them share is made once: the market of a symbol, and what comes at every bar.
    """

    def __init__(
        self,
        stage: Stage,
        containers: Mapping[str, Container],
        equipment: Equipment,
        kernel: Kernel,
    ) -> None:
        self._stage = stage
        self._plan = stage.plan
        self._containers = containers
        self._equipment = equipment
        self._kernel = kernel
        self._portfolios = {id_: each for id_, each in containers.items() if isinstance(each, LanePortfolio)}
        self._configurators: dict[tuple[tuple[str, ...], str | None], LaneConfigurator] = {}
        self._streams: dict[tuple[str, str], list[SharedStream]] = {}

    def open_all(self, changes: Mapping[str, LateChanges], root: RootContainer) -> None:
        """Gives every portfolio what it works with."""
        for id_, portfolio in self._portfolios.items():
            portfolio.outlet = self._stage.outlet(portfolio, portfolio.lane, id_)
            portfolio.clock = self._stage.scenery.clock(self._plan.data_of[id_])
            portfolio.finished = root.announce
            portfolio.open(self._kernel, self._configurator(id_), self._setup(id_), changes[id_], RUN_START_ID)

            if asks_at_bars(self._plan, id_):
                portfolio.ask_at_bars(self._bar_strategy(portfolio))

    def _bar_strategy(self, portfolio: LanePortfolio) -> BarStrategy:
        id_, clock = portfolio.container_id, portfolio.clock
        strategy, runners = self._plan.strategy(id_), self._equipment.runners
        origins = runners.origins(id_)
        bars = {stream.key[1]: stream for stream in self._bars(portfolio)}
        inputs = {feed.container_id: FeedInputs(bars[feed.container_id], []) for feed in clock.feeds}
        for source, stream in self._features(portfolio, self._equipment.publisher(portfolio, portfolio.outlet)):
            inputs[stream.key[1]].features.append((stream, {name for name in origins if origins[name] == source}))
        name = "" if strategy is None else strategy.name
        return BarStrategy(self._plan.own_code[id_], name, clock, [*inputs.values()], partial(runners.cause, id_))

    def show_events(self) -> None:
        """Has the events of those be shown that are observed, or whose execution is; called once it is known who observes."""
        for portfolio in self._portfolios.values():
            execution = self._execution_of(portfolio)
            if execution is not None:
                execution.serve(portfolio.event_bus)
            if execution is not None or portfolio.event_bus.is_observed:
                self._show_events_of(portfolio, execution)

    def _setup(self, id_: str) -> LaneSetup:
        plan, config = self._plan, self._plan.portfolio(id_)
        clock, named = self._portfolios[id_].clock, bool(plan.features(id_))
        days = self._stage.scenery.days_of(plan, id_)
        return LaneSetup(
            config=config,
            terms=self._terms(id_),
            broker=desk_label(plan, id_),
            days=days,
            days_per_year=days.year(config.days_per_year),
            days_of_symbols=self._equipment.days_of_symbols(id_),
            benchmark=self._equipment.benchmark(self._portfolios[id_]),
            features_of=partial(_bars_of_all, clock) if named else lambda _: 0,
            has_strategy=plan.strategy(id_) is not None,
        )

    def _terms(self, id_: str) -> Terms:
        """The terms of its execution; users' models are none of them, as those take the event path."""
        execution = self._plan.containers[self._plan.execution_of[id_]].config
        if not isinstance(execution, ExecutionConfig):
            return Terms()
        return Terms(
            fill_at=execution.fill_at,
            commissions=tuple(model for model in execution.commissions if not isinstance(model, OwnModel)),
            slippages=tuple(model for model in execution.slippages if not isinstance(model, OwnModel)),
            participation=execution.participation,
        )

    def _configurator(self, id_: str) -> LaneConfigurator:
        data, zone = self._plan.data_of[id_], self._plan.portfolio(id_).day_zone
        if (data, zone) not in self._configurators:
            scenery = self._stage.scenery
            clock, days = scenery.clock(data), scenery.days(data, zone)
            day_of = day_numbers(days.zone)

            def days_of(stamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
                return np.fromiter(map(day_of, stamps.tolist()), np.int64, len(stamps))

            market = LaneMarket(clock, days, days_of, partial(self._equipment.true_range, clock))
            self._configurators[data, zone] = LaneConfigurator(self._kernel, market)
        return self._configurators[data, zone]

    def _execution_of(self, portfolio: LanePortfolio) -> ExecutionContainer | None:
        """Its execution container, if that is observed and serves no other."""
        id_ = self._plan.execution_of[portfolio.container_id]
        execution = self._containers[id_]
        alone = len(self._plan.clients_of[id_]) == 1 and execution.event_bus.is_observed
        return execution if alone and isinstance(execution, ExecutionContainer) else None

    def _show_events_of(self, portfolio: LanePortfolio, execution: ExecutionContainer | None) -> None:
        id_, bus = portfolio.container_id, portfolio.event_bus
        moments = self._stage.scenery.moments(portfolio.clock)
        own = self._equipment.publisher(portfolio, portfolio.outlet)
        streams: list[SharedStream] = []
        if bus.wants(BarStream.event_type):
            streams += self._bars(portfolio)
        if bus.wants(FeatureStream.event_type):
            streams += (stream for _, stream in self._features(portfolio, own))
        heard = [HeardStream(stream, portfolio.clock) for stream in streams]
        marks = MarkEvents(id_, portfolio.clock, moments) if bus.wants(PortfolioUpdate.type) else None
        answer = bus.dispatch if execution is None else partial(execution.event_bus.dispatch, lane=portfolio.lane)
        events = LaneEvents(bus, answer, self._plan.execution_of[id_], heard, marks)
        portfolio.show_events(events, JournalEvents(self._names(portfolio, moments), portfolio.setup.config.risk))

    def _names(self, portfolio: LanePortfolio, moments: npt.NDArray[np.int64]) -> LaneNames:
        plan, id_ = self._plan, portfolio.container_id
        host = strategy_host(plan, id_)
        strategy = plan.strategy(host)
        return LaneNames(
            portfolio=id_,
            execution=plan.execution_of[id_],
            broker=portfolio.setup.broker,
            symbols=[feed.symbol for feed in portfolio.clock.feeds],
            strategy="" if strategy is None else strategy.name,
            strategy_container=None if host == id_ else host,
            cause=self._cause_of(host, portfolio.clock),
            time_of=moments.item,
            decided=portfolio.decided,
        )

    def _cause_of(self, host: str, clock: Clock) -> Callable[[int, int], str]:
        """The event behind a decision of a strategy's container, at a bar of a symbol by its number on the clock of a portfolio."""
        numbers = self._stage.scenery.clock(self._plan.data_of[host]).numbers
        symbols = [feed.symbol for feed in clock.feeds]
        return lambda number, row: self._equipment.runners.cause(host, numbers[symbols[number]], row)

    def _bars(self, portfolio: LanePortfolio) -> Iterator[SharedStream]:
        """The bars that it hears."""
        for container in sorted(self._behind(portfolio), key=_place):
            if isinstance(container, DataContainer):
                yield from self._shared((container.container_id, "bars"), container.bar_streams)

    def _features(self, portfolio: LanePortfolio, own: FeaturePublisher) -> Iterator[tuple[str, SharedStream]]:
        """The features that it hears and its `own`, by the place of their container, whose id goes with them."""
        for container in sorted([portfolio, *self._behind(portfolio)], key=_place):
            id_ = container.container_id
            if container is portfolio:
                yield from ((id_, SharedStream(stream, counts=False)) for stream in own.streams())
            elif isinstance(container, DataContainer | FeatureContainer | StrategyContainer):
                shared = self._shared((id_, "features"), container.publisher.streams)
                yield from ((id_, stream) for stream in shared)

    def _behind(self, portfolio: LanePortfolio) -> list[Container]:
        return [self._containers[source] for source in self._plan.behind[portfolio.container_id]]

    def _shared(self, key: tuple[str, str], streams: Callable[[], Sequence[PagedStream]]) -> list[SharedStream]:
        if key not in self._streams:
            self._streams[key] = [SharedStream(stream, counts=True) for stream in streams()]
        return self._streams[key]


def _bars_of(feed: Feed, clock: Clock, bars: int) -> int:
    """The bars of a feed in the first `bars` of a clock."""
    return int(feed.steps.searchsorted(clock.steps.item(bars - 1), "right")) if bars else 0


def _bars_of_all(clock: Clock, bars: int) -> int:
    """The bars of all feeds in the first `bars` of a clock."""
    return sum(_bars_of(feed, clock, bars) for feed in clock.feeds)


def _place(container: Container) -> tuple[int, int]:
    """Where it has its turn within a phase."""
    return container.lane, container.rank


class UnshownEvents:
    """Counts the events of portfolios on the kernel: those that were published, and what tracers would keep that are shown none."""

    def __init__(self, plan: Plan, containers: Mapping[str, Container], traces: Mapping[str, TraceSettings]) -> None:
        self._plan = plan
        self._traces = traces
        self._portfolios = {id_: each for id_, each in containers.items() if isinstance(each, LanePortfolio)}
        self.tracers = {
            id_: self._tracer(id_) for id_ in self._portfolios if traces[id_].enabled and can_be_counted(traces[id_])
        }
        for id_, portfolio in self._portfolios.items():
            portfolio.published = partial(self._published, id_)

    def _tracer(self, id_: str) -> CountedTracer:
        """What stands for a portfolio's tracer."""
        portfolio, settings = self._portfolios[id_], self._traces[id_]
        tracer = CountedTracer(settings, partial(self._census, id_))
        portfolio.events_in_memory = tracer.count
        if settings.retention_policy == "trade_complete":
            portfolio.count_open_events(settings.event_types)
        return tracer

    def _census(self, id_: str) -> Census:
        portfolio, counts = self._portfolios[id_], self._own_counts(id_)
        counts |= {"BAR": _bars_of_all(portfolio.clock, portfolio.bars), "FEATURES": self._features_heard(id_)}
        if self._plan.strategy(id_) is None:
            counts["SIGNAL"] *= 2  # the strategy container's too
        found = portfolio.counts
        return Census(counts, found.of_open_trades, found.most_of_open_trades)

    def _published(self, id_: str) -> int:
        """Events that the portfolio and its execution have published by now, or would have, had they been built."""
        settings, own = self._traces[id_], self._own_counts(id_)
        is_asked_at_bars = asks_at_bars(self._plan, id_)
        traced = settings.event_types if settings.enabled else frozenset()
        bus = self._portfolios[id_].event_bus
        observed = (
            name
            for name in _WANTED_IF_OBSERVED
            if traced is None
            or name in traced
            or (bus.is_observed and bus.wants(name))
            or (is_asked_at_bars and name == FeatureStream.event_type)
        )
        return sum(own[name] for name in (*_ALWAYS_WANTED, *observed))

    def _own_counts(self, id_: str) -> dict[str, int]:
        """What the portfolio and its execution publish."""
        portfolio = self._portfolios[id_]
        return portfolio.event_counts() | portfolio.counts.answers

    def _features_heard(self, id_: str) -> int:
        """FEATURES of containers that define any, and of data with columns beside its prices."""
        portfolio, plan = self._portfolios[id_], self._plan
        clock, bars = portfolio.clock, portfolio.bars
        extras = sum(_bars_of(feed, clock, bars) for feed in clock.feeds if feed.bars.extras)
        heard = {
            source: [feed for feed in clock.feeds if feed.container_id in plan.data_of[source]]
            for source in (id_, *plan.behind[id_])
            if plan.features(source)
        }
        return extras + sum(_bars_of(feed, clock, bars) for feeds in heard.values() for feed in feeds)
