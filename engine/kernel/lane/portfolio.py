"""The portfolio side: how it handles decisions, fills and the statuses of its orders (rules E2, P1, P3)."""

from math import isnan, nan

from engine.kernel.lane.acceptance import BEING_LEFT, HALTED_BY_RULE, SIGNAL_CHANGED
from engine.kernel.lane.books import CLOSED, CROSSED, OPENED, book_fill, close_trade, equity_at
from engine.kernel.lane.broker import (
    ACT,
    ON_FILL,
    ON_ORDER,
    TAKE,
    WITHDRAW,
    add_task,
    end_order,
    take,
)
from engine.kernel.lane.journal import (
    AFTER_ENTRY_BAR,
    AMBIGUOUS,
    CANCELLED,
    ORDER,
    RISK_BREACH,
    SIGNAL,
    TRIGGERED,
    record_closed,
    record_ended,
    record_opened,
    record_signal,
)
from engine.kernel.lane.orders import entry_on_its_way, exit_on_its_way, is_leaving, knows, reduces
from engine.kernel.lane.positions import NO_TRADE
from engine.kernel.lane.protection import ask, can_protect, protect, set_market, set_terms
from engine.kernel.lane.sizing import VOLATILITY_TARGET, units_to_enter
from engine.kernel.lane.state import ALONE, CROSSED_FLAT, MOST_TASKS, RUNNING, STOP_LIMIT, VOLATILITY, Lane, Task


def do_tasks(lane: Lane) -> None:
    """Does what was arranged in the phase under way, and what that brings about, in order."""
    while lane.task_count > 0 and lane.status == RUNNING:
        task = lane.tasks[lane.first_task]
        lane.first_task = (lane.first_task + 1) % MOST_TASKS
        lane.task_count -= 1
        if task.kind == TAKE:
            take(lane, task)
        elif task.kind == ON_ORDER:
            on_order(lane, task)
        elif task.kind == ON_FILL:
            on_fill(lane, task)
        elif task.kind == ACT:
            act(lane, task.ordinal)
        elif task.kind == WITHDRAW:
            withdraw(lane, task.ordinal, task.rule)
        else:
            leave_now(lane, task.ordinal)


def decide(lane: Lane, target: int) -> None:
    """Takes a decision of the strategy: notes it, and arranges that it is acted on if the direction is new."""
    holding = lane.holding
    changed = target != holding.intent
    if changed and target != 0:
        lane.trades_begun += 1
        holding.trade = lane.trades_begun
        holding.begun = holding.trade
    ordinal = record_signal(lane, holding.trade if changed or target != 0 else NO_TRADE, target)
    if changed:
        holding.intent = target
        task = add_task(lane, ACT)
        task.ordinal = ordinal


def act(lane: Lane, signal: int) -> None:
    """Asks for what a signal wants: first what reduces the position, then what enters."""
    holding = lane.holding
    position = lane.books.position
    begun = holding.begun
    holding.begun = NO_TRADE
    enters = False
    if position.trade != NO_TRADE and position.sign == holding.intent and not holding.is_closing:
        holding.trade = position.trade
    else:
        leave(lane, signal)
        enters = holding.intent != 0
    if begun != NO_TRADE and (begun != holding.trade or holding.intent == 0):
        record_ended(lane, begun)
    if enters:
        enter(lane, signal)


def leave(lane: Lane, signal: int) -> None:
    """Cancels entries that are not wanted any more, and asks for the exit of what is held unless that is on its way."""
    holding = lane.holding
    wanted = holding.trade if holding.intent != 0 else NO_TRADE
    place = 0
    while place < lane.book.count:
        slot = lane.book.places[place]
        order = lane.book.orders[slot]
        if not reduces(lane.book, order) and order.trade != wanted:
            end_order(lane, slot, CANCELLED, ORDER, order.accepted_by, SIGNAL_CHANGED)
        else:
            place += 1
    if lane.books.position.trade != NO_TRADE and not holding.is_closing:
        set_terms(lane, lane.terms, lane.exit.on_signal, -lane.books.position.sign)
        close_out(lane, SIGNAL, signal)


def close_out(lane: Lane, cause_kind: int, cause: int) -> None:
    """Asks for the exit of all that is held by the terms at hand, in place of the one that may be on its way."""
    position = lane.books.position
    lane.holding.is_closing = True
    old = exit_on_its_way(lane.book)
    ask(lane, position.trade, -position.sign, abs(position.held), lane.terms, ALONE, old, cause_kind, cause)


def close_at_market(lane: Lane, cause_kind: int, cause: int) -> None:
    """Asks for the exit of all that is held, at the market."""
    set_market(lane.terms)
    close_out(lane, cause_kind, cause)


def enter(lane: Lane, signal: int) -> None:
    """Asks for an entry, in place of one of the same trade that still works."""
    holding = lane.holding
    set_terms(lane, lane.terms, lane.entry, holding.intent)
    old = entry_on_its_way(lane.book, holding.trade, holding.intent)
    row = lane.books.row
    units = nan
    if can_protect(lane, lane.terms):
        units = units_to_enter(lane.sizing, equity_at(lane.books, lane.market.close[row]), row)
        if isnan(units) and lane.sizing.kind == VOLATILITY_TARGET:
            lane.terms.unknown = VOLATILITY
            lane.terms.unknown_over = lane.sizing.bars
    ask(lane, holding.trade, holding.intent, units, lane.terms, ALONE, old, SIGNAL, signal)


def withdraw(lane: Lane, breach: int, rule: int) -> None:
    """Takes back waiting entries; a trade that ends with them is not gone on with by a decision of this step."""
    holding = lane.holding
    is_gone = False
    place = 0
    while place < lane.book.count:
        slot = lane.book.places[place]
        order = lane.book.orders[slot]
        if not reduces(lane.book, order):
            is_gone = is_gone or order.trade == holding.trade
            end_order(lane, slot, CANCELLED, RISK_BREACH, breach, HALTED_BY_RULE + rule)
        else:
            place += 1
    if is_gone and lane.books.position.trade != holding.trade:
        holding.intent = 0


def leave_now(lane: Lane, breach: int) -> None:
    """Leaves what is held at the market, whatever way out is under way or was decided in this step.

    A decision of this step to begin another trade stands.
    """
    holding = lane.holding
    trade = lane.books.position.trade
    if trade == NO_TRADE or holding.left_row == lane.books.row:
        return
    holding.left_row = lane.books.row
    place = 0
    while place < lane.book.count:
        slot = lane.book.places[place]
        order = lane.book.orders[slot]
        if order.trade == trade and not reduces(lane.book, order):
            end_order(lane, slot, CANCELLED, RISK_BREACH, breach, BEING_LEFT)
        else:
            place += 1
    close_at_market(lane, RISK_BREACH, breach)
    if holding.intent == 0 or holding.trade == trade:
        holding.intent = 0


def on_order(lane: Lane, order: Task) -> None:
    """Handles that an order was reached, or is dead. A stop that was reached leaves its trade at the market, like a decision."""
    holding = lane.holding
    position = lane.books.position
    if position.trade != NO_TRADE and position.trade == order.trade:
        if order.sign == position.sign:
            return
        if order.status != TRIGGERED:
            if order.group == ALONE:
                see_whether_closing(lane)
        elif order.terms.type != STOP_LIMIT:
            holding.is_closing = True
            if holding.trade == position.trade:
                holding.intent = 0
    elif order.status != TRIGGERED and holding.trade == order.trade and not knows(lane.book, order.trade):
        holding.intent = 0


def see_whether_closing(lane: Lane) -> None:
    """Once no exit that a decision asked for works any more, what is held stays until the next decision."""
    holding = lane.holding
    if holding.is_closing and not is_leaving(lane.book):
        holding.is_closing = False
        holding.intent = lane.books.position.sign
        holding.trade = lane.books.position.trade


def on_fill(lane: Lane, fill: Task) -> None:
    """Books a fill: it opens a position, changes one, or closes it."""
    books = lane.books
    if fill.status >= AFTER_ENTRY_BAR:
        books.total.exit_after_entry_bar += 1
    if fill.status % AFTER_ENTRY_BAR >= AMBIGUOUS:
        books.total.ambiguous_bars += 1
    done = book_fill(books, books.row, fill.trade, fill.sign, fill.quantity, fill.price, fill.commission, fill.slippage)
    if done == CROSSED:
        lane.status = CROSSED_FLAT
        return
    if done == OPENED:
        open_trade(lane, fill)
    if done == CLOSED:
        end_position(lane, fill)
    elif fill.sign == books.position.sign:
        protect(lane, fill.ordinal)
    else:
        see_whether_closing(lane)


def open_trade(lane: Lane, fill: Task) -> None:
    """Notes that a position was opened; from this bar's mark on there is something to watch."""
    holding = lane.holding
    lane.risk.is_watching = lane.risk.watches
    if holding.trade == fill.trade:
        holding.intent = fill.sign
    holding.opened_by = record_opened(lane, fill)


def end_position(lane: Lane, fill: Task) -> None:
    """Notes that a position was closed, and counts its trade."""
    holding = lane.holding
    holding.is_closing = False
    if holding.trade == fill.trade:
        holding.intent = 0
    record_closed(lane, fill, lane.books.position)
    close_trade(lane.books, lane.books.row)
