"""Running counts and sums of what a portfolio's orders, fills and closed trades came to (rule T1).

Nothing is kept per trade, so memory does not grow with them (T4). Every sum is a plain `state += x` in the order of the
events: a path that accumulates the same values with `np.add.accumulate` gets the same bits (B3).
"""

from dataclasses import dataclass

from engine.events import OrderStatus


@dataclass(slots=True)
class TradeStatistics:
    """Sums over closed trades, fills and orders; money in quote currency, holding times in bars.

    A trade wins when its net profit is above zero and loses when it is below; one that breaks even does neither and ends
    a streak of either kind. `largest_win` and `largest_loss` are 0 until there is one.
    """

    total_trades: int = 0
    winning_trades: int = 0
    losing_trades: int = 0
    total_pnl: float = 0.0
    closed_gross_pnl: float = 0.0
    gross_profit: float = 0.0
    gross_loss: float = 0.0
    largest_win: float = 0.0
    largest_loss: float = 0.0
    total_bars_held: int = 0
    longest_bars_held: int = 0
    consecutive_wins: int = 0
    consecutive_losses: int = 0
    max_consecutive_wins: int = 0
    max_consecutive_losses: int = 0
    fills: int = 0
    ambiguous_bars: int = 0
    exit_after_entry_bar: int = 0
    traded_notional: float = 0.0
    total_commission: float = 0.0
    total_slippage: float = 0.0
    orders: int = 0
    rejected_orders: int = 0
    risk_breaches: int = 0

    def on_order(self, status: OrderStatus) -> None:
        """Count an order once, when it is accepted or rejected; what becomes of it later changes no count."""
        if status == "accepted":
            self.orders += 1
        elif status == "rejected":
            self.orders += 1
            self.rejected_orders += 1

    def on_fill(
        self,
        quantity: float,
        price: float,
        commission: float,
        slippage: float,
        *,
        ambiguous: bool = False,
        after_entry_bar: bool = False,
    ) -> None:
        """Add a fill of `quantity` units (above zero on either side); commission and slippage are money."""
        self.fills += 1
        self.traded_notional += quantity * price
        self.total_commission += commission
        self.total_slippage += slippage
        self.ambiguous_bars += ambiguous
        self.exit_after_entry_bar += after_entry_bar

    def on_close(self, net: float, gross: float, bars_held: int) -> None:
        """Add a closed trade: its profit after and before commission, and the bars it was held."""
        self.total_trades += 1
        self.total_pnl += net
        self.closed_gross_pnl += gross
        self.total_bars_held += bars_held
        self.longest_bars_held = max(self.longest_bars_held, bars_held)
        if net > 0:
            self._win(net)
        elif net < 0:
            self._loss(net)
        else:
            self.consecutive_wins = self.consecutive_losses = 0

    def _win(self, net: float) -> None:
        self.winning_trades += 1
        self.gross_profit += net
        self.largest_win = max(self.largest_win, net)
        self.consecutive_losses = 0
        self.consecutive_wins += 1
        self.max_consecutive_wins = max(self.max_consecutive_wins, self.consecutive_wins)

    def _loss(self, net: float) -> None:
        self.losing_trades += 1
        self.gross_loss += net
        self.largest_loss = min(self.largest_loss, net)
        self.consecutive_wins = 0
        self.consecutive_losses += 1
        self.max_consecutive_losses = max(self.max_consecutive_losses, self.consecutive_losses)
