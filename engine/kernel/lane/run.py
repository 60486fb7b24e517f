"""A lane over its bars: orders meet a bar, it is marked, the strategy decides, and orders are asked for (rules L1, L5)."""

from math import inf

from engine.kernel.lane.acceptance import DATA_ENDED
from engine.kernel.lane.books import finish_books, mark_until, start_books
from engine.kernel.lane.broker import end_order
from engine.kernel.lane.decisions import decide, decide_elsewhere
from engine.kernel.lane.equity import NEVER
from engine.kernel.lane.fills import close_bar, fill_first_at, let_in, meet, open_bar
from engine.kernel.lane.journal import EXPIRED, ORDER, POSITION_OPEN
from engine.kernel.lane.matching import AT_OPEN, next_symbol
from engine.kernel.lane.orders import first_working, follow_closes, hold_nothing_back, trailed, works_as
from engine.kernel.lane.portfolio import close_at_market, do_tasks
from engine.kernel.lane.positions import NO_TRADE
from engine.kernel.lane.risk import find_quiet, look_at_mark, pass_quiet
from engine.kernel.lane.state import (
    GTC,
    JOURNAL_FULL,
    LIMIT,
    MARKET,
    NONE,
    NOT_FINITE,
    RUNNING,
    TRAILING_STOP,
    Lane,
    Order,
    Symbol,
    has_bar,
    position_of,
)
from engine.kernel.language import entry

RECORDS_OF_A_BAR = 256
"""Room that the journal must have before a bar is begun, for each symbol."""
SHORTEST_STRETCH = 32
LONGEST_STRETCH = 65536
"""Bars that are searched together: of several symbols each may be the next that something happens to."""


@entry
def start(lane: Lane, cash: float) -> None:
    """Begins with nothing but cash, above zero."""
    start_books(lane.books, cash)
    for number in range(lane.symbol_count):
        symbol = lane.symbols[number]
        symbol.number = number
        symbol.holding.left_row = NONE
        symbol.holding.named = NONE
        symbol.holding.exits = NONE
        for slot in range(symbol.book.room):
            symbol.book.places[slot] = slot
    lane.stretch = SHORTEST_STRETCH
    lane.risk.halted_by = NONE
    lane.risk.halted_on = NONE
    lane.risk.peak = cash
    lane.risk.last = cash
    lane.risk.day_start = cash
    lane.costs.month = NONE


@entry
def advance(lane: Lane, until: int) -> int:
    """Does all bars before `until`, or fewer if the journal is full or the lane fails; returns the status."""
    if lane.status == JOURNAL_FULL:
        lane.status = RUNNING
    needed = RECORDS_OF_A_BAR * lane.symbol_count
    while lane.books.row < until and lane.status == RUNNING:
        if lane.journal.is_kept and lane.journal.room - lane.journal.count < needed:
            lane.status = JOURNAL_FULL
            return lane.status
        change_row = lane.change_rows[lane.change] if lane.change < lane.changes else NEVER
        end = min(until, change_row)
        if lane.symbol_count > 1:
            end = min(end, lane.books.row + lane.stretch)
        next_row = first_to_step(lane, end)
        pass_bars(lane, next_row)
        if lane.status == RUNNING and (next_row < end or (next_row == change_row and next_row < until)):
            lane.stretch = SHORTEST_STRETCH
            step(lane, next_row)
        else:
            lane.stretch = min(lane.stretch + lane.stretch, LONGEST_STRETCH)
    return lane.status


@entry
def begin_bar(lane: Lane, row: int) -> int:
    """Goes on to a bar, before which nothing happens, up to where the strategy decides; returns the status.

    The journal may be full before that: then nothing was done.
    """
    if lane.status == JOURNAL_FULL:
        lane.status = RUNNING
    if lane.journal.is_kept and lane.journal.room - lane.journal.count < RECORDS_OF_A_BAR * lane.symbol_count:
        lane.status = JOURNAL_FULL
        return lane.status
    reached = first_to_step(lane, row)
    pass_bars(lane, reached)
    if lane.status == RUNNING:
        meet_bar(lane, row)
    return lane.status


@entry
def take_decision(lane: Lane, number: int, target: int, named: int) -> int:
    """Takes a decision on a symbol, or on one without data if the number is NONE, at the bar that was begun; returns the status."""
    lane.change += 1
    if number == NONE:
        decide_elsewhere(lane, target)
    else:
        decide(lane, lane.symbols[number], target, named)
    return lane.status


@entry
def end_bar(lane: Lane) -> int:
    """Asks for what was decided at the bar that was begun, and ends it; returns the status."""
    ask_for_orders(lane)
    return lane.status


@entry
def first_to_step(lane: Lane, until: int) -> int:
    """The first bar before `until` that may do something to an order, or at which a rule looks at the mark; `until` if none."""
    row = lane.books.row
    end = until
    has_orders = False
    for number in range(lane.symbol_count):
        if lane.symbols[number].book.count > 0:
            has_orders = True
            end = wakes_before(lane, lane.symbols[number], end)
    if end <= row:
        return min(row, until)
    quiet_until = find_quiet(lane, end) if lane.risk.is_watching else end
    return first_reached(lane, quiet_until) if has_orders else quiet_until


def first_reached(lane: Lane, until: int) -> int:
    """The first bar before `until` that may reach an order; `until` if none does."""
    end = until
    for number in range(lane.symbol_count):
        if lane.symbols[number].book.count > 0:
            end = first_to_reach(lane, lane.symbols[number], end)
    return end


def pass_bars(lane: Lane, until: int) -> None:
    """Marks the bars before `until`, at which nothing happens, once that was found out. Trailing stops follow their closes."""
    if until > lane.books.row:
        for number in range(lane.symbol_count):
            if lane.symbols[number].book.count > 0:
                keep_trail(lane.symbols[number], until)
        if lane.risk.is_watching:
            pass_quiet(lane, until)
    mark_until(lane.books, until)
    if not lane.books.curve.is_finite:
        lane.status = NOT_FINITE


def wakes_before(lane: Lane, symbol: Symbol, until: int) -> int:
    """Up to where, until `until` at most, the orders of a symbol wait for prices and nothing else; finds these prices.

    An order that does not work yet waits for the first bar that it may meet.
    """
    path = symbol.path
    row = lane.books.row
    end = until
    path.below = -inf
    path.above = inf
    path.trail = NONE
    for place in range(symbol.book.count):
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        kind = works_as(order)
        if order.first_row > row:
            end = min(end, order.first_row)
        elif kind == MARKET or order.terms.time_in_force != GTC or (kind == TRAILING_STOP and path.trail != NONE):
            return row
        elif kind == TRAILING_STOP:
            path.trail = slot
            follow_closes(symbol, order, row)
        elif (1 if kind == LIMIT else -1) == order.sign:
            path.below = max(path.below, level_of_order(order))
        else:
            path.above = min(path.above, level_of_order(order))
    return end


def level_of_order(order: Order) -> float:
    """The price at which a bar reaches an order that waits for one."""
    return order.terms.limit if works_as(order) == LIMIT else order.stop


def first_to_reach(lane: Lane, symbol: Symbol, until: int) -> int:
    """The first bar before `until` that may reach an order of a symbol; `until` if none does."""
    path = symbol.path
    row = lane.books.row
    if path.trail != NONE:
        return first_to_reach_trail(symbol, symbol.book.orders[path.trail], row, until)
    below = path.below
    above = path.above
    low = symbol.market.low
    high = symbol.market.high
    while row < until and low[row] > below and high[row] < above:
        row += 1
    return row


def first_to_reach_trail(symbol: Symbol, order: Order, first: int, until: int) -> int:
    """The first bar before `until` that reaches a trailing stop as it follows the closes, or one of the other levels."""
    path = symbol.path
    below = path.below
    above = path.above
    low = symbol.market.low
    high = symbol.market.high
    close = symbol.market.close
    sign = order.sign
    stop = order.stop
    row = first
    while row < until and low[row] > below and high[row] < above:
        if sign > 0:
            if high[row] >= stop:
                break
            stop = min(stop, trailed(order.terms, sign, close[row]))
        else:
            if low[row] <= stop:
                break
            stop = max(stop, trailed(order.terms, sign, close[row]))
        row += 1
    path.trailed_row = row
    path.trailed_stop = stop
    return row


def keep_trail(symbol: Symbol, row: int) -> None:
    """Leaves a trailing stop where it was found to be before the bar at `row`; it follows anew if that is another bar."""
    path = symbol.path
    if path.trail != NONE and path.trailed_row == row:
        order = symbol.book.orders[path.trail]
        order.stop = path.trailed_stop
        order.ratcheted = row


def step(lane: Lane, row: int) -> None:
    """One bar in all its phases."""
    meet_bar(lane, row)
    while lane.status == RUNNING and lane.change < lane.changes and lane.change_rows[lane.change] == row:
        change = lane.change
        lane.change += 1
        symbol = lane.symbols[lane.change_symbols[change] if lane.symbol_count > 1 else 0]
        decide(lane, symbol, lane.change_targets[change], lane.change_named[change] if lane.names_orders else NONE)
    ask_for_orders(lane)


def meet_bar(lane: Lane, row: int) -> None:
    """Has a bar meet the orders, and be marked."""
    match_bar(lane, row)
    mark_until(lane.books, row + 1)
    if not lane.books.curve.is_finite:
        lane.status = NOT_FINITE
        return
    lane.books.row = row
    if lane.risk.is_watching:
        look_at_mark(lane)


def ask_for_orders(lane: Lane) -> None:
    """Asks for the orders that were decided on, and ends the bar."""
    if lane.status == NOT_FINITE:
        return
    lane.journal.phase_from = lane.journal.count
    do_tasks(lane)
    lane.books.row += 1


def match_bar(lane: Lane, row: int) -> None:
    """The bars of a moment meet the orders of their symbols, one order at a time; what comes of it is done before the next."""
    if not open_bars(lane, row):
        return
    lane.is_matching = True
    lane.moment = AT_OPEN
    if lane.has_doubts:
        do_tasks(lane)
    while lane.status == RUNNING:
        if lane.has_missing:
            let_in(lane)
        number = next_symbol(lane)
        if number == NONE:
            break
        meet(lane, lane.symbols[number])
        do_tasks(lane)
    for each in range(lane.symbol_count):
        if lane.symbols[each].path.is_under_way:
            close_bar(lane, lane.symbols[each])
    lane.has_missing = False
    do_tasks(lane)
    lane.is_matching = False


def open_bars(lane: Lane, row: int) -> bool:
    """Opens the bars of the symbols that have orders; returns whether there is any."""
    is_any = False
    for number in range(lane.symbol_count):
        symbol = lane.symbols[number]
        if symbol.book.count > 0 and has_bar(symbol.market, row):
            open_bar(lane, symbol, row)
            is_any = True
    return is_any


@entry
def finish(lane: Lane) -> None:
    """The end of the data: orders expire, what is held is closed at the last closes, the last mark is made (rule L1, END)."""
    last = lane.clock.bars - 1
    lane.books.row = last
    hold_nothing_back(lane)
    number = first_working(lane)
    while number != NONE:
        symbol = lane.symbols[number]
        slot = symbol.book.places[0]
        end_order(lane, symbol, slot, EXPIRED, ORDER, symbol.book.orders[slot].accepted_by, DATA_ENDED)
        number = first_working(lane)
    do_tasks(lane)
    for each in range(lane.symbol_count):
        symbol = lane.symbols[each]
        if lane.closes_at_end and position_of(lane, symbol).trade != NO_TRADE:
            close_at_market(lane, symbol, POSITION_OPEN, symbol.holding.opened_by)
    do_tasks(lane)
    number = first_working(lane)
    while number != NONE and lane.status == RUNNING:
        symbol = lane.symbols[number]
        fill_first_at(lane, symbol, symbol.market.close[last])
        do_tasks(lane)
        number = first_working(lane)
    lane.books.row = last + 1
    finish_books(lane.books)
    if not lane.books.curve.is_finite:
        lane.status = NOT_FINITE
