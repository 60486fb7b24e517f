"""What orders a portfolio asks for: prices at distances from a close, and the orders that protect a position (rule X4)."""

from math import isnan, nan

from engine.kernel.lane.broker import TAKE, add_task, copy_terms
from engine.kernel.lane.journal import FILL, record_request
from engine.kernel.lane.orders import follow_closes, protecting
from engine.kernel.lane.positions import entry_price
from engine.kernel.lane.state import (
    BY_AMOUNT,
    BY_ATR,
    BY_PERCENT,
    GTC,
    LIMIT,
    MARKET,
    NO_DISTANCE,
    NONE,
    PROTECTS,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    TRUE_RANGE,
    Distance,
    ExitForm,
    Lane,
    OrderForm,
    Symbol,
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


def last_complete(lane: Lane, symbol: Symbol) -> int:
    """The last bar that is complete: while orders are matched the one under way is not."""
    return lane.books.row - 1 if symbol.path.is_under_way else lane.books.row


def set_market(terms: Terms) -> None:
    """At the market, until it is filled."""
    terms.type = MARKET
    terms.time_in_force = GTC
    terms.limit = 0.0
    terms.stop = 0.0
    terms.trail_amount = 0.0
    terms.trail_percent = 0.0
    terms.good_till = 0
    terms.unknown = 0
    terms.unknown_over = 0


def set_terms(lane: Lane, symbol: Symbol, terms: Terms, form: OrderForm, sign: int) -> None:
    """The order that the config asks for at this close; `sign` is 1 for a buy, -1 for a sell."""
    set_market(terms)
    row = last_complete(lane, symbol)
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
        set_trail(terms, form.stop, close, sign, money(form.stop, close, row))
    note_unknown(terms, form.limit, row)
    note_unknown(terms, form.stop, row)


def note_unknown(terms: Terms, distance: Distance, row: int) -> None:
    """Notes in the terms of an order that a distance is not known at a bar."""
    if is_unknown(distance, row):
        terms.unknown = TRUE_RANGE
        terms.unknown_over = distance.timeperiod


def set_trail(terms: Terms, distance: Distance, price: float, sign: int, amount: float) -> None:
    """A trailing stop that starts behind a price; an average true range is taken once and kept."""
    terms.type = TRAILING_STOP
    if distance.kind == BY_PERCENT:
        terms.trail_percent = distance.size
        terms.stop = price + sign * (price * (distance.size / 100.0))
    else:
        terms.trail_amount = amount
        terms.stop = price + sign * amount


def ask(
    lane: Lane,
    symbol: Symbol,
    trade: int,
    sign: int,
    quantity: float,
    terms: Terms,
    group: int,
    replaced: int,
    cause_kind: int,
    cause: int,
) -> None:
    """Asks for an order, in place of that of a slot if there is one; it is taken after what was arranged before."""
    task = add_task(lane, TAKE, symbol.number)
    task.trade = trade
    task.sign = sign
    task.quantity = quantity
    copy_terms(task.terms, terms)
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
    row = last_complete(lane, symbol)
    note_unknown(terms, form.trailing_stop, row)
    note_unknown(terms, form.take_profit, row)
    note_unknown(terms, form.stop_loss, row)
    return not (
        is_unknown(form.stop_loss, row) or is_unknown(form.take_profit, row) or is_unknown(form.trailing_stop, row)
    )


def is_unknown(distance: Distance, row: int) -> bool:
    """Whether a distance is a multiple of an average true range that is not known at a bar."""
    return distance.kind == BY_ATR and isnan(money(distance, 1.0, row))


def protect(lane: Lane, symbol: Symbol, fill: int) -> None:
    """Asks for the orders that protect all that is held, in place of those that do: every fill that makes it larger does.

    A trailing stop starts from the average entry price, but no worse than the one it replaces is.
    """
    form = symbol.exit
    if not protects(form):
        return
    position = position_of(lane, symbol)
    sign = position.sign
    entry = entry_price(position)
    row = last_complete(lane, symbol)
    old_stop = protecting(symbol.book, STOP)
    old_trail = protecting(symbol.book, TRAILING_STOP)
    old_target = protecting(symbol.book, LIMIT)
    terms = lane.terms
    if form.stop_loss.kind != NO_DISTANCE:
        set_market(terms)
        terms.type = STOP
        terms.stop = entry - sign * money(form.stop_loss, entry, row)
        ask_to_protect(lane, symbol, terms, old_stop, fill)
    if form.trailing_stop.kind != NO_DISTANCE:
        set_market(terms)
        set_trail(terms, form.trailing_stop, entry, -sign, money(form.trailing_stop, entry, row))
        if old_trail != NONE:
            order = symbol.book.orders[old_trail]
            follow_closes(symbol, order, row + 1)
            terms.stop = max(terms.stop, order.stop) if sign > 0 else min(terms.stop, order.stop)
        ask_to_protect(lane, symbol, terms, old_trail, fill)
    if form.take_profit.kind != NO_DISTANCE:
        set_market(terms)
        terms.type = LIMIT
        terms.limit = entry + sign * money(form.take_profit, entry, row)
        ask_to_protect(lane, symbol, terms, old_target, fill)


def ask_to_protect(lane: Lane, symbol: Symbol, terms: Terms, replaced: int, fill: int) -> None:
    """Asks for one order over all that is held."""
    position = position_of(lane, symbol)
    ask(lane, symbol, position.trade, -position.sign, abs(position.held), terms, PROTECTS, replaced, FILL, fill)
