"""Whether an order is accepted: whether it makes sense, and whether the account and the risk rules allow it (rules P2, P3)."""

from math import isfinite

from engine.kernel.lane.books import equity_at
from engine.kernel.lane.journal import ORDER_REQUEST, record_breach
from engine.kernel.lane.orders import (
    has_limit,
    has_stop,
    last_complete,
    last_exit_at_market,
    leaves_at_market,
    reduces,
    units_held,
)
from engine.kernel.lane.positions import NO_TRADE, ROUNDING_SHARE
from engine.kernel.lane.state import (
    CASH_ACCOUNT,
    LIMIT,
    MAX_GROSS_EXPOSURE,
    MAX_OPEN_POSITIONS,
    MAX_POSITION,
    NONE,
    PROTECTS,
    STOP,
    SYMBOL,
    TRAILING_STOP,
    Book,
    Lane,
    Order,
    Symbol,
)
from engine.kernel.language import divide

BEYOND_REASON = 100.0
"""A price so many times above or below the last close is a slip of the hand."""
ROUNDING = 1e-9
"""Buying power may be exceeded by this share: an order sized on all of the equity must not fail by its last bit."""
LARGEST = 1.7976931348623157e308

FINE = 0
NO_QUANTITY = 1
NO_STOP_PRICE = 2
STOP_BEYOND_REASON = 3
NO_LIMIT_PRICE = 4
LIMIT_BEYOND_REASON = 5
NO_TRAIL = 6
NOTHING_TO_REPLACE = 7
TOO_SMALL = 8
HALTED = 9
HALTED_FOR_THE_DAY = 10
COOLING_DOWN = 11
ABOVE_LIMIT = 12
SHORT_IN_CASH_ACCOUNT = 13
CASH_MISSING = 14
BUYING_POWER = 15
STOP_ON_WRONG_SIDE = 16
TARGET_ON_WRONG_SIDE = 17
NO_DATA = 18
"""Why an order is rejected."""
SIGNAL_CHANGED = 19
BEING_LEFT = 20
POSITION_CLOSED = 21
NOT_AT_ONCE = 22
DAY_OVER = 23
TIME_OVER = 24
DATA_ENDED = 25
REPLACED = 26
NOT_WANTED = 27
OTHER_FILLED = 28
HALTED_BY_RULE = 29
"""Why an order is cancelled or expires."""


def refuse(lane: Lane, reason: int, value: float, limit: float, further: float) -> int:
    """Keeps why an order is rejected, with the numbers that say so."""
    lane.refusal.reason = reason
    lane.refusal.value = value
    lane.refusal.limit = limit
    lane.refusal.further = further
    return reason


def refusal_of(lane: Lane, symbol: Symbol, order: Order) -> int:
    """Why an order is rejected, FINE if it is not. Orders that make a position smaller only have to make sense."""
    if order.terms.unknown == SYMBOL:
        return refuse(lane, NO_DATA, 0.0, 0.0, 0.0)
    close = symbol.market.close[lane.books.row]
    fault = fault_of(lane, order, close)
    if fault == FINE and order.group == PROTECTS and not lane.is_matching:
        fault = protection_fault(lane, order, close)
    return fault if fault != FINE or reduces(symbol.book, order) else entry_refusal(lane, symbol, order)


def entry_refusal(lane: Lane, symbol: Symbol, order: Order) -> int:
    """Why an entry is rejected that makes sense: it is too small, or beyond what risk rules or the account allow."""
    worth = order.quantity * symbol.market.close[last_complete(lane)]
    if worth < lane.minimum_notional:
        return refuse(lane, TOO_SMALL, worth, lane.minimum_notional, 0.0)
    fault = pause_of(lane, symbol)
    return beyond_means(lane, symbol, order, True) if fault == FINE else fault


def awaited_exit(lane: Lane, symbol: Symbol, order: Order) -> int:
    """The number of the last exit at the market that an entry has to wait for: 0 if there is room without them."""
    last = 0 if reduces(symbol.book, order) else last_exit_at_market(lane)
    if last > 0:
        fault = beyond_means(lane, symbol, order, False)
        return last if fault != FINE else 0
    return 0


def fault_of(lane: Lane, order: Order, close: float) -> int:
    """What is wrong with an order in itself, seen from the last close."""
    terms = order.terms
    if not is_positive(order.quantity):
        return refuse(lane, NO_QUANTITY, order.quantity, 0.0, 0.0)
    fault = FINE
    if has_stop(terms.type):
        fault = price_fault(lane, terms.stop, close, NO_STOP_PRICE)
    if fault == FINE and has_limit(terms.type):
        fault = price_fault(lane, terms.limit, close, NO_LIMIT_PRICE)
    if fault == FINE and terms.type == TRAILING_STOP:
        trail = terms.trail_percent if terms.by_percent else terms.trail_amount
        if not is_positive(trail):
            return refuse(lane, NO_TRAIL, 0.0, 0.0, 0.0)
    return fault


def protection_fault(lane: Lane, order: Order, close: float) -> int:
    """What is wrong with moving an exit to where the price has been already."""
    terms = order.terms
    if terms.type == STOP and is_wrong_side(terms.stop, order.sign, close):
        return refuse(lane, STOP_ON_WRONG_SIDE, terms.stop, close, float(order.sign))
    if terms.type == LIMIT and is_wrong_side(terms.limit, -order.sign, close):
        return refuse(lane, TARGET_ON_WRONG_SIDE, terms.limit, close, float(-order.sign))
    return FINE


def is_wrong_side(level: float, side: int, price: float) -> bool:
    """Whether the level of an exit is not on a side of a price: 1 is above it, -1 below."""
    return side * (level - price) <= 0.0


def price_fault(lane: Lane, price: float, close: float, reason: int) -> int:
    """What is wrong with a price: it is none, `reason`, or too far from the last close to be meant, the reason after that."""
    if is_price(price, close):
        return FINE
    if is_positive(price):
        return refuse(lane, reason + 1, price, close, 0.0)
    return refuse(lane, reason, price, 0.0, 0.0)


def is_positive(number: float) -> bool:
    """Whether a number is finite and above zero."""
    return isfinite(number) and number > 0.0


def is_price(price: float, close: float) -> bool:
    """Whether a price makes sense beside a close."""
    return is_positive(price) and close / BEYOND_REASON <= price <= close * BEYOND_REASON


def pause_of(lane: Lane, symbol: Symbol) -> int:
    """Whether a risk rule has stopped entries for a time."""
    risk = lane.risk
    if risk.halted_by != NONE:
        return refuse(lane, HALTED, 0.0, 0.0, float(risk.halted_by))
    row = lane.books.row
    if risk.halted_on != NONE and risk.halted_day == lane.clock.day[row]:
        return refuse(lane, HALTED_FOR_THE_DAY, 0.0, 0.0, float(risk.halted_on))
    bars_left = symbol.cooling_until - last_complete(lane)
    if bars_left > 0:
        return refuse(lane, COOLING_DOWN, float(bars_left), 0.0, 0.0)
    return FINE


def beyond_means(lane: Lane, symbol: Symbol, order: Order, exits_count: bool) -> int:
    """Whether the portfolio, with all its waiting entries and this one filled, would be beyond a rule or the account.

    Exits at the market count as filled, or they do not; then it is no more than a question, which breaks no rule.
    """
    prospect = lane.prospect
    row = last_complete(lane)
    prospect.equity = equity_at(lane.books, row)
    prospect.cash = lane.books.cash
    prospect.gross = 0.0
    prospect.positions = 0.0
    for number in range(lane.symbol_count):
        other = lane.symbols[number]
        asked = order.quantity if number == symbol.number else 0.0
        after = add_stake(lane, other.book, order.sign, asked, other.market.close[row], exits_count)
        if number == symbol.number:
            prospect.held = after
    prospect.worth = abs(prospect.held) * symbol.market.close[row]
    fault = above_limit(lane, symbol, order, exits_count)
    return beyond_account(lane) if fault == FINE else fault


def add_stake(lane: Lane, book: Book, sign: int, asked: float, close: float, exits_count: bool) -> float:
    """Adds what a symbol's position may become by its orders, and one more of `asked` units; returns the largest on that side.

    An entry against the position waits until that is gone, so the two never add up. Entries that have yet to be asked for again do not
    count beside others that are.
    """
    prospect = lane.prospect
    buying = 0.0
    selling = 0.0
    leaving = 0.0
    for place in range(book.count):
        other = book.orders[book.places[place]]
        if lane.is_asking_again and other.is_in_doubt:
            continue
        if not reduces(book, other):
            if other.sign > 0:
                buying += other.left
            else:
                selling += other.left
        elif exits_count and leaves_at_market(book, other):
            leaving += other.left
    if sign > 0:
        buying += asked
    else:
        selling += asked
    held = 0.0
    stays = 0.0
    if book.trade != NO_TRADE:
        units = units_held(book)
        rest = units - leaving
        held = book.sign * units
        stays = book.sign * (0.0 if rest <= ROUNDING_SHARE * book.entered else rest)
    long = max(stays, 0.0) + buying
    short = min(stays, 0.0) - selling
    largest = max(long, -short)
    prospect.gross += largest * close
    prospect.positions += 1.0 if largest > 0.0 else 0.0
    prospect.cash += (held - stays - buying) * close
    return long if sign > 0 else short


def above_limit(lane: Lane, symbol: Symbol, order: Order, is_breach: bool) -> int:
    """Which rule on orders would be broken; records a RISK_BREACH, if it is one."""
    prospect = lane.prospect
    for place in range(lane.risk.count):
        rule = lane.risk.rules[place]
        value = 0.0
        if rule.kind == MAX_POSITION:
            value = share_of(prospect.equity, prospect.worth)
        elif rule.kind == MAX_GROSS_EXPOSURE:
            value = share_of(prospect.equity, prospect.gross)
        elif rule.kind == MAX_OPEN_POSITIONS:
            value = prospect.positions
        if value > rule.size * (1.0 + ROUNDING) and rule.kind <= MAX_OPEN_POSITIONS:
            if is_breach:
                record_breach(lane, symbol, place, order.trade, ORDER_REQUEST, order.request, value, rule.size)
            return refuse(lane, ABOVE_LIMIT, value, rule.size, float(place))
    return FINE


def share_of(equity: float, money: float) -> float:
    """So much money in percent of equity; all there is where equity is gone."""
    return divide(money, equity) * 100.0 if equity > 0.0 else LARGEST


def beyond_account(lane: Lane) -> int:
    """Why a portfolio that would be so is beyond its account."""
    prospect = lane.prospect
    if lane.account == CASH_ACCOUNT:
        if prospect.held < 0.0:
            return refuse(lane, SHORT_IN_CASH_ACCOUNT, 0.0, 0.0, 0.0)
        short_of = prospect.cash < -ROUNDING * abs(prospect.equity)
        return refuse(lane, CASH_MISSING, -prospect.cash, 0.0, 0.0) if short_of else FINE
    if prospect.gross <= prospect.equity * lane.leverage * (1.0 + ROUNDING):
        return FINE
    return refuse(lane, BUYING_POWER, prospect.gross, prospect.equity, lane.leverage)
