"""Every metric there is, in the order of metrics.json, and the one place where they are computed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from engine.metrics.account_metrics import ACCOUNT_METRICS, LOAN_AND_RISK_METRICS, Account
from engine.metrics.benchmark import Benchmark, Comparison
from engine.metrics.benchmark_metrics import BENCHMARK_METRICS
from engine.metrics.daily import DailyReturns
from engine.metrics.daily_metrics import DAILY_METRICS
from engine.metrics.equity import EquityCurve
from engine.metrics.group_metrics import LONG_METRICS, SHORT_METRICS, SIDE_METRICS, symbol_metrics
from engine.metrics.metric import Metric, Source, Value
from engine.metrics.trade_book import TradeBook
from engine.metrics.trade_metrics import TRADE_METRICS

METRICS: tuple[Metric[Any], ...] = (
    *TRADE_METRICS,
    *ACCOUNT_METRICS,
    *DAILY_METRICS,
    *SIDE_METRICS,
    *BENCHMARK_METRICS,
    *LOAN_AND_RISK_METRICS,
)
"""Those that every portfolio has, in order; portfolios of several symbols have those of each symbol behind them."""

Figures = dict[str, int | float | None]
Notes = dict[str, int | float | str | list[str]]


def compute_metrics(
    book: TradeBook,
    equity: EquityCurve,
    *,
    open_trades: int,
    unrealised_pnl: float,
    symbols: Sequence[str],
    days_per_year: int,
    risk_free_rate: float,
    day_zone: str | None = None,
    benchmark: Benchmark | None = None,
    borrow_cost: float = 0.0,
    rates: Mapping[str, float] | None = None,
) -> tuple[Figures, Notes]:
    """All metrics by name, None where one has no value, and the notes that belong to them.

    The notes start with the constants used (`symbols` in the order in which their values are added up, `days_per_year`,
    `risk_free_rate` as a fraction per year, `day_zone`, `benchmark` and the `rates` of loans if there are any), then say for
    each metric that is None why. `day_zone` is the zone the days of `equity` were cut in; None is UTC.

    Raises:
        ValueError: if `days_per_year` is not above zero.
    """
    account = Account(book.total, equity, open_trades, unrealised_pnl, borrow_cost)
    daily = DailyReturns(equity.daily_values(), days_per_year=days_per_year, risk_free_rate=risk_free_rate)
    pair = Comparison(daily, None if benchmark is None else benchmark.closes(equity.bars))
    notes: Notes = {
        "symbols": list(symbols),
        "days_per_year": days_per_year,
        "risk_free_rate": risk_free_rate,
        "day_zone": day_zone or "UTC",
    }
    if benchmark is not None:
        notes["benchmark"] = benchmark.name
    notes.update(rates or {})
    figures: Figures = {}
    for measured in (
        _measure(TRADE_METRICS, book.total),
        _measure(ACCOUNT_METRICS, account),
        _measure(DAILY_METRICS, daily),
        _measure(LONG_METRICS, book.sides["long"]),
        _measure(SHORT_METRICS, book.sides["short"]),
        _measure(BENCHMARK_METRICS, pair),
        _measure(LOAN_AND_RISK_METRICS, account),
        *(_measure(metrics, statistics) for statistics, metrics in symbol_metrics(book)),
    ):
        for name, value in measured:
            if isinstance(value, int | float):
                figures[name] = value
            else:
                figures[name] = None
                notes[name] = value.reason
    return figures, notes


def _measure(metrics: Iterable[Metric[Source]], source: Source) -> Iterator[tuple[str, Value]]:
    return ((metric.name, metric.measure(source)) for metric in metrics)
