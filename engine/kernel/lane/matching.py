"""Matching: what a bar does to the orders at work, in which order (rules X1 to X5, L1).

A bar says that its open came first and its close last. When in between it saw its high and its low it does not say. So at the
open come market orders, then stops, then limits that the open satisfies, each in the order of acceptance. Inside the bar prices
move away from the open, one way and then the other: the way of the nearest stop comes first, the worse for the position, and
without a stop that of the nearest limit. On each way the nearer order comes first. Market orders at the close are last.

An order that joins inside the bar, released as the trade that it waited for is closed, meets what certainly comes after: the
price at which it joins, as if that were an open, all that lies beyond in the same direction, and back as far as the close.
"""

from engine.kernel.lane.orders import are_rivals, reduces, waits_for_stop, works_as
from engine.kernel.lane.positions import NO_TRADE
from engine.kernel.lane.state import IOC, LIMIT, MARKET, NEXT_CLOSE, NONE, STOP_LIMIT, Lane, Order, Symbol

AT_OPEN = 0
INSIDE = 1
AT_CLOSE = 2
NEVER_MET = 3
"""The moments of a bar, in order."""


def match_prices(order: Order, first: float, high: float, low: float, close: float, at_close: bool) -> int:
    """Finds what a bar that opens at `first` does to an order as it is; returns the moment, and keeps all else in the order.

    `at_close`: market orders meet the close. An order that is good immediately or not at all meets the open alone.
    """
    kind = works_as(order)
    order.moment = NEVER_MET
    if kind == MARKET:
        closes = meets_close(order, at_close)
        return match_market(order, closes, close if closes else first)
    best = low if order.sign > 0 else high
    worst = high if order.sign > 0 else low
    return match_limit(order, first, best) if kind == LIMIT else match_stop(order, first, worst, close)


def meets_close(order: Order, at_close: bool) -> bool:
    """Whether an order that works as a market order meets the close: a stop that was reached does not wait for it."""
    return at_close and order.terms.type == MARKET


def match_market(order: Order, closes: bool, price: float) -> int:
    """At the open, or at the close."""
    return set_match(order, AT_CLOSE if closes else AT_OPEN, price, 0, True, price)


def match_limit(order: Order, first: float, best: float) -> int:
    """Better than the limit at the open: the open. Traded through later: the limit. Touched: nothing."""
    sign = order.sign
    limit = order.terms.limit
    if sign * first < sign * limit:
        return set_match(order, AT_OPEN, first, 0, True, first)
    if sign * best < sign * limit and order.terms.time_in_force != IOC:
        return set_match(order, INSIDE, limit, -sign, True, limit)
    return NEVER_MET


def match_stop(order: Order, first: float, worst: float, close: float) -> int:
    """Reached at the open: the open, however far beyond. Reached later: the stop."""
    sign = order.sign
    if sign * first >= sign * order.stop:
        return set_triggered(order, AT_OPEN, first, 0, first, True)
    if sign * worst >= sign * order.stop and order.terms.time_in_force != IOC:
        return set_triggered(order, INSIDE, order.stop, sign, close, False)
    return NEVER_MET


def set_match(order: Order, moment: int, level: float, heading: int, fills: bool, price: float) -> int:
    """Keeps what a bar does to an order."""
    order.moment = moment
    order.level = level
    order.heading = heading
    order.fills = fills
    order.price = price
    return moment


def set_triggered(order: Order, moment: int, price: float, heading: int, later: float, strict: bool) -> int:
    """Keeps what an order gets that is triggered at a price: a stop that price, a stop-limit at most its limit.

    Where its limit is better than that, the bar must come back to it: only `later`, the last price known to follow, proves that.
    """
    sign = order.sign
    limit = order.terms.limit
    if order.terms.type != STOP_LIMIT:
        return set_match(order, moment, price, heading, True, price)
    if sign * price < sign * limit or (price == limit and not strict):
        return set_match(order, moment, price, heading, True, price)
    return set_match(order, moment, price, heading, sign * later < sign * limit, limit)


def is_beyond(order: Order, price: float) -> bool:
    """Whether a price lies beyond the level of an order, so that a bar that opens there does something to it."""
    moment = match_prices(order, price, price, price, price, False)
    return moment != NEVER_MET


def match_order(lane: Lane, symbol: Symbol, order: Order) -> int:
    """Finds what the bar under way, or what is left of it since the order joined, does to an order; returns the moment."""
    path = symbol.path
    if order.rest_row != path.row:
        set_rest(symbol, order)
    market = symbol.market
    row = path.row
    at_close = lane.fill_at == NEXT_CLOSE
    if not order.is_rest:
        if works_as(order) == MARKET:
            closes = meets_close(order, at_close)
            return match_market(order, closes, market.close[row] if closes else market.open[row])
        return match_prices(order, market.open[row], market.high[row], market.low[row], market.close[row], at_close)
    found = match_prices(order, order.rest_open, order.rest_high, order.rest_low, market.close[row], at_close)
    if found != AT_OPEN:
        return found
    if works_as(order) == MARKET or order.terms.time_in_force == IOC:
        order.moment = NEVER_MET
        return NEVER_MET
    order.moment = INSIDE
    order.heading = path.heading
    return INSIDE


def set_rest(symbol: Symbol, order: Order) -> None:
    """Notes what is left of the bar under way for an order that joins now."""
    path = symbol.path
    order.rest_row = path.row
    order.is_rest = path.moment == INSIDE
    if order.is_rest:
        close = symbol.market.close[path.row]
        order.rest_open = path.at
        order.rest_high = symbol.market.high[path.row] if path.heading > 0 else max(path.at, close)
        order.rest_low = min(path.at, close) if path.heading > 0 else symbol.market.low[path.row]


def take_over(symbol: Symbol, order: Order, replaced: Order) -> None:
    """Has a stop go on in the place of another: if the bar reaches that one's level, it does so from now on."""
    path = symbol.path
    if path.moment != INSIDE:
        return
    set_rest(symbol, order)
    joined = replaced.rest_row == path.row and replaced.is_rest
    low = replaced.rest_low if joined else symbol.market.low[path.row]
    high = replaced.rest_high if joined else symbol.market.high[path.row]
    if order.sign < 0 and low <= replaced.stop:
        order.rest_low = low
    elif order.sign > 0 and high >= replaced.stop:
        order.rest_high = high


def may_fill(symbol: Symbol, order: Order) -> bool:
    """Whether nothing holds an order back: while a trade is open another one's entry waits."""
    return symbol.book.trade == NO_TRADE or order.trade == symbol.book.trade


def next_symbol(lane: Lane) -> int:
    """The symbol whose bar meets an order next, NONE once all have passed theirs.

    Symbols stand at their opens together, and at their closes: what reduces a position comes first there (rule L1). What an order does
    concerns its own symbol alone, and entries that it held back: what the others' bars do next is known already, with these entries.
    """
    chosen = NONE
    best = 0
    for number in range(lane.symbol_count):
        symbol = lane.symbols[number]
        path = symbol.path
        if path.is_under_way and symbol.book.count > 0:
            if not path.is_known:
                path.ahead = next_meeting(lane, symbol)
                path.is_known = True
            if path.ahead != NONE:
                order = symbol.book.orders[path.ahead]
                turn = 2 * order.moment
                if order.moment != INSIDE and not reduces(symbol.book, order):
                    turn += 1
                if chosen == NONE or turn < best:
                    chosen = number
                    best = turn
    return chosen


def next_meeting(lane: Lane, symbol: Symbol) -> int:
    """The slot of the order that the bar meets next, NONE once it has passed them all."""
    book = symbol.book
    path = symbol.path
    first = NEVER_MET
    met = 0
    slot = NONE
    for place in range(book.count):
        order = book.orders[book.places[place]]
        order.moment = NEVER_MET
        if order.first_row <= path.row and may_fill(symbol, order):
            moment = match_order(lane, symbol, order)
            if moment < path.moment:
                order.moment = NEVER_MET
            elif moment != NEVER_MET:
                met += 1
                slot = book.places[place]
                first = min(first, moment)
    if met > 1:
        slot = first_of(symbol, first)
    path.is_ambiguous = met > 1 and is_ambiguous(symbol, book.orders[slot])
    return slot


def first_of(symbol: Symbol, moment: int) -> int:
    """Of several orders that the bar meets at a moment the first."""
    if moment == AT_OPEN:
        return first_at_open(symbol)
    return nearest_inside(symbol) if moment == INSIDE else first_at_close(symbol)


def first_at_open(symbol: Symbol) -> int:
    """Of the orders that the open meets: market orders, then stops, then limits, each in the order of acceptance."""
    book = symbol.book
    chosen = NONE
    best = 3
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.moment == AT_OPEN:
            kind = works_as(order)
            rank = 0 if kind == MARKET else 2 if kind == LIMIT else 1
            if rank < best:
                best = rank
                chosen = book.places[place]
    return chosen


def first_at_close(symbol: Symbol) -> int:
    """Of the orders that the close meets the first that was accepted."""
    book = symbol.book
    for place in range(book.count):
        if book.orders[book.places[place]].moment == AT_CLOSE:
            return book.places[place]
    return NONE


def nearest_inside(symbol: Symbol) -> int:
    """The nearest in the direction the price goes now; it turns round once there is none left in that direction."""
    book = symbol.book
    heading = symbol.path.heading
    ahead = False
    has_stops = False
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.moment == INSIDE:
            ahead = ahead or order.heading == heading
            has_stops = has_stops or waits_for_stop(order)
    if not ahead:
        heading = book.orders[nearest_of(symbol, 0, has_stops)].heading
    return nearest_of(symbol, heading, False)


def nearest_of(symbol: Symbol, heading: int, only_stops: bool) -> int:
    """The slot of the nearest order inside the bar, in one direction or in both if `heading` is 0."""
    book = symbol.book
    origin = symbol.market.open[symbol.path.row]
    chosen = NONE
    least = 0.0
    for place in range(book.count):
        order = book.orders[book.places[place]]
        is_there = order.moment == INSIDE and (heading == 0 or order.heading == heading)
        if is_there and (not only_stops or waits_for_stop(order)):
            distance = order.heading * (order.level - origin)
            if chosen == NONE or distance < least:
                least = distance
                chosen = book.places[place]
    return chosen


def is_ambiguous(symbol: Symbol, chosen: Order) -> bool:
    """Whether the bar may as well have met a rival of it before (rule X5)."""
    book = symbol.book
    if chosen.moment != INSIDE:
        return False
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.moment == INSIDE and order.heading != chosen.heading and are_rivals(book, chosen, order):
            return True
    return False
