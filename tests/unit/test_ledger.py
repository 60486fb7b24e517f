"""The books: marks one by one and by the stretch give the same bits (rules B3, L5, M4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.equity import EquityCurve
from engine.trading.positions import CrossedFlatError
from tests.building import CASH, books, fill

CLOSES = (10.0, 11.0, 12.0, 11.0, 9.0, 10.0, 13.0, 8.0)


def test_cash_moves_by_the_one_number_of_a_fill():
    ledger = books([CLOSES])
    ledger.book(1, 0, fill("S0", 5.0, 10.5, 2.0, "t#1"), 5.0)
    assert (ledger.cash, ledger.equity(2)) == (CASH - 52.5 - 2.0, CASH - 54.5 + 60.0)
    assert ledger.appraise([12.0]) == (CASH - 54.5 + 60.0, 60.0)
    ledger.book(3, 0, fill("S0", -5.0, 11.0, 1.0, "t#1"), -5.0)
    assert (ledger.cash, ledger.open_positions, ledger.quantities) == (CASH - 54.5 + 55.0 - 1.0, 0, [0.0])


def test_the_gross_value_of_a_short_position_is_positive():
    ledger = books([CLOSES])
    ledger.book(0, 0, fill("S0", -5.0, 10.0, 0.0, "t#1"), -5.0)
    assert ledger.appraise([9.0]) == (CASH + 50.0 - 45.0, 45.0)


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
    ledger.settle(2)
    ledger.settle(8)
    ledger.finish(7)
    assert seen == [(0, [CASH] * 3), (3, [CASH] * 5), (7, [CASH])]


def test_l9_an_equity_beyond_all_numbers_is_told_by_the_curve_alone():
    ledger = books([(1.0, 1e300, 1e300)])
    ledger.book(0, 0, fill("S0", 1e10, 1e-9, 0.0, "t#1"), 1e10)
    with pytest.raises(OverflowError, match="no longer a finite amount at bar 2"):
        ledger.settle(3)


moves = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 1), st.floats(-50, 50).filter(bool), st.floats(5, 15)), max_size=8
)
prices = st.lists(st.floats(5, 15), min_size=8, max_size=8)


@given(moves, st.tuples(prices, prices), st.sets(st.integers(0, 8)), st.sets(st.integers(0, 7)))
def test_l5_however_the_marks_are_taken_the_curve_is_the_same_to_the_last_bit(moves, closes, settled, day_rows):
    """Against marks one by one, each priced by `equity`; the books settle wherever somebody asks them to."""
    days = tuple(sorted(day_rows | {7}))
    ledger, curve = books(closes, days), EquityCurve(CASH, len(days))
    for index in range(8):
        for bar, k, quantity, price in moves:
            if bar == index:
                trade = ledger.trades[k]
                amount = quantity if trade is None or trade.sign * quantity > 0 else -trade.quantity
                ledger.book(index, k, fill(f"S{k}", amount, price, 0.1, "t"), amount)
        curve.mark(ledger.equity(index), in_market=any(ledger.quantities), day_end=index in days)
        if index + 1 in settled:
            ledger.settle(index + 1)
    ledger.settle(8)
    ledger.finish(7)
    curve.final_mark(ledger.equity(7))
    assert ledger.curve.daily_values().tobytes() == curve.daily_values().tobytes()
    for name in (
        "final_equity",
        "peak",
        "max_drawdown",
        "longest_drawdown_bars",
        "recovery_bars",
        "bars_in_market",
        "bars",
    ):
        assert getattr(ledger.curve, name) == getattr(curve, name)


@given(moves, st.tuples(prices, prices))
def test_open_positions_and_appraisal_agree_with_the_quantities(moves, closes):
    ledger = books(closes)
    for bar, k, quantity, price in sorted(moves):
        trade = ledger.trades[k]
        amount = quantity if trade is None or trade.sign * quantity > 0 else -trade.quantity
        ledger.book(bar, k, fill(f"S{k}", amount, price, 0.1, "t"), amount)
        assert ledger.open_positions == sum(q != 0.0 for q in ledger.quantities) == sum(map(bool, ledger.trades))
        equity, gross = ledger.appraise([column[bar] for column in closes])
        assert equity == ledger.equity(bar)
        assert gross == sum(abs(q) * column[bar] for q, column in zip(ledger.quantities, closes, strict=True))
