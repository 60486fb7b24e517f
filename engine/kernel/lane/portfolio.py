"""The portfolio side: how it handles decisions, fills and the statuses of its orders (rules E2, P1, P3)."""

from math import isnan, nan

from engine.kernel.lane.acceptance import BEING_LEFT, HALTED_BY_RULE, SIGNAL_CHANGED
from engine.kernel.lane.books import CLOSED, CROSSED, OPENED, book_fill, close_trade, equity_at
from engine.kernel.lane.broker import (
    ACT,
    ASK_AGAIN,
    ASK_ELSEWHERE,
    ON_FILL,
    ON_ORDER,
    SEE_REPLACED,
    SETTLE_EXITS,
    TAKE,
    WITHDRAW,
    add_task,
    ask_again,
    end_order,
    take,
)
from engine.kernel.lane.journal import (
    AFTER_ENTRY_BAR,
    AMBIGUOUS,
    CANCELLED,
    FILL,
    MAKER,
    ORDER,
    RISK_BREACH,
    SIGNAL,
    TRIGGERED,
    record_closed,
    record_ended,
    record_opened,
)
from engine.kernel.lane.orders import entry_on_its_way, exit_on_its_way, is_leaving, knows, reduces
from engine.kernel.lane.positions import NO_TRADE, entry_price
from engine.kernel.lane.protection import (
    ask,
    can_protect,
    exits_fault,
    keep_exits,
    protect,
    set_market,
    set_named,
    set_terms,
    settle_exits,
)
from engine.kernel.lane.sizing import VOLATILITY_TARGET, units_to_enter
from engine.kernel.lane.state import (
    ALONE,
    CROSSED_FLAT,
    ENTERS,
    FIRST_BAR,
    NONE,
    RUNNING,
    STOP_LIMIT,
    SYMBOL,
    VOLATILITY,
    Book,
    Holding,
    Lane,
    NamedOrder,
    Symbol,
    Task,
    bar_at,
    position_of,
)
from engine.kernel.lane.statistics import TradeStatistics

MOST_ENTRIES = 1024
"""Entries of one trade are fewer."""


def do_tasks(lane: Lane) -> None:
    """Does what was arranged in the phase under way, and what that brings about, in order."""
    while lane.task_count > 0 and lane.status == RUNNING:
        task = lane.tasks[lane.first_task]
        lane.first_task += 1
        if lane.first_task == lane.task_room:
            lane.first_task = 0
        lane.task_count -= 1
        do_task(lane, lane.symbols[task.symbol], task)
    lane.first_task = 0


def do_task(lane: Lane, symbol: Symbol, task: Task) -> None:
    """Does a task of a symbol; decisions are acted on together."""
    if task.kind == ACT:
        act(lane)
    elif task.kind == TAKE:
        take(lane, symbol, task)
    elif task.kind == ON_ORDER:
        on_order(lane, symbol, task)
    elif task.kind == ON_FILL:
        on_fill(lane, symbol, task)
    elif task.kind == ASK_AGAIN:
        ask_again(lane)
    else:
        do_rarer_task(lane, symbol, task)


def do_rarer_task(lane: Lane, symbol: Symbol, task: Task) -> None:
    """Does a task that risk rules bring about, or decisions that name orders."""
    if task.kind == WITHDRAW:
        withdraw(lane, symbol, task.ordinal, task.rule)
    elif task.kind == SEE_REPLACED:
        see_whether_replaced(symbol, task)
    elif task.kind == SETTLE_EXITS:
        settle_exits(lane, symbol, task)
    elif task.kind == ASK_ELSEWHERE:
        ask_elsewhere(lane, symbol, task)
    else:
        leave_now(lane, symbol, task.ordinal)


def ask_elsewhere(lane: Lane, symbol: Symbol, task: Task) -> None:
    """Asks for an order in a symbol without data; `symbol` is any other."""
    set_market(lane.terms)
    lane.terms.unknown = SYMBOL
    ask(lane, symbol, task.trade, task.sign, 0.0, ALONE, NONE, SIGNAL, task.ordinal)


def act(lane: Lane) -> None:
    """Asks for what the signals of the step want: first what reduces positions of any symbol, then what enters."""
    entering = 0
    for place in range(lane.due_count):
        symbol = lane.symbols[lane.due[place]]
        if reduce(lane, symbol):
            lane.due[entering] = symbol.number
            entering += 1
        else:
            symbol.holding.signal = 0
    for place in range(entering):
        symbol = lane.symbols[lane.due[place]]
        enter(lane, symbol)
        symbol.holding.signal = 0
    lane.due_count = 0


def reduce(lane: Lane, symbol: Symbol) -> bool:
    """Leaves what is not wanted any more of a symbol, or moves its exits; returns whether there is something to enter.

    Trades that earlier signals of the step began end before they started.
    """
    holding = symbol.holding
    position = position_of(lane, symbol)
    enters = False
    if position.trade != NO_TRADE and position.sign == holding.intent and not holding.is_closing:
        holding.trade = position.trade
        enters = holding.named != NONE and lane.named[holding.named].order.is_named
        move_exits(lane, symbol)
    else:
        leave(lane, symbol)
        enters = holding.intent != 0
    for place in range(holding.begun_count):
        if holding.begun[place] != holding.trade or holding.intent == 0:
            record_ended(lane, symbol, holding.begun[place])
    holding.begun_count = 0
    return enters


def move_exits(lane: Lane, symbol: Symbol) -> None:
    """Protects what is held by the exits that a decision for the direction held names; where one is rejected, the former one holds."""
    holding = symbol.holding
    if holding.named != NONE and lane.named[holding.named].exits.is_named:
        keep_exits(lane, symbol)
        holding.exits = holding.named
        protect(lane, symbol, symbol.market.close[lane.books.row], SIGNAL, holding.signal, True)


def leave(lane: Lane, symbol: Symbol) -> None:
    """Cancels entries that are not wanted any more, and asks for the exit of what is held.

    That is the order that the decision names, else that of the config, unless one is on its way.
    """
    holding = symbol.holding
    wanted = holding.trade if holding.intent != 0 else NO_TRADE
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        if not reduces(symbol.book, order) and order.trade != wanted:
            end_order(lane, symbol, slot, CANCELLED, ORDER, order.accepted_by, SIGNAL_CHANGED)
        else:
            place += 1
    position = position_of(lane, symbol)
    if position.trade == NO_TRADE:
        return
    named = named_order(lane, holding)
    if holding.intent == 0 and named.is_named:
        set_named(lane, symbol, named, -position.sign)
        close_out(lane, symbol, named.quantity if named.has_quantity else abs(position.held), SIGNAL, holding.signal)
    elif not holding.is_closing:
        set_terms(lane, symbol, symbol.exit.on_signal, -position.sign)
        close_out(lane, symbol, abs(position.held), SIGNAL, holding.signal)


def named_order(lane: Lane, holding: Holding) -> NamedOrder:
    """The order that the last decision names; one that is not named if it does not."""
    return lane.named[holding.named].order if holding.named != NONE else lane.plain


def close_out(lane: Lane, symbol: Symbol, quantity: float, cause_kind: int, cause: int) -> None:
    """Asks for an exit by the terms at hand, in place of the one that may be on its way."""
    position = position_of(lane, symbol)
    symbol.holding.is_closing = True
    old = exit_on_its_way(symbol.book)
    ask(lane, symbol, position.trade, -position.sign, quantity, ALONE, old, cause_kind, cause)


def close_at_market(lane: Lane, symbol: Symbol, cause_kind: int, cause: int) -> None:
    """Asks for the exit of all that is held, at the market."""
    set_market(lane.terms)
    close_out(lane, symbol, abs(position_of(lane, symbol).held), cause_kind, cause)


def enter(lane: Lane, symbol: Symbol) -> None:
    """Asks for what enters, an order or two that cancel each other, and has it protected by its own exits.

    An entry that works on because what would replace it was rejected keeps its own.
    """
    holding = symbol.holding
    named = holding.named
    former = holding.exits
    waiting = waiting_entries(symbol.book, holding.trade)
    if position_of(lane, symbol).trade != holding.trade:
        holding.exits = named if named != NONE and lane.named[named].exits.is_named else NONE
    is_pair = named != NONE and lane.named[named].otherwise.is_named
    ask_to_enter(lane, symbol, named_order(lane, holding), holding.intent, ENTERS if is_pair else ALONE)
    if is_pair:
        ask_to_enter(lane, symbol, lane.named[named].otherwise, -holding.intent, ENTERS)
    if waiting > 0 and holding.exits != former:
        task = add_task(lane, SEE_REPLACED, symbol.number)
        task.trade = holding.trade
        task.replaces = waiting
        task.ordinal = former


def see_whether_replaced(symbol: Symbol, task: Task) -> None:
    """Gives the entries that wait the exits that they had, if none of them was replaced."""
    if waiting_entries(symbol.book, task.trade) == task.replaces:
        symbol.holding.exits = task.ordinal


def waiting_entries(book: Book, trade: int) -> int:
    """Their numbers added up, and how many they are: what takes the place of one has a larger number."""
    total = 0
    for place in range(book.count):
        order = book.orders[book.places[place]]
        if order.trade == trade and not reduces(book, order):
            total += order.number * MOST_ENTRIES + 1
    return total


def ask_to_enter(lane: Lane, symbol: Symbol, order: NamedOrder, sign: int, group: int) -> None:
    """Asks for an entry, in place of one of the same trade that still works."""
    holding = symbol.holding
    if order.is_named:
        set_named(lane, symbol, order, sign)
    else:
        set_terms(lane, symbol, symbol.entry, sign)
    units = units_wanted(lane, symbol, order)
    old = entry_on_its_way(symbol.book, holding.trade, sign)
    ask(lane, symbol, holding.trade, sign, units, group, old, SIGNAL, holding.signal)


def units_wanted(lane: Lane, symbol: Symbol, order: NamedOrder) -> float:
    """The units of an entry; NaN where it could not be protected, or not be sized, which is noted in the terms at hand."""
    row = lane.books.row
    if bar_at(symbol.market, row) == NONE:
        lane.terms.unknown = FIRST_BAR
        return nan
    if symbol.holding.exits != NONE:
        if exits_fault(lane, symbol):
            return nan
    elif not can_protect(lane, symbol, lane.terms):
        return nan
    if order.is_named and order.has_quantity:
        return order.quantity
    units = units_to_enter(symbol.sizing, equity_at(lane.books, row), bar_at(symbol.market, row))
    if isnan(units) and symbol.sizing.kind == VOLATILITY_TARGET:
        lane.terms.unknown = VOLATILITY
        lane.terms.unknown_over = symbol.sizing.bars
    return units


def withdraw(lane: Lane, symbol: Symbol, breach: int, rule: int) -> None:
    """Takes back waiting entries; a trade that ends with them is not gone on with by a decision of this step."""
    holding = symbol.holding
    is_gone = False
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        if not reduces(symbol.book, order):
            is_gone = is_gone or order.trade == holding.trade
            end_order(lane, symbol, slot, CANCELLED, RISK_BREACH, breach, HALTED_BY_RULE + rule)
        else:
            place += 1
    if is_gone and position_of(lane, symbol).trade != holding.trade:
        holding.intent = 0
        holding.named = NONE


def leave_now(lane: Lane, symbol: Symbol, breach: int) -> None:
    """Leaves what is held at the market, whatever way out is under way or was decided in this step.

    A decision of this step to begin another trade stands.
    """
    holding = symbol.holding
    trade = position_of(lane, symbol).trade
    if trade == NO_TRADE or holding.left_row == lane.books.row:
        return
    holding.left_row = lane.books.row
    place = 0
    while place < symbol.book.count:
        slot = symbol.book.places[place]
        order = symbol.book.orders[slot]
        if order.trade == trade and not reduces(symbol.book, order):
            end_order(lane, symbol, slot, CANCELLED, RISK_BREACH, breach, BEING_LEFT)
        else:
            place += 1
    close_at_market(lane, symbol, RISK_BREACH, breach)
    if holding.intent == 0 or holding.trade == trade:
        holding.intent = 0
        holding.named = NONE


def on_order(lane: Lane, symbol: Symbol, order: Task) -> None:
    """Handles that an order was reached, or is dead. A stop that was reached leaves its trade at the market, like a decision."""
    holding = symbol.holding
    position = position_of(lane, symbol)
    if position.trade != NO_TRADE and position.trade == order.trade:
        if order.sign == position.sign:
            return
        if order.status != TRIGGERED:
            if order.group == ALONE:
                see_whether_closing(lane, symbol)
        elif order.terms.type != STOP_LIMIT:
            holding.is_closing = True
            if holding.trade == position.trade:
                holding.intent = 0
    elif order.status != TRIGGERED and holding.trade == order.trade and not knows(symbol.book, order.trade):
        holding.intent = 0


def see_whether_closing(lane: Lane, symbol: Symbol) -> None:
    """Once no exit that a decision asked for works any more, what is held stays until the next decision."""
    holding = symbol.holding
    if holding.is_closing and not is_leaving(symbol.book):
        holding.is_closing = False
        holding.intent = position_of(lane, symbol).sign
        holding.trade = position_of(lane, symbol).trade


def on_fill(lane: Lane, symbol: Symbol, fill: Task) -> None:
    """Books a fill: it opens a position, changes one, or closes it."""
    books = lane.books
    number = symbol.number
    if fill.status > MAKER:
        count_flags(books.total, fill.status)
        count_flags(books.symbols[number].statistics, fill.status)
    costs = fill.commission
    done = book_fill(books, number, books.row, fill.trade, fill.sign, fill.quantity, fill.price, costs, fill.slippage)
    if done == CROSSED:
        lane.status = CROSSED_FLAT
        return
    if done == OPENED:
        open_trade(lane, symbol, fill)
    if done == CLOSED:
        end_position(lane, symbol, fill)
    elif fill.sign == position_of(lane, symbol).sign:
        protect(lane, symbol, entry_price(position_of(lane, symbol)), FILL, fill.ordinal, False)
    else:
        see_whether_closing(lane, symbol)


def count_flags(statistics: TradeStatistics, flags: int) -> None:
    """Counts what a fill says of its bar."""
    if flags >= AFTER_ENTRY_BAR:
        statistics.exit_after_entry_bar += 1
    if flags % AFTER_ENTRY_BAR >= AMBIGUOUS:
        statistics.ambiguous_bars += 1


def open_trade(lane: Lane, symbol: Symbol, fill: Task) -> None:
    """Notes that a position was opened; from this bar's mark on there is something to watch."""
    holding = symbol.holding
    lane.risk.is_watching = lane.risk.watches
    if holding.trade == fill.trade:
        holding.intent = fill.sign
    holding.opened_by = record_opened(lane, symbol, fill)


def end_position(lane: Lane, symbol: Symbol, fill: Task) -> None:
    """Notes that a position was closed, and counts its trade."""
    holding = symbol.holding
    holding.is_closing = False
    if holding.trade == fill.trade:
        holding.intent = 0
    record_closed(lane, symbol, fill, position_of(lane, symbol))
    close_trade(lane.books, symbol.number, lane.books.row)
