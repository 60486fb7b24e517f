"""Costs by hand: every model, bounds, tiers, stacking, and what slippage may never do (rule X8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from engine.trading.deals import Deal, MonthlyNotional
from engine.trading.orders import Execution, execute, signed

DAY = 86_400 * 10**9
sizes = st.floats(1e-3, 1e6)


def deal(quantity=10.0, price=100.0, side="buy", **more):
    """A fill in a bar from 95 to 105 of 1,000 units."""
    bar = {"high": 105.0, "low": 95.0, "volume": 1000.0, "timestamp": 0}
    return Deal("X", side, quantity, price, **{**bar, **more})


STEPS = [Tier(above=0, percent=1.0), Tier(above=1000, percent=0.5), Tier(above=5000, percent=0.1)]


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (Percent(percent=0.1), deal(10, 200.0), 2.0),
        (Percent(percent=0.1, minimum=5.0), deal(10, 200.0), 5.0),
        (Percent(percent=10, maximum=50.0), deal(10, 200.0), 50.0),
        (Percent(percent=0.0), deal(10, 200.0), 0.0),
        (PerShare(amount=0.005), deal(1000, 20.0), 5.0),
        (PerShare(amount=0.005, minimum=1.0), deal(10, 20.0), 1.0),
        (PerShare(amount=0.005, minimum=1.0, maximum=20.0), deal(1_000_000, 20.0), 20.0),
        (PerTrade(amount=4.95), deal(1_000_000, 20.0), 4.95),
        (Tiered(tiers=STEPS), deal(5, 100.0), 5.0),
        (Tiered(tiers=STEPS), deal(20, 100.0), 10.0 + 5.0),
        (Tiered(tiers=STEPS), deal(100, 100.0), 10.0 + 20.0 + 5.0),
        (Tiered(tiers=STEPS), deal(20, 100.0, traded_in_month=9e9), 10.0 + 5.0),
        (Tiered(tiers=STEPS, over="month"), deal(20, 100.0, traded_in_month=500.0), 5.0 + 7.5),
        (Tiered(tiers=STEPS, over="month"), deal(20, 100.0, traded_in_month=9000.0), 2.0),
        (Tiered(tiers=STEPS, over="month", minimum=3.0), deal(20, 100.0, traded_in_month=9000.0), 3.0),
        (Tiered(tiers=STEPS, maximum=3.0), deal(20, 100.0), 3.0),
    ],
)
def test_x8_commission(model, asked, expected):
    assert model.commission(asked) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (BasisPoints(bps=10), deal(price=200.0), 0.2),
        (Ticks(ticks=2, tick_size=0.25), deal(), 0.5),
        (RangeFraction(fraction=0.1), deal(), 1.0),
        (SquareRootImpact(coefficient=0.02), deal(quantity=40.0), 0.4),
        (SquareRootImpact(coefficient=0.02), deal(quantity=4000.0), 4.0),
        (SquareRootImpact(coefficient=0.02), deal(volume=0.0), 2.0),
    ],
)
def test_x8_slippage_hurts_on_either_side(model, asked, expected):
    terms = Terms(slippages=(model,))
    assert terms.slipped(asked) == pytest.approx(asked.price + expected)
    assert terms.slipped(asked._replace(side="sell")) == pytest.approx(asked.price - expected)


def test_x8_models_stack_on_the_same_price():
    terms = Terms(
        commissions=(PerShare(amount=0.01), Percent(percent=1), PerTrade(amount=2)),
        slippages=(BasisPoints(bps=100), BasisPoints(bps=200), Ticks(ticks=1, tick_size=0.5)),
    )
    assert terms.slipped(deal()) == pytest.approx(103.5)
    assert terms.commission(deal(100, 10.0)) == pytest.approx(1.0 + 10.0 + 2.0)


def test_x8_no_costs_by_default():
    assert execute(deal(3.0), Terms()) == Execution(100.0, 0.0, 0.0)


def test_x8_commission_is_taken_on_the_price_with_slippage():
    execution = execute(deal(), Terms(commissions=(Percent(percent=1),), slippages=(BasisPoints(bps=100),)))
    assert execution.price == 101.0
    assert execution.slippage == pytest.approx(10.0)
    assert execution.commission == pytest.approx(10.1)


@pytest.mark.parametrize(
    ("side", "limit", "price"), [("buy", 101.5, 101.5), ("buy", 104.0, 103.0), ("sell", 98.0, 98.0)]
)
def test_x8_slippage_stops_at_the_limit_of_a_limit_order(side, limit, price):
    execution = execute(deal(side=side), Terms(slippages=(BasisPoints(bps=300),)), limit)
    assert execution.price == price
    assert execution.slippage == pytest.approx(abs(price - 100.0) * 10.0)


def test_x8_a_sell_brings_no_less_than_nothing():
    assert Terms(slippages=(Ticks(ticks=1000, tick_size=1.0),)).slipped(deal(side="sell")) == 0.0


slippages = st.one_of(
    st.builds(BasisPoints, bps=st.floats(0, 9999)),
    st.builds(Ticks, ticks=st.floats(0, 100), tick_size=st.floats(1e-6, 1.0)),
    st.builds(RangeFraction, fraction=st.floats(0, 2)),
    st.builds(SquareRootImpact, coefficient=st.floats(0, 1)),
)


@given(sizes, sizes, st.lists(slippages, max_size=3), st.sampled_from(["buy", "sell"]), st.none() | st.floats(0, 0.5))
def test_x8_slippage_always_hurts_and_is_the_money_lost(quantity, price, models, side, room):
    asked = deal(quantity, price, side)
    limit = None if room is None else price * (1 + room if side == "buy" else 1 - room)
    execution = execute(asked, Terms(slippages=tuple(models)), limit)
    worse = execution.price - price if side == "buy" else price - execution.price
    assert worse >= 0.0
    assert execution.price >= 0.0
    assert execution.slippage == pytest.approx(worse * quantity, rel=1e-12)
    if limit is not None:
        assert execution.price <= limit if side == "buy" else execution.price >= limit


@given(sizes, sizes, st.floats(0, 10), st.floats(0, 100), st.floats(0, 1000))
def test_x8_commission_stays_within_its_bounds(quantity, price, percent, minimum, spread):
    model = Percent(percent=percent, minimum=minimum, maximum=minimum + spread)
    assert minimum <= model.commission(deal(quantity, price)) <= minimum + spread


@given(st.lists(st.floats(1, 5000), min_size=1, max_size=8))
def test_x8_monthly_tiers_charge_the_same_however_the_notional_is_cut(notionals):
    model, paid, before = Tiered(tiers=STEPS, over="month"), 0.0, 0.0
    for notional in notionals:
        paid += model.commission(deal(notional, 1.0, traded_in_month=before))
        before += notional
    assert paid == pytest.approx(Tiered(tiers=STEPS).commission(deal(before, 1.0)))


def test_x8_a_calendar_month_begins_with_nothing_traded():
    traded = MonthlyNotional()
    assert traded.before(0) == 0.0
    traded.add(70.0)
    traded.add(30.0)
    assert traded.before(30 * DAY + DAY - 1) == 100.0
    assert traded.before(31 * DAY) == 0.0


def test_a_buy_adds_and_a_sell_takes_away():
    assert (signed("buy", 2.0), signed("sell", 2.0)) == (2.0, -2.0)
