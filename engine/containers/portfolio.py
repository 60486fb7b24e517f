"""Portfolio containers: signals become sized requests, fills become positions, every bar is marked (rules E2, P1, P4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import LAST, Phase
from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory
from engine.containers.holding import Holding
from engine.containers.marks import MarkStream
from engine.containers.position_events import position_close, position_open
from engine.events import Event, Fill, Order, OrderRequest, Signal
from engine.metrics.definitions import compute_metrics
from engine.metrics.observer import MetricsObserver
from engine.strategies.decision import SIGNS, Decision, PositionView
from engine.trading.orders import DEAD, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from engine.containers.execution import Desk
    from engine.containers.feature import FeaturePublisher
    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
    from engine.containers.strategy import Runner
    from engine.events import Side
    from engine.market.timeline import Clock
    from engine.trading.positions import Trade
    from engine.trading.sizing import Sizing

ROUNDING = 1e-9
"""Buying power may be exceeded by this share: an order sized on all of the equity must not fail by its last bit."""


class PortfolioContainer(Container):
    """One isolated portfolio: a lane. The wiring sets what it works with before `start`."""

    type = "portfolio"
    outlet: Outlet
    clock: Clock
    ledger: Ledger
    desk: Desk
    sizing: Sizing
    publisher: FeaturePublisher
    runner: Runner | None
    strategy_name: str
    close_at_end: bool
    days_per_year: int
    risk_free_rate: float
    day_zone: str | None
    start_cause: str
    finished: Callable[[Container], None]

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.statistics = MetricsObserver()
        self.event_bus.attach_observer(self.statistics)
        self.event_bus.subscribe("SIGNAL", self._on_signal, own=False)
        self.event_bus.subscribe("ORDER", self._on_order)
        self.event_bus.subscribe("FILL", self._on_fill)
        self._trades_begun = 0
        self._final: Measured | None = None

    def start(self) -> None:
        """Arranges for the lane's first and last step, and for its marks where somebody looks at them."""
        self.holdings = [Holding() for _ in self.clock.feeds]
        self._numbers = {feed.symbol: number for number, feed in enumerate(self.clock.feeds)}
        first, last = self.clock.steps.item(0), self.clock.steps.item(-1)
        self.marks = MarkStream(self.container_id, self.outlet, self.clock, self.ledger)
        self.outlet.wake(first, Phase.START, self.marks.publish_first, self.start_cause)
        self.outlet.wake(first, Phase.START, self._begin)
        self.outlet.wake(last, Phase.END, self._end)
        self.follow_interest()
        if self.runner is not None:
            self.runner.start()

    def follow_interest(self) -> None:
        """Publishes its marks and features while somebody wants them."""
        self.marks.follow_interest()
        self.publisher.follow_interest()

    @property
    def timestamps(self) -> npt.NDArray[np.int64]:
        """The timestamps of the lane's bars, ns UTC."""
        return self.outlet.agenda.timestamps[self.clock.steps]

    @property
    def open_positions(self) -> int:
        """Symbols held now."""
        return self.ledger.open_positions

    def settle(self, step: int) -> None:
        """Marks every bar before `step` that is not marked yet."""
        self.ledger.settle(self.clock.index_at(step - 1) + 1)

    def metrics(self) -> Measured:
        """Every metric in its order of definition, and notes on those that are null or need a convention."""
        if self.status == "running":
            return self._measure()
        if self._final is None:
            self._final = self._measure()
        return self._final

    def _measure(self) -> Measured:
        index = max(self.ledger.curve.bars - 1, 0)
        return compute_metrics(
            self.statistics.trades,
            self.ledger.curve,
            open_trades=self.ledger.open_positions,
            unrealised_pnl=self.ledger.unrealised_pnl(index),
            days_per_year=self.days_per_year,
            risk_free_rate=self.risk_free_rate,
            day_zone=self.day_zone,
        )

    def position(self, symbol: str) -> PositionView:
        """What a bar strategy may know of the position in a symbol."""
        trade = self.ledger.trades[self._numbers[symbol]]
        return PositionView() if trade is None else PositionView(trade.quantity, trade.entry_price)

    # --- decisions -------------------------------------------------------------------------------------------------

    def decide(self, feed_number: int, decision: Decision, cause: str, strategy: str | None = None) -> None:
        """Makes a decision the portfolio's own: publishes it as its SIGNAL, and asks for orders in the ORDER phase."""
        holding = self.holdings[feed_number]
        target = SIGNS[decision.direction]
        changed = target != holding.intent
        if changed and target:
            self._trades_begun += 1
            holding.trade_id = f"{self.container_id}#{self._trades_begun}"
            holding.begun.append(holding.trade_id)
        trade_id = holding.trade_id
        signal_id = self.outlet.identify("SIGNAL")
        if self.outlet.wants("SIGNAL"):
            signal = Signal(
                timestamp=self.outlet.now,
                source=self.container_id,
                event_id=signal_id,
                correlation_id=trade_id if changed or target else None,
                causation_id=cause,
                symbol=self.clock.feeds[feed_number].symbol,
                direction=decision.direction,
                strength=decision.strength,
                strategy=strategy or self.strategy_name,
                reason=decision.reason,
            )
            self.outlet.publish(Phase.DECIDE, signal)
        if changed:
            if holding.signal_id is None:
                self.outlet.then(Phase.ORDER, self._request, feed_number)
            holding.intent, holding.signal_id = target, signal_id

    def _on_signal(self, event: Event) -> None:
        if isinstance(event, Signal):
            decision = Decision(event.direction, event.strength, event.reason)
            self.decide(self._numbers[event.symbol], decision, event.event_id, event.strategy)

    # --- orders ----------------------------------------------------------------------------------------------------

    def _request(self, feed_number: int) -> None:
        """Asks for what the last signal of the step wants. Trades that earlier ones began end before they started."""
        holding = self.holdings[feed_number]
        cause, begun = holding.signal_id or "", holding.begun
        holding.signal_id, holding.begun = None, []
        trade = self.ledger.trades[feed_number]
        if trade is not None and trade.sign == holding.intent and not holding.closing:
            holding.trade_id = trade.trade_id
        else:
            self._leave(feed_number, trade, cause)
            if holding.intent and holding.trade_id is not None:
                self._enter(feed_number, holding, cause)
        for trade_id in begun:
            if trade_id != holding.trade_id or not holding.intent:
                self.event_bus.end(trade_id)

    def _leave(self, feed_number: int, trade: Trade | None, cause: str) -> None:
        entering = self.desk.entry_at_work(self.clock.feeds[feed_number].symbol, trade)
        if entering is not None:
            self.desk.cancel(entering, "cancelled", "the signal changed before it was filled")
        if trade is not None and not self.holdings[feed_number].closing:
            self._close(feed_number, trade, cause)

    def _enter(self, feed_number: int, holding: Holding, cause: str) -> None:
        index = self._index()
        quantity = self.sizing.units(self.ledger.equity(index), self.clock.closes[feed_number].item(index))
        side: Side = "buy" if holding.intent > 0 else "sell"
        self._send(feed_number, side, quantity, holding.trade_id or "", cause)

    def _close(self, feed_number: int, trade: Trade, cause: str) -> None:
        self.holdings[feed_number].closing = True
        side: Side = "sell" if trade.sign > 0 else "buy"
        self._send(feed_number, side, abs(trade.quantity), trade.trade_id, cause)

    def _send(self, feed_number: int, side: Side, quantity: float, trade_id: str, cause: str) -> None:
        request = OrderRequest(
            timestamp=self.outlet.now,
            source=self.container_id,
            event_id=self.outlet.identify("ORDER_REQUEST"),
            correlation_id=trade_id,
            causation_id=cause,
            symbol=self.clock.feeds[feed_number].symbol,
            side=side,
            quantity=quantity,
            order_type="market",
            limit_price=None,
            stop_price=None,
            time_in_force="gtc",
        )
        self.outlet.publish(self.outlet.agenda.phase, request)

    def refusal(self, request: OrderRequest) -> str:
        """Why buying power does not reach for `request`: margin account, leverage 1, valued at this close (rule P2)."""
        index = self._index()
        number = self._numbers[request.symbol]
        before = [
            q + self.desk.working_quantity(f.symbol)
            for q, f in zip(self.ledger.quantities, self.clock.feeds, strict=True)
        ]
        after = before.copy()
        after[number] += signed(request.side, request.quantity)
        if abs(after[number]) <= abs(before[number]):
            return ""
        needed = 0.0
        for quantity, closes in zip(after, self.clock.closes, strict=True):
            needed += abs(quantity) * closes.item(index)
        equity = self.ledger.equity(index)
        if needed <= equity * (1.0 + ROUNDING):
            return ""
        return f"buying power: positions would be worth {needed:.2f}, equity is {equity:.2f}"

    def _on_order(self, event: Event) -> None:
        if isinstance(event, Order) and event.status in DEAD:
            holding = self.holdings[self._numbers[event.symbol]]
            trade = self.ledger.trades[self._numbers[event.symbol]]
            if trade is not None and trade.trade_id == event.correlation_id:
                holding.closing = False
                holding.intent = trade.sign
            elif holding.trade_id == event.correlation_id:
                holding.intent = 0

    def _on_fill(self, event: Event) -> None:
        if not isinstance(event, Fill):
            return
        number = self._numbers[event.symbol]
        booked = self.ledger.book(self._index(), number, event, signed(event.side, event.quantity))
        if booked.opened:
            self._publish_open(event, booked.trade, self.holdings[number])
        if booked.closed:
            self.holdings[number].closing = False
            event_id = self.outlet.identify("POSITION_CLOSE")
            bars_held = self._index() - booked.trade.opened_bar
            closed = position_close(self.container_id, event_id, event, booked.trade, bars_held)
            self.outlet.publish(self.outlet.agenda.phase, closed)

    def _publish_open(self, fill: Fill, trade: Trade, holding: Holding) -> None:
        holding.opened_by = self.outlet.identify("POSITION_OPEN")
        if self.outlet.wants("POSITION_OPEN"):
            opened = position_open(self.container_id, holding.opened_by, fill, trade)
            self.outlet.publish(self.outlet.agenda.phase, opened)

    # --- the first and the last step ---------------------------------------------------------------------------------------------------

    def _begin(self, _: object) -> None:
        if self.runner is not None:
            self.runner.begin()

    def _end(self, _: object) -> None:
        self.settle(self.outlet.agenda.step + 1)
        self.desk.expire()
        self.outlet.then(Phase.END, self._close_positions)
        self.outlet.agenda.post(Phase.END, self.outlet, self._finish, rank=LAST)

    def _close_positions(self, _: object) -> None:
        held = [(n, trade) for n, trade in enumerate(self.ledger.trades) if trade is not None and self.close_at_end]
        for number, trade in held:
            self._close(number, trade, self.holdings[number].opened_by)
        self.outlet.then(Phase.END, self.desk.fill_at_last_close)

    def _finish(self, _: object) -> None:
        index = len(self.clock) - 1
        self.ledger.finish(index)
        self.marks.publish_last()
        self.status = "completed"
        self.finished(self)

    def _index(self) -> int:
        return self.clock.index_at(self.outlet.agenda.step)
