"""Whole simulations in one line: containers and bars made by hand, no files and no YAML.

`play([data(), portfolio()], {"data_x": make_bars([1, 2, 3])})` runs them and keeps what every bus carried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.config.schema import (
    AnalysisContainer,
    DataContainer,
    ExecutionContainer,
    FeatureContainer,
    PortfolioContainer,
    RunConfig,
    StrategyContainer,
    UserComponent,
)
from engine.containers.ledger import Ledger
from engine.events import Fill
from engine.features.spec import FeatureSpec
from engine.market.bars import Bars, most_frequent_step
from engine.market.sources import SyntheticSource
from engine.market.timeline import Clock, Feed
from engine.metrics.days import DayEnds
from engine.metrics.equity import EquityCurve
from engine.orchestration.planning import make_plan
from engine.orchestration.scenery import Scenery
from engine.orchestration.wiring import wire
from engine.strategies.crossover import Crossover
from engine.trading.sizing import FixedQuantity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from engine.containers.base import Container
    from engine.events import Event
    from engine.orchestration.simulation import Simulation

DAY = 86_400 * 10**9
FIRST = 1_577_836_800 * 10**9  # 2020-01-01T00:00:00Z
HERE = Path(__file__).parent
CASH = 10_000.0


def make_bars(closes, *, opens=None, days=None, symbol="X", wishes=None, **extras):
    """Daily bars: open is the close before unless `opens` are given, `days` count from 2020-01-01."""
    close = np.array(closes, np.float64)
    open_ = np.concatenate((close[:1], close[:-1])) if opens is None else np.array(opens, np.float64)
    timestamps = FIRST + (np.array(range(len(close)) if days is None else days) * DAY).astype(np.int64)
    if wishes is not None:
        extras["wish"] = wishes
    return Bars(
        symbol=symbol,
        timestamps=read_only(timestamps),
        open=read_only(open_),
        high=read_only(np.maximum(open_, close)),
        low=read_only(np.minimum(open_, close)),
        close=read_only(close),
        volume=read_only(np.full(len(close), 1000.0)),
        extras={name: read_only(np.array(column, np.float64)) for name, column in extras.items()},
        source_name="hand-made",
        fingerprint="",
        dropped={},
        bar_length=most_frequent_step(timestamps),
    )


def read_only(column):
    """The column, as loaded bars have it: nobody can write it."""
    column.flags.writeable = False
    return column


def walk(n, seed=7, start=100.0, **options):
    """Bars of a seeded random walk with gaps between close and open, prices of 4 decimals."""
    rng = np.random.default_rng(seed)
    close = np.round(start * np.exp(np.cumsum(rng.normal(0, 0.02, n))), 4)
    before = np.concatenate(([start], close[:-1]))
    return make_bars(close, opens=np.round(before * np.exp(rng.normal(0, 0.005, n)), 4), **options)


def cut(bars, until):
    """The bars with timestamps before `until`."""
    n = int(np.searchsorted(bars.timestamps, until))
    columns = {name: getattr(bars, name)[:n] for name in ("timestamps", "open", "high", "low", "close", "volume")}
    return Bars(
        symbol=bars.symbol,
        extras={name: column[:n] for name, column in bars.extras.items()},
        source_name=bars.source_name,
        fingerprint=bars.fingerprint,
        dropped=bars.dropped,
        bar_length=bars.bar_length,
        **columns,
    )


def books(closes, days=()):
    """A ledger of CASH over symbols S0, S1, ... with these closes; `days` are the last rows of each day."""
    feeds = [
        Feed(f"data_{k}", f"S{k}", make_bars(column, symbol=f"S{k}"), np.arange(len(column)))
        for k, column in enumerate(closes)
    ]
    clock = Clock(feeds)
    rows = np.array(days or range(len(clock)), np.intp)
    numbers = rows.astype(np.int64)
    return Ledger(CASH, clock, EquityCurve(CASH, len(rows)), DayEnds(rows, numbers, feeds[0].bars.timestamps[rows]))


def fill(symbol, quantity, price, commission, trade):
    """A FILL of signed `quantity` for the trade."""
    side = "buy" if quantity > 0 else "sell"
    ids = (0, "e", "e:FILL:1", trade, None, "e#1")
    return Fill(*ids, symbol, side, abs(quantity), price, commission, 0.0, "taker", ambiguous_bar=False)


def data(id_="data_x", symbol="X"):
    """A data container; its source is never read, the bars are given to `play`."""
    source = SyntheticSource(symbol=symbol, bars=1, start="2020-01-01", bar_length="1d", initial_price=1.0)
    return DataContainer(id=id_, source=source)


def sma(period):
    """A simple moving average of the close."""
    return FeatureSpec(indicator="SMA", parameters=(("timeperiod", period),))


def portfolio(id_="portfolio_1", inputs=("data_x",), **settings):
    """A portfolio of one unit a trade with much cash; without `strategy`, it only follows its inputs."""
    return PortfolioContainer(
        id=id_, inputs=list(inputs), **{"cash": 1_000_000.0, "sizing": FixedQuantity(quantity=1.0), **settings}
    )


def crossing(id_="portfolio_1", fast=2, slow=4, direction="long", **settings):
    """A portfolio that follows a crossover of its own two moving averages."""
    features = {"fast": sma(fast), "slow": sma(slow)}
    return portfolio(
        id_, features=features, strategy=Crossover(fast="fast", slow="slow", direction=direction), **settings
    )


def wishing(id_="portfolio_1", **settings):
    """A portfolio whose targets are the column `wish` of its bars."""
    return portfolio(id_, strategy=own("wish"), **settings)


def own(name, **parameters):
    """A strategy of `tests/strategies_for_tests.py`, as users name theirs."""
    return UserComponent(name=f"tests.strategies_for_tests.{name}", parameters=parameters)


def strategy(id_="strategy_1", inputs=("data_x",), **settings):
    """A strategy container."""
    return StrategyContainer(id=id_, inputs=list(inputs), **settings)


def features(id_="features_1", inputs=("data_x",), **defined):
    """A feature container with the features given by name."""
    return FeatureContainer(id=id_, inputs=list(inputs), features=defined)


def execution(id_="execution_1", **terms):
    """An execution container."""
    return ExecutionContainer(id=id_, **terms)


def analysis(id_="analysis_1", inputs=("data_x",)):
    """An analysis container."""
    return AnalysisContainer(id=id_, inputs=list(inputs))


@dataclass
class Recording:
    """An observer that keeps what it is offered, the ends it is told, and where the run stood at each event."""

    event_types: frozenset[str] | None = None
    events: list[Event] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    place: Callable[[], tuple[int, int]] | None = None

    def observe(self, event):
        self.events.append(event)
        if self.place is not None:
            self.places.append(self.place())

    def ended(self, correlation_id):
        self.ends.append(correlation_id)

    def of(self, *types):
        """The events of these types."""
        return [event for event in self.events if event.type in types]

    def types(self):
        """The types of the events, in order."""
        return [event.type for event in self.events]


def record(container, types=None):
    """Attaches a recording to a container's bus."""
    recording = Recording(None if types is None else frozenset(types))
    container.event_bus.attach_observer(recording)
    return recording


@dataclass
class Played:
    """A run and what was heard on its buses, by container id."""

    simulation: Simulation
    heard: dict[str, Recording]

    def __getitem__(self, id_):
        return self.simulation.containers[id_]

    def events(self, id_="portfolio_1", *types):
        """What a container's bus carried, of these types or of all."""
        return self.heard[id_].of(*types) if types else self.heard[id_].events

    def metrics(self, id_="portfolio_1"):
        """The metrics of a container."""
        return self.simulation.containers[id_].metrics()[0]


def stage(
    containers: Iterable[object],
    bars: Mapping[str, Bars],
    *,
    prepare: Callable[[Mapping[str, Container]], None] = lambda _: None,
    folder: Path = HERE,
    on_kernel: Collection[str] = (),
    **settings: object,
) -> Simulation:
    """A wired run that has not begun; the portfolios in `on_kernel` are simulated by the kernel."""
    config = RunConfig(name="test", containers=list(containers), **settings)
    return wire(plan := make_plan(config, folder), Scenery(plan, bars), prepare, on_kernel=on_kernel)


def play(
    containers: Sequence[object],
    bars: Bars | Mapping[str, Bars],
    *,
    listen: Iterable[str] | None = None,
    types: Iterable[str] | None = None,
    prepare: Callable[[Mapping[str, Container]], None] = lambda _: None,
    **settings: object,
) -> Played:
    """Runs to the end; `listen` names whose buses are recorded (all without it), `types` what is recorded there."""
    by_id = bars if isinstance(bars, dict) else {"data_x": bars}
    heard: dict[str, Recording] = {}

    def attach(made: Mapping[str, Container]) -> None:
        for id_ in made if listen is None else listen:
            heard[id_] = record(made[id_], types)
        prepare(made)

    simulation = stage(containers, by_id, prepare=attach, **settings)
    for recording in heard.values():
        recording.place = lambda: (simulation.agenda.step, int(simulation.agenda.phase))
    simulation.run(lambda: None)
    return Played(simulation, heard)
