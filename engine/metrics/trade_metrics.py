"""The metrics of closed trades, fills and orders (rule T1), each a function of the running sums."""

from engine.metrics.accumulator import TradeStatistics
from engine.metrics.metric import Metric, Undefined, Value

NO_TRADE = Undefined("no trade was closed")
NEITHER = Undefined("no trade won or lost")
NO_WIN = Undefined("no trade won")
NO_LOSS = Undefined("no trade lost")
NOTHING_LOST = Undefined("no trade lost", unlimited=True)


def total_trades(trades: TradeStatistics) -> Value:
    """Trades that were closed.

    Formula: the number of POSITION_CLOSE events. A reversal closes one trade and opens another; scaling in or out
    makes no further trade. Trades closed at the end of the run count.
    """
    return trades.total_trades


def winning_trades(trades: TradeStatistics) -> Value:
    """Closed trades with a net profit above zero.

    Formula: count(net > 0). A trade that breaks even exactly is neither winning nor losing.
    """
    return trades.winning_trades


def losing_trades(trades: TradeStatistics) -> Value:
    """Closed trades with a net profit below zero.

    Formula: count(net < 0).
    """
    return trades.losing_trades


def win_rate(trades: TradeStatistics) -> Value:
    """The share of closed trades that won, 0 to 1.

    Formula: winning_trades / total_trades.
    Null: without a closed trade.
    """
    return trades.winning_trades / trades.total_trades if trades.total_trades else NO_TRADE


def total_pnl(trades: TradeStatistics) -> Value:
    """Net profit of all closed trades, after commission and slippage.

    Formula: sum(net) in the order of closing. Open trades are not in it; see unrealised_pnl.
    """
    return trades.total_pnl


def gross_profit(trades: TradeStatistics) -> Value:
    """What the winning trades earned together.

    Formula: sum(net where net > 0), net the `net_pnl` of POSITION_CLOSE. "Gross" means not yet offset by the losing
    trades, as everywhere in a profit factor; it is not the `gross_pnl` of a trade, which is before commission.
    """
    return trades.gross_profit


def gross_loss(trades: TradeStatistics) -> Value:
    """What the losing trades lost together: 0 or negative.

    Formula: sum(net where net < 0), after commission as in gross_profit.
    """
    return trades.gross_loss


def profit_factor(trades: TradeStatistics) -> Value:
    """Money won for each unit of money lost.

    Formula: gross_profit / -gross_loss.
    Null: without a losing trade: infinite then, if one won.
    Source: R. Pardo, The Evaluation and Optimization of Trading Strategies, 2nd edition, 2008.
    """
    if trades.losing_trades:
        return trades.gross_profit / -trades.gross_loss
    if not trades.total_trades:
        return NO_TRADE
    return NOTHING_LOST if trades.winning_trades else NEITHER


def expectancy(trades: TradeStatistics) -> Value:
    """The average net profit of a closed trade.

    Formula: total_pnl / total_trades, which is win_rate x average_win + loss rate x average_loss.
    Null: without a closed trade.
    Source: V. Tharp, Trade Your Way to Financial Freedom, 1998 (there divided by the risk taken).
    """
    return trades.total_pnl / trades.total_trades if trades.total_trades else NO_TRADE


def average_win(trades: TradeStatistics) -> Value:
    """The average net profit of a winning trade.

    Formula: gross_profit / winning_trades.
    Null: without a winning trade.
    """
    return trades.gross_profit / trades.winning_trades if trades.winning_trades else NO_WIN


def average_loss(trades: TradeStatistics) -> Value:
    """The average net profit of a losing trade, a negative number.

    Formula: gross_loss / losing_trades.
    Null: without a losing trade.
    """
    return trades.gross_loss / trades.losing_trades if trades.losing_trades else NO_LOSS


def payoff_ratio(trades: TradeStatistics) -> Value:
    """The size of the average win over the size of the average loss.

    Formula: average_win / -average_loss.
    Null: without a winning trade, or without a losing one: infinite then.
    """
    if not trades.winning_trades:
        return NO_WIN
    if not trades.losing_trades:
        return NOTHING_LOST
    return (trades.gross_profit / trades.winning_trades) / -(trades.gross_loss / trades.losing_trades)


def largest_win(trades: TradeStatistics) -> Value:
    """The highest net profit of a winning trade.

    Formula: max(net where net > 0).
    Null: without a winning trade.
    """
    return trades.largest_win if trades.winning_trades else NO_WIN


def largest_loss(trades: TradeStatistics) -> Value:
    """The lowest net profit of a losing trade, a negative number.

    Formula: min(net where net < 0).
    Null: without a losing trade.
    """
    return trades.largest_loss if trades.losing_trades else NO_LOSS


def average_bars_held(trades: TradeStatistics) -> Value:
    """How long a closed trade was held on average.

    Formula: sum(bars_held) / total_trades, bars_held as POSITION_CLOSE states it.
    Null: without a closed trade.
    """
    return trades.total_bars_held / trades.total_trades if trades.total_trades else NO_TRADE


def longest_bars_held(trades: TradeStatistics) -> Value:
    """How long the longest closed trade was held.

    Formula: max(bars_held).
    Null: without a closed trade.
    """
    return trades.longest_bars_held if trades.total_trades else NO_TRADE


def max_consecutive_wins(trades: TradeStatistics) -> Value:
    """The longest streak of winning trades, in the order of closing.

    Formula: the longest run of net > 0; a trade that breaks even ends it.
    """
    return trades.max_consecutive_wins


def max_consecutive_losses(trades: TradeStatistics) -> Value:
    """The longest streak of losing trades, in the order of closing.

    Formula: the longest run of net < 0; a trade that breaks even ends it.
    """
    return trades.max_consecutive_losses


def total_commission(trades: TradeStatistics) -> Value:
    """Commission paid on all fills, those of trades still open included.

    Formula: sum(commission) over FILL events.
    """
    return trades.total_commission


def total_slippage(trades: TradeStatistics) -> Value:
    """What slippage cost on all fills; it is already inside their prices.

    Formula: sum(slippage) over FILL events.
    """
    return trades.total_slippage


def orders(trades: TradeStatistics) -> Value:
    """Orders that were answered, rejected ones included.

    Formula: the number of ORDER events whose status is accepted or rejected. What becomes of an accepted order later
    (cancelled, expired) does not count it again.
    """
    return trades.orders


def fills(trades: TradeStatistics) -> Value:
    """Executions, partial ones each for itself.

    Formula: the number of FILL events.
    """
    return trades.fills


def rejected_orders(trades: TradeStatistics) -> Value:
    """Orders that were refused.

    Formula: the number of ORDER events whose status is rejected.
    """
    return trades.rejected_orders


def ambiguous_bars(trades: TradeStatistics) -> Value:
    """Fills in a bar that reached both the stop and the target, where the worse was assumed.

    Formula: the number of FILL events whose ambiguous_bar is true.
    """
    return trades.ambiguous_bars


def exit_after_entry_bar(trades: TradeStatistics) -> Value:
    """First fills that leave a trade whose exits began to work too late: the bar of its entry closed beyond its stop or target.

    Formula: the number of FILL events whose exit_after_entry_bar is true, whatever made them, also the end of the data in that bar.
    """
    return trades.exit_after_entry_bar


TRADE_METRICS: tuple[Metric[TradeStatistics], ...] = (
    Metric(total_trades, "trades"),
    Metric(winning_trades, "trades"),
    Metric(losing_trades, "trades"),
    Metric(win_rate, "fraction"),
    Metric(total_pnl, "money"),
    Metric(gross_profit, "money"),
    Metric(gross_loss, "money"),
    Metric(profit_factor, "ratio"),
    Metric(expectancy, "money per trade"),
    Metric(average_win, "money per trade"),
    Metric(average_loss, "money per trade"),
    Metric(payoff_ratio, "ratio"),
    Metric(largest_win, "money"),
    Metric(largest_loss, "money"),
    Metric(average_bars_held, "bars"),
    Metric(longest_bars_held, "bars"),
    Metric(max_consecutive_wins, "trades"),
    Metric(max_consecutive_losses, "trades"),
    Metric(total_commission, "money"),
    Metric(total_slippage, "money"),
    Metric(orders, "orders"),
    Metric(fills, "fills"),
    Metric(rejected_orders, "orders"),
    Metric(ambiguous_bars, "fills"),
    Metric(exit_after_entry_bar, "fills"),
)
