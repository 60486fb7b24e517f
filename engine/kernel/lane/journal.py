"""The journal: what happens in a lane, as records in the order of the events (rule E1). Without one, events are only counted."""

from engine.kernel.lane.positions import NO_TRADE, Position, entry_price, exit_price, gross_profit_of, net_profit_of
from engine.kernel.lane.state import TOO_MANY_EVENTS, Lane, OpenEvents, Order, Record, Symbol, Task, bar_at

NOTHING = 0
SIGNAL = 1
ORDER_REQUEST = 2
ORDER = 3
FILL = 4
POSITION_OPEN = 5
POSITION_CLOSE = 6
RISK_BREACH = 7
ENDED = 8
PORTFOLIO_UPDATE = 9
"""Kinds of records, and of causes: a SIGNAL is caused by a bar, NOTHING here, and a RISK_BREACH by the mark of its bar.

ENDED is no event: the trade ended before it began.
"""

ACCEPTED = 1
REJECTED = 2
TRIGGERED = 3
CANCELLED = 4
EXPIRED = 5
"""Statuses of an ORDER, its `detail`."""

ENDS_TRADE = 1
"""The flag of an ORDER with which its trade ends."""

MAKER = 1
AMBIGUOUS = 2
AFTER_ENTRY_BAR = 4
"""Flags of a FILL."""

BY_PERCENT_FLAG = 64
"""The flag of an ORDER_REQUEST whose stop trails by percent."""


def new_record(lane: Lane, symbol: Symbol, kind: int, ordinal: int) -> Record:
    """The next record of the journal, with the bar under way; for lanes that keep one."""
    journal = lane.journal
    if journal.count >= journal.room:
        lane.status = TOO_MANY_EVENTS
        journal.count = journal.room - 1
    record = journal.records[journal.count]
    journal.count += 1
    record.kind = kind
    record.row = lane.books.row
    record.marked = lane.books.curve.bars
    record.symbol = symbol.number
    record.bar = bar_at(symbol.market, lane.books.row)
    record.ordinal = ordinal
    record.order = 0
    record.trade = 0
    record.sign = 0
    record.cause_kind = NOTHING
    record.cause = 0
    record.detail = 0
    record.reason = 0
    record.flags = 0
    record.time = 0
    record.number = 0
    record.close = 0.0
    record.quantity = 0.0
    record.price = 0.0
    record.limit = 0.0
    record.stop = 0.0
    record.money = 0.0
    record.further = 0.0
    return record


def count_event(lane: Lane, kind: int, trade: int) -> None:
    """Counts an event of a trade that does not end with it."""
    counted = lane.open_events
    if counted.is_kept and trade != NO_TRADE and counted.wanted[kind]:
        place = place_of(counted, trade)
        if place == counted.room:
            lane.status = TOO_MANY_EVENTS
            return
        counted.trades[place] = trade
        counted.counts[place] += 1
        counted.total += 1
        counted.peak = max(counted.peak, counted.total)


def end_counted(lane: Lane, trade: int) -> None:
    """Counts the events of a trade no longer, which has ended."""
    counted = lane.open_events
    if counted.is_kept:
        place = place_of(counted, trade)
        if place < counted.room and counted.trades[place] == trade:
            counted.total -= counted.counts[place]
            counted.counts[place] = 0
            counted.trades[place] = NO_TRADE


def place_of(counted: OpenEvents, trade: int) -> int:
    """The place of a trade, else the first that is free, else `room`."""
    free = counted.room
    for place in range(counted.room):
        if counted.trades[place] == trade:
            return place
        if counted.trades[place] == NO_TRADE:
            free = min(free, place)
    return free


def record_signal(lane: Lane, symbol: Symbol, trade: int, target: int) -> int:
    """Records a decision of the strategy, `number` by its place; returns its ordinal."""
    lane.ordinals.signal += 1
    count_event(lane, SIGNAL, trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, SIGNAL, lane.ordinals.signal)
        record.trade = trade
        record.sign = target
        record.number = lane.change - 1
    return lane.ordinals.signal


def record_request(lane: Lane, symbol: Symbol, task: Task, cause_kind: int, cause: int) -> None:
    """Records what is asked for: `detail` is its type, `flags` its time in force, group and trail, `order` the one that it replaces.

    `reason` is what was not known, `number` over how many bars, or what was wrong: `price` seen from a `close`.
    """
    lane.ordinals.request += 1
    count_event(lane, ORDER_REQUEST, task.trade)
    task.ordinal = lane.ordinals.request
    if lane.journal.is_kept:
        record = new_record(lane, symbol, ORDER_REQUEST, task.ordinal)
        record.trade = task.trade
        record.sign = task.sign
        record.cause_kind = cause_kind
        record.cause = cause
        record.detail = task.terms.type
        record.flags = task.terms.time_in_force + 8 * task.group + (BY_PERCENT_FLAG if task.terms.by_percent else 0)
        record.order = task.replaces
        record.quantity = task.quantity
        record.limit = task.terms.limit
        record.stop = task.terms.stop
        record.money = task.terms.trail_amount
        record.further = task.terms.trail_percent
        record.time = task.terms.good_till
        record.reason = task.terms.unknown
        record.number = task.terms.unknown_over
        record.price = symbol.fault_value
        record.close = symbol.fault_close


def record_order(
    lane: Lane,
    symbol: Symbol,
    order: Order,
    status: int,
    ordinal: int,
    cause_kind: int,
    cause: int,
    reason: int,
    flags: int,
) -> None:
    """Records a status of an order; its ordinal was counted before. `price`, `limit` and `money` belong to a refusal."""
    lane.counts.statuses[status] += 1
    if status == REJECTED:
        lane.counts.rejections[reason] += 1
    if flags == ENDS_TRADE:
        end_counted(lane, order.trade)
    else:
        count_event(lane, ORDER, order.trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, ORDER, ordinal)
        record.order = order.number
        record.trade = order.trade
        record.sign = order.sign
        record.cause_kind = cause_kind
        record.cause = cause
        record.detail = status
        record.reason = reason
        record.flags = flags
        if status == REJECTED or order.is_in_doubt:
            record.price = lane.refusal.value
            record.limit = lane.refusal.limit
            record.money = lane.refusal.further


def record_fill(lane: Lane, symbol: Symbol, order: Order, quantity: float, flags: int) -> int:
    """Records a fill, whose outcome is in the costs of the lane; `number` is 1 if nothing is left of the order. Returns its ordinal."""
    lane.ordinals.fill += 1
    count_event(lane, FILL, order.trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, FILL, lane.ordinals.fill)
        record.order = order.number
        record.trade = order.trade
        record.sign = order.sign
        record.cause_kind = ORDER
        record.cause = order.accepted_by
        record.flags = flags
        record.number = 1 if order.left == 0.0 else 0
        record.quantity = quantity
        record.price = lane.costs.price
        record.money = lane.costs.commission
        record.further = lane.costs.slippage
    return lane.ordinals.fill


def record_opened(lane: Lane, symbol: Symbol, fill: Task) -> int:
    """Records that a fill opened a position; returns the ordinal."""
    lane.ordinals.opened += 1
    count_event(lane, POSITION_OPEN, fill.trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, POSITION_OPEN, lane.ordinals.opened)
        record.trade = fill.trade
        record.sign = fill.sign
        record.cause_kind = FILL
        record.cause = fill.ordinal
        record.quantity = fill.quantity
        record.price = fill.price
        record.money = fill.commission
    return lane.ordinals.opened


def record_closed(lane: Lane, symbol: Symbol, fill: Task, position: Position) -> None:
    """Records that a fill closed a position: units entered, average prices, profit; `detail` is the bar in which it was opened."""
    lane.ordinals.closed += 1
    end_counted(lane, position.trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, POSITION_CLOSE, lane.ordinals.closed)
        record.trade = position.trade
        record.sign = position.sign
        record.cause_kind = FILL
        record.cause = fill.ordinal
        record.detail = position.opened_bar
        record.quantity = position.entry_quantity
        record.price = entry_price(position)
        record.limit = exit_price(position)
        record.money = gross_profit_of(position)
        record.further = net_profit_of(position)


def record_breach(
    lane: Lane, symbol: Symbol, rule: int, trade: int, cause_kind: int, cause: int, value: float, limit: float
) -> int:
    """Records that the rule at a place of the config's list was broken; returns the ordinal."""
    lane.ordinals.breach += 1
    lane.books.total.risk_breaches += 1
    count_event(lane, RISK_BREACH, trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, RISK_BREACH, lane.ordinals.breach)
        record.trade = trade
        record.cause_kind = cause_kind
        record.cause = cause
        record.detail = rule
        record.price = value
        record.limit = limit
    return lane.ordinals.breach


def record_ended(lane: Lane, symbol: Symbol, trade: int) -> None:
    """Records that a trade ended before it began.

    Nothing of the ORDER phase has been dispatched when signals are acted on: it comes `number` records earlier.
    """
    end_counted(lane, trade)
    if lane.journal.is_kept:
        record = new_record(lane, symbol, ENDED, 0)
        record.trade = trade
        record.number = lane.journal.count - 1 - lane.journal.phase_from
        lane.journal.phase_from += 1
