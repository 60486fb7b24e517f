"""What orders a portfolio asks for: prices at distances from a close, and the orders that protect a position (rule X4)."""

from math import isnan, nan

from engine.kernel.lane.acceptance import NOT_WANTED, is_positive, is_price
from engine.kernel.lane.broker import SETTLE_EXITS, TAKE, add_task, copy_terms, end_order
from engine.kernel.lane.journal import CANCELLED, ORDER, record_request
from engine.kernel.lane.orders import follow_closes, last_complete, protecting, reduces
from engine.kernel.lane.positions import entry_price
from engine.kernel.lane.state import (
    BY_AMOUNT,
    BY_ATR,
    BY_PERCENT,
    GTC,
    KEPT,
    LIMIT,
    MARKET,
    NO_DISTANCE,
    NONE,
    PROTECTS,
    STOP,
    STOP_LIMIT,
    STOP_LOSS_BEYOND_REASON,
    STOP_LOSS_IS_NONE,
    TAKE_PROFIT_BEYOND_REASON,
    TAKE_PROFIT_IS_NONE,
    TRAIL_AMOUNT_IS_NONE,
    TRAIL_PERCENT_IS_NONE,
    TRAILING_STOP,
    TRUE_RANGE,
    Book,
    Distance,
    ExitForm,
    Lane,
    NamedExits,
    NamedOrder,
    Order,
    OrderForm,
    Symbol,
    Task,
    Terms,
    position_of,
)


def money(distance: Distance, price: float, row: int) -> float:
    """A distance in quote currency per unit; NaN while the average true range of the bar at `row` is not known."""
    if distance.kind == BY_PERCENT:
        return price * (distance.size / 100.0)
    if distance.kind == BY_AMOUNT:
        return distance.size
    return distance.size * distance.atr[row] if row >= 0 else nan


def set_market(terms: Terms) -> None:
    """At the market, until it is filled."""
    terms.type = MARKET
    terms.time_in_force = GTC
    terms.limit = 0.0
    terms.stop = 0.0
    terms.by_percent = False
    terms.trail_amount = 0.0
    terms.trail_percent = 0.0
    terms.good_till = 0
    terms.unknown = 0
    terms.unknown_over = 0


def set_terms(lane: Lane, symbol: Symbol, form: OrderForm, sign: int) -> None:
    """Makes the terms at hand those that the config asks for at this close; `sign` is 1 for a buy, -1 for a sell."""
    terms = lane.terms
    set_market(terms)
    row = last_complete(lane)
    close = symbol.market.close[lane.books.row]
    terms.type = form.type
    terms.time_in_force = form.time_in_force
    if form.good_for > 0 and form.time_in_force != GTC:
        terms.good_till = lane.clock.timestamp[lane.books.row] + form.good_for
    if form.type == LIMIT:
        terms.limit = close - sign * money(form.limit, close, row)
    elif form.type == STOP:
        terms.stop = close + sign * money(form.stop, close, row)
    elif form.type == STOP_LIMIT:
        terms.stop = close + sign * money(form.stop, close, row)
        terms.limit = terms.stop + sign * money(form.limit, terms.stop, row)
    elif form.type == TRAILING_STOP:
        by_percent = form.stop.kind == BY_PERCENT
        set_trail(terms, by_percent, form.stop.size if by_percent else money(form.stop, close, row), close, sign)
    note_unknown(terms, form.limit, row)
    note_unknown(terms, form.stop, row)


def note_unknown(terms: Terms, distance: Distance, row: int) -> None:
    """Notes in the terms of an order that a distance is not known at a bar."""
    if is_unknown(distance, row):
        terms.unknown = TRUE_RANGE
        terms.unknown_over = distance.timeperiod


def set_trail(terms: Terms, by_percent: bool, size: float, price: float, sign: int) -> None:
    """A trailing stop that starts behind a price; an average true range is taken once and kept."""
    terms.type = TRAILING_STOP
    terms.by_percent = by_percent
    if by_percent:
        terms.trail_percent = size
        terms.stop = price + sign * (price * (size / 100.0))
    else:
        terms.trail_amount = size
        terms.stop = price + sign * size


def ask(
    lane: Lane,
    symbol: Symbol,
    trade: int,
    sign: int,
    quantity: float,
    group: int,
    replaced: int,
    cause_kind: int,
    cause: int,
) -> None:
    """Asks for an order by the terms at hand, in place of that of a slot if there is one; it is taken after what was arranged before."""
    task = add_task(lane, TAKE, symbol.number)
    task.trade = trade
    task.sign = sign
    task.quantity = quantity
    copy_terms(task.terms, lane.terms)
    task.group = group
    task.replaces = 0
    if replaced != NONE:
        task.replaces = symbol.book.orders[replaced].number
    record_request(lane, symbol, task, cause_kind, cause)


def protects(form: ExitForm) -> bool:
    """Whether positions get protecting orders."""
    return (
        form.stop_loss.kind != NO_DISTANCE
        or form.take_profit.kind != NO_DISTANCE
        or form.trailing_stop.kind != NO_DISTANCE
    )


def can_protect(lane: Lane, symbol: Symbol, terms: Terms) -> bool:
    """Whether the distances of the config can be measured now: nothing is entered that could not be protected.

    If not, that is noted in the terms of the entry.
    """
    form = symbol.exit
    row = last_complete(lane)
    note_unknown(terms, form.trailing_stop, row)
    note_unknown(terms, form.take_profit, row)
    note_unknown(terms, form.stop_loss, row)
    return not (
        is_unknown(form.stop_loss, row) or is_unknown(form.take_profit, row) or is_unknown(form.trailing_stop, row)
    )


def is_unknown(distance: Distance, row: int) -> bool:
    """Whether a distance is a multiple of an average true range that is not known at a bar."""
    return distance.kind == BY_ATR and isnan(money(distance, 1.0, row))


def exits_of_form(lane: Lane, symbol: Symbol) -> NamedExits:
    """The exits that the config asks for, as prices: at distances from the average entry price."""
    form = symbol.exit
    exits = lane.exits
    position = position_of(lane, symbol)
    sign = position.sign
    entry = entry_price(position)
    row = last_complete(lane)
    exits.has_stop_loss = form.stop_loss.kind != NO_DISTANCE
    exits.has_take_profit = form.take_profit.kind != NO_DISTANCE
    if exits.has_stop_loss:
        exits.stop_loss = entry - sign * money(form.stop_loss, entry, row)
    if exits.has_take_profit:
        exits.take_profit = entry + sign * money(form.take_profit, entry, row)
    exits.trail_kind = form.trailing_stop.kind
    exits.trail = form.trailing_stop.size
    if exits.trail_kind == BY_ATR:
        exits.trail_kind = BY_AMOUNT
        exits.trail = money(form.trailing_stop, entry, row)
    return exits


def exits_in_force(lane: Lane, symbol: Symbol) -> NamedExits:
    """The exits of what is held: those that a decision named, or what was kept of such, else those of the config."""
    place = symbol.holding.exits
    if place == KEPT:
        return symbol.kept
    return lane.named[place].exits if place != NONE else exits_of_form(lane, symbol)


def keep_exits(lane: Lane, symbol: Symbol) -> None:
    """Keeps the exits in force, which hold on where those that are about to replace them are rejected."""
    exits = exits_in_force(lane, symbol)
    kept = symbol.kept
    kept.has_stop_loss = exits.has_stop_loss
    kept.stop_loss = exits.stop_loss
    kept.has_take_profit = exits.has_take_profit
    kept.take_profit = exits.take_profit
    kept.trail_kind = exits.trail_kind
    kept.trail = exits.trail


def protect(lane: Lane, symbol: Symbol, price: float, cause_kind: int, cause: int, is_moved: bool) -> None:
    """Asks for the orders that protect all that is held, in place of those that do: every fill that makes it larger does.

    They are those that a decision named, else those of the config. Those of a type that is not asked for work on until all the others
    are accepted. A trailing stop starts from `price`, but no worse than the one it replaces is. `is_moved`: a decision moves them.
    """
    if symbol.holding.exits == NONE and not protects(symbol.exit):
        return
    exits = exits_in_force(lane, symbol)
    taken = lane.orders_taken
    sign = position_of(lane, symbol).sign
    terms = lane.terms
    if exits.has_stop_loss:
        set_market(terms)
        terms.type = STOP
        terms.stop = exits.stop_loss
        ask_to_protect(lane, symbol, cause_kind, cause)
    if exits.trail_kind != NO_DISTANCE:
        set_market(terms)
        set_trail(terms, exits.trail_kind == BY_PERCENT, exits.trail, price, -sign)
        old = protecting(symbol.book, TRAILING_STOP)
        if old != NONE:
            order = symbol.book.orders[old]
            follow_closes(symbol, order, last_complete(lane) + 1)
            terms.stop = max(terms.stop, order.stop) if sign > 0 else min(terms.stop, order.stop)
        ask_to_protect(lane, symbol, cause_kind, cause)
    if exits.has_take_profit:
        set_market(terms)
        terms.type = LIMIT
        terms.limit = exits.take_profit
        ask_to_protect(lane, symbol, cause_kind, cause)
    if is_moved or has_unwanted(symbol.book, exits):
        task = add_task(lane, SETTLE_EXITS, symbol.number)
        task.replaces = taken
        task.status = 1 if is_moved else 0


def ask_to_protect(lane: Lane, symbol: Symbol, cause_kind: int, cause: int) -> None:
    """Asks for an order by the terms at hand over all that is held, in place of one of its type."""
    position = position_of(lane, symbol)
    old = protecting(symbol.book, lane.terms.type)
    ask(lane, symbol, position.trade, -position.sign, abs(position.held), PROTECTS, old, cause_kind, cause)


def settle_exits(lane: Lane, symbol: Symbol, asked: Task) -> None:
    """Goes by what was accepted of the exits that were asked for: all, or the former ones hold for the others."""
    exits = exits_in_force(lane, symbol)
    has_trail = exits.trail_kind != NO_DISTANCE
    no_stop = exits.has_stop_loss and not works_since(symbol.book, STOP, asked.replaces)
    no_trail = has_trail and not works_since(symbol.book, TRAILING_STOP, asked.replaces)
    no_target = exits.has_take_profit and not works_since(symbol.book, LIMIT, asked.replaces)
    if not (no_stop or no_trail or no_target):
        drop_unwanted(lane, symbol, exits)
    elif asked.status != 0:
        kept = symbol.kept
        if exits.has_stop_loss and not no_stop:
            kept.has_stop_loss = True
            kept.stop_loss = exits.stop_loss
        if has_trail and not no_trail:
            kept.trail_kind = exits.trail_kind
            kept.trail = exits.trail
        if exits.has_take_profit and not no_target:
            kept.has_take_profit = True
            kept.take_profit = exits.take_profit
        symbol.holding.exits = KEPT


def works_since(book: Book, kind: int, number: int) -> bool:
    """Whether an order of a type protects the position that was accepted after so many others."""
    slot = protecting(book, kind)
    return slot != NONE and book.orders[slot].number > number


def has_unwanted(book: Book, exits: NamedExits) -> bool:
    """Whether an order that protects the position is of no type that is wanted."""
    for place in range(book.count):
        if is_unwanted(book, book.orders[book.places[place]], exits):
            return True
    return False


def is_unwanted(book: Book, order: Order, exits: NamedExits) -> bool:
    """Whether it protects the position and is of no type that is wanted."""
    if order.group != PROTECTS or not reduces(book, order):
        return False
    kind = order.terms.type
    if kind == TRAILING_STOP:
        return exits.trail_kind == NO_DISTANCE
    return not (exits.has_stop_loss if kind == STOP else exits.has_take_profit)


def drop_unwanted(lane: Lane, symbol: Symbol, exits: NamedExits) -> None:
    """Cancels the orders that protect the position and are of no type that is wanted."""
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        if is_unwanted(symbol.book, order, exits):
            end_order(lane, symbol, slot, CANCELLED, ORDER, order.accepted_by, NOT_WANTED)
        else:
            place += 1


def set_named(lane: Lane, symbol: Symbol, order: NamedOrder, sign: int) -> None:
    """Makes the terms at hand those that a decision names: a trailing stop that names no start begins at this close."""
    terms = lane.terms
    copy_terms(terms, order.terms)
    if terms.type == TRAILING_STOP and not order.has_start:
        close = symbol.market.close[lane.books.row]
        terms.stop = close + sign * (close * (terms.trail_percent / 100.0) if terms.by_percent else terms.trail_amount)


def exits_fault(lane: Lane, symbol: Symbol) -> bool:
    """Whether something keeps the exits that a decision names from protecting a position; notes it in the terms at hand."""
    exits = exits_in_force(lane, symbol)
    close = symbol.market.close[lane.books.row]
    if exits.has_stop_loss and not is_price(exits.stop_loss, close):
        beyond = is_positive(exits.stop_loss)
        return note_fault(
            lane, symbol, STOP_LOSS_BEYOND_REASON if beyond else STOP_LOSS_IS_NONE, exits.stop_loss, close
        )
    if exits.has_take_profit and not is_price(exits.take_profit, close):
        beyond = is_positive(exits.take_profit)
        fault = TAKE_PROFIT_BEYOND_REASON if beyond else TAKE_PROFIT_IS_NONE
        return note_fault(lane, symbol, fault, exits.take_profit, close)
    if exits.trail_kind != NO_DISTANCE and not is_positive(exits.trail):
        by_percent = exits.trail_kind == BY_PERCENT
        return note_fault(
            lane, symbol, TRAIL_PERCENT_IS_NONE if by_percent else TRAIL_AMOUNT_IS_NONE, exits.trail, close
        )
    return False


def note_fault(lane: Lane, symbol: Symbol, fault: int, value: float, close: float) -> bool:
    """Notes in the terms of an entry what is wrong with its exits."""
    lane.terms.unknown = fault
    symbol.fault_value = value
    symbol.fault_close = close
    return True
