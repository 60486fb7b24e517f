"""Portfolio containers: signals become sized requests, fills become positions, every bar is marked (rules E2, P1, P4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import LAST, Phase
from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory, Watch
from engine.containers.decisions import Decisions
from engine.containers.holding import Holding
from engine.containers.marks import MarkStream
from engine.containers.order_limits import Breaches, OrderLimits
from engine.containers.position_events import position_close, position_open
from engine.containers.pricing import Pricing
from engine.containers.protection import Protection
from engine.containers.request_events import RequestEvents
from engine.containers.requests import Requests
from engine.containers.risk import RiskWatch
from engine.events import Event, Fill, Order, Signal
from engine.metrics.container_metrics import PORTFOLIO_EVENTS, OrderCounts
from engine.metrics.definitions import compute_metrics
from engine.metrics.observer import MetricsObserver
from engine.metrics.year import years_between
from engine.strategies.decision import Decision, PositionView
from engine.trading.orders import DEAD, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from engine.containers.account import Account
    from engine.containers.combination import Combination
    from engine.containers.desk import Desk
    from engine.containers.entry_size import EntrySize
    from engine.containers.feature import FeaturePublisher
    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
    from engine.containers.strategy import Runner
    from engine.market.benchmark import BenchmarkFeed
    from engine.market.timeline import Clock
    from engine.metrics.year import DaysPerYear
    from engine.trading.accounts import Borrowing
    from engine.trading.order_forms import AnyOrderForm, ExitForm
    from engine.trading.positions import Trade
    from engine.trading.risk import AnyRiskRule


class PortfolioContainer(Container):
    """One isolated portfolio: a lane. The wiring sets what it works with before `start`.

    One that is made by hand trades nothing: it counts the orders, fills and trades that are published on its bus.
    """

    type = "portfolio"
    counted = PORTFOLIO_EVENTS
    outlet: Outlet
    clock: Clock
    ledger: Ledger
    account: Account
    desk: Desk
    entry_size: EntrySize
    entry_form: AnyOrderForm
    exit_form: ExitForm
    true_range: Callable[[int, int], npt.NDArray[np.float64]]
    combination: Combination | None
    publisher: FeaturePublisher
    runner: Runner | None
    strategy_name: str
    close_at_end: bool
    days_per_year: DaysPerYear
    risk_free_rate: float
    day_zone: str
    day_zone_source: str
    day_of: Callable[[int], int]
    risk_rules: Sequence[AnyRiskRule]
    borrowing: Borrowing | None
    benchmark: BenchmarkFeed | None
    start_cause: str
    finished: Callable[[Container], None]

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.statistics = MetricsObserver()
        self.event_bus.attach_observer(self.statistics)
        self._marks_beside = 0

    def start(self) -> None:
        """Arranges for the lane's first and last step, and for its marks where somebody looks at them."""
        self.event_bus.subscribe("SIGNAL", self._on_signal, own=False)
        self.event_bus.subscribe("ORDER", self._on_order)
        self.event_bus.subscribe("FILL", self._on_fill)
        self.holdings = [Holding() for _ in self.clock.feeds]
        events = RequestEvents(self.outlet)
        pricing = Pricing(self.outlet, self.clock, self.true_range)
        self._protection = Protection(
            events,
            self.clock,
            self.desk,
            pricing,
            then=lambda action: self.outlet.then(self.outlet.agenda.phase, action),
            form=self.exit_form,
            holdings=self.holdings,
        )
        self._requests = Requests(
            self.outlet,
            self.clock,
            self.ledger,
            self.desk,
            events=events,
            pricing=pricing,
            protection=self._protection,
            size=self.entry_size,
            entry=self.entry_form,
            exit_=self.exit_form,
            holdings=self.holdings,
            end=self.event_bus.end,
        )
        self._risk = self._watch_risk(pricing)
        self._decisions = Decisions(self.outlet, self.clock, self.holdings, self._requests)
        first, last = self.clock.steps.item(0), self.clock.steps.item(-1)
        self.marks = MarkStream(self.container_id, self.outlet, self.clock, self.ledger)
        self.outlet.wake(first, Phase.START, self.marks.publish_first, self.start_cause)
        self.outlet.wake(first, Phase.START, self._begin)
        self.outlet.wake(last, Phase.END, self._end)
        self.follow_interest()
        if self.runner is not None:
            self.runner.start()

    def _watch_risk(self, pricing: Pricing) -> RiskWatch:
        """Puts the risk rules to work: some look at orders, some at marks."""
        breaches = Breaches(self.outlet, self.statistics.book.on_breach)
        limits = OrderLimits(self.outlet, self.risk_rules, breaches, self.day_of)
        self.account.limits = limits
        return RiskWatch(
            self.outlet,
            self.clock,
            self.ledger,
            self.risk_rules,
            breaches=breaches,
            limits=limits,
            day_of=self.day_of,
            atr_of=pricing.atr_of,
            opened_by=lambda number: self.holdings[number].opened_by,
            leave=self._requests.leave_now,
            withdraw=self._requests.withdraw,
        )

    def follow_interest(self) -> None:
        """Publishes its marks and features while somebody wants them."""
        self.marks.follow_interest()
        self.publisher.follow_interest()

    @property
    def first_rejection(self) -> str:
        """Why the first of its orders was rejected, empty if none was."""
        return self.statistics.book.first_rejection

    @property
    def open_positions(self) -> int:
        """Symbols held now; by hand, trades of which the tracer keeps the beginning and no end."""
        if self._is_wired:
            return self.ledger.open_positions
        kept: dict[str, set[str | None]] = {"POSITION_OPEN": set(), "POSITION_CLOSE": set()}
        for event in () if self.tracer is None else self.tracer.events:
            kept.setdefault(event.type, set()).add(event.correlation_id)
        return len(kept["POSITION_OPEN"] - kept["POSITION_CLOSE"])

    @property
    def _is_wired(self) -> bool:
        return hasattr(self, "ledger")

    def settle(self, step: int) -> None:
        """Marks every bar before `step` that is not marked yet."""
        self.ledger.settle(self.clock.index_at(step - 1) + 1)

    def watch_equity(self, watch: Watch) -> None:
        """Has `watch` get the marks."""
        self.ledger.watch = watch

    def metrics(self) -> Measured:
        """Every metric in its order of definition, and notes on those that are null or need a convention.

        By hand, those of orders, fills and closed trades.
        """
        if not self._is_wired:
            return self.statistics.to_dict(), {}
        if self.status == "running":
            return self._measure()
        if self._final is None:
            self._final = self._measure()
        return self._final

    def _measure(self) -> Measured:
        index = max(self.ledger.curve.bars - 1, 0)
        figures, notes = compute_metrics(
            self.statistics.book,
            self.ledger.curve,
            open_trades=self.ledger.open_positions,
            unrealised_pnl=self.ledger.unrealised_pnl(index),
            symbols=[feed.symbol for feed in self.clock.feeds],
            days_per_year=self.days_per_year,
            years=years_between(self.clock.moment(0), self.clock.moment(index)),
            risk_free_rate=self.risk_free_rate,
            day_zone=self.day_zone,
            day_zone_source=self.day_zone_source,
            benchmark=self.benchmark,
            borrow_cost=self.ledger.borrow_cost,
            rates=None if self.borrowing is None else self.borrowing._asdict(),
        )
        figures.update(super().metrics()[0])
        return figures, notes

    def event_counts(self) -> dict[str, int]:
        """What it said, its marks and its features: at each bar, and a mark before the first and after the last."""
        bars = self.ledger.curve.bars
        reached = self.clock.steps.item(bars - 1) + 1 if bars else 0
        dense = {"PORTFOLIO_UPDATE": self._marks_beside + bars, "FEATURES": self.publisher.count(reached)}
        return {**super().event_counts(), **self.outlet.named, **dense}

    def order_counts(self) -> OrderCounts:
        """What its orders were answered."""
        return self.statistics.book.order_counts(self.statistics.book.statuses, self.desk.partial_fills)

    def position(self, symbol: str) -> PositionView:
        """What a bar strategy may know of the position in a symbol."""
        trade = self.ledger.trades[self.clock.numbers[symbol]]
        return PositionView() if trade is None else PositionView(trade.quantity, trade.entry_price)

    def decide(self, feed_number: int, decision: Decision, cause: str) -> None:
        """Takes a decision of the portfolio's own strategy."""
        if decision.symbol is None:
            self._hear(feed_number, self.container_id, decision, cause, self.strategy_name)
        else:
            self._hear_of(decision.symbol, self.container_id, decision, cause, self.strategy_name)

    def settle_on(self, feed_number: int, decision: Decision, cause: str, strategy: str) -> None:
        """Makes what one strategy wants, or several together, the portfolio's own decision."""
        self._decisions.take(feed_number, decision, cause, strategy)

    def _on_signal(self, event: Event) -> None:
        if isinstance(event, Signal):
            decision = Decision(
                event.direction, event.strength, event.reason, event.order, event.exits, event.otherwise
            )
            self._hear_of(event.symbol, event.source, decision, event.event_id, event.strategy)

    def _hear_of(self, symbol: str, voice: str, decision: Decision, cause: str, strategy: str) -> None:
        number = self.clock.numbers.get(symbol)
        if number is None:
            self._decisions.take_unknown(symbol, decision, cause, strategy)
        else:
            self._hear(number, voice, decision, cause, strategy)

    def _hear(self, feed_number: int, voice: str, decision: Decision, cause: str, strategy: str) -> None:
        if self.combination is None:
            self.settle_on(feed_number, decision, cause, strategy)
        else:
            self.combination.take(feed_number, voice, decision, cause)

    def _on_order(self, event: Event) -> None:
        if not isinstance(event, Order) or event.symbol not in self.clock.numbers:
            return
        number = self.clock.numbers[event.symbol]
        holding, trade = self.holdings[number], self.ledger.trades[number]
        if trade is not None and trade.trade_id == event.correlation_id:
            if signed(event.side, trade.sign) < 0:
                self._on_exit(event, holding, trade)
        elif event.status not in DEAD:
            return
        elif holding.trade_id == event.correlation_id and not self.desk.knows(holding.trade_id or ""):
            holding.intent = 0

    def _on_exit(self, exit_: Order, holding: Holding, trade: Trade) -> None:
        """A stop that was reached leaves its trade at the market, like a decision: what is wanted next is another trade."""
        if exit_.status == "triggered" and exit_.order_type != "stop_limit":
            holding.closing = True
            if holding.trade_id == trade.trade_id:
                holding.intent = 0
        elif exit_.status in DEAD and exit_.oco is None:
            self._see_whether_closing(holding, trade)

    def _see_whether_closing(self, holding: Holding, trade: Trade) -> None:
        """Once no exit that a decision asked for works any more, what is held stays until the next decision."""
        if holding.closing and not self.desk.is_leaving(trade.trade_id):
            holding.closing = False
            holding.intent, holding.trade_id = trade.sign, trade.trade_id

    def _on_fill(self, event: Event) -> None:
        if not isinstance(event, Fill):
            return
        number = self.clock.numbers[event.symbol]
        holding, quantity = self.holdings[number], signed(event.side, event.quantity)
        booked = self.ledger.book(self._index(), number, event, quantity)
        if booked.opened:
            self._risk.begin()
            self._open(event, booked.trade, holding)
        if booked.closed:
            self._close(event, booked.trade, holding)
        elif quantity * booked.trade.sign > 0:
            self._protection.lay(number, booked.trade, booked.trade.entry_price, event.event_id)
        else:
            self._see_whether_closing(holding, booked.trade)

    def _open(self, fill: Fill, trade: Trade, holding: Holding) -> None:
        if holding.trade_id == trade.trade_id:
            holding.intent = trade.sign
        holding.opened_by = self.outlet.identify("POSITION_OPEN")
        if self.outlet.wants("POSITION_OPEN"):
            opened = position_open(self.container_id, holding.opened_by, fill, trade)
            self.outlet.say(opened)

    def _close(self, fill: Fill, trade: Trade, holding: Holding) -> None:
        holding.closing = False
        if holding.trade_id == trade.trade_id:
            holding.intent = 0
        event_id = self.outlet.identify("POSITION_CLOSE")
        bars_held = self._index() - trade.opened_bar
        closed = position_close(self.container_id, event_id, fill, trade, bars_held)
        self.outlet.say(closed)

    def _begin(self, _: object) -> None:
        self._marks_beside = 1
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
            self._requests.close_out(number, trade, self.holdings[number].opened_by)
        self.outlet.then(Phase.END, self.desk.fill_at_last_close)

    def _finish(self, _: object) -> None:
        index = len(self.clock) - 1
        self.ledger.finish(index)
        self.marks.publish_last()
        self._marks_beside = 2
        self.status = "completed"
        self.finished(self)

    def _index(self) -> int:
        return self.clock.index_at(self.outlet.agenda.step)
