"""The execution side of a portfolio: it accepts, fills, cancels and expires its orders (rules X1 to X8, E2).

What the portfolio makes of that comes later, as a task: a fill and the orders that it cancels are noted before a trade is closed.
"""

from math import inf

from engine.kernel.lane.acceptance import (
    BEING_LEFT,
    DAY_OVER,
    FINE,
    NOT_AT_ONCE,
    NOTHING_TO_REPLACE,
    OTHER_FILLED,
    POSITION_CLOSED,
    REPLACED,
    TIME_OVER,
    refusal_of,
    refuse,
)
from engine.kernel.lane.costs import execute
from engine.kernel.lane.journal import (
    ACCEPTED,
    AFTER_ENTRY_BAR,
    AMBIGUOUS,
    CANCELLED,
    ENDS_TRADE,
    EXPIRED,
    FILL,
    MAKER,
    ORDER,
    ORDER_REQUEST,
    REJECTED,
    TRIGGERED,
    record_fill,
    record_order,
)
from engine.kernel.lane.matching import AT_OPEN, INSIDE, is_ambiguous, is_beyond, take_over
from engine.kernel.lane.orders import (
    fill_in_book,
    fillable,
    follow_closes,
    free_slot,
    has_limit,
    knows,
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
    IOC,
    LIMIT,
    NONE,
    TOO_MANY_EVENTS,
    TOO_MANY_ORDERS,
    Book,
    Lane,
    Order,
    Symbol,
    Task,
    Terms,
    bar_at,
)

TAKE = 1
ON_ORDER = 2
ON_FILL = 3
ACT = 4
WITHDRAW = 5
LEAVE = 6
"""Kinds of tasks: a request is taken; the portfolio handles a change of an order, or a fill, and acts on a decision of the strategy,
or of a risk rule, which withdraws entries or leaves the position."""


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
    to.unknown_value = terms.unknown_value
    to.unknown_close = terms.unknown_close


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
    take_out(symbol.book, slot)
    flags = 0 if knows(symbol.book, order.trade) else ENDS_TRADE
    report_order(lane, symbol, order, status, cause_kind, cause, reason, flags)


def cancel(lane: Lane, symbol: Symbol, slot: int, cause_kind: int, cause: int, reason: int) -> None:
    """Takes an order out of the book that has become superfluous: its trade goes on."""
    order = symbol.book.orders[slot]
    take_out(symbol.book, slot)
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
        lane.refusal.reason = refusal_of(lane, symbol, order, request.ordinal)
    if lane.refusal.reason != FINE:
        reject(lane, symbol, order, replaced, request)
        return
    put_in(book, slot)
    book.half_refused = NO_TRADE
    record_order(lane, symbol, order, ACCEPTED, order.accepted_by, ORDER_REQUEST, request.ordinal, FINE, 0)
    if replaced != NONE:
        report_order(lane, symbol, book.orders[replaced], CANCELLED, ORDER_REQUEST, request.ordinal, REPLACED, 0)
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
    order.accepted_by = lane.ordinals.order
    order.quantity = request.quantity
    order.left = request.quantity
    order.stop = request.terms.stop
    order.is_triggered = False
    order.first_row = 0
    order.ratcheted = 0
    order.day = NONE
    order.rest_row = NONE
    order.is_rest = False


def reject(lane: Lane, symbol: Symbol, order: Order, replaced: int, request: Task) -> None:
    """Records that an order is rejected; the one that it would have replaced goes on."""
    if replaced != NONE:
        put_in(symbol.book, replaced)
    lane.books.total.rejected_orders += 1
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
    first.bar = bar_at(symbol.market, lane.books.row)
    first.quantity = order.quantity
    first.replaces = request.replaces
    first.unknown = order.terms.unknown
    first.unknown_over = order.terms.unknown_over
    first.unknown_value = order.terms.unknown_value
    first.unknown_close = order.terms.unknown_close


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


def over_at(order: Order, timestamp: int, day: int) -> int:
    """Why an order does not live to see a moment of a day; FINE if it does."""
    if order.terms.time_in_force == DAY and order.day != NONE and day != order.day:
        return DAY_OVER
    return TIME_OVER if order.terms.time_in_force == GTD and timestamp > order.terms.good_till else FINE


def open_bar(lane: Lane, symbol: Symbol, row: int) -> None:
    """Opens a bar: orders whose time has passed do not see it."""
    path = symbol.path
    market = symbol.market
    path.row = row
    path.is_under_way = True
    path.moment = AT_OPEN
    path.at = market.open[row]
    path.heading = 0
    path.is_known = False
    path.volume = market.volume[row] * lane.participation if lane.participation > 0.0 else inf
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        day = lane.clock.day[row] if order.terms.time_in_force == DAY else NONE
        over = over_at(order, lane.clock.timestamp[row], day)
        if over != FINE:
            end_order(lane, symbol, slot, EXPIRED, ORDER, order.accepted_by, over)
        else:
            begin_lifetime(lane, symbol, order)
            follow_closes(symbol, order, row)
            place += 1


def meet(lane: Lane, symbol: Symbol) -> None:
    """Does the next thing that the bar of a symbol does to an order, which is known."""
    path = symbol.path
    slot = path.ahead
    path.is_known = False
    order = symbol.book.orders[slot]
    ambiguous = is_ambiguous(symbol, order)
    if waits_for_stop(order):
        order.is_triggered = True
        ordinal = report_order(lane, symbol, order, TRIGGERED, ORDER, order.accepted_by, FINE, 0)
        if reduces(symbol.book, order):
            cancel_entries(lane, symbol, order.trade, ORDER, ordinal)
    if not order.fills:
        order.first_row = path.row if path.moment == AT_OPEN else path.row + 1
        return
    quantity = fillable(symbol.book, order, path.volume)
    order.first_row = path.row + 1
    if quantity > 0.0:
        path.volume -= quantity
        maker = order.terms.type == LIMIT and order.price == order.terms.limit
        fill(lane, symbol, slot, quantity, order.price, (MAKER if maker else 0) + (AMBIGUOUS if ambiguous else 0))


def close_bar(lane: Lane, symbol: Symbol) -> None:
    """Closes the bar: orders that are good for no other end, the rest waits for its next one."""
    path = symbol.path
    market = symbol.market
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        order.first_row = max(order.first_row, path.row + 1)
        day = market.day_after[path.row] if order.terms.time_in_force == DAY else NONE
        over = over_at(order, lane.clock.timestamp[path.row] + market.bar_length, day)
        if order.terms.time_in_force == IOC:
            end_order(lane, symbol, slot, CANCELLED, ORDER, order.accepted_by, NOT_AT_ONCE)
        elif over != FINE:
            end_order(lane, symbol, slot, EXPIRED, ORDER, order.accepted_by, over)
        else:
            place += 1
    path.is_under_way = False


def fill(lane: Lane, symbol: Symbol, slot: int, quantity: float, reference: float, flags: int) -> None:
    """Fills `quantity` of an order at `reference`, before slippage. What its trade has no more use for is cancelled at once."""
    order = symbol.book.orders[slot]
    market = symbol.market
    row = lane.books.row if symbol.path.is_under_way else market.last
    deal = lane.deal
    deal.sign = order.sign
    deal.quantity = quantity
    deal.price = reference
    deal.high = market.high[row]
    deal.low = market.low[row]
    deal.volume = market.volume[row]
    deal.timestamp = lane.clock.timestamp[lane.books.row]
    deal.has_limit = has_limit(order.terms.type)
    deal.limit = order.terms.limit
    execute(lane.costs, deal)
    trade = order.trade
    leaves = reduces(symbol.book, order)
    overdue = leaves and symbol.book.is_overdue
    flat = fill_in_book(symbol.book, slot, quantity)
    if order.left > 0.0:
        lane.counts.partial_fills += 1
    ordinal = record_fill(lane, symbol, order, quantity, flags + (AFTER_ENTRY_BAR if overdue else 0))
    task = add_task(lane, ON_FILL, symbol.number)
    task.ordinal = ordinal
    task.trade = trade
    task.sign = order.sign
    task.quantity = quantity
    task.price = lane.costs.price
    task.commission = lane.costs.commission
    task.slippage = lane.costs.slippage
    task.status = flags + (AFTER_ENTRY_BAR if overdue else 0)
    if flat:
        cancel_all_of(lane, symbol, trade, ordinal)
    elif leaves:
        cancel_entries(lane, symbol, trade, FILL, ordinal)
    elif order.group == ENTERS:
        cancel_other_entries(lane, symbol, order, ordinal)


def fill_first_at(lane: Lane, symbol: Symbol, price: float) -> None:
    """Fills all of the first order that works at a price; no cap of volume holds there."""
    slot = symbol.book.places[0]
    fill(lane, symbol, slot, symbol.book.orders[slot].left, price, 0)
