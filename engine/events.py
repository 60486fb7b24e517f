"""The event types: frozen records that are both the messages and the data of a run.

Every event carries the same five fields first:

    timestamp        ns since the epoch, UTC
    source           id of the container that published it
    event_id         `<source>:<TYPE>:<n>`, unique within a run (rule E1)
    correlation_id   id of the trade it belongs to, or None
    causation_id     event_id of its cause, or None

Prices are in quote currency per unit, quantities in units, money in quote currency.
"""

from typing import ClassVar, Literal

import msgspec

from engine.order_terms import ExitTerms, OrderTerms, OrderType, TimeInForce

Side = Literal["buy", "sell"]
Direction = Literal["long", "short", "flat"]
PositionSide = Literal["long", "short"]
OrderStatus = Literal["accepted", "rejected", "cancelled", "expired", "triggered"]
Liquidity = Literal["maker", "taker"]


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="type"):
    """What every event has. Users' own event types subclass it and set `type`, `tag=` and their fields."""

    type: ClassVar[str] = ""
    ends_correlation: ClassVar[bool] = False

    timestamp: int
    source: str
    event_id: str
    correlation_id: str | None
    causation_id: str | None


class Bar(Event, frozen=True, gc=False, tag="BAR"):
    """One complete bar of one symbol."""

    type: ClassVar[str] = "BAR"

    symbol: str
    open: float
    high: float
    low: float
    close: float
    volume: float


class Features(Event, frozen=True, gc=False, tag="FEATURES"):
    """Feature values at one bar; a value is None while its feature warms up (rule M6)."""

    type: ClassVar[str] = "FEATURES"

    symbol: str
    values: dict[str, float | None]


class RegimeChange(Event, frozen=True, gc=False, tag="REGIME_CHANGE"):
    """A classifier moved from one regime to another; probability in 0..1."""

    type: ClassVar[str] = "REGIME_CHANGE"

    symbol: str
    previous: str | None
    current: str
    probability: float


class Signal(Event, frozen=True, gc=False, tag="SIGNAL", omit_defaults=True):
    """A strategy wants another direction; strength in 0..1. It may say by which order, with which exits.

    `otherwise` is an order the other way: whichever of the two is filled first cancels the other.
    """

    type: ClassVar[str] = "SIGNAL"

    symbol: str
    direction: Direction
    strength: float
    strategy: str
    reason: str
    order: OrderTerms | None = None
    exits: ExitTerms | None = None
    otherwise: OrderTerms | None = None


class OrderRequest(Event, frozen=True, gc=False, tag="ORDER_REQUEST", omit_defaults=True):
    """A portfolio asks its execution container for an order.

    `stop_price` of a trailing stop is where it starts; it follows the closes at `trail_amount` or `trail_percent` of the
    close. `good_till` is a timestamp (gtd). Of the orders that name the same `oco` the first to fill cancels the others.
    `replaces` is the id of an order that this one takes the place of, if it is accepted. `unknown` says what was not known
    where that left it without a size or a price.
    """

    type: ClassVar[str] = "ORDER_REQUEST"

    symbol: str
    side: Side
    quantity: float
    order_type: OrderType
    limit_price: float | None
    stop_price: float | None
    time_in_force: TimeInForce
    trail_amount: float | None = None
    trail_percent: float | None = None
    good_till: int | None = None
    oco: str | None = None
    replaces: str | None = None
    unknown: str = ""


class Order(Event, frozen=True, gc=False, tag="ORDER", omit_defaults=True):
    """What became of an order; `reason` is empty unless it was refused or died. The other fields are the request's."""

    type: ClassVar[str] = "ORDER"

    order_id: str
    status: OrderStatus
    symbol: str
    side: Side
    quantity: float
    order_type: OrderType
    limit_price: float | None
    stop_price: float | None
    time_in_force: TimeInForce
    reason: str
    ends_correlation: bool  # type: ignore[misc]
    trail_amount: float | None = None
    trail_percent: float | None = None
    good_till: int | None = None
    oco: str | None = None


class Fill(Event, frozen=True, gc=False, tag="FILL"):
    """An execution. `price` includes slippage; `commission` and `slippage` are money, never negative.

    `ambiguous_bar`: its bar reached a stop and a target (rule X5); `exit_after_entry_bar`: it leaves a trade that would have
    been left in the bar of its entry (rule X4).
    """

    type: ClassVar[str] = "FILL"

    order_id: str
    symbol: str
    side: Side
    quantity: float
    price: float
    commission: float
    slippage: float
    liquidity: Liquidity
    ambiguous_bar: bool
    exit_after_entry_bar: bool = False


class PositionOpen(Event, frozen=True, gc=False, tag="POSITION_OPEN"):
    """The first fill from flat; `costs` is the commission of that fill."""

    type: ClassVar[str] = "POSITION_OPEN"

    symbol: str
    side: PositionSide
    quantity: float
    entry_price: float
    costs: float


class PositionClose(Event, frozen=True, gc=False, tag="POSITION_CLOSE"):
    """The fill that made a position flat; prices are averages over all fills of the trade.

    `gross_pnl` is before commissions, `net_pnl` after them; slippage is inside the prices.
    """

    type: ClassVar[str] = "POSITION_CLOSE"

    symbol: str
    side: PositionSide
    quantity: float
    entry_price: float
    exit_price: float
    gross_pnl: float
    net_pnl: float
    bars_held: int
    duration_seconds: float
    ends_correlation: bool  # type: ignore[misc]


class PortfolioUpdate(Event, frozen=True, gc=False, tag="PORTFOLIO_UPDATE"):
    """A portfolio marked to market.

    `exposure` is the gross position value over equity, `drawdown` equity over its peak minus one (0 or negative).
    """

    type: ClassVar[str] = "PORTFOLIO_UPDATE"

    cash: float
    equity: float
    exposure: float
    open_positions: int
    drawdown: float


class RiskBreach(Event, frozen=True, gc=False, tag="RISK_BREACH"):
    """A risk rule was broken, and what was done about it."""

    type: ClassVar[str] = "RISK_BREACH"

    rule: str
    value: float
    limit: float
    action: str


class Error(Event, frozen=True, gc=False, tag="ERROR"):
    """A container failed; `where` names the handler or the user's line."""

    type: ClassVar[str] = "ERROR"

    message: str
    exception: str
    where: str


class RunStart(Event, frozen=True, gc=False, tag="RUN_START"):
    """The run begins, at its first timestamp."""

    type: ClassVar[str] = "RUN_START"

    what: str
    id: str
    status: str


class ContainerStatus(Event, frozen=True, gc=False, tag="CONTAINER_STATUS"):
    """A container's status changed; `what` is its type."""

    type: ClassVar[str] = "CONTAINER_STATUS"

    what: str
    id: str
    status: str


class RunEnd(Event, frozen=True, gc=False, tag="RUN_END"):
    """The run ends: the last event there is."""

    type: ClassVar[str] = "RUN_END"

    what: str
    id: str
    status: str


EVENT_CLASSES: tuple[type[Event], ...] = (
    Bar,
    Features,
    RegimeChange,
    Signal,
    OrderRequest,
    Order,
    Fill,
    PositionOpen,
    PositionClose,
    PortfolioUpdate,
    RiskBreach,
    Error,
    RunStart,
    ContainerStatus,
    RunEnd,
)
EVENT_TYPES: tuple[str, ...] = tuple(cls.type for cls in EVENT_CLASSES)
