"""Risk rules that look at marks: losses of the account, stops and targets of trades (rule P3, phase MARK)."""

from math import inf, isnan

from engine.kernel.lane.books import NO_SYMBOL, STRETCH, add_worth, equity_at, only_held, pay_for_nights
from engine.kernel.lane.broker import LEAVE, WITHDRAW, add_task
from engine.kernel.lane.journal import NOTHING, POSITION_OPEN, record_breach
from engine.kernel.lane.positions import NO_TRADE, entry_price
from engine.kernel.lane.protection import money
from engine.kernel.lane.state import (
    BY_ATR,
    DAILY_LOSS,
    FLATTEN,
    MAX_DRAWDOWN,
    STOP_RULE,
    Lane,
    Risk,
    Symbol,
    position_of,
)
from engine.kernel.language import F64, divide

MARGIN = 1e-9
"""Marks that are nearer to a level than this share are measured exactly."""


def look_at_mark(lane: Lane) -> None:
    """Looks at the mark of the bar under way while something is held; what is found is acted on when orders are asked for."""
    books = lane.books
    look_at_account(lane, equity_at(books, books.row))
    for number in range(lane.symbol_count):
        symbol = lane.symbols[number]
        trade = position_of(lane, symbol).trade
        if trade != NO_TRADE and symbol.left_trade != trade:
            look_at_trade(lane, symbol)
    lane.risk.is_watching = books.open_positions > 0


def find_quiet(lane: Lane, until: int) -> int:
    """The first bar before `until` whose mark may break a rule while the same is held: it is looked at like any other."""
    risk = lane.risk
    books = lane.books
    pay_for_nights(books, books.row)
    risk.quiet_until = books.row
    risk.quiet_peak = risk.peak
    risk.quiet_last = risk.last
    if can_be_quiet(lane):
        end = until
        if risk.looks_at_days or books.borrow_percent > 0.0 or books.interest_percent > 0.0:
            end = min(end, books.curve.next_day_row + 1)
        for number in range(lane.symbol_count):
            end = scan_closes(lane.symbols[number], books.row, end)
        risk.quiet_until = scan_equity(lane, end)
    return risk.quiet_until


def can_be_quiet(lane: Lane) -> bool:
    """Whether every rule has a level that stays while the same is held; finds the closes and the equity between which none acts."""
    risk = lane.risk
    risk.lowest_equity = -inf
    risk.drawdown = 1.0
    if lane.books.open_positions == 0 or not risk.has_looked:
        return False
    if risk.looks_at_days and lane.clock.day[lane.books.row] != risk.day:
        return False
    for place in range(risk.count):
        rule = risk.rules[place]
        if rule.kind == MAX_DRAWDOWN and not rule.has_acted:
            risk.drawdown = min(risk.drawdown, rule.size / 100.0)
        elif rule.kind == DAILY_LOSS and not (rule.has_acted and rule.acted_on == risk.day):
            risk.lowest_equity = max(risk.lowest_equity, risk.day_start * (1.0 - rule.size / 100.0 + MARGIN))
    for number in range(lane.symbol_count):
        if not has_levels(lane, lane.symbols[number]):
            return False
    return True


def has_levels(lane: Lane, symbol: Symbol) -> bool:
    """Whether every rule on trades has a level that stays while the same is held of a symbol; finds these levels."""
    symbol.lowest_close = -inf
    symbol.highest_close = inf
    position = position_of(lane, symbol)
    if position.trade == NO_TRADE or symbol.left_trade == position.trade:
        return True
    for place in range(lane.risk.count):
        kind = lane.risk.rules[place].kind
        if kind >= STOP_RULE:
            limit = symbol.limits[place]
            if limit.distance.kind == BY_ATR and limit.measured_trade != position.trade:
                return False
            level = level_of(lane, symbol, place)
            if (1 if kind == STOP_RULE else -1) == position.sign:
                symbol.lowest_close = max(symbol.lowest_close, level)
            else:
                symbol.highest_close = min(symbol.highest_close, level)
    return True


def scan_closes(symbol: Symbol, first: int, end: int) -> int:
    """The first bar before `end` whose close is at the level of a rule; `end` if none is."""
    lowest = symbol.lowest_close
    highest = symbol.highest_close
    if lowest == -inf and highest == inf:
        return end
    close = symbol.market.close
    row = first
    while row < end and lowest < close[row] < highest:
        row += 1
    return row


def scan_equity(lane: Lane, end: int) -> int:
    """The first bar before `end` whose mark may break a rule, with some margin; finds the highest and the last mark before it."""
    risk = lane.risk
    books = lane.books
    row = books.row
    risk.quiet_peak = risk.peak
    risk.quiet_last = risk.last
    if not risk.looks_at_equity:
        return end
    number = only_held(books)
    if number != NO_SYMBOL:
        ours = books.symbols[number]
        return scan_worth(risk, books.cash, ours.close, ours.position.held, 0, row, end)
    is_quiet = True
    while row < end and is_quiet:
        last = min(end, row + STRETCH) - 1
        add_worth(books, row, last)
        reached = scan_worth(risk, books.cash, books.worth, 1.0, row, row, last + 1)
        is_quiet = reached > last
        row = reached
    return row


def scan_worth(risk: Risk, cash: float, price: F64, held: float, start: int, first: int, end: int) -> int:
    """Does that from the bar `first` on, where `held` is worth a price each, the first of which is that of the bar at `start`."""
    kept = 1.0 - risk.drawdown + MARGIN
    peak = risk.quiet_peak
    lowest = max(risk.lowest_equity, peak * kept)
    equity = risk.quiet_last
    row = first
    while row < end:
        marked = cash + held * price[row - start]
        if marked > peak:
            peak = marked
            lowest = max(risk.lowest_equity, peak * kept)
        if not marked > lowest:
            break
        equity = marked
        row += 1
    risk.quiet_peak = peak
    risk.quiet_last = equity
    return row


def pass_quiet(lane: Lane, until: int) -> None:
    """Notes that the marks of the bars before `until`, which are quiet, have been looked at."""
    risk = lane.risk
    if until <= lane.books.row:
        return
    if until < risk.quiet_until:
        scan_equity(lane, until)
    risk.peak = risk.quiet_peak
    risk.last = risk.quiet_last


def look_at_account(lane: Lane, equity: float) -> None:
    """Compares equity with its highest, and with that of the day before."""
    risk = lane.risk
    today = lane.clock.day[lane.books.row] if risk.looks_at_days else 0
    if today != risk.day or not risk.has_looked:
        risk.day = today
        risk.day_start = risk.last
        risk.has_looked = True
    risk.peak = max(risk.peak, equity)
    risk.last = equity
    for place in range(risk.count):
        rule = risk.rules[place]
        if rule.kind == MAX_DRAWDOWN or rule.kind == DAILY_LOSS:
            before = risk.peak if rule.kind == MAX_DRAWDOWN else risk.day_start
            loss = (1.0 - divide(equity, before)) * 100.0 if before > 0.0 else 0.0
            is_done = rule.has_acted and (rule.kind == MAX_DRAWDOWN or rule.acted_on == today)
            if loss >= rule.size and not is_done:
                stop_trading(lane, place, loss, today)


def stop_trading(lane: Lane, place: int, loss: float, today: int) -> None:
    """Takes no more entries, for good or for the day; those that wait are withdrawn, and the position is left if the rule says so."""
    risk = lane.risk
    rule = risk.rules[place]
    rule.has_acted = True
    rule.acted_on = today
    breach = record_breach(lane, lane.symbols[0], place, NO_TRADE, NOTHING, 0, loss, rule.size)
    if rule.kind == MAX_DRAWDOWN:
        risk.halted_by = place
    else:
        risk.halted_on = place
        risk.halted_day = today
    for number in range(lane.symbol_count):
        task = add_task(lane, WITHDRAW, number)
        task.ordinal = breach
        task.rule = place
    for number in range(lane.symbol_count):
        if rule.action == FLATTEN:
            task = add_task(lane, LEAVE, number)
            task.ordinal = breach


def look_at_trade(lane: Lane, symbol: Symbol) -> None:
    """Compares the close with the levels of the rules on trades; the first that is reached ends the trade."""
    close = symbol.market.close[lane.books.row]
    sign = position_of(lane, symbol).sign
    for place in range(lane.risk.count):
        kind = lane.risk.rules[place].kind
        if kind >= STOP_RULE:
            level = level_of(lane, symbol, place)
            beyond = sign * (close - level)
            is_reached = beyond <= 0.0 if kind == STOP_RULE else beyond >= 0.0
            if not isnan(level) and is_reached:
                end_trade(lane, symbol, place, close, level)
                return


def level_of(lane: Lane, symbol: Symbol, place: int) -> float:
    """Where a rule acts: a share of the entry price moves with it, a true range is that of the trade's first mark."""
    position = position_of(lane, symbol)
    limit = symbol.limits[place]
    entry = entry_price(position)
    distance = limit.measured
    if limit.measured_trade != position.trade:
        distance = money(limit.distance, entry, lane.books.row)
        if limit.distance.kind == BY_ATR and not isnan(distance):
            limit.measured_trade = position.trade
            limit.measured = distance
    is_stop = lane.risk.rules[place].kind == STOP_RULE
    return entry - position.sign * distance if is_stop else entry + position.sign * distance


def end_trade(lane: Lane, symbol: Symbol, place: int, close: float, level: float) -> None:
    """Leaves a trade at the market."""
    rule = lane.risk.rules[place]
    trade = position_of(lane, symbol).trade
    opened_by = symbol.holding.opened_by
    breach = record_breach(lane, symbol, place, trade, POSITION_OPEN, opened_by, close, level)
    symbol.left_trade = trade
    if rule.kind == STOP_RULE and rule.cool_down > 0:
        symbol.cooling_until = lane.books.row + rule.cool_down + 1
    task = add_task(lane, LEAVE, symbol.number)
    task.ordinal = breach
