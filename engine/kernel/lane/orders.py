"""The order book of a portfolio: its orders at work, in the order of acceptance, and what of its trade is filled (rule E2)."""

from engine.kernel.lane.positions import NO_TRADE, ROUNDING_SHARE, left_of
from engine.kernel.lane.state import (
    ALONE,
    LIMIT,
    MARKET,
    NONE,
    PROTECTS,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    Book,
    Lane,
    Order,
    Symbol,
    Terms,
)


def last_complete(lane: Lane) -> int:
    """The last bar that is complete: while orders are matched the one under way is not."""
    return lane.books.row - 1 if lane.is_matching else lane.books.row


def works_as(order: Order) -> int:
    """What type it works as: a stop that was reached is a market order, or the limit order it carried."""
    if not order.is_triggered:
        return order.terms.type
    return LIMIT if order.terms.type == STOP_LIMIT else MARKET


def waits_for_stop(order: Order) -> bool:
    """Whether it waits for its stop before it does anything."""
    return not order.is_triggered and has_stop(order.terms.type)


def has_stop(kind: int) -> bool:
    """Whether orders of a type have a stop."""
    return kind == STOP or kind == STOP_LIMIT or kind == TRAILING_STOP


def has_limit(kind: int) -> bool:
    """Whether orders of a type have a limit."""
    return kind == LIMIT or kind == STOP_LIMIT


def reduces(book: Book, order: Order) -> bool:
    """Whether a fill of the order would make the position smaller."""
    return book.trade != NO_TRADE and order.trade == book.trade and order.sign != book.sign


def units_held(book: Book) -> float:
    """Units of the open trade, positive."""
    return left_of(book.entered, book.left_again)


def knows(book: Book, trade: int) -> bool:
    """Whether anything is left of a trade: a position, or an order that may open one."""
    if trade == book.trade:
        return trade != NO_TRADE
    for place in range(book.count):
        if book.orders[book.places[place]].trade == trade:
            return True
    return False


def leaves_at_market(book: Book, order: Order) -> bool:
    """Whether it is an exit at the market: such exits count as filled when an entry is accepted (rule P2)."""
    return works_as(order) == MARKET and reduces(book, order)


def last_exit_at_market(lane: Lane) -> int:
    """The number of the last exit of any symbol that works at the market; 0 if none does."""
    last = 0
    for number in range(lane.symbol_count):
        book = lane.symbols[number].book
        for place in range(book.count):
            order = book.orders[book.places[place]]
            if leaves_at_market(book, order):
                last = max(last, order.number)
    return last


def is_held_back(lane: Lane, order: Order) -> bool:
    """Whether one of the exits still works without which an entry would not have been accepted, or it is to be asked for again."""
    if order.waits_for == 0 or order.is_in_doubt:
        return order.is_in_doubt
    for number in range(lane.symbol_count):
        book = lane.symbols[number].book
        for place in range(book.count):
            other = book.orders[book.places[place]]
            if other.number <= order.waits_for and leaves_at_market(book, other):
                return True
    return False


def hold_nothing_back(lane: Lane) -> None:
    """Has no entry wait for exits any more: at the end of the data all expire."""
    for number in range(lane.symbol_count):
        book = lane.symbols[number].book
        for place in range(book.count):
            book.orders[book.places[place]].waits_for = 0


def first_in_doubt(lane: Lane) -> int:
    """The symbol with the first order, in the order of acceptance, that is to be asked for again; NONE if there is none."""
    found = NONE
    earliest = 0
    for number in range(lane.symbol_count):
        slot = doubted(lane.symbols[number].book)
        if slot != NONE:
            accepted = lane.symbols[number].book.orders[slot].number
            if found == NONE or accepted < earliest:
                found = number
                earliest = accepted
    return found


def doubted(book: Book) -> int:
    """The slot of the first order of a symbol that is to be asked for again; NONE if there is none."""
    for place in range(book.count):
        if book.orders[book.places[place]].is_in_doubt:
            return book.places[place]
    return NONE


def is_leaving(book: Book) -> bool:
    """Whether an exit of the open trade works that a decision asked for, or one that protects the position was reached."""
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if reduces(book, order) and (order.group == ALONE or works_as(order) == MARKET):
            return True
    return False


def exit_on_its_way(book: Book) -> int:
    """The slot of the first exit of the open trade that a decision asked for; NONE if there is none."""
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.group == ALONE and reduces(book, order):
            return book.places[place]
    return NONE


def entry_on_its_way(book: Book, trade: int, sign: int) -> int:
    """The slot of the first entry of a trade in a direction; NONE if there is none."""
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.trade == trade and order.sign == sign and not reduces(book, order):
            return book.places[place]
    return NONE


def protecting(book: Book, kind: int) -> int:
    """The slot of the last order of a type that protects the position; NONE if there is none."""
    found = NONE
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.group == PROTECTS and order.terms.type == kind and reduces(book, order):
            found = book.places[place]
    return found


def first_working(lane: Lane) -> int:
    """The symbol whose first order was accepted before all others at work; NONE if none works."""
    found = NONE
    earliest = 0
    for number in range(lane.symbol_count):
        book = lane.symbols[number].book
        if book.count > 0:
            accepted = book.orders[book.places[0]].number
            if found == NONE or accepted < earliest:
                found = number
                earliest = accepted
    return found


def slot_of(book: Book, number: int) -> int:
    """The slot of a working order by its number; NONE if it works no more."""
    for place in range(book.count):
        if book.orders[book.places[place]].number == number:
            return book.places[place]
    return NONE


def free_slot(book: Book) -> int:
    """A slot that no order uses; NONE if all are in use."""
    return book.places[book.count] if book.count < book.room else NONE


def put_in(book: Book, slot: int) -> None:
    """Puts the order of a free slot to work, in its place in the order of acceptance."""
    at = book.count
    while book.places[at] != slot:
        at += 1
    book.places[at] = book.places[book.count]
    at = book.count
    number = book.orders[slot].number
    while at > 0 and book.orders[book.places[at - 1]].number > number:
        book.places[at] = book.places[at - 1]
        at -= 1
    book.places[at] = slot
    book.count += 1


def take_out(book: Book, slot: int) -> None:
    """Takes an order out of the book; its slot is the last of the free ones that is used again."""
    at = 0
    while book.places[at] != slot:
        at += 1
    last = book.room - 1
    book.count -= 1
    while at < last:
        book.places[at] = book.places[at + 1]
        at += 1
    book.places[last] = slot


def fillable(book: Book, order: Order, most: float) -> float:
    """Units of an order that may be filled where there are so many: no more of an exit than is held, and no dust."""
    wanted = min(order.left, units_held(book)) if reduces(book, order) else order.left
    if most >= wanted:
        return wanted
    return 0.0 if most <= ROUNDING_SHARE * order.quantity else most


def fill_in_book(book: Book, slot: int, quantity: float) -> bool:
    """Takes a fill into account; returns whether it made the trade flat. An order that is filled leaves the book."""
    order = book.orders[slot]
    left = order.left - quantity
    order.left = 0.0 if left <= ROUNDING_SHARE * order.quantity else left
    if order.left == 0.0:
        take_out(book, slot)
    if book.trade == NO_TRADE:
        book.trade = order.trade
        book.sign = order.sign
        book.entered = 0.0
        book.left_again = 0.0
        book.is_overdue = False
    if order.sign == book.sign:
        book.entered += quantity
        return False
    book.left_again += quantity
    book.is_overdue = False
    if units_held(book) != 0.0:
        return False
    book.trade = NO_TRADE
    return True


def are_rivals(book: Book, one: Order, other: Order) -> bool:
    """Whether a fill of one takes the other away: members of an OCO, or two exits of what a trade holds."""
    if one.trade != other.trade:
        return False
    return (one.group != ALONE and one.group == other.group) or (reduces(book, one) and reduces(book, other))


def follow_closes(symbol: Symbol, order: Order, until: int) -> None:
    """Brings a trailing stop up to the closes before the bar at `until`: never back from where it was."""
    if order.terms.type != TRAILING_STOP or order.is_triggered:
        return
    close = symbol.market.close
    while order.ratcheted < until:
        level = trailed(order.terms, order.sign, close[order.ratcheted])
        order.stop = min(order.stop, level) if order.sign > 0 else max(order.stop, level)
        order.ratcheted += 1


def trailed(terms: Terms, sign: int, price: float) -> float:
    """Where a trailing stop is behind a price."""
    distance = price * (terms.trail_percent / 100.0) if terms.by_percent else terms.trail_amount
    return price + sign * distance
