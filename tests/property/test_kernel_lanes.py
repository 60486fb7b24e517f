"""A portfolio on the kernel is that of the event path, to the bit: events, statistics, equity (rules E2, L1, X1 to X9, P1 to P4)."""

from dataclasses import replace

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.columns import FeatureStore
from engine.features.spec import FeatureSpec
from engine.kernel.canned import figures
from engine.kernel.lane import state
from engine.kernel.lane.books import Books
from engine.kernel.lane.run import advance, finish, start
from engine.kernel.language import fields_of
from engine.lanes.configure import LaneConfigurator, LaneMarket
from engine.lanes.figures import LaneEquity, open_profit, trade_book
from engine.lanes.journal_events import JournalEvents, LaneNames, Recorded
from engine.lanes.marks import MarkColumns, Marks
from engine.market.column_file import ColumnFile
from engine.metrics.days import day_ends, day_numbers
from engine.metrics.definitions import compute_metrics
from engine.metrics.year import years_between
from engine.strategies.columns import changed_from
from engine.trading.accounts import CashAccount, MarginAccount
from engine.trading.costs import (
    BasisPoints,
    Percent,
    PerShare,
    PerTrade,
    RangeFraction,
    SquareRootImpact,
    Terms,
    Ticks,
    Tier,
    Tiered,
)
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm, MarketForm, StopForm, StopLimitForm, TrailingForm
from engine.trading.risk import DailyLoss, MaxDrawdown, MaxGrossExposure, MaxOpenPositions, MaxPosition, Stop, Target
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity, VolatilityTarget
from tests.building import data, execution, make_bars, own, play, portfolio
from tests.kernel_modules import kernels

TYPES = ["SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE", "RISK_BREACH"]
CASH = 10_000.0

steps = st.sampled_from([-4.0, -2.0, -1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 2.0, 4.0])


@st.composite
def markets(draw):
    """Bars on a coarse grid: exact touches, gaps, both exits in one bar; a target at each."""
    count = draw(st.integers(2, 40) | st.integers(60, 150))
    price, rows = 100.0, []
    for _ in range(count):
        first = max(price + draw(steps), 8.0)
        close = max(first + draw(steps), 8.0)
        high = max(first, close) + draw(st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0]))
        low = max(min(first, close) - draw(st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0])), 1.0)
        rows.append((first, high, low, close, draw(st.sampled_from([0.0, 20.0, 60.0, 1000.0]))))
        price = close
    wishes = draw(st.lists(st.sampled_from([-1, 0, 1, 1]), min_size=count, max_size=count))
    holds = draw(st.sampled_from([1, 2, 5, 25]))
    return rows, [wishes[place // holds * holds] for place in range(count)], draw(st.sampled_from(["1d", "6h"]))


distances = st.one_of(
    st.sampled_from([0.5, 1.0, 2.0, 5.0]).map(lambda percent: Distance(percent=percent)),
    st.sampled_from([0.5, 1.0, 2.0, 4.0]).map(lambda amount: Distance(amount=amount)),
    st.sampled_from([0.5, 1.0, 2.0]).map(lambda atr: Distance(atr=atr, timeperiod=2)),
)
lifetimes = st.sampled_from(
    [{}, {}, {"time_in_force": "day"}, {"time_in_force": "ioc"}, {"time_in_force": "gtd", "good_for": "30h"}]
)
forms = st.one_of(
    lifetimes.map(lambda life: MarketForm(**life)),
    st.builds(lambda limit, life: LimitForm(limit=limit, **life), distances, lifetimes),
    st.builds(lambda stop, life: StopForm(stop=stop, **life), distances, lifetimes),
    st.builds(lambda stop, limit, life: StopLimitForm(stop=stop, limit=limit, **life), distances, distances, lifetimes),
    st.builds(lambda trail, life: TrailingForm(trail=trail, **life), distances, lifetimes),
)
optional = st.none() | distances
exits = st.builds(
    ExitForm, on_signal=st.just(MarketForm()) | forms, stop_loss=optional, take_profit=optional, trailing_stop=optional
)
sizings = st.sampled_from(
    [
        FixedQuantity(quantity=10.0),
        FixedQuantity(quantity=1.0 / 3.0),
        FixedNotional(notional=2_500.0),
        PercentOfEquity(percent=50.0),
        PercentOfEquity(percent=130.0),
        AllIn(),
        VolatilityTarget(percent=20.0, bars=3),
    ]
)
accounts = st.sampled_from(
    [
        MarginAccount(),
        MarginAccount(leverage=3.0, borrow_percent=4.0, interest_percent=7.0),
        MarginAccount(borrow_percent=2.5),
        CashAccount(),
    ]
)
rules = st.lists(
    st.one_of(
        st.sampled_from([20.0, 90.0, 150.0]).map(lambda percent: MaxPosition(percent=percent)),
        st.sampled_from([50.0, 100.0]).map(lambda percent: MaxGrossExposure(percent=percent)),
        st.just(MaxOpenPositions(count=1)),
        st.builds(MaxDrawdown, percent=st.sampled_from([0.5, 2.0, 10.0]), action=st.sampled_from(["halt", "flatten"])),
        st.builds(DailyLoss, percent=st.sampled_from([0.5, 2.0]), action=st.sampled_from(["halt", "flatten"])),
        st.builds(Stop, loss=distances, cool_down=st.sampled_from([0, 1, 4])),
        st.builds(Target, profit=distances),
    ),
    max_size=3,
)
commissions = st.lists(
    st.sampled_from(
        [
            Percent(percent=0.1, minimum=1.0),
            PerShare(amount=0.01, maximum=5.0),
            PerTrade(amount=1.5),
            Tiered(tiers=[Tier(above=0.0, percent=0.3), Tier(above=2_000.0, percent=0.1)], over="month"),
        ]
    ),
    max_size=2,
)
slippages = st.lists(
    st.sampled_from(
        [
            BasisPoints(bps=5.0),
            Ticks(ticks=1.0, tick_size=0.25),
            RangeFraction(fraction=0.1),
            SquareRootImpact(coefficient=0.01),
        ]
    ),
    max_size=2,
)
executions = st.fixed_dictionaries(
    {
        "fill_at": st.sampled_from(["next_open", "next_open", "next_close"]),
        "commission": commissions,
        "slippage": slippages,
        "participation": st.sampled_from([None, None, 0.1, 0.5]),
    }
)
portfolios = st.fixed_dictionaries(
    {
        "entry": st.just(MarketForm()) | forms,
        "exit": st.just(ExitForm()) | exits,
        "sizing": sizings,
        "account": accounts,
        "risk": st.just([]) | rules,
        "lot_size": st.sampled_from([None, None, 1.0]),
        "minimum_notional": st.sampled_from([0.0, 0.0, 500.0]),
        "close_at_end": st.booleans(),
    }
)


def bars_of(market):
    rows, wishes, length = market
    columns = [list(column) for column in zip(*rows, strict=True)]
    days = np.arange(len(rows)) * {"1d": 1.0, "6h": 0.25}[length]
    bars = make_bars(columns[3], opens=columns[0], days=days, wishes=wishes)
    frozen = [np.array(column, np.float64) for column in columns]
    for column in frozen:
        column.flags.writeable = False
    return replace(bars, high=frozen[1], low=frozen[2], volume=frozen[4])


def lane_of(kernel, config, terms, bars, *, block=None):
    """A lane that has run to the end, and its events."""
    stamps = bars.timestamps
    day_of = day_numbers(None)
    store = FeatureStore(ColumnFile())

    def true_range(timeperiod):
        spec = FeatureSpec(indicator="ATR", parameters=(("timeperiod", timeperiod),))
        return store.named(bars, {"atr": spec})["atr"]

    days = day_ends(stamps, None)
    market = LaneMarket(bars, days, lambda some: np.array([day_of(int(each)) for each in some]), true_range)
    configurator = LaneConfigurator(kernel, market)
    wishes = bars.extras["wish"].astype(np.int8)
    rows, targets = changed_from(0, np.arange(len(bars)), wishes)
    lane = configurator.lane(config, terms, rows, targets, days.year(config.days_per_year).number)
    configurator.keep_journal(lane, 1000)
    marked, columns = MarkColumns(kernel, lane, len(bars)), []
    names = LaneNames("portfolio_1", "execution_1", "execution_1", "X", "tests.strategies_for_tests.wish", bar_id)
    made = JournalEvents(names, stamps.tolist(), config.risk)
    events, ends = [], []

    def take():
        for event, trade in made.take(kernel, lane.journal):
            if event is not None:
                events.append(event)
            if trade is not None:
                ends.append(trade)

    kernel.function(start)(lane, config.cash)
    for until in [*range(0, len(bars), block or len(bars)), len(bars)]:
        while kernel.function(advance)(lane, until) == state.JOURNAL_FULL:
            take()
        take()
        columns.append(marked.take())
    kernel.function(finish)(lane)
    take()
    return lane, events, ends, [np.concatenate(parts).tolist() for parts in zip(*columns, strict=True)]


def test_records_are_read_by_the_names_of_their_fields():
    assert Recorded._fields == tuple(fields_of(state.Record))


def bar_id(row):
    return f"data_x:BAR:{row + 1}"


@settings(max_examples=60)
@given(markets(), portfolios, executions, st.sampled_from([None, 1, 7]))
def test_random_portfolios_trade_the_same(market, of_portfolio, of_execution, block):
    bars = bars_of(market)
    config = portfolio(strategy=own("wish"), execution="execution_1", cash=CASH, **of_portfolio)
    types = [*TYPES, "PORTFOLIO_UPDATE"]
    played = play([data(), execution(**of_execution), config], bars, types=types, listen=["portfolio_1"])
    expected = [event for event in played.events() if event.type != "PORTFOLIO_UPDATE"]
    terms = Terms(
        of_execution["fill_at"],
        tuple(of_execution["commission"]),
        tuple(of_execution["slippage"]),
        of_execution["participation"],
    )
    texts = []
    for kernel in kernels():
        lane, events, ends, marks = lane_of(kernel, config, terms, bars, block=block)
        assert lane.status == state.RUNNING
        assert lines(events) == lines(expected)
        assert ends == played.heard["portfolio_1"].ends
        updates = played.events("portfolio_1", "PORTFOLIO_UPDATE")[1:-1]  # the first and the last are of no bar
        for name, column in zip(Marks._fields, marks, strict=True):
            assert column == [getattr(update, name) for update in updates], name
        assert_same_figures(lane, config, played["portfolio_1"])
        texts.append(list(figures(lane.books, Books, {"daily": lane.books.curve.days, "symbols": 1})))
    assert all(text == texts[0] for text in texts)


def lines(events):
    """Events as they are written, a line each."""
    return [msgspec.json.encode(event).decode() for event in events]


def assert_same_figures(lane, config, reference):
    """Every metric with its notes, and what the metrics of the execution are made of."""
    book = trade_book(lane, "X", config.risk, "execution_1")
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
        symbols=["X"],
        days_per_year=reference.days_per_year,
        years=years_between(reference.clock.moment(0), reference.clock.moment(lane.books.curve.bars - 1)),
        risk_free_rate=config.risk_free_rate,
        day_zone=config.day_zone,
        borrow_cost=lane.books.borrow_cost,
        rates=None if config.account.borrowing is None else config.account.borrowing._asdict(),
    )
    expected_figures, expected_notes = reference.metrics()
    assert figures == {name: value for name, value in expected_figures.items() if name in figures}
    assert not [name for name in expected_figures if name not in figures and not name.startswith("events_")]
    assert notes == expected_notes
    assert lane.books.cash == reference.ledger.cash
