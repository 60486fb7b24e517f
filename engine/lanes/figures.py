"""The figures of a lane as the metrics take them: its trades, orders and equity (rules T1, T2)."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from engine.kernel.lane.equity import NO_BAR
from engine.kernel.lane.positions import NO_TRADE, open_profit_of
from engine.lanes.reasons import KINDS, Reasons, unknown_text
from engine.metrics.accumulator import TradeStatistics
from engine.metrics.trade_book import TradeBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from engine.events import OrderStatus
    from engine.kernel.lane import statistics
    from engine.kernel.lane.equity import EquityCurve
    from engine.kernel.lane.state import Lane
    from engine.trading.risk import AnyRiskRule

STATUSES: tuple[OrderStatus | None, ...] = (None, "accepted", "rejected", "triggered", "cancelled", "expired")
"""What became of an order, by its number in the kernel."""

_NAMES = [field.name for field in fields(TradeStatistics)]
_NOT_OF_SYMBOLS = {"orders", "rejected_orders", "risk_breaches"}


class LaneEquity:
    """The equity of a lane, up to the bar that is marked."""

    def __init__(self, curve: EquityCurve) -> None:
        self._daily = curve.daily[: curve.days]
        self._is_under_way = curve.bars > curve.last_day_bar
        self.initial_equity, self.final_equity, self.peak = curve.initial, curve.last, curve.peak
        self.max_drawdown = curve.max_drawdown
        self.bars, self.bars_in_market = curve.bars, curve.bars_in_market
        self.longest_drawdown_bars = max(curve.longest_spell, curve.bars - curve.peak_bar)
        is_recovered = curve.recovered_bar != NO_BAR
        self.recovery_bars = curve.recovered_bar - curve.trough_bar if is_recovered else None

    def daily_values(self) -> npt.NDArray[np.float64]:
        """The initial equity and after it the last mark of each day, a day still under way included."""
        under_way = [self.final_equity] if self._is_under_way else []
        return np.array([self.initial_equity, *self._daily, *under_way])


def trade_book(lane: Lane, symbols: str | Sequence[str], rules: Sequence[AnyRiskRule], broker: str) -> TradeBook:
    """The closed trades, fills and orders of a lane over a symbol, or several; `broker` stands in the ids of its orders."""
    books, counts = lane.books, lane.counts
    names = [symbols] if isinstance(symbols, str) else symbols
    of_symbols = (
        [books.symbols[number].statistics for number in range(books.count)] if books.count > 1 else [books.total]
    )
    rejected: dict[str, int] = {}
    refused = [
        (rule.name, lane.risk.rules[place].refused) for place, rule in enumerate(rules) if rule.name.startswith("max_")
    ]
    for kind, count in [*((kind, counts.rejections[reason]) for reason, kind in KINDS.items()), *refused]:
        if count:
            rejected[kind] = rejected.get(kind, 0) + count
    return TradeBook.of(
        total=_statistics(books.total),
        sides={"long": _statistics(books.long), "short": _statistics(books.short)},
        symbols={name: _statistics(ours, _NOT_OF_SYMBOLS) for name, ours in zip(names, of_symbols, strict=True)},
        statuses={
            status: counts.statuses[place] for place, status in enumerate(STATUSES) if status and counts.statuses[place]
        },
        rejected=rejected,
        first_rejection=_first_rejection(lane, rules, broker) if books.total.rejected_orders else "",
    )


def open_profit(lane: Lane) -> float:
    """Net profit of the open trades if closed at the last bar marked, without further costs; 0.0 if there are none."""
    books, total = lane.books, 0.0
    for number in range(books.count):
        ours = books.symbols[number]
        if ours.position.trade != NO_TRADE:
            total += open_profit_of(ours.position, ours.close[max(books.curve.bars - 1, 0)])
    return total


def _statistics(ours: statistics.TradeStatistics, without: frozenset[str] | set[str] = frozenset()) -> TradeStatistics:
    return TradeStatistics(**{name: getattr(ours, name) for name in _NAMES if name not in without})


def _first_rejection(lane: Lane, rules: Sequence[AnyRiskRule], broker: str) -> str:
    first = lane.first_refusal
    return Reasons(rules).text(
        first.reason,
        (first.value, first.limit, first.further),
        quantity=first.quantity,
        other=f"{broker}#{first.replaces}" if first.replaces else None,
        unknown=unknown_text(first.unknown, first.unknown_over, first.bar, (first.unknown_value, first.unknown_close)),
    )
