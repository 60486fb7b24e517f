"""The books of a portfolio in one symbol: cash, the position, and what fills, nights and closes do to them (rules P2, B3)."""

from engine.kernel.lane.equity import EquityCurve, final_mark, mark, start_curve
from engine.kernel.lane.positions import (
    NO_TRADE,
    Position,
    add_fill,
    close_position,
    crosses_flat,
    gross_profit_of,
    net_profit_of,
    open_position,
)
from engine.kernel.lane.statistics import TradeStatistics, count_fill, count_trade
from engine.kernel.language import F64, I64, divide, entry, struct

DAYS_OF_A_RATE = 365.0
"""Rates are per year of this many calendar days, the convention of brokers' "actual/365"."""

CROSSED = 0
OPENED = 1
CHANGED = 2
CLOSED = 3
"""What a fill did to the position; one that would cross flat is not booked."""


@struct
class Books:
    """Cash in quote currency, the position, the figures of its trades by side, and the equity up to `row`, the next to be marked.

    `close`: a price a bar. `borrow_percent` and `interest_percent`: what loans cost a year, of units sold short and of cash below
    zero; they are paid for `nights` so far, have cost `borrow_cost`, and `day_numbers` are those of the days of the curve.

    If `keeps_marks`, cash, signed units held and equity of each bar are written to the arrays, which begin at the bar `marks_from`.
    """

    cash: float
    position: Position
    total: TradeStatistics
    long: TradeStatistics
    short: TradeStatistics
    curve: EquityCurve
    row: int
    close: F64
    borrow_percent: float
    interest_percent: float
    nights: int
    borrow_cost: float
    day_numbers: I64
    keeps_marks: bool
    marks_from: int
    mark_cash: F64
    mark_held: F64
    mark_equity: F64


@entry
def start_books(books: Books, cash: float) -> None:
    """Begins with nothing but cash, above zero."""
    books.cash = cash
    start_curve(books.curve, cash)


@entry
def book_fill(
    books: Books, row: int, trade: int, sign: int, quantity: float, price: float, commission: float, slippage: float
) -> int:
    """Books a fill of `quantity` units (above zero) in the bar at `row`, for the trade `trade`; returns what it did."""
    pay_for_nights(books, row)
    position = books.position
    opens = position.trade == NO_TRADE
    if opens:
        open_position(position, trade, sign, row)
    if crosses_flat(position, sign, quantity):
        return CROSSED
    add_fill(position, sign, quantity, price, commission)
    books.cash += -(sign * quantity * price) - commission
    count_fill(books.total, quantity * price, commission, slippage)
    if position.held == 0.0:
        return CLOSED
    return OPENED if opens else CHANGED


@entry
def close_trade(books: Books, row: int) -> None:
    """Counts a trade that is flat, and forgets it."""
    position = books.position
    net = net_profit_of(position)
    gross = gross_profit_of(position)
    bars_held = row - position.opened_bar
    count_trade(books.total, net, gross, bars_held)
    count_trade(books.long if position.sign > 0 else books.short, net, gross, bars_held)
    close_position(position)


def pay_for_nights(books: Books, row: int) -> None:
    """Pays for what was borrowed over every night that had passed when the bar at `row` came, at the close before it."""
    if books.borrow_percent == 0.0 and books.interest_percent == 0.0:
        return
    curve = books.curve
    while books.nights + 1 < curve.days_known and curve.day_rows[books.nights] < row:
        last = curve.day_rows[books.nights]
        days = books.day_numbers[books.nights + 1] - books.day_numbers[books.nights]
        books.nights += 1
        if books.position.trade != NO_TRADE:
            pay_for_night(books, books.close[last], days)


def pay_for_night(books: Books, close: float, days: int) -> None:
    """A short pays for the units it owes, a long for the cash that is missing, for so many days."""
    held = books.position.held
    worth = held * close
    if held <= 0.0:
        charge = -worth * (books.borrow_percent / 100.0 / DAYS_OF_A_RATE * days)
    else:
        interest = max(-books.cash, 0.0) * (books.interest_percent / 100.0 / DAYS_OF_A_RATE * days)
        charge = interest * divide(worth, max(held, 0.0) * close)
    if charge != 0.0:
        books.position.borrowing += charge
        books.cash -= charge
        books.borrow_cost += charge


def equity_at(books: Books, close: float) -> float:
    """Cash and what is held at a close."""
    return books.cash + books.position.held * close if books.position.trade != NO_TRADE else books.cash


@entry
def mark_until(books: Books, until: int) -> None:
    """Marks every bar before `until` at its close; ends at a mark that is not finite."""
    curve = books.curve
    while books.row < until and curve.is_finite:
        pay_for_nights(books, books.row)
        end = min(until - 1, curve.next_day_row)
        first = books.row
        if books.position.trade == NO_TRADE:
            mark_flat(books, end)
        else:
            mark_held(books, end)
        if books.keeps_marks:
            write_marks(books, first)


def write_marks(books: Books, first: int) -> None:
    """Writes what was held, and its worth, from the bar `first` to the last one marked."""
    held = books.position.held
    for row in range(first, books.row):
        place = row - books.marks_from
        books.mark_cash[place] = books.cash
        books.mark_held[place] = held
        books.mark_equity[place] = books.cash + held * books.close[row] if held != 0.0 else books.cash


def mark_flat(books: Books, end: int) -> None:
    """Marks the bar at `row`, and at once those before `end`: equity is cash."""
    curve = books.curve
    mark(curve, books.row, books.cash, False)
    books.row += 1
    if curve.is_finite and books.row < end:
        curve.bars += end - books.row
        books.row = end
        if books.cash >= curve.peak:
            curve.peak_bar = curve.bars


def mark_held(books: Books, end: int) -> None:
    """Marks the bars up to `end`, that included; of most of them only the number is kept: neither a high nor a new low."""
    curve = books.curve
    close = books.close
    cash = books.cash
    held = books.position.held
    peak = curve.peak
    lowest = curve.lowest_since_peak
    row = books.row
    first = row
    while row <= end:
        equity = cash + held * close[row]
        if row < end and lowest <= equity < peak:
            row += 1
            continue
        if row > first:
            curve.bars += row - first
            curve.bars_in_market += row - first
            curve.last = cash + held * close[row - 1]
        books.row = row
        mark(curve, row, equity, True)
        if not curve.is_finite:
            return
        row += 1
        first = row
        peak = curve.peak
        lowest = curve.lowest_since_peak
    books.row = row


@entry
def finish_books(books: Books) -> None:
    """Makes the mark after the last bar, at its close."""
    last = books.row - 1
    pay_for_nights(books, last)
    final_mark(books.curve, equity_at(books, books.close[last]))
