"""Closed trades, fills and orders of a portfolio, counted together, by side and by symbol."""

from collections.abc import Iterable

from engine.events import OrderStatus, PositionSide
from engine.metrics.accumulator import TradeStatistics


class TradeBook:
    """Running sums over all trades (`total`), over those of each side, and of each symbol; nothing is kept per trade.

    `symbols` are those that can be traded, in the order in which their figures stand; others join as they are met. Orders
    count in `total` only, fills in `total` and in their symbol: an order and a fill have no long or short side.
    """

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self.total = TradeStatistics()
        self.sides: dict[PositionSide, TradeStatistics] = {"long": TradeStatistics(), "short": TradeStatistics()}
        self.symbols = {symbol: TradeStatistics() for symbol in symbols}

    def on_order(self, status: OrderStatus) -> None:
        """Count an order once, when it is accepted or rejected."""
        self.total.on_order(status)

    def on_fill(
        self, symbol: str, quantity: float, price: float, commission: float, slippage: float, *, ambiguous: bool
    ) -> None:
        """Add a fill of `quantity` units (above zero on either side); commission and slippage are money."""
        for statistics in (self.total, self._of(symbol)):
            statistics.on_fill(quantity, price, commission, slippage, ambiguous=ambiguous)

    def on_close(self, symbol: str, side: PositionSide, net: float, gross: float, bars_held: int) -> None:
        """Add a closed trade: its profit after and before costs, and the bars it was held."""
        for statistics in (self.total, self.sides[side], self._of(symbol)):
            statistics.on_close(net, gross, bars_held)

    def on_breach(self) -> None:
        """Count a risk rule that stepped in."""
        self.total.risk_breaches += 1

    def _of(self, symbol: str) -> TradeStatistics:
        if symbol not in self.symbols:
            self.symbols[symbol] = TradeStatistics()
        return self.symbols[symbol]
