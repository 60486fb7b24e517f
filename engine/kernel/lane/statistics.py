"""Running counts and sums of orders, fills and closed trades (rule T1): nothing is kept per trade (T4)."""

from engine.kernel.language import struct


@struct
class TradeStatistics:
    """Sums over closed trades, fills and orders; money in quote currency, holding times in bars.

    A trade wins when its net profit is above zero and loses when it is below; one that breaks even does neither and ends
    a streak of either kind. `largest_win` and `largest_loss` are 0 until there is one.
    """

    total_trades: int
    winning_trades: int
    losing_trades: int
    total_pnl: float
    closed_gross_pnl: float
    gross_profit: float
    gross_loss: float
    largest_win: float
    largest_loss: float
    total_bars_held: int
    longest_bars_held: int
    consecutive_wins: int
    consecutive_losses: int
    max_consecutive_wins: int
    max_consecutive_losses: int
    fills: int
    ambiguous_bars: int
    exit_after_entry_bar: int
    traded_notional: float
    total_commission: float
    total_slippage: float
    orders: int
    rejected_orders: int
    risk_breaches: int


def count_fill(statistics: TradeStatistics, notional: float, commission: float, slippage: float) -> None:
    """Adds a fill; all amounts are money, above or at zero on either side."""
    statistics.fills += 1
    statistics.traded_notional += notional
    statistics.total_commission += commission
    statistics.total_slippage += slippage


def count_trade(statistics: TradeStatistics, net: float, gross: float, bars_held: int) -> None:
    """Adds a closed trade: its profit after and before costs, and the bars it was held."""
    statistics.total_trades += 1
    statistics.total_pnl += net
    statistics.closed_gross_pnl += gross
    statistics.total_bars_held += bars_held
    statistics.longest_bars_held = max(statistics.longest_bars_held, bars_held)
    if net > 0.0:
        statistics.winning_trades += 1
        statistics.gross_profit += net
        statistics.largest_win = max(statistics.largest_win, net)
        statistics.consecutive_losses = 0
        statistics.consecutive_wins += 1
        statistics.max_consecutive_wins = max(statistics.max_consecutive_wins, statistics.consecutive_wins)
    elif net < 0.0:
        statistics.losing_trades += 1
        statistics.gross_loss += net
        statistics.largest_loss = min(statistics.largest_loss, net)
        statistics.consecutive_wins = 0
        statistics.consecutive_losses += 1
        statistics.max_consecutive_losses = max(statistics.max_consecutive_losses, statistics.consecutive_losses)
    else:
        statistics.consecutive_wins = 0
        statistics.consecutive_losses = 0
