"""A desk: the orders of one lane at an execution container, from acceptance to their end (phase ORDER; rules L3, E2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.answers import Answers
from engine.containers.matching import Matching
from engine.trading.acceptance import fault_of, protection_fault
from engine.trading.order_book import OrderBook
from engine.trading.orders import new_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.containers.account import Account
    from engine.containers.outlet import Outlet
    from engine.events import OrderRequest, OrderStatus
    from engine.market.timeline import Clock
    from engine.trading.costs import Terms
    from engine.trading.orders import WorkingOrder

NOWHERE = -1
"""The feed of a symbol that nobody has data for."""


class Desk:
    """Accepts, rejects and cancels the orders of one lane. `outlet` speaks for the execution container in it.

    `clock` is the lane's, `day_of(timestamp)` numbers its days.
    """

    def __init__(
        self,
        source: str,
        outlet: Outlet,
        clock: Clock,
        terms: Terms,
        *,
        account: Account,
        day_of: Callable[[int], int],
    ) -> None:
        self.outlet = outlet
        self._clock = clock
        self._account = account
        self._answers = Answers(source, outlet)
        self._book = OrderBook(len(clock.feeds))
        self._matching = Matching(
            outlet, clock, terms, book=self._book, answers=self._answers, day_of=day_of, ask_again=self._ask_again
        )
        self._orders = 0
        self._half_refused: set[str] = set()

    def entries(self, number: int) -> list[WorkingOrder]:
        """The working orders of a feed's symbol that would open a position or make it larger."""
        return [order for order in self._book.orders if order.number == number and not self._book.reduces(order)]

    @property
    def partial_fills(self) -> int:
        """Fills after which a part of the order was still open."""
        return self._matching.partial_fills

    def knows(self, trade_id: str) -> bool:
        """Whether anything is left of a trade: a position, or an order that may open one."""
        return self._book.knows(trade_id)

    def is_leaving(self, trade_id: str) -> bool:
        """Whether an exit works that a decision asked for, or one that protects the position was reached.

        Those that protect it belong to an OCO.
        """
        return any(order.request.oco is None or order.kind == "market" for order in self.exits(trade_id))

    def exits(self, trade_id: str) -> list[WorkingOrder]:
        """The working orders that would make a trade's position smaller."""
        return [order for order in self._book.of_trade(trade_id) if self._book.reduces(order)]

    def stop_of(self, order: WorkingOrder) -> float:
        """Where an order's stop stands after the last close that is known."""
        return self._matching.stop_of(order)

    def take(self, request: OrderRequest) -> None:
        """Accepts or rejects a request; an accepted order meets its symbol's next bar (rule L3)."""
        self._orders += 1
        event_id = self.outlet.identify("ORDER")
        number = self._clock.numbers.get(request.symbol, NOWHERE)
        order = new_order(self.outlet.label, self._orders, request, event_id, number)
        replaced = self._book.named(request.replaces)
        if replaced is not None:
            self._book.orders.remove(replaced)
        reason = self._refusal(order, replaced)
        if reason:
            self._book.put_back(replaced)
            ends = not self._book.knows(order.correlation_id) and not self._awaits_other_leg(request)
            self._answers.publish_order(order, "rejected", event_id, request.event_id, reason=reason, ends=ends)
            return
        self._half_refused.discard(request.oco or "")
        order.waits_for = self._awaited(order)
        self._book.orders.append(order)
        self._answers.publish_order(order, "accepted", event_id, request.event_id)
        if replaced is not None:
            self._matching.say(replaced, "cancelled", f"replaced by {order.order_id}", request.event_id)
            self._matching.note_gone(replaced)
        if self.outlet.agenda.phase < Phase.END:
            self._matching.admit(order, replaced)

    def _awaits_other_leg(self, request: OrderRequest) -> bool:
        """Whether a refused leg of an entry's OCO is the first of the two: the trade may still begin with the other."""
        if request.oco is None:
            return False
        awaited = request.oco not in self._half_refused
        self._half_refused ^= {request.oco}
        return awaited

    def cancel(self, orders: Iterable[WorkingOrder], reason: str, cause: str | None = None) -> None:
        """Takes working orders back; the cause is their acceptance, unless there is another."""
        self._end(orders, "cancelled", reason, cause)

    def expire(self) -> None:
        """Lets every working order expire, at the end of the lane."""
        self._end(list(self._book.orders), "expired", "the data ended", None)

    def fill_at_last_close(self, _: object = None) -> None:
        """Fills what works at each symbol's last close, in the order of acceptance (rule L1, END)."""
        self._matching.fill_at_last_close()

    def _end(self, orders: Iterable[WorkingOrder], status: OrderStatus, reason: str, cause: str | None) -> None:
        for order in orders:
            self._matching.end(order, status, reason, cause)

    def _awaited(self, order: WorkingOrder) -> int:
        return 0 if self._book.reduces(order) else self._account.awaited_exit(order.request, self._book)

    def _ask_again(self, entries: list[WorkingOrder]) -> None:
        """Asks the account once more for entries that counted on an exit which did not come, in the order of acceptance."""
        aside = self._book.aside
        aside += [entry for entry in entries if entry in self._book.orders]
        while aside:
            entry = aside[0]
            reason = self._account.refusal(entry.request, self._book)
            entry.waits_for = 0 if reason else self._awaited(entry)
            del aside[0]
            if reason:
                self._matching.end(entry, "cancelled", reason)

    def _refusal(self, order: WorkingOrder, replaced: WorkingOrder | None) -> str:
        request = order.request
        if order.number == NOWHERE:
            return f"no data for symbol {request.symbol!r}"
        if request.replaces is not None and replaced is None:
            return f"there is no order {request.replaces} to replace"
        close = self._clock.closes[order.number].item(self._clock.index_at(self.outlet.agenda.step))
        fault = fault_of(request, close)
        if not fault and self.outlet.agenda.phase == Phase.ORDER:
            fault = protection_fault(request, close)
        return fault if fault or self._book.reduces(order) else self._account.refusal(request, self._book)
