"""The state of one portfolio: what the config says of it, its symbols with their orders, and what has yet to be done in a bar."""

from typing import Annotated

from engine.kernel.lane.books import Books
from engine.kernel.lane.costs import Costs, Deal
from engine.kernel.lane.positions import Position
from engine.kernel.lane.sizing import Sizing
from engine.kernel.language import F64, I64, struct

NONE = -1
"""No order, no symbol, no place, no day."""
KEPT = -2
"""The exits that a symbol keeps itself, in the place of those that a decision named."""

MARKET = 0
LIMIT = 1
STOP = 2
STOP_LIMIT = 3
TRAILING_STOP = 4
"""Types of orders."""

GTC = 0
DAY = 1
IOC = 2
GTD = 3
"""How long orders work (rule X6)."""

ALONE = 0
PROTECTS = 1
ENTERS = 2
"""Groups of orders: those that protect a position share an OCO, and so do two entries of a trade."""

NEXT_OPEN = 0
NEXT_CLOSE = 1
"""What a market order meets."""

NO_DISTANCE = 0
BY_PERCENT = 1
BY_AMOUNT = 2
BY_ATR = 3
"""How distances are measured."""

TRUE_RANGE = 1
VOLATILITY = 2
STOP_LOSS_IS_NONE = 3
STOP_LOSS_BEYOND_REASON = 4
TAKE_PROFIT_IS_NONE = 5
TAKE_PROFIT_BEYOND_REASON = 6
TRAIL_AMOUNT_IS_NONE = 7
TRAIL_PERCENT_IS_NONE = 8
SYMBOL = 9
FIRST_BAR = 10
"""What is not known yet, or wrong with the exits that a decision names; that there are no data of the symbol, or no bar yet; 0 if nothing is."""

CASH_ACCOUNT = 0
MARGIN_ACCOUNT = 1
"""Kinds of account."""

MAX_POSITION = 0
MAX_GROSS_EXPOSURE = 1
MAX_OPEN_POSITIONS = 2
MAX_DRAWDOWN = 3
DAILY_LOSS = 4
STOP_RULE = 5
TARGET_RULE = 6
"""Kinds of risk rules."""

HALT = 0
FLATTEN = 1
"""What a risk rule of the account does."""

RUNNING = 0
JOURNAL_FULL = 1
NOT_FINITE = 2
TOO_MANY_ORDERS = 3
TOO_MANY_EVENTS = 4
CROSSED_FLAT = 5
WRONG_SIDE = 6
"""The status of a lane: whether it goes on, waits for room in the journal, or has failed: WRONG_SIDE if a decision names exits that
would leave at once what it enters.
"""

MOST_TASKS = 128
"""Tasks that may wait at once, for each symbol."""

MOST_BEGUN = 8
"""Trades of one symbol that decisions may begin in one step."""


@struct
class Distance:
    """How far from a price: percent of it, money a unit, or a multiple of `atr`, the average true range over `timeperiod` bars.

    `atr`: at each bar of the lane that of the latest bar of the symbol; NaN while it is not known.
    """

    kind: int
    size: float
    atr: F64
    timeperiod: int


@struct
class OrderForm:
    """How the config asks for an order: its type, how long it works (`good_for` in ns), and distances from the close.

    `limit`: how much better than the close, or worse than the stop. `stop`: how far the price must have gone on, or how far a
    trailing stop stays behind.
    """

    type: int
    time_in_force: int
    good_for: int
    limit: Distance
    stop: Distance


@struct
class ExitForm:
    """How positions are left: by decisions, and by orders that protect them."""

    on_signal: OrderForm
    stop_loss: Distance
    take_profit: Distance
    trailing_stop: Distance


@struct
class Terms:
    """What an order asks for beside side and size. Prices that its type has no use for are 0.0, so is the trail it has not.

    `unknown`: what was not known where that leaves it without a size or a price, over `unknown_over` bars; or what is wrong with its exits.
    """

    type: int
    time_in_force: int
    limit: float
    stop: float
    by_percent: bool
    trail_amount: float
    trail_percent: float
    good_till: int
    unknown: int
    unknown_over: int


@struct
class NamedOrder:
    """An order that a decision names, if it does: its terms, and its units if `has_quantity`.

    A trailing stop begins at the close unless it `has_start`.
    """

    is_named: bool
    terms: Terms
    has_start: bool
    has_quantity: bool
    quantity: float


@struct
class NamedExits:
    """The exits that a decision names, if it does: prices, and a trail of so much, by percent or amount."""

    is_named: bool
    has_stop_loss: bool
    stop_loss: float
    has_take_profit: bool
    take_profit: float
    trail_kind: int
    trail: float


@struct
class Named:
    """The orders that a decision names: one that goes its way, another that goes the other way, and exits."""

    order: NamedOrder
    otherwise: NamedOrder
    exits: NamedExits


@struct
class Order:
    """An order at work.

    `number`: its place in the order of acceptance, from 1. `request` and `accepted_by`: the ordinals of the ORDER_REQUEST and of
    the ORDER that accepted it. `stop`: where its stop is now. `first_row`: the first bar that it may meet (rule L3). `ratcheted`: the row from which a trailing stop has
    yet to follow the closes. `day`: of the first bar it met. `quantity` asked for and `left`, in units.

    An entry is held back by exits at the market that were accepted up to the number `waits_for`, 0 if by none (rule P2). It `is_in_doubt`
    if one of them did not come, so that it is to be asked for again, and `is_missing` where it does not meet the bar under way.

    What is left of the bar at `rest_row` for an order that joined inside it: open, high and low. And what that bar does to it:
    at which moment, at what `level`, in which direction the price goes there, and the price of the fill, if it fills.
    """

    number: int
    trade: int
    sign: int
    terms: Terms
    group: int
    request: int
    accepted_by: int
    quantity: float
    left: float
    stop: float
    is_triggered: bool
    first_row: int
    ratcheted: int
    day: int
    waits_for: int
    is_in_doubt: bool
    is_missing: bool
    rest_row: int
    is_rest: bool
    rest_open: float
    rest_high: float
    rest_low: float
    moment: int
    level: float
    heading: int
    fills: bool
    price: float


@struct
class Book:
    """The orders of a symbol at work and what of the open trade is filled.

    `orders` has room for `room` of them; `places` are those in use, in the order of acceptance, `count` of them, and behind them
    those that are free. `trade`: the one that holds a position, NO_TRADE while flat; units `entered` and `left_again` of it.
    `is_overdue`: the bar that entered it closed beyond an exit that works only from the next bar on. `half_refused`: a trade one of whose
    two entries was rejected, while the other is not decided.
    """

    orders: list[Order]
    places: I64
    room: int
    count: int
    trade: int
    sign: int
    entered: float
    left_again: float
    is_overdue: bool
    half_refused: int


@struct
class PricePath:
    """How far a bar has got: the moment, the price and the direction of the last fill inside, and the volume that is left.

    `ahead`: the slot of the order that it meets next, if that `is_known`, NONE if there is none. `is_ambiguous`: it may as well have met a
    rival of that one before (rule X5).

    Between bars: a bar that stays above `below` and below `above` does nothing to the orders at work, but that the one in the
    slot `trail`, if there is one, follows its close: up to the bar at `trailed_row` that makes its stop `trailed_stop`.
    """

    row: int
    is_under_way: bool
    moment: int
    at: float
    heading: int
    volume: float
    is_known: bool
    ahead: int
    is_ambiguous: bool
    below: float
    above: float
    trail: int
    trailed_row: int
    trailed_stop: float


@struct
class Holding:
    """What the portfolio wants of its symbol.

    `intent`: the direction it will have once all its orders are filled. `trade`: the latest one. `is_closing`: the exit of the open
    position is on its way. `opened_by`: the ordinal of the POSITION_OPEN that began it. `signal`: that of the SIGNAL to act on in this
    step, 0 if there is none. `begun`: the trades that signals of this step began, `begun_count` of them. `named`: the orders that the last
    decision named, by their place, or NONE; `exits`: those whose exits protect the trade, or KEPT. `left_row`: the bar at which a risk rule left it.
    """

    intent: int
    trade: int
    is_closing: bool
    opened_by: int
    signal: int
    begun: Annotated[list[int], MOST_BEGUN]
    begun_count: int
    named: int
    exits: int
    left_row: int


@struct
class RiskRule:
    """A rule with its parameters, and its state.

    `acted_on`: the day on which it acted last. `refused`: orders that it refused.
    """

    kind: int
    size: float
    action: int
    cool_down: int
    has_acted: bool
    acted_on: int
    refused: int


@struct
class TradeLimit:
    """What a rule on trades measures in one symbol: its distance, and the range `measured` for the trade `measured_trade`."""

    distance: Distance
    measured_trade: int
    measured: float


@struct
class Risk:
    """The risk rules of a portfolio, in the order of the config, and what they have found.

    `watches`, `looks_at_equity` and `looks_at_days`: whether any of them looks at marks, at equity, and at days. `is_watching`: marks are looked at, for something
    is or was held. `halted_by` and `halted_on`: the rule that stopped trading for good, or for a day, by its place, else NONE.
    `quiet_until`: the first mark that may break a rule; `quiet_peak` and `quiet_last`: the highest and the last mark before it.
    """

    rules: list[RiskRule]
    count: int
    watches: bool
    looks_at_equity: bool
    looks_at_days: bool
    is_watching: bool
    has_looked: bool
    quiet_peak: float
    quiet_last: float
    quiet_until: int
    lowest_equity: float
    drawdown: float
    peak: float
    last: float
    day_start: float
    day: int
    halted_by: int
    halted_on: int
    halted_day: int


@struct
class Task:
    """Something that has yet to be done in the phase under way, after what was arranged before it.

    A request, or a new status of an order, or a fill, or a decision of the strategy or of a risk rule: `kind` says which.
    """

    kind: int
    symbol: int
    ordinal: int
    trade: int
    sign: int
    terms: Terms
    group: int
    replaces: int
    status: int
    rule: int
    quantity: float
    price: float
    commission: float
    slippage: float


@struct
class Record:
    """An event in the journal; which fields mean what is in `journal`.

    `bar`: the symbol's latest bar, `row` the lane's; `marked`: how many bars were marked before it.
    """

    kind: int
    row: int
    marked: int
    symbol: int
    bar: int
    ordinal: int
    order: int
    trade: int
    sign: int
    cause_kind: int
    cause: int
    detail: int
    reason: int
    flags: int
    time: int
    number: int
    close: float
    quantity: float
    price: float
    limit: float
    stop: float
    money: float
    further: float


@struct
class Ordinals:
    """How many events of each type there were; the next one has the number after it."""

    signal: int
    request: int
    order: int
    fill: int
    opened: int
    closed: int
    breach: int


@struct
class OrderCounts:
    """How many times orders had each status, how many were rejected for each reason, and fills that left a part open."""

    statuses: Annotated[list[int], 8]
    rejections: Annotated[list[int], 32]
    partial_fills: int


@struct
class Journal:
    """Records of events, if `is_kept`: `count` of them in a buffer of `room`, those of the ORDER phase under way from `phase_from` on."""

    is_kept: bool
    records: list[Record]
    count: int
    room: int
    phase_from: int


@struct
class OpenEvents:
    """The events of trades that have not ended, if they are counted: those of the kinds that are `wanted`.

    Each place in `trades` has the number of a trade, or NO_TRADE, with that of its events in `counts`; there is `room` for so many.
    `total`: all of them now, `peak`: the most that there were, each time after an event was handled.
    """

    is_kept: bool
    wanted: Annotated[list[bool], 16]
    trades: I64
    counts: I64
    room: int
    total: int
    peak: int


@struct
class Refusal:
    """Why an order was rejected: a reason of `acceptance`, the numbers that its text gives, and what was asked for at which bar of which symbol."""

    reason: int
    value: float
    limit: float
    further: float
    symbol: int
    bar: int
    quantity: float
    replaces: int
    unknown: int
    unknown_over: int
    unknown_value: float
    unknown_close: float


@struct
class Prospect:
    """A portfolio as it would be with all its waiting orders and one more, at the latest closes, in quote currency.

    `held`: units of the symbol asked for, below zero if short, and `worth` what they are worth. `gross`: all positions, longs
    and shorts added; `positions`: how many symbols that are. `cash`: what would be left, costs aside.
    """

    held: float
    worth: float
    gross: float
    positions: float
    cash: float
    equity: float


@struct
class Clock:
    """The moments of a lane: those at which any of its symbols has a bar.

    `day`: the number of the day of each; it is needed where orders are good for a day, or a rule looks at days.
    """

    bars: int
    timestamp: I64
    day: I64


@struct
class Market:
    """The bars of a symbol at the moments of the lane's clock: prices, volume; `bar_length` ns.

    `day_after`: the number of the day of the moment `bar_length` after each, where orders are good for a day. `last`: where its last bar is.

    If it `is_spread`, it has no bar at some moments: low is infinity there, high the opposite, close that of its latest bar, 0.0 before the
    first. `rows`: the number of its latest bar at each moment; `first_met`: where the first bar is that an order asked for there may
    meet (rule L3), `bars` of the clock if there is none.
    """

    open: F64
    high: F64
    low: F64
    close: F64
    volume: F64
    bar_length: int
    day_after: I64
    last: int
    is_spread: bool
    rows: I64
    first_met: I64


@struct
class Symbol:
    """A symbol of a portfolio, by its `number`: what the config says of it, its orders, and what is wanted of it.

    `limits`: what the risk rules measure here, one for each. `cooling_until`: the bar from which entries are taken again. `left_trade`: the
    last trade that a rule left. A close between `lowest_close` and `highest_close` breaks no rule on the trade held. `fault_value`: the exit that made no
    sense where an entry was asked for, seen from `fault_close`. `kept`: the exits that hold where those of a decision were rejected.
    """

    number: int
    market: Market
    book: Book
    path: PricePath
    holding: Holding
    sizing: Sizing
    entry: OrderForm
    exit: ExitForm
    limits: list[TradeLimit]
    cooling_until: int
    left_trade: int
    lowest_close: float
    highest_close: float
    fault_value: float
    fault_close: float
    kept: NamedExits


@struct
class Lane:
    """A portfolio with all that belongs to it.

    `change_rows`, `change_symbols` and `change_targets`: the bars at which its strategy wants another direction, `changes` of them,
    `change` the next. If it `names_orders`, `change_named` says which of `named` each goes with, or NONE; `plain` is an order
    that is not named, and `exits` those of the config, as prices. `due`: the symbols whose signals are acted on in this step, `due_count` of them. `tasks`: room for `task_room`,
    `task_count` of them from `first_task` on; there are none between two calls, so lanes that take turns may share it. `stretch`: bars that are looked at together.

    While orders are matched it `is_matching`: the bar under way is not complete. `moment` and `mover`: when the last order was met, and of which
    symbol. `has_missing`: an entry may not meet its bar yet; `has_doubts`: entries are about to be asked for again, `is_asking_again`: they are.
    """

    status: int
    clock: Clock
    symbols: list[Symbol]
    symbol_count: int
    books: Books
    risk: Risk
    costs: Costs
    deal: Deal
    ordinals: Ordinals
    counts: OrderCounts
    journal: Journal
    open_events: OpenEvents
    refusal: Refusal
    first_refusal: Refusal
    prospect: Prospect
    tasks: list[Task]
    task_room: int
    first_task: int
    task_count: int
    terms: Terms
    change_rows: I64
    change_symbols: I64
    change_targets: I64
    changes: int
    change: int
    names_orders: bool
    change_named: I64
    named: list[Named]
    plain: NamedOrder
    exits: NamedExits
    due: I64
    due_count: int
    stretch: int
    is_matching: bool
    moment: int
    mover: int
    has_missing: bool
    has_doubts: bool
    is_asking_again: bool
    orders_taken: int
    trades_begun: int
    fill_at: int
    participation: float
    minimum_notional: float
    account: int
    leverage: float
    closes_at_end: bool


def position_of(lane: Lane, symbol: Symbol) -> Position:
    """What is held of a symbol."""
    return lane.books.symbols[symbol.number].position


def has_bar(market: Market, row: int) -> bool:
    """Whether a symbol has a bar at a moment."""
    return not market.is_spread or market.low[row] <= market.high[row]


def bar_at(market: Market, row: int) -> int:
    """The number of a symbol's latest bar at a moment; NONE before its first."""
    return market.rows[row] if market.is_spread else row
