"""Metrics beside those of a portfolio's trading: events by type, features, signals, and what became of orders.

None of them depends on what is traced (rule T3). An event counts where it is published, whether or not it was ever built: the
count is the number in the id of the last one (rule E1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.events import EVENT_TYPES
from engine.metrics.metric import Metric, Undefined, Value
from engine.metrics.rejections import REJECTIONS

Figures = dict[str, float | int | None]

EVENTS = "events_"
_METRICS = {name: EVENTS + name for name in EVENT_TYPES}
"""By type, one text for the results of all portfolios."""
PORTFOLIO_EVENTS = (
    *("SIGNAL", "ORDER_REQUEST", "POSITION_OPEN", "POSITION_CLOSE"),
    *("PORTFOLIO_UPDATE", "RISK_BREACH"),
)
"""The types that are counted in every portfolio, also where there is none of them."""


def events_by_type(counts: Mapping[str, int], always: Iterable[str] = ()) -> Figures:
    """The metrics `events_<TYPE>`: types in the order of the event list, users' own from A to Z.

    Types that do not occur are left out, but for those that are `always` there.
    """
    shown = dict.fromkeys(always, 0)
    for name, count in counts.items():
        if count:
            shown[name] = count
    figures: Figures = {metric: shown[name] for name, metric in _METRICS.items() if name in shown}
    if len(figures) < len(shown):
        figures |= {EVENTS + name: shown[name] for name in sorted(shown) if name not in _METRICS}
    return figures


@dataclass(slots=True)
class OrderCounts:
    """What an execution container answered to one portfolio, or to all that it serves; money in quote currency.

    `rejected` counts refusals by kind, a key of REJECTIONS.
    """

    accepted: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    cancelled: int = 0
    expired: int = 0
    triggered: int = 0
    fills: int = 0
    partial_fills: int = 0
    ambiguous_bars: int = 0
    exit_after_entry_bar: int = 0
    traded_notional: float = 0.0
    total_commission: float = 0.0
    total_slippage: float = 0.0

    @property
    def events(self) -> dict[str, int]:
        """The events by which it was answered, by type."""
        orders = self.accepted + sum(self.rejected.values()) + self.cancelled + self.expired + self.triggered
        return {"ORDER": orders, "FILL": self.fills}

    def add(self, other: "OrderCounts") -> None:
        """Adds what another portfolio was answered: one after the other, so that the sums are the same to the bit."""
        self.accepted += other.accepted
        self.cancelled += other.cancelled
        self.expired += other.expired
        self.triggered += other.triggered
        self.fills += other.fills
        self.partial_fills += other.partial_fills
        self.ambiguous_bars += other.ambiguous_bars
        self.exit_after_entry_bar += other.exit_after_entry_bar
        self.traded_notional += other.traded_notional
        self.total_commission += other.total_commission
        self.total_slippage += other.total_slippage
        for kind, count in other.rejected.items():
            self.rejected[kind] = self.rejected.get(kind, 0) + count

    def metrics(self) -> tuple[Figures, dict[str, str]]:
        """The metrics of an execution container but for its events, and why any of them is null."""
        measured = {metric.name: metric.measure(self) for metric in EXECUTION_METRICS}
        notes = {name: value.reason for name, value in measured.items() if isinstance(value, Undefined)}
        figures = {name: None if isinstance(value, Undefined) else value for name, value in measured.items()}
        return figures | {f"rejected_{kind}": self.rejected.get(kind, 0) for kind in REJECTIONS}, notes


def orders(counts: OrderCounts) -> Value:
    """Orders that were answered: accepted or rejected.

    Formula: accepted_orders + rejected_orders, the sum of `orders` of the portfolios.
    """
    return counts.accepted + sum(counts.rejected.values())


def accepted_orders(counts: OrderCounts) -> Value:
    """Orders that were accepted.

    Formula: the number of ORDER events whose status is accepted.
    """
    return counts.accepted


def rejected_orders(counts: OrderCounts) -> Value:
    """Orders that were refused.

    Formula: the number of ORDER events whose status is rejected, and the sum of the `rejected_<kind>` below.
    """
    return sum(counts.rejected.values())


def cancelled_orders(counts: OrderCounts) -> Value:
    """Accepted orders that were taken back before they were filled, or after a part of them was.

    Formula: the number of ORDER events whose status is cancelled.
    """
    return counts.cancelled


def expired_orders(counts: OrderCounts) -> Value:
    """Accepted orders whose time was over, at the end of the data at the latest.

    Formula: the number of ORDER events whose status is expired.
    """
    return counts.expired


def triggered_orders(counts: OrderCounts) -> Value:
    """Stops that were reached.

    Formula: the number of ORDER events whose status is triggered.
    """
    return counts.triggered


def fills(counts: OrderCounts) -> Value:
    """Executions, partial ones each for itself.

    Formula: the number of FILL events.
    """
    return counts.fills


def partial_fills(counts: OrderCounts) -> Value:
    """Fills after which a part of the order was still open.

    Formula: the number of FILL events that left units of their order, because the volume or the position was smaller.
    """
    return counts.partial_fills


def ambiguous_bars(counts: OrderCounts) -> Value:
    """Fills in a bar that reached both the stop and the target, where the worse was assumed.

    Formula: the number of FILL events whose ambiguous_bar is true.
    """
    return counts.ambiguous_bars


def exit_after_entry_bar(counts: OrderCounts) -> Value:
    """First fills that leave a trade whose exits began to work too late: the bar of its entry closed beyond its stop or target.

    Formula: the number of FILL events whose exit_after_entry_bar is true, whatever made them, also the end of the data in that bar.
    """
    return counts.exit_after_entry_bar


def traded_notional(counts: OrderCounts) -> Value:
    """What was traded, buys and sells added.

    Formula: sum(quantity x price) over FILL events.
    """
    return counts.traded_notional


def total_commission(counts: OrderCounts) -> Value:
    """Commission charged on all fills.

    Formula: sum(commission) over FILL events.
    """
    return counts.total_commission


def total_slippage(counts: OrderCounts) -> Value:
    """What slippage cost on all fills; it is already inside their prices.

    Formula: sum(slippage) over FILL events.
    """
    return counts.total_slippage


EXECUTION_METRICS: tuple[Metric[OrderCounts], ...] = (
    Metric(orders, "orders"),
    Metric(accepted_orders, "orders"),
    Metric(rejected_orders, "orders"),
    Metric(cancelled_orders, "orders"),
    Metric(expired_orders, "orders"),
    Metric(triggered_orders, "orders"),
    Metric(fills, "fills"),
    Metric(partial_fills, "fills"),
    Metric(ambiguous_bars, "fills"),
    Metric(exit_after_entry_bar, "fills"),
    Metric(traded_notional, "money"),
    Metric(total_commission, "money"),
    Metric(total_slippage, "money"),
)


class ContainerMetric(NamedTuple):
    """One metric, or several that are named alike: of which type of container, its name, unit and meaning."""

    of: str
    name: str
    unit: str
    meaning: str


CONTAINER_METRICS: tuple[ContainerMetric, ...] = (
    ContainerMetric("data", "bars", "bars", "Rows read."),
    ContainerMetric(
        "data", "buy_and_hold_return", "fraction", "What the symbol returned from its first open to its last close."
    ),
    ContainerMetric("data", "dropped_<reason>", "rows", "Rows that were left out, by reason."),
    ContainerMetric("feature", "features", "features", "Names under which it gives values."),
    ContainerMetric(
        "feature", "warm_up_bars", "bars", "Bars of a symbol before the last of its features has its first value."
    ),
    ContainerMetric(
        "feature", "<feature>.null_values", "bars", "Bars at which a feature has no value, of all symbols."
    ),
    ContainerMetric("strategy", "signals_long", "signals", "SIGNAL events that want to be long."),
    ContainerMetric("strategy", "signals_flat", "signals", "SIGNAL events that want to hold nothing."),
    ContainerMetric("strategy", "signals_short", "signals", "SIGNAL events that want to be short."),
    *(
        ContainerMetric("execution", metric.name, metric.unit, metric.description.split("\n", 1)[0])
        for metric in EXECUTION_METRICS
    ),
    *(
        ContainerMetric("execution", f"rejected_{name}", "orders", f"Orders that were refused: {kind.meaning}.")
        for name, kind in REJECTIONS.items()
    ),
    ContainerMetric(
        "root", "containers", "containers", "Containers of the run; the root is the run itself and none of them."
    ),
    *(
        ContainerMetric("root", status, "containers", f"Those whose status is {status}.")
        for status in ("completed", "failed", "interrupted", "running")
    ),
    ContainerMetric("root", "portfolios", "portfolios", "Portfolios of the run."),
    *(
        ContainerMetric("root", name, unit, "The sum over the portfolios.")
        for name, unit in (
            *(("total_trades", "trades"), ("total_pnl", "money"), ("total_commission", "money")),
            *(("total_slippage", "money"), ("orders", "orders"), ("fills", "fills")),
        )
    ),
    ContainerMetric(
        "every type", "events_<TYPE>", "events", "Events that it published, of an analysis container: received."
    ),
)
