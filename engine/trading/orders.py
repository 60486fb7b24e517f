"""Orders at work, and what a fill of one costs (rules X1, X8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.events import OrderRequest, OrderStatus, Side
    from engine.trading.costs import Terms
    from engine.trading.deals import Deal


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """An accepted order: its request, the id it got, and the id of the ORDER event that accepted it."""

    order_id: str
    request: OrderRequest
    accepted_by: str

    @property
    def correlation_id(self) -> str:
        """The trade it belongs to."""
        return self.request.correlation_id or ""

    @property
    def signed_quantity(self) -> float:
        """Units, positive for a buy."""
        return signed(self.request.side, self.request.quantity)


@dataclass(frozen=True, slots=True)
class Execution:
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


DEAD: frozenset[OrderStatus] = frozenset({"rejected", "cancelled", "expired"})
"""The statuses after which an order does nothing more."""
