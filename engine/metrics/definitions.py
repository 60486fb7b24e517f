"""Every metric there is, in the order of metrics.json, and the one place where they are computed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from engine.events import PositionSide
from engine.metrics.account_metrics import ACCOUNT_METRICS, LOAN_AND_RISK_METRICS, Account
from engine.metrics.accumulator import TradeStatistics
from engine.metrics.benchmark import Benchmark, Comparison
from engine.metrics.benchmark_metrics import BENCHMARK_METRICS
from engine.metrics.daily import DailyReturns
from engine.metrics.daily_metrics import DAILY_METRICS
from engine.metrics.days import UTC_DAYS
from engine.metrics.equity import Equity
from engine.metrics.group_metrics import LONG_METRICS, SHORT_METRICS, SIDE_METRICS, symbol_metrics
from engine.metrics.metric import NO_NUMBER, Metric, Source, Undefined, Value
from engine.metrics.trade_book import TradeBook
from engine.metrics.trade_metrics import TRADE_METRICS
from engine.metrics.year import DaysPerYear

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
    equity: Equity,
    *,
    open_trades: int,
    unrealised_pnl: float,
    symbols: Sequence[str],
    days_per_year: DaysPerYear,
    years: float,
    risk_free_rate: float,
    day_zone: str = UTC_DAYS,
    day_zone_source: str = "",
    benchmark: Benchmark | None = None,
    borrow_cost: float = 0.0,
    rates: Mapping[str, float] | None = None,
) -> tuple[Figures, Notes]:
    """All metrics by name, None where one has no value, and the notes that belong to them.

    `years`: from the first bar marked to the last. `day_zone`: what the days of `equity` were cut by, and where that is
    known from, if it is inferred.

    The notes start with the constants used (`symbols` in the order in which their values are added up, `days_per_year` and
    where it is from, `risk_free_rate` as a fraction per year, `day_zone`, `benchmark` and how many days it is known on, if
    not all, and the `rates` of loans if there are any), then say for each metric that is None why.

    Raises:
        ValueError: if `days_per_year` is not above zero.
    """
    a_year, source = days_per_year
    daily = DailyReturns(equity.daily_values(), days_per_year=a_year, risk_free_rate=risk_free_rate, years=years)
    account = Account(book.total, equity, open_trades, unrealised_pnl, borrow_cost, daily)
    pair = None if benchmark is None else Comparison(daily, benchmark.closes(equity.bars))
    notes: Notes = {
        "symbols": list(symbols),
        "days_per_year": a_year,
        "days_per_year_source": source,
        "risk_free_rate": risk_free_rate,
        "day_zone": day_zone,
    }
    if day_zone_source:
        notes["day_zone_source"] = day_zone_source
    notes.update(_notes_on(benchmark, day_zone))
    if pair is not None and pair.left_out:
        notes["benchmark_days"] = (
            f"{pair.left_out} of {daily.days} days have no return of the benchmark and are left out"
        )
    notes.update(rates or {})
    figures: Figures = {}
    _measure(_OF_ALL_TRADES, book.total, figures, notes)
    _measure(_OF_THE_ACCOUNT, account, figures, notes)
    _measure(_OF_DAYS, daily, figures, notes)
    for side, named in _OF_SIDES:
        if book.sides[side].total_trades:
            _measure(named, book.sides[side], figures, notes)
        else:
            _add(_WITHOUT_TRADES[side], figures, notes)
    if pair is None:
        _add(_WITHOUT_BENCHMARK, figures, notes)
    else:
        _measure(_BESIDE_THE_BENCHMARK, pair, figures, notes)
    _measure(_OF_LOANS_AND_RISK, account, figures, notes)
    for statistics, metrics in symbol_metrics(book):
        _measure(_named(metrics), statistics, figures, notes)
    return figures, notes


def _notes_on(benchmark: Benchmark | None, day_zone: str) -> Notes:
    """What it is called, and by what its days end, if those of the portfolio end otherwise."""
    if benchmark is None:
        return {}
    apart = benchmark.day_zone != day_zone
    return {"benchmark": benchmark.name, **({"benchmark_day_zone": benchmark.day_zone} if apart else {})}


def _named(metrics: Iterable[Metric[Source]]) -> tuple[tuple[str, Callable[[Source], Value]], ...]:
    """Names and functions: every portfolio is measured by them, so they are looked up once."""
    return tuple((metric.name, metric.function) for metric in metrics)


_OF_ALL_TRADES, _OF_LONGS, _OF_SHORTS = _named(TRADE_METRICS), _named(LONG_METRICS), _named(SHORT_METRICS)
_OF_THE_ACCOUNT, _OF_DAYS, _BESIDE_THE_BENCHMARK = (
    _named(ACCOUNT_METRICS),
    _named(DAILY_METRICS),
    _named(BENCHMARK_METRICS),
)
_OF_LOANS_AND_RISK = _named(LOAN_AND_RISK_METRICS)


def _measure(
    named: tuple[tuple[str, Callable[[Source], Value]], ...], source: Source, figures: Figures, notes: Notes
) -> None:
    """Adds what each function makes of `source`; a note says why there is nothing, or nothing finite."""
    for name, function in named:
        value = function(source)
        if not isinstance(value, Undefined):
            if isfinite(value):
                figures[name] = value
                continue
            value = NO_NUMBER
        figures[name] = None
        notes[name] = value.note


def _add(known: tuple[Figures, Notes], figures: Figures, notes: Notes) -> None:
    figures.update(known[0])
    notes.update(known[1])


def _known(named: tuple[tuple[str, Callable[[Source], Value]], ...], source: Source) -> tuple[Figures, Notes]:
    """What is the same for every portfolio that has nothing to measure here."""
    figures: Figures = {}
    notes: Notes = {}
    _measure(named, source, figures, notes)
    return figures, notes


_OF_SIDES: tuple[tuple[PositionSide, Any], ...] = (("long", _OF_LONGS), ("short", _OF_SHORTS))
_WITHOUT_TRADES = {side: _known(named, TradeStatistics()) for side, named in _OF_SIDES}
_WITHOUT_BENCHMARK = _known(
    _BESIDE_THE_BENCHMARK, Comparison(DailyReturns(np.ones(1), days_per_year=1, risk_free_rate=0.0, years=0.0), None)
)
