"""Orders at work, and what a fill of one costs (rules X1 to X4, X8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.events import OrderRequest, OrderStatus, Side
    from engine.trading.costs import Terms
    from engine.trading.deals import Deal

STOPS = frozenset({"stop", "stop_limit", "trailing_stop"})
"""The order types that wait for their stop before they do anything."""


@dataclass(slots=True, eq=False)
class WorkingOrder:
    """An accepted order: its request, the id it got, the id of the ORDER event that accepted it, and how far it is.

    `accepted` is its place in the order of acceptance, `number` its symbol's feed, `first_row` the first of that feed's bars it may meet (rule L3), `left` the units that
    are not filled. `stop` is where its stop stands now (0.0 without one); once `triggered` it waits for it no more. `day` is the day of the first
    bar it met, `ratcheted` the row from which a trailing stop has yet to follow the closes. An entry is held back by exits at the market
    that were accepted up to the number `waits_for`, 0 if by none (rule P2).
    """

    order_id: str
    request: OrderRequest
    accepted_by: str
    accepted: int
    number: int
    first_row: int
    left: float
    stop: float
    ratcheted: int
    triggered: bool = False
    day: int | None = None
    waits_for: int = 0

    @property
    def correlation_id(self) -> str:
        """The trade it belongs to."""
        return self.request.correlation_id or ""

    @property
    def limit(self) -> float:
        """The limit of a limit order, quote currency per unit; others have none, and would fill at no price."""
        return self.request.limit_price or 0.0

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self.request.side == "buy" else -1

    @property
    def signed_quantity(self) -> float:
        """Units not filled yet, positive for a buy."""
        return signed(self.request.side, self.left)

    @property
    def kind(self) -> str:
        """What it works as: a stop that was reached is a market order, or the limit order it carried."""
        order_type = self.request.order_type
        if not self.triggered:
            return order_type
        return "limit" if order_type == "stop_limit" else "market"


def new_order(desk: str, accepted: int, request: OrderRequest, accepted_by: str, number: int) -> WorkingOrder:
    """The order that a desk makes of the request it takes as its `accepted`-th; nothing has happened to it yet."""
    return WorkingOrder(
        order_id=f"{desk}#{accepted}",
        request=request,
        accepted_by=accepted_by,
        accepted=accepted,
        number=number,
        first_row=0,
        left=request.quantity,
        stop=request.stop_price or 0.0,
        ratcheted=0,
    )


class Execution(NamedTuple):
    """A fill before it becomes an event: price with slippage, commission and slippage in quote currency."""

    price: float
    commission: float
    slippage: float


def execute(deal: Deal, terms: Terms, limit: float | None = None) -> Execution:
    """What an order gets that is filled at the deal's price, the price before slippage. Slippage always hurts (rule X8).

    `limit`: that of a limit order, beyond which slippage never moves the price.
    """
    price = terms.slipped(deal, limit)
    slippage = abs(price - deal.price) * deal.quantity
    return Execution(price, terms.commission(deal._replace(price=price)), slippage)


def signed(side: Side, quantity: float) -> float:
    """`quantity` with the sign of its effect on the position."""
    return quantity if side == "buy" else -quantity


BEING_LEFT = "its trade is being left"
"""Why an entry is cancelled whose trade an exit has begun to leave (rule E2)."""
DEAD: frozenset[OrderStatus] = frozenset({"rejected", "cancelled", "expired"})
"""The statuses after which an order does nothing more."""
