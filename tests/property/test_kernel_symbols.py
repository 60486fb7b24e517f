"""A portfolio of several symbols on the kernel is that of the event path, to the bit (rules L1, L3, M4, X1 to X9, P1 to P4)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.market.bar_times import timed_by_close
from engine.trading.accounts import CashAccount, MarginAccount
from engine.trading.costs import RangeFraction, SquareRootImpact
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm, MarketForm
from engine.trading.risk import DailyLoss, MaxDrawdown, MaxGrossExposure, MaxOpenPositions, MaxPosition, Stop
from engine.trading.sizing import AllIn, FixedQuantity, PercentOfEquity
from tests.building import DAY, data, execution, make_bars, own, play, portfolio, walk
from tests.kernel_lanes import TYPES, Wishes, assert_lane_is, names_of, terms_of, wanted_by
from tests.property.test_kernel_lanes import commissions, executions, forms, optional, portfolios, steps

SYMBOLS = ["X", "Y", "Z"]
CASH = 10_000.0


@st.composite
def columns(draw, symbol, days):
    """Bars of one symbol on some days, on a coarse grid, with a target at each."""
    price, rows = 100.0, []
    for _ in days:
        first = max(price + draw(steps), 8.0)
        close = max(first + draw(steps), 8.0)
        high = max(first, close) + draw(st.sampled_from([0.0, 0.0, 0.5, 3.0]))
        low = max(min(first, close) - draw(st.sampled_from([0.0, 0.0, 0.5, 3.0])), 1.0)
        rows.append((first, high, low, close, draw(st.sampled_from([0.0, 20.0, 60.0, 1000.0]))))
        price = close
    wishes = draw(st.lists(st.sampled_from([-1, 0, 1, 1]), min_size=len(rows), max_size=len(rows)))
    holds = draw(st.sampled_from([1, 2, 5, 25]))
    held = [wishes[place // holds * holds] for place in range(len(rows))]
    return bars_of(rows, symbol=symbol, days=days, wishes=held)


def bars_of(rows, **options):
    """Bars of (open, high, low, close, volume) each."""
    found = [np.array(column, np.float64) for column in zip(*rows, strict=True)]
    for column in found:
        column.flags.writeable = False
    made = make_bars(found[3].tolist(), opens=found[0].tolist(), **options)
    return replace(made, high=found[1], low=found[2], volume=found[4])


@st.composite
def markets(draw):
    """Bars of two symbols or three, which may lack some, begin late or end early."""
    count = draw(st.integers(2, 30) | st.integers(40, 90))
    length = draw(st.sampled_from([1.0, 0.25]))
    made = {}
    for symbol in SYMBOLS[: draw(st.integers(2, 3))]:
        first, last = (
            draw(st.sampled_from([0, 0, 0, count // 3])),
            draw(st.sampled_from([count, count, count // 2 + 1])),
        )
        rarely = draw(st.sampled_from([0, 0, 4]))
        missing = {day for day in range(count) if rarely and draw(st.integers(0, rarely)) == 0}
        days = [day * length for day in range(min(first, last - 1), last) if day not in missing] or [first * length]
        made[symbol] = draw(columns(symbol, days))
    return made


def bar_id(number, row):
    return f"data_{SYMBOLS[number]}:BAR:{row + 1}"


def played(market, of_portfolio, of_execution):
    """A portfolio over all symbols on the event path, and its config."""
    ids = [f"data_{symbol}" for symbol in market]
    config = portfolio(inputs=ids, strategy=own("wish"), execution="execution_1", cash=CASH, **of_portfolio)
    containers = [*(data(f"data_{each}", each) for each in market), execution(**of_execution), config]
    by_id = {f"data_{symbol}": bars for symbol, bars in market.items()}
    return play(containers, by_id, types=TYPES, listen=["portfolio_1"]), config


@pytest.mark.examples(12, 60)
@given(markets(), portfolios, executions, st.sampled_from([None, 1, 7]))
def test_random_portfolios_of_several_symbols_trade_the_same(market, of_portfolio, of_execution, block):
    assert_same(market, of_portfolio, of_execution, block)


def assert_same(market, of_portfolio, of_execution, block):
    """Asserts that a lane over all symbols does what the event path does."""
    run, config = played(market, of_portfolio, of_execution)
    clock = run["portfolio_1"].clock
    names, wanted = names_of(clock, "tests.strategies_for_tests.wish", bar_id), wanted_by(Wishes(), clock)
    assert_lane_is(run, config, terms=terms_of(of_execution), wanted=wanted, names=names, block=block)


@st.composite
def mixed_markets(draw):
    """Bars of a day and of some hours, timed by their closes: a bar that is under way when an order is decided does not meet it."""
    days = draw(st.integers(3, 12))
    made = {}
    for symbol, length in zip(
        SYMBOLS, draw(st.sampled_from([(1.0, 0.25), (0.25, 1.0), (0.5, 1.0, 0.25)])), strict=False
    ):
        rarely = draw(st.sampled_from([0, 0, 5]))
        stamps = [place * length for place in range(int(days / length)) if not rarely or draw(st.integers(0, rarely))]
        bars = draw(columns(symbol, stamps or [0.0]))
        made[symbol] = timed_by_close(replace(bars, bar_length=int(length * DAY)), "open", None)
    return made


@pytest.mark.examples(8, 40)
@given(mixed_markets(), portfolios, executions, st.sampled_from([None, 1, 7]), st.sampled_from([0.5, 2.0, 50.0]))
def test_bars_of_several_lengths_meet_the_same_orders(market, of_portfolio, of_execution, block, loss):
    """A rule that sells at the close of a short bar does so while a long one is under way, which cannot meet the order."""
    of_portfolio = of_portfolio | {"risk": [DailyLoss(percent=loss, action="flatten"), *of_portfolio["risk"]]}
    assert_same(market, of_portfolio, of_execution, block)


@st.composite
def rotating_markets(draw):
    """Bars of two symbols or three with gaps, many of which trade nothing, and decisions that change their minds."""
    count = draw(st.integers(3, 16))
    made = {}
    for symbol in SYMBOLS[: draw(st.integers(2, 3))]:
        rarely = draw(st.sampled_from([0, 3]))
        days = [day for day in range(count) if not rarely or draw(st.integers(0, rarely))] or [0]
        bars = draw(columns(symbol, [day * 0.25 for day in days]))
        wishes = np.array([draw(st.sampled_from([0, 1, 1, -1])) for _ in days], np.float64)
        volume = np.array([draw(st.sampled_from([0.0, 30.0, 1e4, 1e4])) for _ in days])
        made[symbol] = replace(bars, volume=volume, extras={"wish": wishes})
    return made


market_forms = st.sampled_from(
    [
        *(MarketForm(), MarketForm(time_in_force="day"), MarketForm(time_in_force="ioc")),
        MarketForm(time_in_force="gtd", good_for="8h"),
    ]
)
rotating = st.fixed_dictionaries(
    {
        "entry": market_forms | forms,
        "exit": st.builds(ExitForm, on_signal=market_forms, stop_loss=optional, take_profit=optional),
        "sizing": st.sampled_from([AllIn(), AllIn(), FixedQuantity(quantity=60.0), PercentOfEquity(percent=60.0)]),
        "account": st.sampled_from([CashAccount(), CashAccount(), MarginAccount(), MarginAccount(leverage=1.5)]),
        "risk": st.sampled_from(
            [
                *([], [], [MaxGrossExposure(percent=100.0)], [MaxOpenPositions(count=1)], [MaxPosition(percent=60.0)]),
                [MaxOpenPositions(count=2), MaxDrawdown(percent=3.0, action="flatten")],
                [Stop(loss=Distance(percent=1.0), cool_down=2), MaxOpenPositions(count=1)],
            ]
        ),
        "minimum_notional": st.sampled_from([0.0, 0.0, 3_000.0]),
    }
)
thin = st.fixed_dictionaries(
    {
        "fill_at": st.sampled_from(["next_open", "next_close"]),
        "participation": st.sampled_from([None, 0.1, 0.5]),
        "commission": st.just([]) | commissions,
    }
)


@pytest.mark.examples(40, 400)
@given(rotating_markets(), rotating, thin, st.sampled_from([None, 1, 7]))
def test_entries_wait_for_the_exits_of_other_symbols(market, of_portfolio, of_execution, block):
    """P2: what counts on exits at the market waits for them, through gaps and thin volume, and is asked for again where they end."""
    assert_same(market, of_portfolio, of_execution, block)


LONG_LIVED = [
    {"risk": [MaxDrawdown(percent=4.0, action="flatten")], "sizing": PercentOfEquity(percent=40.0)},
    {"risk": [Stop(loss=Distance(percent=6.0)), MaxDrawdown(percent=9.0)], "sizing": FixedQuantity(quantity=20.0)},
    {"exit": ExitForm(trailing_stop=Distance(percent=9.0)), "sizing": PercentOfEquity(percent=30.0)},
    {
        "exit": ExitForm(stop_loss=Distance(percent=8.0), take_profit=Distance(percent=15.0)),
        "entry": LimitForm(limit=Distance(percent=1.0)),
        "sizing": PercentOfEquity(percent=50.0),
        "account": MarginAccount(leverage=2.0, borrow_percent=9.0, interest_percent=9.0),
    },
]
CHARGED = {"slippage": [RangeFraction(fraction=0.3), SquareRootImpact(coefficient=0.1)]}


@pytest.mark.parametrize("of_portfolio", LONG_LIVED)
@pytest.mark.parametrize("seed", range(3))
def test_positions_of_several_symbols_are_held_for_many_bars(of_portfolio, seed):
    rng = np.random.default_rng(seed)
    market = {}
    for number, symbol in enumerate(SYMBOLS):
        days = np.flatnonzero(rng.random(320 - 70 * number) > 0.1)
        wishes = np.repeat(rng.choice([-1, 0, 1, 1, 1], 1 + len(days) // 30), 30)[: len(days)]
        market[symbol] = walk(len(days), seed + 10 * number, symbol=symbol, days=days, wishes=wishes)
    assert_same(market, of_portfolio, CHARGED, None)


def test_a_bar_that_is_under_way_does_not_meet_an_order():
    """Y falls in the middle of a day; X is sold at the next day's open, not at that of the day under way (rule L3)."""
    daily = make_bars([100.0] * 5, opens=[100.0, 101.0, 102.0, 103.0, 104.0], symbol="X", days=range(5), wishes=[1] * 5)
    falls = [100.0] * 10 + [60.0] * 10
    short = make_bars(falls, symbol="Y", days=[place / 4 for place in range(20)], wishes=[1] * 20)
    market = {"X": timed_by_close(daily, "open", None), "Y": timed_by_close(short, "open", None)}
    rules = {"risk": [DailyLoss(percent=0.5, action="flatten")], "sizing": FixedQuantity(quantity=20.0)}
    run, _ = played(market, rules, {})
    sold = [fill for fill in run.events("portfolio_1", "FILL") if fill.side == "sell" and fill.symbol == "X"]
    assert [fill.price for fill in sold] == [103.0]
    assert_same(market, rules, {}, None)
