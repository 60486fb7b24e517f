"""The account behind a lane's orders: what it can afford (rule P2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.trading.acceptance import too_little
from engine.trading.accounts import Prospect
from engine.trading.orders import signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.containers.ledger import Ledger
    from engine.containers.order_limits import OrderLimits
    from engine.containers.outlet import Outlet
    from engine.events import OrderRequest
    from engine.market.timeline import Clock
    from engine.trading.accounts import AnyAccount


class WorkingOrders(Protocol):
    """What an account asks of the orders that already work."""

    def working_quantity(self, symbol: str, oco: str | None) -> float:
        """Signed units of the symbol's orders that still work, but for those of a group of which one cancels the others."""


class Account:
    """An account of one kind over a lane's books, valued at the latest closes; `limits` are those of its risk rules."""

    limits: OrderLimits

    def __init__(
        self, outlet: Outlet, clock: Clock, ledger: Ledger, *, model: AnyAccount, minimum_notional: float
    ) -> None:
        self._outlet = outlet
        self._clock = clock
        self._ledger = ledger
        self._model = model
        self._minimum_notional = minimum_notional

    def refusal(self, request: OrderRequest, working: WorkingOrders) -> str:
        """Why `request` is not taken: too small, or beyond what risk rules or the account allow; empty if it is.

        Orders that make a position smaller are always taken.
        """
        number = self._clock.numbers[request.symbol]
        index = self._clock.index_at(self._outlet.agenda.step)
        waiting = [working.working_quantity(feed.symbol, request.oco) for feed in self._clock.feeds]
        before = self._ledger.quantities[number] + waiting[number]
        waiting[number] += signed(request.side, request.quantity)
        if abs(self._ledger.quantities[number] + waiting[number]) <= abs(before):
            return ""
        fault = too_little(request.quantity * self._clock.closes[number].item(index), self._minimum_notional)
        if fault:
            return fault
        prospect = self._prospect(index, waiting, number)
        return self.limits.refusal(request, prospect, index) or self._model.refusal(prospect)

    def _prospect(self, index: int, waiting: Sequence[float], number: int) -> Prospect:
        equity = self._ledger.equity(index)
        gross, cash, positions = 0.0, self._ledger.cash, 0
        after = [held + coming for held, coming in zip(self._ledger.quantities, waiting, strict=True)]
        for quantity, coming, close in zip(after, waiting, self._clock.closes_at(index), strict=True):
            gross += abs(quantity) * close
            positions += quantity != 0.0
            cash -= coming * close
        worth = abs(after[number]) * self._clock.closes[number].item(index)
        return Prospect(after[number], gross, cash, equity, worth, positions)
