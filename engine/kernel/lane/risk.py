"""Risk rules that look at marks: losses of the account, stops and targets of trades (rule P3, phase MARK)."""

from math import inf, isnan

from engine.kernel.lane.books import equity_at, pay_for_nights
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
    TARGET_RULE,
    Lane,
    RiskRule,
)
from engine.kernel.language import divide

MARGIN = 1e-9
"""Marks that are nearer to a level than this share are measured exactly."""


def look_at_mark(lane: Lane) -> None:
    """Looks at the mark of the bar under way while something is held; what is found is acted on when orders are asked for."""
    risk = lane.risk
    books = lane.books
    look_at_account(lane, equity_at(books, books.close[books.row]))
    if books.position.trade != NO_TRADE and risk.left_trade != books.position.trade:
        look_at_trade(lane)
    risk.is_watching = books.position.trade != NO_TRADE


def find_quiet(lane: Lane, until: int) -> None:
    """Finds the first bar before `until` whose mark may break a rule while the same is held: it is looked at like any other."""
    risk = lane.risk
    books = lane.books
    pay_for_nights(books, books.row)
    risk.quiet_until = books.row
    risk.quiet_peak = risk.peak
    risk.quiet_last = risk.last
    if not can_be_quiet(lane):
        return
    end = until
    if risk.looks_at_days or books.borrow_percent > 0.0 or books.interest_percent > 0.0:
        end = min(end, books.curve.next_day_row + 1)
    scan_quiet(lane, end)


def can_be_quiet(lane: Lane) -> bool:
    """Whether every rule has a level that stays while the same is held; finds the closes and the equity between which none acts."""
    risk = lane.risk
    books = lane.books
    position = books.position
    risk.lowest_close = -inf
    risk.highest_close = inf
    risk.lowest_equity = -inf
    risk.drawdown = 1.0
    if position.trade == NO_TRADE or not risk.has_looked:
        return False
    if risk.looks_at_days and lane.market.day[books.row] != risk.day:
        return False
    for place in range(risk.count):
        rule = risk.rules[place]
        if rule.kind == MAX_DRAWDOWN and not rule.has_acted:
            risk.drawdown = min(risk.drawdown, rule.size / 100.0)
        elif rule.kind == DAILY_LOSS and not (rule.has_acted and rule.acted_on == risk.day):
            risk.lowest_equity = max(risk.lowest_equity, risk.day_start * (1.0 - rule.size / 100.0 + MARGIN))
        elif rule.kind >= STOP_RULE and risk.left_trade != position.trade:
            if rule.distance.kind == BY_ATR and rule.measured_trade != position.trade:
                return False
            add_level(lane, rule)
    return True


def add_level(lane: Lane, rule: RiskRule) -> None:
    """Takes the level of a rule on trades into the closes between which none acts."""
    risk = lane.risk
    level = level_of(lane, rule)
    if (1 if rule.kind == STOP_RULE else -1) == lane.books.position.sign:
        risk.lowest_close = max(risk.lowest_close, level)
    else:
        risk.highest_close = min(risk.highest_close, level)


def scan_quiet(lane: Lane, end: int) -> None:
    """Goes over bars whose marks break no rule, with some margin: the first other one is measured exactly."""
    risk = lane.risk
    close = lane.books.close
    cash = lane.books.cash
    held = lane.books.position.held
    lowest_close = risk.lowest_close
    highest_close = risk.highest_close
    kept = 1.0 - risk.drawdown + MARGIN
    peak = risk.peak
    lowest = max(risk.lowest_equity, peak * kept)
    equity = risk.last
    row = lane.books.row
    while row < end and lowest_close < close[row] < highest_close:
        marked = cash + held * close[row]
        if marked > peak:
            peak = marked
            lowest = max(risk.lowest_equity, peak * kept)
        if not marked > lowest:
            break
        equity = marked
        row += 1
    risk.quiet_until = row
    risk.quiet_peak = peak
    risk.quiet_last = equity


def pass_quiet(lane: Lane, until: int) -> None:
    """Notes that the marks of the bars before `until`, which are quiet, have been looked at."""
    risk = lane.risk
    row = lane.books.row
    if until <= row:
        return
    if until < risk.quiet_until:
        scan_quiet(lane, until)
    risk.peak = risk.quiet_peak
    risk.last = risk.quiet_last


def look_at_account(lane: Lane, equity: float) -> None:
    """Compares equity with its highest, and with that of the day before."""
    risk = lane.risk
    today = lane.market.day[lane.books.row] if risk.looks_at_days else 0
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
    breach = record_breach(lane, place, NO_TRADE, NOTHING, 0, loss, rule.size)
    if rule.kind == MAX_DRAWDOWN:
        risk.halted_by = place
    else:
        risk.halted_on = place
        risk.halted_day = today
    task = add_task(lane, WITHDRAW)
    task.ordinal = breach
    task.rule = place
    if rule.action == FLATTEN:
        task = add_task(lane, LEAVE)
        task.ordinal = breach


def look_at_trade(lane: Lane) -> None:
    """Compares the close with the levels of the rules on trades; the first that is reached ends the trade."""
    risk = lane.risk
    close = lane.books.close[lane.books.row]
    sign = lane.books.position.sign
    for place in range(risk.count):
        rule = risk.rules[place]
        if rule.kind == STOP_RULE or rule.kind == TARGET_RULE:
            level = level_of(lane, rule)
            beyond = sign * (close - level)
            is_reached = beyond <= 0.0 if rule.kind == STOP_RULE else beyond >= 0.0
            if not isnan(level) and is_reached:
                end_trade(lane, place, close, level)
                return


def level_of(lane: Lane, rule: RiskRule) -> float:
    """Where a rule acts: a share of the entry price moves with it, a true range is that of the trade's first mark."""
    position = lane.books.position
    entry = entry_price(position)
    distance = rule.measured
    if rule.measured_trade != position.trade:
        distance = money(rule.distance, entry, lane.books.row)
        if rule.distance.kind == BY_ATR and not isnan(distance):
            rule.measured_trade = position.trade
            rule.measured = distance
    return entry - position.sign * distance if rule.kind == STOP_RULE else entry + position.sign * distance


def end_trade(lane: Lane, place: int, close: float, level: float) -> None:
    """Leaves a trade at the market."""
    risk = lane.risk
    rule = risk.rules[place]
    trade = lane.books.position.trade
    breach = record_breach(lane, place, trade, POSITION_OPEN, lane.holding.opened_by, close, level)
    risk.left_trade = trade
    if rule.kind == STOP_RULE and rule.cool_down > 0:
        risk.cooling_until = lane.books.row + rule.cool_down + 1
    task = add_task(lane, LEAVE)
    task.ordinal = breach
