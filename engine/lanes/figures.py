"""The figures of a lane as the metrics take them: its trades, orders and equity (rules T1, T2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from engine.kernel.lane.equity import NO_BAR
from engine.kernel.lane.positions import NO_TRADE, open_profit_of
from engine.lanes.reasons import KINDS, Reasons, unknown_text
from engine.metrics.container_metrics import OrderCounts
from engine.metrics.trade_book import TradeBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from engine.events import OrderStatus
    from engine.kernel.lane.equity import EquityCurve
    from engine.kernel.lane.state import Lane
    from engine.metrics.accumulator import TradeStatistics
    from engine.trading.risk import AnyRiskRule

STATUSES: tuple[OrderStatus | None, ...] = (None, "accepted", "rejected", "triggered", "cancelled", "expired")
"""What became of an order, by its number in the kernel."""


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


def trade_book(
    lane: Lane, symbols: Sequence[str], rules: Sequence[AnyRiskRule], broker: str, elsewhere: str | None = None
) -> TradeBook:
    """The closed trades, fills and orders of a lane over some symbols; `broker` stands in the ids of its orders."""
    books = lane.books
    total = cast("TradeStatistics", books.total)
    of_symbols = [total]
    if books.count > 1:
        of_symbols = [cast("TradeStatistics", books.symbols[number].statistics) for number in range(books.count)]
    return TradeBook.of(
        total=total,
        sides={"long": cast("TradeStatistics", books.long), "short": cast("TradeStatistics", books.short)},
        symbols=dict(zip(symbols, of_symbols, strict=True)),
        statuses=_statuses(lane),
        rejected=_rejected(lane, rules),
        first_rejection=first_rejection(lane, symbols, rules, broker, elsewhere),
    )


def order_counts(lane: Lane, rules: Sequence[AnyRiskRule]) -> OrderCounts:
    """What the orders of a lane were answered."""
    total, statuses = lane.books.total, _statuses(lane)
    return OrderCounts(
        accepted=statuses.get("accepted", 0),
        rejected=_rejected(lane, rules),
        cancelled=statuses.get("cancelled", 0),
        expired=statuses.get("expired", 0),
        triggered=statuses.get("triggered", 0),
        fills=total.fills,
        partial_fills=lane.counts.partial_fills,
        ambiguous_bars=total.ambiguous_bars,
        exit_after_entry_bar=total.exit_after_entry_bar,
        traded_notional=total.traded_notional,
        total_commission=total.total_commission,
        total_slippage=total.total_slippage,
    )


def _statuses(lane: Lane) -> dict[OrderStatus, int]:
    counts = lane.counts.statuses
    return {status: counts[place] for place, status in enumerate(STATUSES) if status and counts[place]}


def _rejected(lane: Lane, rules: Sequence[AnyRiskRule]) -> dict[str, int]:
    """Refusals by kind."""
    if not lane.books.total.rejected_orders:
        return {}
    rejected: dict[str, int] = {}
    refused = [(rule.name, lane.risk.rules[n].refused) for n, rule in enumerate(rules) if rule.name.startswith("max_")]
    for kind, count in [*((kind, lane.counts.rejections[reason]) for reason, kind in KINDS.items()), *refused]:
        if count:
            rejected[kind] = rejected.get(kind, 0) + count
    return rejected


def open_profit(lane: Lane) -> float:
    """Net profit of the open trades if closed at the last bar marked, without further costs; 0.0 if there are none."""
    books, total = lane.books, 0.0
    for number in range(books.count):
        ours = books.symbols[number]
        if ours.position.trade != NO_TRADE:
            total += open_profit_of(ours.position, ours.close[max(books.curve.bars - 1, 0)])
    return total


def first_rejection(
    lane: Lane, symbols: Sequence[str], rules: Sequence[AnyRiskRule], broker: str, elsewhere: str | None = None
) -> str:
    """Why the first order of a lane was rejected, empty if none was; `elsewhere` is the first symbol without data that was named."""
    if not lane.books.total.rejected_orders:
        return ""
    first = lane.first_refusal
    return Reasons(rules).text(
        first.reason,
        (first.value, first.limit, first.further),
        quantity=first.quantity,
        other=f"{broker}#{first.replaces}" if first.replaces else elsewhere,
        unknown=unknown_text(
            first.unknown,
            first.unknown_over,
            first.bar,
            (first.unknown_value, first.unknown_close),
            symbols[first.symbol],
        ),
    )
