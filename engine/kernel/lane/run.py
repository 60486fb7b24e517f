"""A lane over its bars: orders meet a bar, it is marked, the strategy decides, and orders are asked for (rules L1, L5)."""

from math import inf

from engine.kernel.lane.acceptance import DATA_ENDED
from engine.kernel.lane.books import finish_books, mark_until, start_books
from engine.kernel.lane.broker import close_bar, end_order, fill_first_at, meet_next, open_bar
from engine.kernel.lane.equity import NEVER
from engine.kernel.lane.journal import EXPIRED, ORDER, POSITION_OPEN
from engine.kernel.lane.orders import follow_closes, trailed, works_as
from engine.kernel.lane.portfolio import close_at_market, decide, do_tasks
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
)
from engine.kernel.language import entry

RECORDS_OF_A_BAR = 256
"""Room that the journal must have before a bar is begun."""


@entry
def start(lane: Lane, cash: float) -> None:
    """Begins with nothing but cash, above zero."""
    start_books(lane.books, cash)
    for slot in range(lane.book.room):
        lane.book.places[slot] = slot
    lane.holding.left_row = NONE
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
    while lane.books.row < until and lane.status == RUNNING:
        if lane.journal.is_kept and lane.journal.room - lane.journal.count < RECORDS_OF_A_BAR:
            lane.status = JOURNAL_FULL
            return lane.status
        change_row = lane.change_rows[lane.change] if lane.change < lane.changes else NEVER
        next_row = first_to_step(lane, min(until, change_row))
        mark_until(lane.books, next_row)
        if not lane.books.curve.is_finite:
            lane.status = NOT_FINITE
        elif next_row < until:
            step(lane, next_row, change_row)
    return lane.status


def first_to_step(lane: Lane, until: int) -> int:
    """The first bar before `until` that may do something to an order, or at which a rule looks at the mark; `until` if none."""
    if not can_wait(lane):
        return min(lane.books.row, until)
    if not lane.risk.is_watching:
        return first_to_reach(lane, until)
    find_quiet(lane, until)
    row = first_to_reach(lane, min(until, lane.risk.quiet_until))
    pass_quiet(lane, row)
    return row


def first_to_reach(lane: Lane, until: int) -> int:
    """The first bar before `until` that may reach an order; `until` if none does."""
    row = min(lane.books.row, until)
    path = lane.path
    if path.trail != NONE:
        return first_to_reach_trail(lane, lane.book.orders[path.trail], until)
    if lane.book.count == 0:
        return until
    below = path.below
    above = path.above
    low = lane.market.low
    high = lane.market.high
    while row < until and low[row] > below and high[row] < above:
        row += 1
    return row


def can_wait(lane: Lane) -> bool:
    """Whether the orders at work wait for prices and nothing else; finds these prices."""
    path = lane.path
    path.below = -inf
    path.above = inf
    path.trail = NONE
    for place in range(lane.book.count):
        slot = lane.book.places[place]
        order = lane.book.orders[slot]
        kind = works_as(order)
        if kind == MARKET or order.terms.time_in_force != GTC or (kind == TRAILING_STOP and path.trail != NONE):
            return False
        if kind == TRAILING_STOP:
            path.trail = slot
            follow_closes(lane, order, lane.books.row)
        elif (1 if kind == LIMIT else -1) == order.sign:
            path.below = max(path.below, level_of_order(order))
        else:
            path.above = min(path.above, level_of_order(order))
    return True


def level_of_order(order: Order) -> float:
    """The price at which a bar reaches an order that waits for one."""
    return order.terms.limit if works_as(order) == LIMIT else order.stop


def first_to_reach_trail(lane: Lane, order: Order, until: int) -> int:
    """The first bar before `until` that reaches a trailing stop as it follows the closes, or one of the other levels."""
    below = lane.path.below
    above = lane.path.above
    low = lane.market.low
    high = lane.market.high
    close = lane.market.close
    sign = order.sign
    stop = order.stop
    row = lane.books.row
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
    order.stop = stop
    order.ratcheted = row
    return row


def step(lane: Lane, row: int, change_row: int) -> None:
    """One bar in all its phases."""
    if lane.book.count > 0:
        open_bar(lane, row)
        while lane.status == RUNNING and lane.book.count > 0 and meet_next(lane):
            do_tasks(lane)
        close_bar(lane)
        do_tasks(lane)
    mark_until(lane.books, row + 1)
    if not lane.books.curve.is_finite:
        lane.status = NOT_FINITE
        return
    lane.books.row = row
    if lane.risk.is_watching:
        look_at_mark(lane)
    if row == change_row:
        target = lane.change_targets[lane.change]
        lane.change += 1
        decide(lane, target)
    do_tasks(lane)
    lane.books.row = row + 1


@entry
def finish(lane: Lane) -> None:
    """The end of the data: orders expire, what is held is closed at the last close, the last mark is made (rule L1, END)."""
    last = lane.market.bars - 1
    lane.books.row = last
    while lane.book.count > 0:
        slot = lane.book.places[0]
        end_order(lane, slot, EXPIRED, ORDER, lane.book.orders[slot].accepted_by, DATA_ENDED)
    do_tasks(lane)
    if lane.closes_at_end and lane.books.position.trade != NO_TRADE:
        close_at_market(lane, POSITION_OPEN, lane.holding.opened_by)
    do_tasks(lane)
    while lane.book.count > 0 and lane.status == RUNNING:
        fill_first_at(lane, lane.market.close[last])
        do_tasks(lane)
    lane.books.row = last + 1
    finish_books(lane.books)
    if not lane.books.curve.is_finite:
        lane.status = NOT_FINITE
