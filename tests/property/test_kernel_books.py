"""The books of the kernel are those of the event path, to the bit: cash, trades, statistics, loans, equity (rules B3, P2, T1, T2)."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.containers.ledger import Ledger
from engine.kernel.canned import figures
from engine.kernel.lane.books import (
    CLOSED,
    CROSSED,
    Books,
    SymbolBooks,
    book_fill,
    close_trade,
    finish_books,
    mark_until,
    start_books,
)
from engine.kernel.lane.positions import open_profit_of
from engine.market.timeline import Clock, Feed
from engine.metrics.accumulator import TradeStatistics
from engine.metrics.days import DayEnds
from engine.metrics.equity import EquityCurve
from engine.metrics.trade_book import TradeBook
from engine.trading.accounts import Borrowing
from engine.trading.positions import CrossedFlatError
from tests.building import CASH, fill, make_bars
from tests.kernel_modules import kernels

SLIPPAGE = 0.25
coarse = st.sampled_from([80.0, 99.5, 100.0, 100.25, 101.0, 140.0])
prices = st.one_of(st.lists(coarse, min_size=1, max_size=60), st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=60))
moves = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["grow", "reduce", "close", "close", "cross"]),
        st.booleans(),
        st.one_of(st.integers(1, 200).map(float), st.floats(1e-6, 1e4)),
        st.floats(-0.01, 0.01),
        st.sampled_from([0.0, 0.0, 1.0, 0.375]),
    ),
    max_size=30,
)
rates = st.sampled_from([(0.0, 0.0), (3.0, 0.0), (0.0, 5.0), (2.5, 7.25)])


class Reference:
    """The books of the event path, given fills."""

    def __init__(self, closes, day_rows, day_numbers, borrowing):
        feed = Feed("data", "X", make_bars(closes), np.arange(len(closes)))
        days = DayEnds(np.array(day_rows, np.intp), np.array(day_numbers, np.int64), np.array(day_rows, np.int64))
        self.curve = EquityCurve(CASH, len(day_rows))
        self.ledger = Ledger(CASH, Clock([feed]), self.curve, days, borrowing)
        self.book = TradeBook()

    def fill(self, row, signed, price, commission):
        booked = self.ledger.book(row, 0, fill("X", signed, price, commission, "t"), signed)
        self.book.on_fill("X", abs(signed), price, commission, SLIPPAGE, ambiguous=False)
        if booked.closed:
            trade = booked.trade
            self.book.on_close("X", trade.side, trade.net_pnl, trade.gross_pnl, row - trade.opened_bar)


def kernel_books(kernel, closes, day_rows, day_numbers, borrowing):
    books = kernel.struct(Books)
    books.symbols, books.count = kernel.structs(SymbolBooks, 1), 1
    books.symbols[0].close = kernel.floats(closes)
    books.curve.days_known = len(day_rows)
    books.curve.day_rows, books.day_numbers = kernel.ints(day_rows), kernel.ints(day_numbers)
    books.curve.daily = kernel.floats([0.0] * len(day_rows))
    if borrowing is not None:
        books.borrow_percent, books.interest_percent = borrowing
    kernel.function(start_books)(books, CASH)
    return books


def assert_same(books, reference, row):
    assert [books.cash, books.symbols[0].position.held, books.borrow_cost] == [
        reference.ledger.cash,
        reference.ledger.quantities[0],
        reference.ledger.borrow_cost,
    ]
    for ours, theirs in (
        (books.total, reference.book.total),
        (books.long, reference.book.sides["long"]),
        (books.short, reference.book.sides["short"]),
    ):
        for field in fields(TradeStatistics):
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name
    curve, expected = books.curve, reference.curve
    for ours, theirs in (
        (curve.last, expected.final_equity),
        (curve.peak, expected.peak),
        (curve.max_drawdown, expected.max_drawdown),
        (curve.bars, expected.bars),
        (curve.bars_in_market, expected.bars_in_market),
        (max(curve.longest_spell, curve.bars - curve.peak_bar), expected.longest_drawdown_bars),
        (None if curve.recovered_bar == -1 else curve.recovered_bar - curve.trough_bar, expected.recovery_bars),
    ):
        assert ours == theirs
    assert [CASH, *curve.daily[: curve.days]] == expected.daily_values().tolist()[: curve.days + 1]
    ours = books.symbols[0]
    profit = open_profit_of(ours.position, ours.close[row]) if ours.position.trade else 0.0
    assert profit == reference.ledger.unrealised_pnl(row)


@pytest.mark.examples(25, 300)
@given(prices, moves, st.integers(1, 7), rates, st.sets(st.integers(0, 60)))
def test_random_fills_give_the_same_books(closes, moves, day, rate, stops):
    day_rows = sorted({*range(day - 1, len(closes), day), len(closes) - 1})
    day_numbers = [number + number // 5 * 2 for number in range(len(day_rows))]
    borrowing = Borrowing(*rate) if any(rate) else None
    texts = []
    for kernel in kernels():
        reference = Reference(closes, day_rows, day_numbers, borrowing)
        books = kernel_books(kernel, closes, day_rows, day_numbers, borrowing)
        row = trade = 0
        for gap, action, is_long, units, shift, commission in moves:
            row = min(row + gap, len(closes) - 1)
            for stop in sorted(stop for stop in stops if stop <= row):
                kernel.function(mark_until)(books, stop)
            kernel.function(mark_until)(books, row)
            held = books.symbols[0].position.held
            trade += held == 0.0
            sign = 1 if held > 0.0 or (held == 0.0 and is_long) else -1
            leaves = held != 0.0 and action != "grow"
            less = {"reduce": min(units, abs(held)), "close": abs(held), "cross": abs(held) * 1.5}
            quantity, sign = (less[action], -sign) if leaves else (units, sign)
            price = closes[row] * (1.0 + shift)
            done = kernel.function(book_fill)(books, 0, row, trade, sign, quantity, price, commission, SLIPPAGE)
            try:
                reference.fill(row, sign * quantity, price, commission)
            except CrossedFlatError:
                assert done == CROSSED
                continue
            if done == CLOSED:
                kernel.function(close_trade)(books, 0, row)
        kernel.function(mark_until)(books, len(closes))
        reference.ledger.settle(len(closes))
        assert_same(books, reference, len(closes) - 1)
        kernel.function(finish_books)(books)
        reference.ledger.finish(len(closes) - 1)
        assert_same(books, reference, len(closes) - 1)
        texts.append(list(figures(books, Books, {"daily": books.curve.days, "symbols": 1})))
    assert all(text == texts[0] for text in texts)


def test_marks_end_where_equity_is_beyond_all_numbers():
    for kernel in kernels():
        books = kernel_books(kernel, [1.0, 2.0, 1e300, 1e300], [3], [0], None)
        kernel.function(book_fill)(books, 0, 0, 1, 1, 1e10, 1e-9, 0.0, 0.0)
        kernel.function(mark_until)(books, 4)
        assert (books.curve.is_finite, books.curve.bars, books.row) == (False, 2, 2)
