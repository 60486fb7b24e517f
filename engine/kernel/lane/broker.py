"""The execution side of a portfolio: it accepts, fills, cancels and expires its orders (rules X1 to X8, E2).

What the portfolio makes of that comes later, as a task: a fill and the orders that it cancels are noted before a trade is closed.
"""

from engine.kernel.lane.acceptance import (
    ABOVE_LIMIT,
    BEING_LEFT,
    DAY_OVER,
    FINE,
    NOTHING_TO_REPLACE,
    OTHER_FILLED,
    POSITION_CLOSED,
    REPLACED,
    TIME_OVER,
    awaited_exit,
    entry_refusal,
    refusal_of,
    refuse,
)
from engine.kernel.lane.journal import (
    ACCEPTED,
    CANCELLED,
    ENDS_TRADE,
    FILL,
    ORDER,
    ORDER_REQUEST,
    REJECTED,
    record_order,
)
from engine.kernel.lane.matching import AT_OPEN, INSIDE, is_beyond, take_over
from engine.kernel.lane.orders import (
    doubted,
    first_in_doubt,
    free_slot,
    knows,
    leaves_at_market,
    put_in,
    reduces,
    slot_of,
    take_out,
    waits_for_stop,
)
from engine.kernel.lane.positions import NO_TRADE
from engine.kernel.lane.state import (
    DAY,
    ENTERS,
    GTD,
    NONE,
    TOO_MANY_EVENTS,
    TOO_MANY_ORDERS,
    Book,
    Lane,
    Market,
    Order,
    Symbol,
    Task,
    Terms,
    bar_at,
)
from engine.kernel.language import truncate

TAKE = 1
ON_ORDER = 2
ON_FILL = 3
ACT = 4
WITHDRAW = 5
LEAVE = 6
SEE_REPLACED = 7
SETTLE_EXITS = 8
ASK_AGAIN = 9
ASK_ELSEWHERE = 10
"""Kinds of tasks: a request is taken; the portfolio handles a change of an order, or a fill, and acts on a decision of the strategy,
or of a risk rule, which withdraws entries or leaves the position; it sees whether entries were replaced, and which exits were accepted;
entries in doubt are asked for again; an order in a symbol without data is asked for."""


def add_task(lane: Lane, kind: int, symbol: int) -> Task:
    """A task that is done after those there are; its fields are still to be set."""
    if lane.task_count >= lane.task_room - 1:
        lane.status = TOO_MANY_EVENTS
        lane.task_count = lane.task_room - 2
    place = lane.first_task + lane.task_count
    task = lane.tasks[place if place < lane.task_room else place - lane.task_room]
    lane.task_count += 1
    task.kind = kind
    task.symbol = symbol
    return task


def copy_terms(to: Terms, terms: Terms) -> None:
    """Makes two orders' terms the same."""
    to.type = terms.type
    to.time_in_force = terms.time_in_force
    to.limit = terms.limit
    to.stop = terms.stop
    to.by_percent = terms.by_percent
    to.trail_amount = terms.trail_amount
    to.trail_percent = terms.trail_percent
    to.good_till = terms.good_till
    to.unknown = terms.unknown
    to.unknown_over = terms.unknown_over


def report_order(
    lane: Lane, symbol: Symbol, order: Order, status: int, cause_kind: int, cause: int, reason: int, flags: int
) -> int:
    """Records a new status of an order that was accepted, and notifies the portfolio; returns the ordinal of the event."""
    lane.ordinals.order += 1
    ordinal = lane.ordinals.order
    record_order(lane, symbol, order, status, ordinal, cause_kind, cause, reason, flags)
    notify(lane, symbol, order, status)
    return ordinal


def notify(lane: Lane, symbol: Symbol, order: Order, status: int) -> None:
    """Has the portfolio handle a new status of an order."""
    task = add_task(lane, ON_ORDER, symbol.number)
    task.status = status
    task.trade = order.trade
    task.sign = order.sign
    task.group = order.group
    task.terms.type = order.terms.type


def end_order(lane: Lane, symbol: Symbol, slot: int, status: int, cause_kind: int, cause: int, reason: int) -> None:
    """Takes an order out of the book. If nothing of its trade is left, the trade ends with it."""
    order = symbol.book.orders[slot]
    take_away(symbol, slot)
    flags = 0 if knows(symbol.book, order.trade) else ENDS_TRADE
    report_order(lane, symbol, order, status, cause_kind, cause, reason, flags)
    note_gone(lane, symbol, order)


def take_away(symbol: Symbol, slot: int) -> None:
    """Takes an order out of the book; what its symbol's bar does next is seen without it."""
    take_out(symbol.book, slot)
    if symbol.path.ahead == slot:
        symbol.path.is_known = False


def note_gone(lane: Lane, symbol: Symbol, order: Order) -> None:
    """Notes that an order has ended unfilled: the entries that it held back are asked for again, once that is handled."""
    if not leaves_at_market(symbol.book, order):
        return
    for number in range(lane.symbol_count):
        book = lane.symbols[number].book
        for place in range(book.count):
            other = book.orders[book.places[place]]
            if other.waits_for >= order.number:
                other.is_in_doubt = True
                if not lane.has_doubts:
                    lane.has_doubts = True
                    add_task(lane, ASK_AGAIN, symbol.number)


def ask_again(lane: Lane) -> None:
    """Asks once more for entries that counted on an exit which did not come, in the order of acceptance."""
    lane.has_doubts = False
    lane.is_asking_again = True
    number = first_in_doubt(lane)
    while number != NONE:
        symbol = lane.symbols[number]
        slot = doubted(symbol.book)
        order = symbol.book.orders[slot]
        reason = entry_refusal(lane, symbol, order)
        if reason == FINE:
            order.waits_for = awaited_exit(lane, symbol, order)
        else:
            end_order(lane, symbol, slot, CANCELLED, ORDER, order.accepted_by, reason)
        order.is_in_doubt = False
        number = first_in_doubt(lane)
    lane.is_asking_again = False


def cancel(lane: Lane, symbol: Symbol, slot: int, cause_kind: int, cause: int, reason: int) -> None:
    """Takes an order out of the book that has become superfluous: its trade goes on."""
    order = symbol.book.orders[slot]
    take_away(symbol, slot)
    report_order(lane, symbol, order, CANCELLED, cause_kind, cause, reason, 0)


def cancel_entries(lane: Lane, symbol: Symbol, trade: int, cause_kind: int, cause: int) -> None:
    """Cancels the entries of a trade that is being left."""
    place = 0
    while place < symbol.book.count:
        order = symbol.book.orders[symbol.book.places[place]]
        if order.trade == trade and not reduces(symbol.book, order):
            cancel(lane, symbol, symbol.book.places[place], cause_kind, cause, BEING_LEFT)
        else:
            place += 1


def cancel_other_entries(lane: Lane, symbol: Symbol, filled: Order, fill: int) -> None:
    """Cancels the other order of two entries, one of which was filled."""
    place = 0
    while place < symbol.book.count:
        order = symbol.book.orders[symbol.book.places[place]]
        if order.trade == filled.trade and order.group == ENTERS and order.number != filled.number:
            cancel(lane, symbol, symbol.book.places[place], FILL, fill, OTHER_FILLED)
        else:
            place += 1


def cancel_all_of(lane: Lane, symbol: Symbol, trade: int, fill: int) -> None:
    """Cancels the orders of a trade that a fill has closed."""
    place = 0
    while place < symbol.book.count:
        if symbol.book.orders[symbol.book.places[place]].trade == trade:
            cancel(lane, symbol, symbol.book.places[place], FILL, fill, POSITION_CLOSED)
        else:
            place += 1


def take(lane: Lane, symbol: Symbol, request: Task) -> None:
    """Accepts or rejects a request; an accepted order meets its symbol's next bar (rule L3)."""
    book = symbol.book
    slot = free_slot(book)
    if slot == NONE:
        lane.status = TOO_MANY_ORDERS
        return
    order = book.orders[slot]
    replaced = slot_of(book, request.replaces)
    set_order(lane, order, request)
    if replaced != NONE:
        take_out(book, replaced)
    lane.books.total.orders += 1
    if request.replaces != 0 and replaced == NONE:
        refuse(lane, NOTHING_TO_REPLACE, float(request.replaces), 0.0, 0.0)
    else:
        lane.refusal.reason = refusal_of(lane, symbol, order)
    if lane.refusal.reason != FINE:
        reject(lane, symbol, order, replaced, request)
        return
    order.waits_for = awaited_exit(lane, symbol, order)
    put_in(book, slot)
    book.half_refused = NO_TRADE
    record_order(lane, symbol, order, ACCEPTED, order.accepted_by, ORDER_REQUEST, request.ordinal, FINE, 0)
    if replaced != NONE:
        report_order(lane, symbol, book.orders[replaced], CANCELLED, ORDER_REQUEST, request.ordinal, REPLACED, 0)
        note_gone(lane, symbol, book.orders[replaced])
    admit(lane, symbol, order, replaced)


def set_order(lane: Lane, order: Order, request: Task) -> None:
    """Makes the order of a request; nothing has happened to it yet."""
    lane.orders_taken += 1
    lane.ordinals.order += 1
    order.number = lane.orders_taken
    order.trade = request.trade
    order.sign = request.sign
    copy_terms(order.terms, request.terms)
    order.group = request.group
    order.request = request.ordinal
    order.accepted_by = lane.ordinals.order
    order.quantity = request.quantity
    order.left = request.quantity
    order.stop = request.terms.stop
    order.is_triggered = False
    order.first_row = 0
    order.ratcheted = 0
    order.day = NONE
    order.waits_for = 0
    order.is_in_doubt = False
    order.is_missing = False
    order.rest_row = NONE
    order.is_rest = False


def reject(lane: Lane, symbol: Symbol, order: Order, replaced: int, request: Task) -> None:
    """Records that an order is rejected; the one that it would have replaced goes on."""
    if replaced != NONE:
        put_in(symbol.book, replaced)
    lane.books.total.rejected_orders += 1
    if lane.refusal.reason == ABOVE_LIMIT:
        lane.risk.rules[truncate(lane.refusal.further)].refused += 1
    if lane.books.total.rejected_orders == 1:
        keep_first_refusal(lane, symbol, order, request)
    flags = 0
    if not knows(symbol.book, order.trade):
        flags = 0 if awaits_other_leg(symbol.book, order) else ENDS_TRADE
    record_order(
        lane, symbol, order, REJECTED, order.accepted_by, ORDER_REQUEST, request.ordinal, lane.refusal.reason, flags
    )
    notify(lane, symbol, order, REJECTED)


def awaits_other_leg(book: Book, refused: Order) -> bool:
    """Whether it is the first of two entries that is refused: the trade may still begin with the other."""
    if refused.group != ENTERS:
        return False
    is_first = book.half_refused != refused.trade
    book.half_refused = refused.trade if is_first else NO_TRADE
    return is_first


def keep_first_refusal(lane: Lane, symbol: Symbol, order: Order, request: Task) -> None:
    """Keeps why the first order was rejected, with or without a journal."""
    first = lane.first_refusal
    first.reason = lane.refusal.reason
    first.value = lane.refusal.value
    first.limit = lane.refusal.limit
    first.further = lane.refusal.further
    first.symbol = symbol.number
    first.bar = bar_at(symbol.market, lane.books.row)
    first.quantity = order.quantity
    first.replaces = request.replaces
    first.unknown = order.terms.unknown
    first.unknown_over = order.terms.unknown_over
    first.unknown_value = symbol.fault_value
    first.unknown_close = symbol.fault_close


def admit(lane: Lane, symbol: Symbol, order: Order, replaced: int) -> None:
    """Sets which bar an accepted order meets first: the one under way if that is at its open, else the next.

    A stop that replaces another goes on in its place: adding to a position leaves no bar without a stop.
    """
    path = symbol.path
    if not path.is_under_way:
        row = lane.books.row
        order.first_row = symbol.market.first_met[row] if symbol.market.is_spread else row + 1
        order.ratcheted = order.first_row
        return
    order.first_row = path.row if path.moment == AT_OPEN else path.row + 1
    order.ratcheted = path.row
    if replaced != NONE:
        old = symbol.book.orders[replaced]
        if waits_for_stop(order) and waits_for_stop(old):
            order.first_row = min(order.first_row, old.first_row)
            take_over(symbol, order, old)
    if order.first_row == path.row:
        begin_lifetime(lane, symbol, order)
    elif path.moment == INSIDE and is_beyond(order, symbol.market.close[path.row]) and reduces(symbol.book, order):
        symbol.book.is_overdue = True


def begin_lifetime(lane: Lane, symbol: Symbol, order: Order) -> None:
    """Notes the day of the first bar that an order meets: a day order is good for that day."""
    if order.terms.time_in_force == DAY and order.day == NONE:
        order.day = lane.clock.day[symbol.path.row]


def over_at_open(lane: Lane, order: Order, row: int) -> int:
    """Why an order does not live to see a bar; FINE if it does."""
    lasts = order.terms.time_in_force
    if lasts == DAY and order.day != NONE and lane.clock.day[row] != order.day:
        return DAY_OVER
    return TIME_OVER if lasts == GTD and lane.clock.timestamp[row] > order.terms.good_till else FINE


def over_at_close(lane: Lane, market: Market, order: Order, row: int) -> int:
    """Why an order is done with once a bar is over; FINE if it is not."""
    lasts = order.terms.time_in_force
    if lasts == DAY and order.day != NONE and market.day_after[row] != order.day:
        return DAY_OVER
    over = lasts == GTD and lane.clock.timestamp[row] + market.bar_length > order.terms.good_till
    return TIME_OVER if over else FINE
