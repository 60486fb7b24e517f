"""Books: cash and positions, and what fills and prices make of them; a run keeps them, a replay keeps them again (B3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.trading.positions import Trade, open_trade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.events import Fill
    from engine.trading.accounts import Borrowing


class Booked(NamedTuple):
    """What a fill did to the trade it belongs to."""

    trade: Trade
    opened: bool
    closed: bool


class Books:
    """Cash in quote currency, signed units of each of so many symbols, the trade that holds them, None where flat.

    `open_positions` counts the symbols held, `borrow_cost` is what loans have cost so far.
    """

    def __init__(self, cash: float, symbols: int) -> None:
        self.cash = cash
        self.quantities = [0.0] * symbols
        self.open_positions = 0
        self.trades: list[Trade | None] = [None] * symbols
        self.borrow_cost = 0.0

    def book(self, index: int, number: int, fill: Fill, signed_quantity: float) -> Booked:
        """Books `fill` of symbol `number`, which came at the lane's bar `index`.

        Raises:
            CrossedFlatError: if it is larger than the position it reduces.
        """
        trade = self.trades[number]
        opened = trade is None
        if trade is None:
            trade = open_trade(fill.correlation_id or "", signed_quantity, index, fill.timestamp)
        trade.add(signed_quantity, fill.price, fill.commission)
        delta = -(signed_quantity * fill.price) - fill.commission
        self.cash = self.cash + delta
        held = trade.quantity
        self.quantities[number] = held
        self.trades[number] = trade if held else None
        self.open_positions += opened - (not held)
        return Booked(trade, opened, closed=not held)

    def pay_for_loans(self, borrowing: Borrowing, closes: Sequence[float], days: int) -> None:
        """Takes from cash what the positions owe for so many days, at the closes before them, symbol by symbol (rule P2)."""
        charges = borrowing.charges(self.quantities, closes, self.cash, days)
        for trade, charge in zip(self.trades, charges, strict=True):
            if trade is not None and charge:
                trade.borrowing += charge
                self.cash = self.cash - charge
                self.borrow_cost += charge

    def appraise(self, closes: Sequence[float]) -> tuple[float, float]:
        """Equity and gross value of the positions at these closes, one a symbol; none are needed while nothing is held."""
        if not self.open_positions:
            return self.cash, 0.0
        value = gross = 0.0
        for quantity, close in zip(self.quantities, closes, strict=True):
            worth = quantity * close
            value += worth
            gross += abs(worth)
        return self.cash + value, gross

    def appraise_all(self, closes: Sequence[list[float]]) -> tuple[list[float], list[float]]:
        """`appraise` at the closes of several moments, a list a symbol: equities and gross values."""
        value = gross = [0.0] * len(closes[0])
        for quantity, of_symbol in zip(self.quantities, closes, strict=True):
            worths = [quantity * close for close in of_symbol]
            value = [sum_ + worth for sum_, worth in zip(value, worths, strict=True)]
            gross = [sum_ + abs(worth) for sum_, worth in zip(gross, worths, strict=True)]
        cash = self.cash
        return [cash + each for each in value], gross

    def open_profit(self, closes: Sequence[float]) -> float:
        """Net profit of the open trades if closed at these closes without further costs."""
        total = 0.0
        for trade, close in zip(self.trades, closes, strict=True):
            if trade is not None:
                total += trade.unrealised_pnl(close)
        return total
