"""The account behind a lane's orders: what it can afford (rule P2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.trading.orders import signed

if TYPE_CHECKING:
    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
    from engine.events import OrderRequest
    from engine.market.timeline import Clock

ROUNDING = 1e-9
"""Buying power may be exceeded by this share: an order sized on all of the equity must not fail by its last bit."""


class WorkingOrders(Protocol):
    """What an account asks of the orders that already work."""

    def working_quantity(self, symbol: str) -> float:
        """Signed units of the symbol's orders that still work."""


class Account:
    """A margin account with leverage 1, valued at the latest closes."""

    def __init__(self, outlet: Outlet, clock: Clock, ledger: Ledger, *, minimum_notional: float) -> None:
        self._outlet = outlet
        self._clock = clock
        self._ledger = ledger
        self._minimum_notional = minimum_notional
        self._numbers = {feed.symbol: number for number, feed in enumerate(clock.feeds)}

    def refusal(self, request: OrderRequest, working: WorkingOrders) -> str:
        """Why `request` is not taken: too small, or beyond buying power; empty if it is."""
        number = self._numbers[request.symbol]
        before = [
            quantity + working.working_quantity(feed.symbol)
            for quantity, feed in zip(self._ledger.quantities, self._clock.feeds, strict=True)
        ]
        after = before.copy()
        after[number] += signed(request.side, request.quantity)
        if abs(after[number]) <= abs(before[number]):
            return ""
        index = self._clock.index_at(self._outlet.agenda.step)
        worth = request.quantity * self._clock.closes[number].item(index)
        if worth < self._minimum_notional:
            return f"worth {worth:.2f}, less than minimum_notional {self._minimum_notional:.2f}"
        needed = 0.0
        for quantity, closes in zip(after, self._clock.closes, strict=True):
            needed += abs(quantity) * closes.item(index)
        equity = self._ledger.equity(index)
        if needed <= equity * (1.0 + ROUNDING):
            return ""
        return f"buying power: positions would be worth {needed:.2f}, equity is {equity:.2f}"
