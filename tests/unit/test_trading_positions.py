"""What fills make of a trade: averages, partial exits, rounding, crossing (rules E2, X9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trading.positions import CrossedFlatError, open_trade


def trade_of(*fills, sign=1):
    trade = open_trade("t#1", sign, 3, 1_000)
    for quantity, price, commission in fills:
        trade.add(quantity, price, commission)
    return trade


def test_a_long_trade_by_hand():
    trade = trade_of((10, 100.0, 1.0), (10, 110.0, 1.0), (-5, 120.0, 0.5), (-15, 90.0, 0.5))
    assert (trade.side, trade.quantity) == ("long", 0.0)
    assert (trade.entry_price, trade.exit_price) == (105.0, (600 + 1350) / 20)
    assert (trade.gross_pnl, trade.net_pnl) == (1950.0 - 2100.0, 1950.0 - 2100.0 - 3.0)


def test_a_short_trade_profits_from_falling():
    trade = trade_of((-10, 100.0, 0.0), (10, 90.0, 2.0), sign=-1)
    assert (trade.side, trade.quantity, trade.gross_pnl, trade.net_pnl) == ("short", 0.0, 100.0, 98.0)


def test_an_open_trade_is_worth_what_its_rest_would_bring():
    trade = trade_of((10, 100.0, 1.0), (-4, 120.0, 1.0))
    assert trade.quantity == 6.0
    assert trade.unrealised_pnl(110.0) == 4 * 20.0 + 6 * 10.0 - 2.0


def test_three_thirds_are_flat_in_spite_of_rounding():
    trade = trade_of((0.1, 10.0, 0.0), (0.1, 10.0, 0.0), (0.1, 10.0, 0.0), (-0.3, 10.0, 0.0))
    assert trade.quantity == 0.0


@pytest.mark.parametrize("sign", [1, -1])
def test_e2_a_fill_cannot_cross_flat_and_changes_nothing(sign):
    trade = trade_of((sign * 10, 100.0, 0.0), sign=sign)
    with pytest.raises(CrossedFlatError, match="t#1"):
        trade.add(-sign * 10.001, 100.0, 0.0)
    assert (trade.quantity, trade.exit_quantity, trade.exit_notional) == (sign * 10, 0.0, 0.0)


fills = st.lists(st.tuples(st.floats(0.001, 1e4), st.floats(0.01, 1e4), st.floats(0, 100)), min_size=1, max_size=8)


@given(fills, fills, st.sampled_from([1, -1]))
def test_x9_gross_less_commissions_is_net_and_cash_agrees(entries, exits, sign):
    """Entries, then exits scaled so that they close: the cash that came back is the net profit."""
    entered = sum(quantity for quantity, _, _ in entries)
    left = sum(quantity for quantity, _, _ in exits)
    trade, cash, notional, commissions = open_trade("t#1", sign, 0, 0), 0.0, 0.0, 0.0
    booked = [(sign * q, p, c) for q, p, c in entries] + [(-sign * q * entered / left, p, c) for q, p, c in exits]
    for quantity, price, commission in booked:
        trade.add(quantity, price, commission)
        cash += -(quantity * price) - commission
        notional += abs(quantity) * price
        commissions += commission
    assert trade.quantity == 0.0
    assert abs(cash - trade.net_pnl) <= 1e-9 * notional
    assert abs(trade.gross_pnl - commissions - trade.net_pnl) <= 1e-9 * notional


@pytest.mark.parametrize(("quantity", "price"), [(417.9, 87.12), (12.82, 108.74), (0.3, 0.1), (7.7, 123.456789)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_price_of_a_single_fill_is_that_price_to_the_bit(quantity, price, sign):
    """Whatever quantity times price over quantity comes to."""
    trade = trade_of((sign * quantity, price, 0.0), (-sign * quantity, price, 0.0), sign=sign)
    assert (trade.entry_price, trade.exit_price) == (price, price)


def test_fills_at_one_price_have_that_price_and_others_their_average():
    assert trade_of((0.1, 1.1, 0.0), (0.7, 1.1, 0.0)).entry_price == 1.1
    assert trade_of((1.0, 1.0, 0.0), (1.0, 2.0, 0.0), (1.0, 2.0, 0.0)).entry_price == 5.0 / 3.0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_trade_that_breaks_even_comes_to_zero_and_not_to_minus_zero(sign):
    trade = trade_of((sign * 3.0, 0.1, 0.0), (-sign * 3.0, 0.1, 0.0), sign=sign)
    figures = (trade.gross_pnl, trade.net_pnl, trade.quantity, trade.unrealised_pnl(0.1))
    assert [str(figure) for figure in figures] == ["0.0"] * 4
