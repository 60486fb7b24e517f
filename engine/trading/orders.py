"""Orders at work, and what a fill of one costs (rules X1, X8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.events import OrderRequest, OrderStatus, Side
    from engine.trading.costs import Terms


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


def execute_at(reference: float, side: Side, quantity: float, terms: Terms) -> Execution:
    """What a market order gets at `reference`, the price before slippage. Slippage always hurts."""
    price = terms.slipped(side, reference)
    return Execution(price, terms.commission(quantity, price), abs(price - reference) * quantity)


def signed(side: Side, quantity: float) -> float:
    """`quantity` with the sign of its effect on the position."""
    return quantity if side == "buy" else -quantity


DEAD: frozenset[OrderStatus] = frozenset({"rejected", "cancelled", "expired"})
"""The statuses after which an order does nothing more."""
