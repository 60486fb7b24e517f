"""The account behind a lane's orders: what it can afford (rule P2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.trading.acceptance import too_little
from engine.trading.accounts import Prospect

if TYPE_CHECKING:
    from engine.containers.ledger import Ledger
    from engine.containers.order_limits import OrderLimits
    from engine.containers.outlet import Outlet
    from engine.events import OrderRequest
    from engine.market.timeline import Clock
    from engine.trading.accounts import AnyAccount
    from engine.trading.order_book import OrderBook, Stake


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

    def refusal(self, request: OrderRequest, book: OrderBook) -> str:
        """Why an entry is not taken: too small, or beyond what risk rules or the account allow; empty if it is.

        The entry of a reversal has the buying power of what it turns round, for it waits until that is gone.
        """
        number, index = self._clock.numbers[request.symbol], self._index()
        fault = too_little(request.quantity * self._clock.closes[number].item(index), self._minimum_notional)
        if fault:
            return fault
        prospect = self._prospect(index, request, number, book.stakes())
        return self.limits.refusal(request, prospect, index) or self._model.refusal(prospect)

    def awaited_exit(self, request: OrderRequest, book: OrderBook) -> int:
        """The place of the last exit at the market that an entry has to wait for: 0 if there is room without them."""
        last = book.last_exit_at_market()
        if not last:
            return 0
        stakes = book.stakes(exits_count=False)
        prospect = self._prospect(self._index(), request, self._clock.numbers[request.symbol], stakes)
        return last if self.limits.exceeded(prospect) or self._model.refusal(prospect) else 0

    def _index(self) -> int:
        """The last bar that is complete."""
        agenda = self._outlet.agenda
        return self._clock.index_at(agenda.step) - (agenda.phase == Phase.MATCH)

    def _prospect(self, index: int, request: OrderRequest, number: int, stakes: list[Stake]) -> Prospect:
        equity, closes = self._ledger.equity(index), self._clock.closes_at(index)
        stakes[number] = stakes[number].with_entry(request.side, request.quantity)
        gross, cash, positions = 0.0, self._ledger.cash, 0
        for stake, close in zip(stakes, closes, strict=True):
            gross += stake.largest * close
            positions += stake.largest > 0.0
            cash += (stake.held - stake.stays - stake.buying) * close
        held = stakes[number].after(request.side)
        return Prospect(held, gross, cash, equity, abs(held) * closes[number], positions)
