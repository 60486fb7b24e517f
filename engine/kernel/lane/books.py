"""The books of a portfolio: cash, positions, and what fills, nights and closes do to them (rules P2, B3)."""

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

NO_SYMBOL = -1
STRETCH = 64
"""Marks of several positions that are added up at a time."""


@struct
class SymbolBooks:
    """The books of one symbol: the position, its close at each bar of the portfolio, and the figures of its trades if there are others."""

    position: Position
    close: F64
    statistics: TradeStatistics


@struct
class Books:
    """Cash in quote currency, the symbols, the figures of all trades by side, and the equity up to `row`, the next to be marked.

    `symbols`: `count` of them, `open_positions` of which are held. `borrow_percent` and `interest_percent`: what loans cost a year, of
    units sold short and of cash below zero; they are paid for `nights` so far, have cost `borrow_cost`, and `day_numbers` are those of
    the days of the curve. `worth`: room for what all positions are worth at STRETCH bars, where there may be several.

    If `keeps_marks`, cash, the worth of all positions regardless of sign, equity and the number of positions are written to
    the arrays for each bar, which begin at the bar `marks_from`.
    """

    cash: float
    symbols: list[SymbolBooks]
    count: int
    open_positions: int
    worth: F64
    total: TradeStatistics
    long: TradeStatistics
    short: TradeStatistics
    curve: EquityCurve
    row: int
    borrow_percent: float
    interest_percent: float
    nights: int
    borrow_cost: float
    day_numbers: I64
    keeps_marks: bool
    marks_from: int
    mark_cash: F64
    mark_gross: F64
    mark_equity: F64
    mark_positions: F64


@entry
def start_books(books: Books, cash: float) -> None:
    """Begins with nothing but cash, above zero."""
    books.cash = cash
    start_curve(books.curve, cash)


@entry
def book_fill(
    books: Books,
    number: int,
    row: int,
    trade: int,
    sign: int,
    quantity: float,
    price: float,
    commission: float,
    slippage: float,
) -> int:
    """Books a fill of `quantity` units (above zero) of a symbol in the bar at `row`, for the trade `trade`; returns what it did."""
    pay_for_nights(books, row)
    position = books.symbols[number].position
    opens = position.trade == NO_TRADE
    if opens:
        open_position(position, trade, sign, row)
    if crosses_flat(position, sign, quantity):
        return CROSSED
    add_fill(position, sign, quantity, price, commission)
    books.cash += -(sign * quantity * price) - commission
    count_fill(books.total, quantity * price, commission, slippage)
    if books.count > 1:
        count_fill(books.symbols[number].statistics, quantity * price, commission, slippage)
    if opens:
        books.open_positions += 1
    if position.held == 0.0:
        books.open_positions -= 1
        return CLOSED
    return OPENED if opens else CHANGED


@entry
def close_trade(books: Books, number: int, row: int) -> None:
    """Counts a trade that is flat, and forgets it."""
    position = books.symbols[number].position
    net = net_profit_of(position)
    gross = gross_profit_of(position)
    bars_held = row - position.opened_bar
    count_trade(books.total, net, gross, bars_held)
    count_trade(books.long if position.sign > 0 else books.short, net, gross, bars_held)
    if books.count > 1:
        count_trade(books.symbols[number].statistics, net, gross, bars_held)
    close_position(position)


def pay_for_nights(books: Books, row: int) -> None:
    """Pays for what was borrowed over every night that had passed when the bar at `row` came, at the closes before it."""
    if books.borrow_percent == 0.0 and books.interest_percent == 0.0:
        return
    curve = books.curve
    while books.nights + 1 < curve.days_known and curve.day_rows[books.nights] < row:
        last = curve.day_rows[books.nights]
        days = books.day_numbers[books.nights + 1] - books.day_numbers[books.nights]
        books.nights += 1
        if books.open_positions > 0:
            pay_for_night(books, last, days)


def pay_for_night(books: Books, row: int, days: int) -> None:
    """Shorts pay for the units they owe, longs for the cash that is missing, each by its share of their worth, for so many days."""
    long = 0.0
    for number in range(books.count):
        of_symbol = books.symbols[number]
        long += max(of_symbol.position.held, 0.0) * of_symbol.close[row]
    interest = max(-books.cash, 0.0) * (books.interest_percent / 100.0 / DAYS_OF_A_RATE * days)
    for number in range(books.count):
        of_symbol = books.symbols[number]
        worth = of_symbol.position.held * of_symbol.close[row]
        charge = 0.0
        if of_symbol.position.held <= 0.0:
            charge = -worth * (books.borrow_percent / 100.0 / DAYS_OF_A_RATE * days)
        else:
            charge = interest * divide(worth, long)
        if of_symbol.position.trade != NO_TRADE and charge != 0.0:
            of_symbol.position.borrowing += charge
            books.cash -= charge
            books.borrow_cost += charge


def equity_at(books: Books, row: int) -> float:
    """Cash and what is held, at the closes of the bar at `row`."""
    return books.cash + worth_at(books, row) if books.open_positions > 0 else books.cash


def worth_at(books: Books, row: int) -> float:
    """What all positions are worth at the closes of the bar at `row`, added up symbol after symbol."""
    worth = 0.0
    for number in range(books.count):
        of_symbol = books.symbols[number]
        if of_symbol.position.held != 0.0:
            worth += of_symbol.position.held * of_symbol.close[row]
    return worth


def only_held(books: Books) -> int:
    """The number of the symbol that is held; NO_SYMBOL if there are several."""
    if books.open_positions > 1:
        return NO_SYMBOL
    number = 0
    while books.symbols[number].position.held == 0.0:
        number += 1
    return number


@entry
def mark_until(books: Books, until: int) -> None:
    """Marks every bar before `until` at its close; ends at a mark that is not finite."""
    curve = books.curve
    while books.row < until and curve.is_finite:
        pay_for_nights(books, books.row)
        end = min(until - 1, curve.next_day_row)
        first = books.row
        if books.open_positions == 0:
            mark_flat(books, end)
        else:
            number = only_held(books)
            price = books.worth if number == NO_SYMBOL else books.symbols[number].close
            held = 1.0 if number == NO_SYMBOL else books.symbols[number].position.held
            if number == NO_SYMBOL:
                end = min(end, first + STRETCH - 1)
                add_worth(books, first, end)
            mark_held(books, price, held, first if number == NO_SYMBOL else 0, end)
        if books.keeps_marks:
            write_marks(books, first)


def add_worth(books: Books, row: int, end: int) -> None:
    """Adds up what all positions are worth from the bar at `row` to that at `end`."""
    worth = books.worth
    for place in range(end + 1 - row):
        worth[place] = 0.0
    for number in range(books.count):
        held = books.symbols[number].position.held
        if held != 0.0:
            close = books.symbols[number].close
            for place in range(end + 1 - row):
                worth[place] += held * close[row + place]


def write_marks(books: Books, first: int) -> None:
    """Writes what was held, and its worth, from the bar `first` to the last one marked."""
    for row in range(first, books.row):
        place = row - books.marks_from
        gross = 0.0
        for number in range(books.count):
            of_symbol = books.symbols[number]
            gross += abs(of_symbol.position.held * of_symbol.close[row])
        books.mark_cash[place] = books.cash
        books.mark_gross[place] = gross
        books.mark_equity[place] = equity_at(books, row)
        books.mark_positions[place] = float(books.open_positions)


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


def mark_held(books: Books, price: F64, held: float, start: int, end: int) -> None:
    """Marks the bars up to `end`, that included, at `held` times a price each, the first of which is that of the bar at `start`.

    Of most of them only the number is kept: neither a high nor a new low.
    """
    curve = books.curve
    cash = books.cash
    peak = curve.peak
    lowest = curve.lowest_since_peak
    row = books.row
    first = row
    while row <= end:
        equity = cash + held * price[row - start]
        if row < end and lowest <= equity < peak:
            row += 1
            continue
        if row > first:
            curve.bars += row - first
            curve.bars_in_market += row - first
            curve.last = cash + held * price[row - start - 1]
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
    final_mark(books.curve, equity_at(books, last))
