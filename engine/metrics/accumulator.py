"""Running counts and sums of what a portfolio's orders, fills and closed trades came to (rule T1).

Nothing is kept per trade, so memory does not grow with them (T4). Every sum is a plain `state += x` in the order of the
events: a path that accumulates the same values with `np.add.accumulate` gets the same bits (B3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.events import OrderStatus

Floats = NDArray[np.float64]


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

    def on_fill(self, quantity: float, price: float, commission: float, slippage: float, *, ambiguous: bool) -> None:
        """Add a fill of `quantity` units (above zero on either side); commission and slippage are money."""
        self.fills += 1
        self.traded_notional += quantity * price
        self.total_commission += commission
        self.total_slippage += slippage
        if ambiguous:
            self.ambiguous_bars += 1

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

    def add_fills(self, notional: Floats, costs: tuple[Floats, Floats] | None) -> None:
        """Add fills in order, by column: quantity x price, and (commission, slippage) unless nothing is charged."""
        self.fills += len(notional)
        self.traded_notional = _added(self.traded_notional, notional)
        if costs is not None:
            self.total_commission = _added(self.total_commission, costs[0])
            self.total_slippage = _added(self.total_slippage, costs[1])

    def add_closes(self, net: Floats, gross: Floats, bars_held: NDArray[np.intp]) -> None:
        """Add closed trades in order, by column, as `on_close` adds each; at least one.

        A trade that lost adds 0 to the profits, one that won to the losses: that changes no sum.
        """
        sums = np.empty((4, len(net) + 1))
        sums[:, 0] = self.total_pnl, self.closed_gross_pnl, self.gross_profit, self.gross_loss
        sums[0, 1:], sums[1, 1:] = net, gross
        np.maximum(net, 0.0, out=sums[2, 1:])
        np.minimum(net, 0.0, out=sums[3, 1:])
        np.add.accumulate(sums, axis=1, out=sums)
        self.total_pnl, self.closed_gross_pnl, self.gross_profit, self.gross_loss = sums[:, -1].tolist()
        self.total_trades += len(net)
        self.total_bars_held += int(bars_held.sum())
        self.longest_bars_held = max(self.longest_bars_held, int(bars_held.max()))
        self.largest_win = max(self.largest_win, float(net.max()))
        self.largest_loss = min(self.largest_loss, float(net.min()))
        self._add_streaks(net)

    def _add_streaks(self, net: Floats) -> None:
        won, lost = net > 0, net < 0
        self.winning_trades += int(np.count_nonzero(won))
        self.losing_trades += int(np.count_nonzero(lost))
        longest, self.consecutive_wins = _streaks(self.consecutive_wins, won)
        self.max_consecutive_wins = max(self.max_consecutive_wins, longest)
        longest, self.consecutive_losses = _streaks(self.consecutive_losses, lost)
        self.max_consecutive_losses = max(self.max_consecutive_losses, longest)

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


def _added(state: float, values: Floats) -> float:
    """`state` with the values added one after the other."""
    if not len(values):
        return state
    sums = np.empty(len(values) + 1)
    sums[0] = state
    sums[1:] = values
    return float(np.add.accumulate(sums, out=sums)[-1])


def _streaks(running: int, is_hit: NDArray[np.bool_]) -> tuple[int, int]:
    """The longest run of hits, `running` ones before the first counted, and how long the last one is by now."""
    runs = is_hit.tobytes().split(b"\0")
    lengths = [*map(len, runs)]
    lengths[0] += running
    return max(lengths), lengths[-1]
