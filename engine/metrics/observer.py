"""Trade metrics as an observer of a bus, to be used by hand wherever events are published."""

from collections.abc import Iterable

from engine.events import Event, Fill, Order, PositionClose
from engine.metrics.accumulator import TradeStatistics
from engine.metrics.metric import Undefined
from engine.metrics.trade_book import TradeBook
from engine.metrics.trade_metrics import TRADE_METRICS

EVENT_TYPES = frozenset({Order.type, Fill.type, PositionClose.type})


class MetricsObserver:
    """Counts orders, fills and closed trades of the bus it is attached to: `bus.attach_observer(MetricsObserver())`."""

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self.book = TradeBook(symbols)

    @property
    def trades(self) -> TradeStatistics:
        """The sums over all trades, fills and orders."""
        return self.book.total

    @property
    def event_types(self) -> frozenset[str]:
        """The types it asks the bus for."""
        return EVENT_TYPES

    @property
    def total_trades(self) -> int:
        """Closed trades so far."""
        return self.trades.total_trades

    @property
    def total_pnl(self) -> float:
        """Net profit of the closed trades so far, money."""
        return self.trades.total_pnl

    def observe(self, event: Event) -> None:
        """Take what the event says into the sums; events of other types say nothing."""
        if isinstance(event, Fill):
            self.book.on_fill(
                event.symbol,
                event.quantity,
                event.price,
                event.commission,
                event.slippage,
                ambiguous=event.ambiguous_bar,
                after_entry_bar=event.exit_after_entry_bar,
            )
        elif isinstance(event, Order):
            self.book.on_order(event.status, event.reason)
        elif isinstance(event, PositionClose):
            self.book.on_close(event.symbol, event.side, event.net_pnl, event.gross_pnl, event.bars_held)

    def ended(self, correlation_id: str) -> None:
        """A trade ended: nothing is kept per trade, so there is nothing to let go."""

    def to_dict(self) -> dict[str, int | float | None]:
        """The metrics of closed trades, orders and fills by name, in the order of metrics.json."""
        figures: dict[str, int | float | None] = {}
        for metric in TRADE_METRICS:
            value = metric.measure(self.trades)
            figures[metric.name] = None if isinstance(value, Undefined) else value
        return figures
