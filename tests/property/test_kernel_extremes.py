"""Whatever prices and sizes a lane gets, both forms of the kernel do the same with it, and neither breaks."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.canned import figures
from engine.kernel.lane import state
from engine.kernel.lane.books import Books
from engine.kernel.lane.run import advance, finish, start
from engine.lanes.configure import LaneConfigurator
from engine.lanes.markets import LaneMarket
from engine.market.timeline import Clock, Feed
from engine.metrics.days import DayEnds
from engine.trading.accounts import CashAccount, MarginAccount
from engine.trading.costs import BasisPoints, Percent, SquareRootImpact, Terms
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm, MarketForm, StopForm, TrailingForm
from engine.trading.risk import MaxDrawdown, Stop
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity, VolatilityTarget
from tests.building import make_bars, own, portfolio
from tests.kernel_modules import kernels

prices = st.sampled_from([0.0, 5e-324, 1e-300, 1e-9, 1.0, 1.0, 100.0, 100.0, 101.0, 1e9, 1e300, 1.7e308])
volumes = st.sampled_from([0.0, 1e-300, 1.0, 1e308])
distances = st.sampled_from([1e-300, 0.5, 50.0, 1e300])
either = st.one_of(
    distances.map(lambda amount: Distance(amount=amount)),
    st.sampled_from([1e-9, 9_999.0]).map(lambda p: Distance(percent=p)),
)
entries = st.one_of(
    st.just(MarketForm()),
    either.map(lambda limit: LimitForm(limit=limit)),
    either.map(lambda stop: StopForm(stop=stop)),
    either.map(lambda trail: TrailingForm(trail=trail)),
)
exits = st.builds(
    ExitForm, stop_loss=st.none() | either, take_profit=st.none() | either, trailing_stop=st.none() | either
)
sizings = st.sampled_from(
    [
        FixedQuantity(quantity=1e-300),
        FixedQuantity(quantity=1e300),
        FixedQuantity(quantity=3.0),
        FixedNotional(notional=1e308),
        PercentOfEquity(percent=1e300),
        AllIn(),
        VolatilityTarget(percent=20.0, bars=2),
    ]
)
costs = st.sampled_from(
    [
        Terms(),
        Terms("next_close", (Percent(percent=1e300),), (BasisPoints(bps=9_999.0),)),
        Terms("next_open", (), (SquareRootImpact(coefficient=1e300),), 1e-300),
    ]
)
others = st.fixed_dictionaries(
    {
        "entry": entries,
        "exit": exits,
        "sizing": sizings,
        "account": st.sampled_from(
            [MarginAccount(leverage=1e300, borrow_percent=1e300), MarginAccount(), CashAccount()]
        ),
        "risk": st.sampled_from([[], [MaxDrawdown(percent=1e-300), Stop(loss=Distance(amount=1e-300))]]),
        "lot_size": st.sampled_from([None, 1e-300, 1e300]),
    }
)


def market_over(bars, days):
    """A market of one symbol."""
    clock = Clock([Feed("data_x", "X", bars, np.arange(len(bars)))])
    return LaneMarket(clock, days, lambda some: some, lambda *_: bars.close)


def outcome(kernel, bars, config, terms, wishes):
    """All that comes of a lane, as text."""
    days = DayEnds(np.array([len(bars) - 1]), np.array([1]), bars.timestamps[-1:])
    configurator = LaneConfigurator(kernel, market_over(bars, days))
    lane = configurator.lane(config, terms, [252])
    configurator.set_changes(lane, range(len(wishes)), wishes)
    configurator.keep_journal(lane)
    kernel.function(start)(lane, 10_000.0)
    if kernel.function(advance)(lane, len(bars)) == state.RUNNING:
        kernel.function(finish)(lane)
    records = [repr(row) for row in kernel.rows(state.Record, lane.journal.records, lane.journal.count)]
    return [str(lane.status), *records, *figures(lane.books, Books, {"daily": lane.books.curve.days, "symbols": 1})]


bar = st.tuples(prices, prices, prices, prices, volumes)


@pytest.mark.examples(25, 100)
@given(
    st.lists(bar, min_size=1, max_size=25),
    others,
    costs,
    st.lists(st.sampled_from([-1, 0, 1]), min_size=25, max_size=25),
)
def test_extreme_prices_and_sizes_do_the_same_in_both_forms(rows, of_portfolio, terms, wishes):
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    made = make_bars(columns[3], opens=columns[0])
    bars = replace(made, high=columns[1], low=columns[2], volume=columns[4])
    config = portfolio(strategy=own("wish"), **of_portfolio)
    found = [outcome(kernel, bars, config, terms, wishes[: len(rows)]) for kernel in kernels()]
    assert all(each == found[0] for each in found)


def test_more_orders_than_there_is_room_for_fail_the_lane_alone():
    bars = make_bars([100.0] * 8, opens=[100.0] * 8)
    distance = Distance(percent=50.0)
    exits = ExitForm(stop_loss=distance, take_profit=distance, trailing_stop=distance)
    config = portfolio(strategy=own("wish"), exit=exits)
    for kernel, room in product(kernels(), range(1, 5)):
        days = DayEnds(np.array([len(bars) - 1]), np.array([1]), bars.timestamps[-1:])
        configurator = LaneConfigurator(kernel, market_over(bars, days))
        lane = configurator.lane(config, Terms(), [252])
        configurator.set_changes(lane, [0], [1])
        lane.symbols[0].book.room = room
        kernel.function(start)(lane, 10_000.0)
        expected = (state.RUNNING, 3) if room > 2 else (state.TOO_MANY_ORDERS, room)
        assert (kernel.function(advance)(lane, 8), lane.symbols[0].book.count) == expected
