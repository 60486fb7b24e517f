"""Costs by hand: percent, per share, basis points, bounds and stacking (rule X8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trading.costs import BasisPoints, Percent, PerShare, Terms
from engine.trading.orders import execute_at, signed

quantities = st.floats(1e-3, 1e6)
prices = st.floats(1e-3, 1e6)


@pytest.mark.parametrize(
    ("model", "quantity", "price", "expected"),
    [
        (Percent(percent=0.1), 10, 200.0, 2.0),
        (Percent(percent=0.1, minimum=5.0), 10, 200.0, 5.0),
        (Percent(percent=10, maximum=50.0), 10, 200.0, 50.0),
        (Percent(percent=0.0), 10, 200.0, 0.0),
        (PerShare(amount=0.005), 1000, 20.0, 5.0),
        (PerShare(amount=0.005, minimum=1.0), 10, 20.0, 1.0),
        (PerShare(amount=0.005, minimum=1.0, maximum=20.0), 1_000_000, 20.0, 20.0),
        (PerShare(amount=0.005, minimum=1.0, maximum=20.0), 1000, 20.0, 5.0),
    ],
)
def test_x8_commission(model, quantity, price, expected):
    assert model.commission(quantity, price) == pytest.approx(expected, rel=1e-15)


def test_x8_basis_points_hurt_on_either_side():
    terms = Terms(slippages=(BasisPoints(bps=10),))
    assert terms.slipped("buy", 200.0) == pytest.approx(200.2)
    assert terms.slipped("sell", 200.0) == pytest.approx(199.8)


def test_x8_models_stack_on_the_same_price():
    terms = Terms(
        commissions=(PerShare(amount=0.01), Percent(percent=1)), slippages=(BasisPoints(bps=100), BasisPoints(bps=200))
    )
    assert terms.slipped("buy", 100.0) == pytest.approx(103.0)
    assert terms.commission(100, 10.0) == pytest.approx(1.0 + 10.0)


def test_x8_no_costs_by_default():
    assert execute_at(100.0, "buy", 3.0, Terms()).__class__(100.0, 0.0, 0.0) == execute_at(100.0, "buy", 3.0, Terms())


def test_x8_commission_is_taken_on_the_price_with_slippage():
    execution = execute_at(
        100.0, "buy", 10.0, Terms(commissions=(Percent(percent=1),), slippages=(BasisPoints(bps=100),))
    )
    assert execution.price == 101.0
    assert execution.slippage == pytest.approx(10.0)
    assert execution.commission == pytest.approx(10.1)


@given(quantities, prices, st.floats(0, 9999), st.sampled_from(["buy", "sell"]))
def test_x8_slippage_always_hurts_and_is_the_money_lost(quantity, price, bps, side):
    execution = execute_at(price, side, quantity, Terms(slippages=(BasisPoints(bps=bps),)))
    worse = execution.price - price if side == "buy" else price - execution.price
    assert worse >= 0.0
    assert execution.price > 0.0
    assert execution.slippage == pytest.approx(worse * quantity, rel=1e-12)


@given(quantities, prices, st.floats(0, 10), st.floats(0, 100), st.floats(0, 1000))
def test_x8_commission_stays_within_its_bounds(quantity, price, percent, minimum, spread):
    model = Percent(percent=percent, minimum=minimum, maximum=minimum + spread)
    assert minimum <= model.commission(quantity, price) <= minimum + spread


def test_a_buy_adds_and_a_sell_takes_away():
    assert (signed("buy", 2.0), signed("sell", 2.0)) == (2.0, -2.0)
