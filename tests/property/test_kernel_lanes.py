"""A portfolio on the kernel is that of the event path, to the bit: events, statistics, equity (rules E2, L1, X1 to X9, P1 to P4)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.lane import state
from engine.kernel.language import fields_of
from engine.lanes.journal_events import Recorded
from engine.trading.accounts import CashAccount, MarginAccount
from engine.trading.costs import (
    BasisPoints,
    Percent,
    PerShare,
    PerTrade,
    RangeFraction,
    SquareRootImpact,
    Ticks,
    Tier,
    Tiered,
)
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm, MarketForm, StopForm, StopLimitForm, TrailingForm
from engine.trading.risk import DailyLoss, MaxDrawdown, MaxGrossExposure, MaxOpenPositions, MaxPosition, Stop, Target
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity, VolatilityTarget
from tests.building import data, execution, make_bars, own, play, portfolio
from tests.kernel_lanes import TYPES, Wishes, assert_lane_is, names_of, terms_of, wanted_by

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


def test_records_are_read_by_the_names_of_their_fields():
    assert Recorded._fields == tuple(fields_of(state.Record))


def bar_id(_, row):
    return f"data_x:BAR:{row + 1}"


@pytest.mark.examples(15, 60)
@given(markets(), portfolios, executions, st.sampled_from([None, 1, 7]))
def test_random_portfolios_trade_the_same(market, of_portfolio, of_execution, block):
    bars = bars_of(market)
    config = portfolio(strategy=own("wish"), execution="execution_1", cash=CASH, **of_portfolio)
    played = play([data(), execution(**of_execution), config], bars, types=TYPES, listen=["portfolio_1"])
    clock = played["portfolio_1"].clock
    names, wanted = names_of(clock, "tests.strategies_for_tests.wish", bar_id), wanted_by(Wishes(), clock)
    assert_lane_is(played, config, terms=terms_of(of_execution), wanted=wanted, names=names, block=block)
