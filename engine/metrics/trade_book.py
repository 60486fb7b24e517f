"""Closed trades, fills and orders of a portfolio, counted together, by side and by symbol."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.events import OrderStatus, PositionSide
from engine.metrics.accumulator import Floats, TradeStatistics


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

    def add_fills(self, notional: Floats, costs: tuple[Floats, Floats] | None) -> None:
        """Add fills of a portfolio of one symbol, by column: as TradeStatistics.add_fills."""
        self.total.add_fills(notional, costs)

    def add_closes(self, is_long: NDArray[np.bool_], net: Floats, gross: Floats, bars_held: NDArray[np.intp]) -> None:
        """Add closed trades of a portfolio of one symbol in order, by column.

        While all trades are of one side, its sums are those of all: one object serves both.
        """
        if not len(net):
            return
        longs = int(np.count_nonzero(is_long))
        one_sided: PositionSide | None = "long" if longs == len(net) else "short" if not longs else None
        if one_sided is not None and self.sides[one_sided].total_trades == self.total.total_trades:
            self.total.add_closes(net, gross, bars_held)
            self.sides[one_sided] = self.total
            return
        chosen: dict[PositionSide, NDArray[np.bool_]] = {"long": is_long, "short": ~is_long}
        for side, of_side in chosen.items():
            if self.sides[side] is self.total:
                self.sides[side] = replace(self.total)
            if of_side.any():
                self.sides[side].add_closes(net[of_side], gross[of_side], bars_held[of_side])
        self.total.add_closes(net, gross, bars_held)

    def _of(self, symbol: str) -> TradeStatistics:
        if symbol not in self.symbols:
            self.symbols[symbol] = TradeStatistics()
        return self.symbols[symbol]
