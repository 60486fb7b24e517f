"""Decisions become what is wanted of a symbol; what they ask for follows in the ORDER phase (rule E2, phase DECIDE)."""

from engine.kernel.lane.acceptance import is_wrong_side
from engine.kernel.lane.broker import ACT, ASK_ELSEWHERE, add_task
from engine.kernel.lane.journal import record_signal
from engine.kernel.lane.positions import NO_TRADE
from engine.kernel.lane.state import (
    MOST_BEGUN,
    NONE,
    TOO_MANY_EVENTS,
    WRONG_SIDE,
    Holding,
    Lane,
    Named,
    NamedExits,
    NamedOrder,
    Symbol,
)


def decide(lane: Lane, symbol: Symbol, target: int, named: int) -> None:
    """Takes a decision of the strategy: notes it, and arranges that it is acted on if the direction is new, or if it names orders."""
    holding = symbol.holding
    changed = target != holding.intent
    if named != NONE and target != 0 and not stands(lane, symbol, target, lane.named[named], changed):
        lane.status = WRONG_SIDE
        return
    if changed and target != 0:
        begin_trade(lane, holding)
    ordinal = record_signal(lane, symbol, holding.trade if changed or target != 0 else NO_TRADE, target)
    if changed or named != NONE:
        if holding.signal == 0:
            request(lane, symbol)
        holding.intent = target
        holding.signal = ordinal
        holding.named = named


def decide_elsewhere(lane: Lane, target: int) -> None:
    """Takes a decision on a symbol without data: its order is rejected, and that is the end of it."""
    lane.trades_begun += 1
    ordinal = record_signal(lane, lane.symbols[0], lane.trades_begun, target)
    task = add_task(lane, ASK_ELSEWHERE, 0)
    task.trade = lane.trades_begun
    task.sign = target if target != 0 else -1
    task.ordinal = ordinal


def begin_trade(lane: Lane, holding: Holding) -> None:
    """Gives the next trade its number."""
    if holding.begun_count >= MOST_BEGUN:
        lane.status = TOO_MANY_EVENTS
        holding.begun_count = 0
    lane.trades_begun += 1
    holding.trade = lane.trades_begun
    holding.begun[holding.begun_count] = holding.trade
    holding.begun_count += 1


def stands(lane: Lane, symbol: Symbol, sign: int, named: Named, changed: bool) -> bool:
    """Whether the exits that a decision names do not leave at once what its order enters; of two orders they may be for one."""
    if not named.exits.is_named or not (changed or named.order.is_named):
        return True
    close = symbol.market.close[lane.books.row]
    if close == 0.0:  # before its first bar: what enters is rejected
        return True
    if not leaves_at_once(named.exits, sign, price_of(named.order, close)):
        return True
    other = named.otherwise
    return other.is_named and not leaves_at_once(named.exits, -sign, price_of(other, close))


def price_of(order: NamedOrder, close: float) -> float:
    """The price at which an order enters, as far as it says so."""
    if order.is_named and order.terms.limit != 0.0:
        return order.terms.limit
    return order.terms.stop if order.is_named and order.terms.stop != 0.0 else close


def leaves_at_once(exits: NamedExits, sign: int, price: float) -> bool:
    """Whether an exit of a position lies on the wrong side of a price."""
    if exits.has_stop_loss and is_wrong_side(exits.stop_loss, -sign, price):
        return True
    return exits.has_take_profit and is_wrong_side(exits.take_profit, sign, price)


def request(lane: Lane, symbol: Symbol) -> None:
    """Has the ORDER phase of this step ask for what the last signal on a symbol wants."""
    if lane.due_count == 0:
        add_task(lane, ACT, symbol.number)
    lane.due[lane.due_count] = symbol.number
    lane.due_count += 1
