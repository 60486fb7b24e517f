"""Risk rules that look at marks: losses of the account, stops and targets of trades (rule P3, phase MARK)."""

from math import isnan

from engine.kernel.lane.books import equity_at
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


def look_at_mark(lane: Lane) -> None:
    """Looks at the mark of the bar under way while something is held; what is found is acted on when orders are asked for."""
    risk = lane.risk
    books = lane.books
    look_at_account(lane, equity_at(books, books.close[books.row]))
    if books.position.trade != NO_TRADE and risk.left_trade != books.position.trade:
        look_at_trade(lane)
    risk.is_watching = books.position.trade != NO_TRADE


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
