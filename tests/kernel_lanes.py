"""Portfolios on the kernel beside the same on the event path, for tests: lanes over the clock of a run that was played."""

# ruff: noqa: ARG002 - on_bar has the parameters that it is called with

from typing import ClassVar

import msgspec
import numpy as np

from engine.features.columns import FeatureStore
from engine.features.spec import FeatureSpec
from engine.kernel.canned import figures
from engine.kernel.lane import state
from engine.kernel.lane.books import Books
from engine.kernel.lane.run import advance, finish, start
from engine.lanes.configure import LaneConfigurator
from engine.lanes.figures import LaneEquity, open_profit, trade_book
from engine.lanes.journal_events import JournalEvents, LaneNames
from engine.lanes.markets import LaneMarket
from engine.lanes.marks import Marks
from engine.market.column_file import ColumnFile
from engine.metrics.days import day_ends, day_numbers
from engine.metrics.definitions import compute_metrics
from engine.metrics.year import years_between
from engine.strategies.targets import changes
from engine.trading.costs import Terms
from tests.kernel_modules import kernels

TYPES = [
    "SIGNAL",
    "ORDER_REQUEST",
    "ORDER",
    "FILL",
    "POSITION_OPEN",
    "POSITION_CLOSE",
    "RISK_BREACH",
    "PORTFOLIO_UPDATE",
]


def wanted_by(strategy, clock):
    """What a lane is made with for a column strategy, asked symbol by symbol."""
    found = changes(strategy, clock, lambda number: clock.feeds[number].bars.extras)
    rows = clock.steps.searchsorted(found.steps)
    return {"rows": rows, "targets": found.directions.astype(np.int64), "symbols": found.feeds}


class Wishes:
    """Targets that stand in the data."""

    def targets(self, of_symbol):
        return of_symbol["wish"]


def names_of(clock, strategy, cause, decided=None):
    """What the events of a lane of a portfolio are named by."""
    symbols = tuple(feed.symbol for feed in clock.feeds)
    ids = ("portfolio_1", "execution_1", "execution_1", symbols)
    return LaneNames(*ids, strategy, None, cause, clock.moment, decided=decided)


def terms_of(of_execution):
    """The terms of an execution container, of the keys of its config."""
    return Terms(
        of_execution.get("fill_at", "next_open"),
        tuple(of_execution.get("commission", ())),
        tuple(of_execution.get("slippage", ())),
        of_execution.get("participation"),
    )


def market_of(clock):
    """What lanes over the feeds of a clock share; days end at midnight UTC."""
    day_of, store = day_numbers(), FeatureStore(ColumnFile())
    stamps = np.array([clock.moment(index) for index in range(len(clock))])

    def true_range(number, timeperiod):
        spec = FeatureSpec(indicator="ATR", parameters=(("timeperiod", timeperiod),))
        return store.named(clock.feeds[number].bars, {"atr": spec})["atr"]

    def days_of(some):
        return np.array([day_of(int(each)) for each in some])

    days = day_ends(stamps, None)
    return LaneMarket(clock, days, days_of, true_range)


def run_lane(kernel, clock, config, *, terms, wanted, names, block=None):
    """A lane that has run to the end, its events, the ends of its trades, and its marks; `wanted` is what its changes are set to."""
    market = market_of(clock)
    per_year = [day_ends(feed.bars.timestamps, None).year(config.days_per_year).number for feed in clock.feeds]
    configurator = LaneConfigurator(kernel, market)
    lane = configurator.lane(config, terms, per_year)
    configurator.set_changes(lane, **wanted)
    configurator.keep_journal(lane)
    marked, columns = configurator.keep_marks(lane), []
    made = JournalEvents(names, config.risk)
    events, ends = [], []

    def take():
        for _, event, trade in made.take(kernel, lane.journal):
            if event is not None:
                events.append(event)
            if trade is not None:
                ends.append(trade)

    kernel.function(start)(lane, config.cash)
    for until in [*range(0, len(clock), block or len(clock)), len(clock)]:
        while kernel.function(advance)(lane, until) == state.JOURNAL_FULL:
            take()
        take()
        columns.append(marked.take())
    if lane.status == state.RUNNING:
        kernel.function(finish)(lane)
    take()
    return lane, events, ends, [np.concatenate(parts).tolist() for parts in zip(*columns, strict=True)]


def assert_lane_is(played, config, **asked):
    """Asserts that both forms of the kernel do to the bit what the run did: events, ends of trades, marks, metrics.

    `asked` is what `run_lane` takes beside these.
    """
    reference = played["portfolio_1"]
    clock = reference.clock
    expected = of_lane(played)
    texts = []
    for kernel in kernels():
        lane, events, ends, marks = run_lane(kernel, clock, config, **asked)
        assert lane.status == state.RUNNING
        assert_same_lines(lines(events), lines(expected))
        assert ends == played.heard["portfolio_1"].ends
        updates = played.events("portfolio_1", "PORTFOLIO_UPDATE")[1:-1]  # the first and the last are of no bar
        for name, column in zip(Marks._fields, marks, strict=True):
            assert column == [getattr(update, name) for update in updates], name
        assert_same_figures(lane, config, reference, asked["names"].broker)
        texts.append(list(figures(lane.books, Books, {"daily": lane.books.curve.days, "symbols": len(clock.feeds)})))
    assert all(text == texts[0] for text in texts)


def of_lane(played):
    """The events of a portfolio and its execution, its marks aside."""
    heard = (event for event in played.events() if event.type != "PORTFOLIO_UPDATE")
    return [event for event in heard if event.source in {"portfolio_1", "execution_1"}]


def assert_same_lines(ours, expected):
    """Asserts that texts are the same, and shows the first that differ."""
    for place, (one, other) in enumerate(zip(ours, expected, strict=False)):
        assert one == other, (place, one, other)
    assert len(ours) == len(expected)


def lines(events):
    """Events as they are written, a line each."""
    return [msgspec.json.encode(event).decode() for event in events]


def assert_same_figures(lane, config, reference, broker):
    """Every metric with its notes, and what the metrics of the execution are made of."""
    symbols = [feed.symbol for feed in reference.clock.feeds]
    book = trade_book(lane, symbols, config.risk, broker)
    expected = reference.statistics.book
    assert [book.statuses, book.rejected, book.first_rejection] == [
        expected.statuses,
        expected.rejected,
        expected.first_rejection,
    ]
    assert lane.counts.partial_fills == reference.desk.partial_fills
    figures, notes = compute_metrics(
        book,
        LaneEquity(lane.books.curve),
        open_trades=lane.books.open_positions,
        unrealised_pnl=open_profit(lane),
        symbols=symbols,
        days_per_year=reference.days_per_year,
        years=years_between(reference.clock.moment(0), reference.clock.moment(lane.books.curve.bars - 1)),
        risk_free_rate=config.risk_free_rate,
        day_zone=reference.day_zone,
        day_zone_source=reference.day_zone_source,
        borrow_cost=lane.books.borrow_cost,
        rates=None if config.account.borrowing is None else config.account.borrowing._asdict(),
    )
    expected_figures, expected_notes = reference.metrics()
    assert figures == {name: value for name, value in expected_figures.items() if name in figures}
    assert not [name for name in expected_figures if name not in figures and not name.startswith("events_")]
    assert notes == expected_notes
    assert lane.books.cash == reference.ledger.cash


class Says:
    """A bar strategy that says what stands under a key, by the bar's number from 1."""

    decisions: ClassVar = {}

    def __init__(self, key):
        self.decisions_of_bars = Says.decisions[key]
        self.count = 0

    def on_bar(self, bar, features, position):
        self.count += 1
        return self.decisions_of_bars.get(self.count)
