"""The metrics of an account as it stands and of every mark of its equity (rules T1 and T2)."""

from dataclasses import dataclass

from engine.metrics.accumulator import TradeStatistics
from engine.metrics.daily import DailyReturns, ordered_sum
from engine.metrics.equity import Equity
from engine.metrics.metric import Metric, Undefined, Value

NO_BAR = Undefined("the lane has no bar")
NO_TIME = Undefined("no time passed from the first bar to the last")


@dataclass(frozen=True, slots=True)
class Account:
    """A lane's running figures with what is still open: trades, and their profit at the last marks (money)."""

    trades: TradeStatistics
    equity: Equity
    open_trades: int
    unrealised_pnl: float
    borrow_cost: float = 0.0
    daily: DailyReturns | None = None


def open_trades(account: Account) -> Value:
    """Trades still open after the last event; they are in no figure above but fills and costs.

    Formula: POSITION_OPEN events less POSITION_CLOSE events. 0 wherever `close_at_end` holds.
    """
    return account.open_trades


def unrealised_pnl(account: Account) -> Value:
    """Profit of the trades still open, valued at the last close of their symbols, less the commission already paid.

    Formula: final_equity - initial_equity - total_pnl, kept trade by trade.
    """
    return account.unrealised_pnl


def initial_equity(account: Account) -> Value:
    """The cash the portfolio starts with.

    Formula: the mark before the first step.
    """
    return account.equity.initial_equity


def final_equity(account: Account) -> Value:
    """Cash and positions at the end, valued at the last closes.

    Formula: the last mark, after the closing costs where `close_at_end` holds.
    """
    return account.equity.final_equity


def total_return(account: Account) -> Value:
    """What the account gained over the whole run, as a fraction of what it started with.

    Formula: final_equity / initial_equity - 1.
    """
    return account.equity.final_equity / account.equity.initial_equity - 1.0


def max_drawdown(account: Account) -> Value:
    """The deepest fall below an earlier peak, as a fraction of that peak: 0 or negative.

    Formula: min(equity / peak - 1) over every mark, where peak is the highest mark so far and the first mark is the
    initial cash.
    Source: M. Magdon-Ismail and A. Atiya, Maximum drawdown, Risk 17(10), 2004.
    """
    return account.equity.max_drawdown


def longest_drawdown_bars(account: Account) -> Value:
    """The longest time under water, whether or not that was the deepest.

    Formula: the most bars from a mark at the peak to the last mark below it before the peak is reached again or the
    run ends. The mark before the first step stands at bar 0, the final mark at the last bar.
    """
    return account.equity.longest_drawdown_bars


def recovery_bars(account: Account) -> Value:
    """How long it took to climb out of the deepest drawdown.

    Formula: bars from the lowest mark of max_drawdown (the first, if several are as low) to the first later mark at or
    above the peak it fell from.
    Null: without a drawdown, or if the peak was not reached again.
    """
    bars = account.equity.recovery_bars
    if bars is not None:
        return bars
    if account.equity.max_drawdown == 0:
        return Undefined("equity never fell below its peak")
    return Undefined("equity did not come back to its peak")


def exposure(account: Account) -> Value:
    """The share of the lane's bars at whose close a position was open, 0 to 1.

    Formula: bars marked with an open position / bars marked. The marks before the first step and after the last do not
    count.
    Null: without a bar.
    """
    curve = account.equity
    return curve.bars_in_market / curve.bars if curve.bars else NO_BAR


def turnover(account: Account) -> Value:
    """How many times a year the equity was replaced: a purchase and its sale count once.

    Formula: sum(quantity x price over FILL events) / 2 / mean(daily values, without the initial one) / years, years as for
    cagr.
    Null: without a day, if no time passed, or if the mean is not above zero.
    Source: E. Qian, R. Hua and E. Sorensen, Quantitative Equity Portfolio Management, 2007, chapter 8 (one-way turnover,
    half of all purchases and sales).
    """
    daily = account.daily
    if daily is None or not daily.days:
        return NO_BAR
    if not daily.years:
        return NO_TIME
    average = ordered_sum(daily.values[1:] / daily.days)
    if average <= 0.0:
        return Undefined("the average equity is not above zero")
    return account.trades.traded_notional / 2.0 / average / daily.years


def total_borrow_cost(account: Account) -> Value:
    """What borrowed units and borrowed cash cost; it is in the net profit of the trades that borrowed.

    Formula: sum over the positions and the nights they were held of value short x borrow_percent / 365 x days, and of each
    long position's share of cash below zero x interest_percent / 365 x days.
    """
    return account.borrow_cost


def risk_breaches(account: Account) -> Value:
    """How often a risk rule stepped in.

    Formula: the number of RISK_BREACH events.
    """
    return account.trades.risk_breaches


LOAN_AND_RISK_METRICS: tuple[Metric[Account], ...] = (
    Metric(total_borrow_cost, "money"),
    Metric(risk_breaches, "breaches"),
)

ACCOUNT_METRICS: tuple[Metric[Account], ...] = (
    Metric(open_trades, "trades"),
    Metric(unrealised_pnl, "money"),
    Metric(initial_equity, "money"),
    Metric(final_equity, "money"),
    Metric(total_return, "fraction"),
    Metric(max_drawdown, "fraction"),
    Metric(longest_drawdown_bars, "bars"),
    Metric(recovery_bars, "bars"),
    Metric(exposure, "fraction"),
    Metric(turnover, "ratio per year"),
)
