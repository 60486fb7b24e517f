"""Execution containers accept orders and fill them (phases ORDER and MATCH; rules X1, X8, L3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.bus import SHARED
from engine.containers.base import Container, TracerFactory
from engine.events import Event, Fill, Order, OrderRequest
from engine.trading.deals import Deal, MonthlyNotional
from engine.trading.orders import WorkingOrder, execute

if TYPE_CHECKING:
    from engine.agenda import Action
    from engine.containers.account import Account
    from engine.containers.outlet import Outlet
    from engine.events import OrderStatus
    from engine.market.timeline import Clock
    from engine.trading.costs import Terms
    from engine.trading.positions import Trade


class Desk:
    """The orders of one lane: what works, and what of each trade is filled.

    `outlet` speaks for the execution container in that lane; `clock` is the lane's.
    """

    def __init__(self, source: str, outlet: Outlet, clock: Clock, terms: Terms, account: Account) -> None:
        self.outlet = outlet
        self._source = source
        self._clock = clock
        self._terms = terms
        self._account = account
        self._numbers = {feed.symbol: number for number, feed in enumerate(clock.feeds)}
        self._working: list[WorkingOrder] = []
        self._filled: dict[str, float] = {}
        self._orders = 0
        self._awaited: set[int] = set()
        self._traded = MonthlyNotional()

    def working_quantity(self, symbol: str) -> float:
        """Signed units of the symbol's orders that still work."""
        quantity = 0.0
        for order in self._working:
            if order.request.symbol == symbol:
                quantity += order.signed_quantity
        return quantity

    def entry_at_work(self, symbol: str, held: Trade | None) -> str | None:
        """The trade of an order for the symbol that still works and does not belong to the trade held."""
        held_id = None if held is None else held.trade_id
        orders = (order for order in self._working if order.request.symbol == symbol)
        return next((order.correlation_id for order in orders if order.correlation_id != held_id), None)

    def take(self, request: OrderRequest) -> None:
        """Accepts or rejects a request; an accepted order meets its symbol's next bar (rule L3)."""
        self._orders += 1
        order_id = f"{self.outlet.label}#{self._orders}"
        reason = self._refusal(request)
        event_id = self.outlet.identify("ORDER")
        order = WorkingOrder(order_id, request, event_id)
        if reason:
            self._publish(order, "rejected", event_id, request.event_id, reason)
            return
        self._working.append(order)
        self._publish(order, "accepted", event_id, request.event_id, "")
        if self.outlet.agenda.phase < Phase.END:
            self._wake(request.symbol)

    def cancel(self, correlation_id: str, status: OrderStatus, reason: str) -> None:
        """Takes a trade's working orders back."""
        for order in [order for order in self._working if order.correlation_id == correlation_id]:
            self._working.remove(order)
            self._publish(order, status, self.outlet.identify("ORDER"), order.accepted_by, reason)

    def expire(self) -> None:
        """Lets every working order expire, at the end of the lane."""
        for order in list(self._working):
            self._working.remove(order)
            self._publish(order, "expired", self.outlet.identify("ORDER"), order.accepted_by, "the data ended")

    def fill_at_last_close(self, _: object = None) -> None:
        """Fills what works at each symbol's last close, in the order of acceptance (rule L1, END)."""
        if self._working:
            order = self._working.pop(0)
            number = self._numbers[order.request.symbol]
            self._fill(order, self._clock.closes[number].item(-1), self._clock.rows[number].item(-1))
            self._after_answers(Phase.END, self.fill_at_last_close)

    def _refusal(self, request: OrderRequest) -> str:
        if request.symbol not in self._numbers:
            return f"no data for symbol {request.symbol!r}"
        if not math.isfinite(request.quantity) or request.quantity <= 0.0:
            return f"quantity {request.quantity} is not a positive number of units"
        return self._account.refusal(request, self)

    def _wake(self, symbol: str) -> None:
        feed = self._clock.feeds[self._numbers[symbol]]
        row = feed.next_row(self.outlet.agenda.step)
        step = None if row is None else feed.steps.item(row)
        if step is not None and step not in self._awaited:
            self._awaited.add(step)
            self.outlet.wake(step, Phase.MATCH, self._match)

    def _match(self, _: object) -> None:
        """Fills the first order that this step's bars fill, and comes back for the next once that is handled."""
        self._awaited.discard(self.outlet.agenda.step)
        index = self._clock.index_at(self.outlet.agenda.step)
        rows = dict(self._clock.fresh(index))
        for order in sorted(self._working, key=lambda order: self._numbers[order.request.symbol]):
            number = self._numbers[order.request.symbol]
            if number in rows:
                bars = self._clock.feeds[number].bars
                prices = bars.open if self._terms.fill_at == "next_open" else bars.close
                self._working.remove(order)
                self._fill(order, prices.item(rows[number]), rows[number])
                self._after_answers(Phase.MATCH, self._match)
                return

    def _after_answers(self, phase: int, action: Action) -> None:
        """Goes on once the portfolio has published what it makes of a fill: a trade closes before the next opens."""
        self.outlet.then(phase, lambda _: self.outlet.then(phase, action))

    def _deal(self, order: WorkingOrder, reference: float, row: int) -> Deal:
        request = order.request
        bars = self._clock.feeds[self._numbers[request.symbol]].bars
        return Deal(
            symbol=request.symbol,
            side=request.side,
            quantity=request.quantity,
            price=reference,
            high=bars.high.item(row),
            low=bars.low.item(row),
            volume=bars.volume.item(row),
            timestamp=self.outlet.now,
            traded_in_month=self._traded.before(self.outlet.now),
        )

    def _fill(self, order: WorkingOrder, reference: float, row: int) -> None:
        """Fills an order at `reference`, the price before slippage, in its symbol's bar `row`."""
        request = order.request
        execution = execute(self._deal(order, reference, row), self._terms)
        self._traded.add(request.quantity * execution.price)
        trade = order.correlation_id
        left = self._filled.get(trade, 0.0) + order.signed_quantity
        self._filled[trade] = left
        if not left:
            del self._filled[trade]
        fill = Fill(
            timestamp=self.outlet.now,
            source=self._source,
            event_id=self.outlet.identify("FILL"),
            correlation_id=request.correlation_id,
            causation_id=order.accepted_by,
            order_id=order.order_id,
            symbol=request.symbol,
            side=request.side,
            quantity=request.quantity,
            price=execution.price,
            commission=execution.commission,
            slippage=execution.slippage,
            liquidity="taker",
            ambiguous_bar=False,
        )
        self.outlet.publish(self.outlet.agenda.phase, fill)

    def _publish(self, order: WorkingOrder, status: OrderStatus, event_id: str, cause: str, reason: str) -> None:
        request = order.request
        trade = order.correlation_id
        dead = status != "accepted"
        last = not any(other.correlation_id == trade for other in self._working)
        event = Order(
            timestamp=self.outlet.now,
            source=self._source,
            event_id=event_id,
            correlation_id=request.correlation_id,
            causation_id=cause,
            order_id=order.order_id,
            status=status,
            symbol=request.symbol,
            side=request.side,
            quantity=request.quantity,
            order_type=request.order_type,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
            time_in_force=request.time_in_force,
            reason=reason,
            ends_correlation=dead and last and trade not in self._filled,
        )
        self.outlet.publish(self.outlet.agenda.phase, event)


class ExecutionContainer(Container):
    """Fills the orders of the portfolios that name it, each on a desk of its own: lanes never meet here."""

    type = "execution"
    terms: Terms

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.desks: dict[str, Desk] = {}
        self.event_bus.subscribe("ORDER_REQUEST", self._on_request)

    def _on_request(self, event: Event) -> None:
        if isinstance(event, OrderRequest):
            self.desks[event.source].take(event)
