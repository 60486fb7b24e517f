"""The books: marks one by one and by the stretch give the same bits (rules B3, L5, M4)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trading.positions import CrossedFlatError
from tests.building import CASH, books, fill

CLOSES = (10.0, 11.0, 12.0, 11.0, 9.0, 10.0, 13.0, 8.0)


def test_cash_moves_by_the_one_number_of_a_fill():
    ledger = books([CLOSES])
    ledger.book(1, 0, fill("S0", 5.0, 10.5, 2.0, "t#1"), 5.0)
    assert (ledger.cash, ledger.equity(2), ledger.exposure(2)) == (CASH - 52.5 - 2.0, CASH - 54.5 + 60.0, 60.0)
    ledger.book(3, 0, fill("S0", -5.0, 11.0, 1.0, "t#1"), -5.0)
    assert (ledger.cash, ledger.open_positions, ledger.quantities) == (CASH - 54.5 + 55.0 - 1.0, 0, [0.0])


def test_the_exposure_of_a_short_position_is_positive():
    ledger = books([CLOSES])
    ledger.book(0, 0, fill("S0", -5.0, 10.0, 0.0, "t#1"), -5.0)
    assert (ledger.exposure(4), ledger.equity(4)) == (45.0, CASH + 50.0 - 45.0)


def test_a_fill_that_crosses_flat_is_refused_and_leaves_the_books_as_they_were():
    ledger = books([CLOSES])
    ledger.book(0, 0, fill("S0", 5.0, 10.0, 0.0, "t#1"), 5.0)
    before = (ledger.cash, ledger.quantities.copy(), ledger.unrealised_pnl(0))
    with pytest.raises(CrossedFlatError):
        ledger.book(1, 0, fill("S0", -6.0, 10.0, 0.0, "t#1"), -6.0)
    assert (ledger.cash, ledger.quantities, ledger.unrealised_pnl(0)) == before


def test_the_watch_gets_every_mark_once_and_the_final_one():
    ledger, seen = books([CLOSES]), []
    ledger.watch = lambda bar, equity: seen.append((bar, equity))
    ledger.settle(3)
    ledger.settle(3)
    ledger.mark(3)
    ledger.settle(8)
    ledger.finish(7)
    assert seen == [(0, [CASH] * 3), (3, [CASH]), (4, [CASH] * 4), (7, [CASH])]


moves = st.lists(st.tuples(st.integers(0, 7), st.floats(-50, 50).filter(bool), st.floats(5, 15)), max_size=6)


@given(moves, st.lists(st.integers(0, 8), max_size=5), st.sets(st.integers(0, 7)))
def test_l5_however_the_marks_are_taken_the_curve_is_the_same_to_the_last_bit(moves, settled, day_rows):
    """`settled`: up to where somebody settles; before a fill every bar up to it may or may not be marked."""
    days = tuple(sorted(day_rows | {7}))
    by_hand, by_block = books([CLOSES], days), books([CLOSES], days)
    pending = sorted(moves)
    for index in range(8):
        for bar, quantity, price in pending:
            if bar == index:
                for ledger in (by_hand, by_block):
                    trade = ledger.trades[0]
                    amount = quantity if trade is None or trade.sign * quantity > 0 else -trade.quantity
                    ledger.book(index, 0, fill("S0", amount, price, 0.1, "t"), amount)
        by_hand.mark(index)
        if index + 1 in settled:
            by_block.settle(index + 1)
    by_block.settle(8)
    for ledger in (by_hand, by_block):
        ledger.finish(7)
    assert by_hand.curve.daily_values().tobytes() == by_block.curve.daily_values().tobytes()
    for name in ("final_equity", "peak", "max_drawdown", "max_drawdown_bars", "recovery_bars", "bars_in_market", "bars"):
        assert getattr(by_hand.curve, name) == getattr(by_block.curve, name)
    assert np.isfinite(by_hand.curve.final_equity)
