"""The orders of a symbol against its bars: what a bar does to them, and fills (phase MATCH; rules X1 to X8)."""

from math import inf

from engine.kernel.lane.acceptance import FINE, NOT_AT_ONCE
from engine.kernel.lane.broker import (
    ON_FILL,
    add_task,
    begin_lifetime,
    cancel_all_of,
    cancel_entries,
    cancel_other_entries,
    end_order,
    over_at_close,
    over_at_open,
    report_order,
)
from engine.kernel.lane.costs import execute
from engine.kernel.lane.journal import (
    AFTER_ENTRY_BAR,
    AMBIGUOUS,
    CANCELLED,
    EXPIRED,
    FILL,
    MAKER,
    ORDER,
    TRIGGERED,
    record_fill,
)
from engine.kernel.lane.matching import AT_CLOSE, AT_OPEN
from engine.kernel.lane.orders import (
    fill_in_book,
    fillable,
    follow_closes,
    has_limit,
    is_held_back,
    reduces,
    waits_for_stop,
)
from engine.kernel.lane.state import ENTERS, IOC, LIMIT, Lane, Order, Symbol


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
        over = over_at_open(lane, order, row)
        if over != FINE:
            end_order(lane, symbol, slot, EXPIRED, ORDER, order.accepted_by, over)
        else:
            follow_closes(symbol, order, row)
            order.is_missing = is_held_back(lane, order)
            if order.is_missing:
                lane.has_missing = True
            else:
                begin_lifetime(lane, symbol, order)
            place += 1


def let_in(lane: Lane) -> None:
    """Entries that nothing holds back any more meet their bars: from the opens on, or from where their own symbol stands."""
    lane.has_missing = False
    for number in range(lane.symbol_count):
        symbol = lane.symbols[number]
        if symbol.path.is_under_way:
            for place in range(symbol.book.count):
                order = symbol.book.orders[symbol.book.places[place]]
                if order.is_missing:
                    is_there = lane.moment == AT_OPEN or lane.mover == number
                    if is_there and not is_held_back(lane, order):
                        join(lane, symbol, order)
                    else:
                        lane.has_missing = True


def join(lane: Lane, symbol: Symbol, order: Order) -> None:
    """Has an entry that was held back meet the bar under way."""
    order.is_missing = False
    begin_lifetime(lane, symbol, order)


def meet(lane: Lane, symbol: Symbol) -> None:
    """Does the next thing that the bar of a symbol does to an order, which is known."""
    path = symbol.path
    slot = path.ahead
    path.is_known = False
    order = symbol.book.orders[slot]
    lane.moment = order.moment
    lane.mover = symbol.number
    if order.is_missing:
        if order.moment != AT_CLOSE or is_held_back(lane, order):
            order.first_row = path.row + 1
            return
        join(lane, symbol, order)
    path.moment = order.moment
    path.at = order.level
    path.heading = order.heading
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
        flags = (MAKER if maker else 0) + (AMBIGUOUS if path.is_ambiguous else 0)
        fill(lane, symbol, slot, quantity, order.price, flags)


def close_bar(lane: Lane, symbol: Symbol) -> None:
    """Closes the bar: orders that are good for no other end, the rest waits for its next one."""
    path = symbol.path
    market = symbol.market
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        order.first_row = max(order.first_row, path.row + 1)
        over = over_at_close(lane, market, order, path.row)
        if order.terms.time_in_force == IOC and not order.is_missing:
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
