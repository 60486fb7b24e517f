"""The metrics of closed trades told apart by side and by symbol: those of all trades, over fewer of them (rule T1)."""

from collections.abc import Iterator

from engine.metrics.accumulator import TradeStatistics
from engine.metrics.metric import Metric
from engine.metrics.trade_book import TradeBook
from engine.metrics.trade_metrics import TRADE_METRICS

_OF_TRADES = (
    "total_trades",
    "winning_trades",
    "win_rate",
    "total_pnl",
    "gross_profit",
    "gross_loss",
    "profit_factor",
    "expectancy",
    "average_bars_held",
)
_OF_FILLS = ("fills", "total_commission", "total_slippage")


def _prefixed(prefix: str, names: tuple[str, ...]) -> tuple[Metric[TradeStatistics], ...]:
    return tuple(Metric(metric.function, metric.unit, prefix) for metric in TRADE_METRICS if metric.name in names)


LONG_METRICS = _prefixed("long_", _OF_TRADES)
SHORT_METRICS = _prefixed("short_", _OF_TRADES)
SIDE_METRICS: tuple[Metric[TradeStatistics], ...] = (*LONG_METRICS, *SHORT_METRICS)
SYMBOL_METRICS = _prefixed("", (*_OF_TRADES, *_OF_FILLS))
"""The figures of one symbol, without the `<symbol>.` that stands before them."""


def symbol_metrics(book: TradeBook) -> Iterator[tuple[TradeStatistics, tuple[Metric[TradeStatistics], ...]]]:
    """Each symbol's sums with its metrics, named `<symbol>.<metric>`; none for one symbol alone, which is the total."""
    if len(book.symbols) > 1:
        for symbol, statistics in book.symbols.items():
            yield statistics, _prefixed(f"{symbol}.", (*_OF_TRADES, *_OF_FILLS))
