"""Closed trades, fills and orders of a portfolio, counted together, by side and by symbol."""

from collections.abc import Iterable, Mapping

from engine.events import OrderStatus, PositionSide
from engine.metrics.accumulator import TradeStatistics
from engine.metrics.container_metrics import OrderCounts
from engine.metrics.rejections import kind_of


class TradeBook:
    """Running sums over all trades (`total`), over those of each side, and of each symbol; nothing is kept per trade.

    `symbols` are those that can be traded, in the order in which their figures stand; others join as they are met. Orders
    count in `total` only, fills in `total` and in their symbol: an order and a fill have no long or short side.
    `statuses` counts what orders were said to be, `rejected` the refusals by kind; `first_rejection` is the reason of the first.
    """

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self.total = TradeStatistics()
        self.sides: dict[PositionSide, TradeStatistics] = {"long": TradeStatistics(), "short": TradeStatistics()}
        self.symbols = {symbol: TradeStatistics() for symbol in symbols}
        self.statuses: dict[OrderStatus, int] = {}
        self.rejected: dict[str, int] = {}
        self.first_rejection = ""

    @classmethod
    def of(
        cls,
        *,
        total: TradeStatistics,
        sides: dict[PositionSide, TradeStatistics],
        symbols: dict[str, TradeStatistics],
        statuses: dict[OrderStatus, int],
        rejected: dict[str, int],
        first_rejection: str,
    ) -> "TradeBook":
        """A book with these sums and counts, however they were made."""
        book = cls()
        book.total, book.sides, book.symbols = total, sides, symbols
        book.statuses, book.rejected, book.first_rejection = statuses, rejected, first_rejection
        return book

    def on_order(self, status: OrderStatus, reason: str = "") -> None:
        """Count an order once, when it is accepted or rejected, and each thing that becomes of it by itself."""
        self.total.on_order(status)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == "rejected":
            self.on_refusal(reason)

    def on_refusal(self, reason: str) -> None:
        """Count a refusal by its kind."""
        self.first_rejection = self.first_rejection or reason
        kind = kind_of(reason)
        self.rejected[kind] = self.rejected.get(kind, 0) + 1

    def order_counts(self, statuses: Mapping[OrderStatus, int], partial_fills: int = 0) -> OrderCounts:
        """What the execution container answered: in `statuses` how often it said what became of an order."""
        return OrderCounts(
            accepted=statuses.get("accepted", 0),
            rejected=self.rejected,
            cancelled=statuses.get("cancelled", 0),
            expired=statuses.get("expired", 0),
            triggered=statuses.get("triggered", 0),
            fills=self.total.fills,
            partial_fills=partial_fills,
            ambiguous_bars=self.total.ambiguous_bars,
            exit_after_entry_bar=self.total.exit_after_entry_bar,
            traded_notional=self.total.traded_notional,
            total_commission=self.total.total_commission,
            total_slippage=self.total.total_slippage,
        )

    def on_fill(
        self,
        symbol: str,
        quantity: float,
        price: float,
        commission: float,
        slippage: float,
        *,
        ambiguous: bool = False,
        after_entry_bar: bool = False,
    ) -> None:
        """Add a fill of `quantity` units (above zero on either side); commission and slippage are money."""
        for statistics in (self.total, self._of(symbol)):
            statistics.on_fill(
                quantity, price, commission, slippage, ambiguous=ambiguous, after_entry_bar=after_entry_bar
            )

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
