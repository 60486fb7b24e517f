"""A portfolio container on the kernel: a lane that is advanced many bars at a time (rules L5, L9, E2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.agenda import Phase
from engine.blame import Interruption
from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory, Watch
from engine.kernel.lane import journal, state
from engine.lanes.configure import ORDER_ROOM
from engine.lanes.figures import LaneEquity, first_rejection, open_profit, order_counts, trade_book
from engine.metrics.container_metrics import PORTFOLIO_EVENTS, OrderCounts
from engine.metrics.definitions import compute_metrics
from engine.metrics.equity import not_finite
from engine.metrics.year import years_between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.config.schema import PortfolioContainer as PortfolioConfig
    from engine.containers.outlet import Outlet
    from engine.kernel.lane.state import Lane
    from engine.kernel.library import Kernel
    from engine.lanes.bar_strategy import BarStrategy
    from engine.lanes.changes import LateChanges
    from engine.lanes.configure import LaneConfigurator
    from engine.lanes.events import LaneEvents
    from engine.lanes.journal_events import Decided, JournalEvents
    from engine.lanes.marks import MarkColumns
    from engine.market.benchmark import BenchmarkFeed
    from engine.market.timeline import Clock
    from engine.metrics.days import DayEnds
    from engine.metrics.year import DaysPerYear
    from engine.trading.costs import Terms

BARS_AT_ONCE = {"compiled": 1 << 14, "interpreted": 1 << 10}
"""Bars that a lane advances at a time where it is not observed: the run looks at progress, limits and signals in between."""

SHOWN_AT_ONCE = 1 << 9
"""The same where it is observed, or its marks are watched; at most MARK_ROOM."""

EVENT_KINDS = {
    "SIGNAL": journal.SIGNAL,
    "ORDER_REQUEST": journal.ORDER_REQUEST,
    "ORDER": journal.ORDER,
    "FILL": journal.FILL,
    "POSITION_OPEN": journal.POSITION_OPEN,
    "POSITION_CLOSE": journal.POSITION_CLOSE,
    "RISK_BREACH": journal.RISK_BREACH,
}
"""Types of events that may belong to a trade, and what the kernel calls them."""


@dataclass(frozen=True, slots=True)
class LaneSetup:
    """What a portfolio is made with: its config, the terms of its execution, and what its metrics need.

    `broker` stands in the ids of its orders; `days_of_symbols` are the days a year of each symbol, `features_of(row)` how many
    FEATURES it has published once so many of its bars are over; `has_strategy` says whether its strategy is its own, not that of a
    container before it.
    """

    config: PortfolioConfig
    terms: Terms
    broker: str
    days: DayEnds
    days_per_year: DaysPerYear
    days_of_symbols: Sequence[int]
    benchmark: BenchmarkFeed | None
    features_of: Callable[[int], int]
    has_strategy: bool


class LaneCounts(NamedTuple):
    """What has come of a portfolio, in numbers.

    `events` that it published by type, and the `answers` of its execution; `orders` as the metrics of executions count them. Of the
    types that its tracer keeps, the events of trades that have not ended, and the most of them that there were at once.
    """

    bars: int
    open_positions: int
    closed_trades: int
    first_rejection: str
    events: dict[str, int]
    answers: dict[str, int]
    orders: OrderCounts
    of_open_trades: int
    most_of_open_trades: int


class LaneError(RuntimeError):
    """A lane cannot go on."""


_FAILURES = {
    state.TOO_MANY_ORDERS: f"more than {ORDER_ROOM} orders of one symbol at work",
    state.TOO_MANY_EVENTS: f"more than {state.MOST_TASKS} events of one symbol in one bar",
    state.WRONG_SIDE: "a decision names exits that would leave at once what it enters",
    state.CROSSED_FLAT: "a fill would have crossed flat",
}


def _raise(error: BaseException) -> None:
    raise error


class LanePortfolio(Container):
    """A portfolio whose column strategies give its targets, simulated by the kernel.

    It sleeps until its books are asked for, then makes up for all bars since. A user's class that looks at one bar at a time is asked
    ahead, a block of bars when the first of them comes: where that fails, the portfolio fails when the run comes there. The wiring sets `outlet`, `clock` and `finished`, and
    opens the lane before `start`. If it is observed, it is shown its events as the run goes on, and then `caught_up` is called whenever that was done.
    """

    type = "portfolio"
    counted = PORTFOLIO_EVENTS
    outlet: Outlet
    clock: Clock
    finished: Callable[[Container], None]

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.events_in_memory: Callable[[], int] | None = None
        self.published: Callable[[], int] = int
        self.caught_up: Callable[[], object] = bool
        self._watch: Watch | None = None
        self._events: LaneEvents | None = None
        self._journal: JournalEvents | None = None
        self._marks: MarkColumns | None = None
        self._decided: Sequence[Decided] = ()
        self._bar_strategy: BarStrategy | None = None
        self._kinds: list[int] | None = None
        self._lane: Lane | None = None
        self._counts: LaneCounts | None = None
        self._target = 0
        self._has_begun = self._is_showing = self._has_ended = False

    def open(
        self, kernel: Kernel, configurator: LaneConfigurator, setup: LaneSetup, changes: LateChanges, cause: str
    ) -> None:
        """Begins with nothing but cash; `cause` is the id of the event that began the run."""
        self.setup = setup
        self.kernel = kernel
        self._configurator = configurator
        self._changes = changes
        self._cause = cause
        self._at_once = BARS_AT_ONCE[kernel.form]

    def decided(self, place: int) -> Decided | None:
        """A decision by its place among the changes at hand, if they are more than the targets of one strategy."""
        return self._decided[place] if self._decided else None

    def ask_at_bars(self, strategy: BarStrategy) -> None:
        """Has a class decide, bar by bar, in place of the changes."""
        self._bar_strategy, self._decided = strategy, strategy.decided
        self._at_once = SHOWN_AT_ONCE

    @property
    def state(self) -> Lane:
        """Its lane, which is made when it is needed: a thousand of them need not be there at once."""
        if self._lane is None:
            self._lane = self._make_lane()
        return self._lane

    def _make_lane(self) -> Lane:
        setup, configurator = self.setup, self._configurator
        lane = configurator.lane(setup.config, setup.terms, setup.days_of_symbols)
        if self._events is not None:
            configurator.keep_journal(lane)
        if self._watch is not None or (self._events is not None and self._events.marks is not None):
            self._marks = configurator.keep_marks(lane)
        if self._kinds is not None:
            configurator.count_open_events(lane, self._kinds)
        configurator.start(lane, setup.config.cash)
        if self._bar_strategy is not None:
            self._bar_strategy.join(lane, configurator, self._show, self._failure)
        return lane

    def show_events(self, events: LaneEvents, made: JournalEvents) -> None:
        """Has `events` show what happens."""
        self._events, self._journal = events, made
        self._at_once = min(self._at_once, SHOWN_AT_ONCE)

    def watch_equity(self, watch: Watch) -> None:
        """Has `watch` get the marks."""
        self._watch = watch
        self._at_once = min(self._at_once, SHOWN_AT_ONCE)

    def count_open_events(self, types: Iterable[str] | None) -> None:
        """Has the lane count the events of these types, or of all, of trades that have not ended."""
        kinds = EVENT_KINDS.keys() if types is None else EVENT_KINDS.keys() & types
        self._kinds = [EVENT_KINDS[name] for name in kinds]

    def start(self) -> None:
        """Arranges for the lane's first and last step, and for those at which it catches up."""
        first = self.clock.steps.item(0)
        if self._events is not None:
            self.outlet.wake(first, Phase.START, self._show_first, self._events)
        self.outlet.wake(first, Phase.START, self._begin)
        if self._bar_strategy is None:
            self._catch_up_after(-1)
        else:
            self.outlet.wake(first, Phase.DECIDE, self._run_block, 0)
        self.outlet.wake(self.clock.steps.item(-1), Phase.END, self._end)

    @property
    def counts(self) -> LaneCounts:
        """What has come of it by now."""
        return self._counts or self._counted()

    def _counted(self) -> LaneCounts:
        lane, risk = self.state, self.setup.config.risk
        made, bars = lane.ordinals, lane.books.curve.bars
        events = {
            "FEATURES": self.setup.features_of(bars),
            "SIGNAL": made.signal,
            "ORDER_REQUEST": made.request,
            "POSITION_OPEN": made.opened,
            "POSITION_CLOSE": made.closed,
            "PORTFOLIO_UPDATE": self._has_begun + bars + self._has_ended,
            "RISK_BREACH": made.breach,
        }
        return LaneCounts(
            bars=bars,
            open_positions=lane.books.open_positions,
            closed_trades=lane.books.total.total_trades,
            first_rejection=first_rejection(lane, self._symbols, risk, self.setup.broker, self._elsewhere),
            events=events,
            answers={"ORDER": made.order, "FILL": made.fill},
            orders=order_counts(lane, risk),
            of_open_trades=lane.open_events.total,
            most_of_open_trades=lane.open_events.peak,
        )

    @property
    def _symbols(self) -> list[str]:
        return [feed.symbol for feed in self.clock.feeds]

    @property
    def _elsewhere(self) -> str | None:
        return None if self._bar_strategy is None else self._bar_strategy.elsewhere

    @property
    def bars(self) -> int:
        """Bars marked so far."""
        return self.state.books.curve.bars if self._counts is None else self._counts.bars

    @property
    def open_positions(self) -> int:
        """Symbols held now."""
        return self.state.books.open_positions if self._counts is None else self._counts.open_positions

    @property
    def closed_trades(self) -> int:
        """Trades that have ended in a position that was closed."""
        return self.counts.closed_trades

    @property
    def first_rejection(self) -> str:
        """Why the first of its orders was rejected, empty if none was."""
        return self.counts.first_rejection

    def memory_usage(self) -> dict[str, int]:
        """Events that are held in memory, or would be, and positions held."""
        if self.events_in_memory is None:
            return super().memory_usage()
        return {"events_in_memory": self.events_in_memory(), "open_positions": self.open_positions}

    def settle(self, step: int) -> None:
        """Brings fills, trades and marks up to all steps before `step`."""
        if self._bar_strategy is None:
            self._bring_to(self.clock.index_at(step - 1) + 1)
        self.outlet.published = self.published()

    def _catch_up_after(self, row: int) -> None:
        """Arranges for the next bar at which it catches up, if that comes before the last."""
        row += self._at_once
        if row < len(self.clock) - 1:
            self.outlet.wake(self.clock.steps.item(row), Phase.END, self._catch_up, row)

    def _show_first(self, events: LaneEvents) -> None:
        events.begin(self._cause, self.setup.config.cash)

    def _begin(self, _: object) -> None:
        """Asks its strategy, unless the run is to end: there will be no bars at which it could trade."""
        self._has_begun = True
        if self._bar_strategy is not None:
            self._bar_strategy.make()
        elif self.outlet.agenda.stopped:
            self._changes.forgo()
        elif self.setup.has_strategy:
            self._changes.ask()
            if len(self.clock.feeds) > 1:  # all columns of which are looked at now
                self._configurator.count_bars(sum(len(feed.steps) for feed in self.clock.feeds))

    def _run_block(self, row: int) -> None:
        """Does the bars from `row` on that come before the next block."""
        strategy, end = self._bar_strategy, min(row + self._at_once, len(self.clock))
        if strategy is None:
            raise LookupError("there is no strategy to ask at bars")
        try:
            strategy.run(self.state.books.row, end)
        except BaseException as error:
            self._show()
            if isinstance(error, Interruption):
                raise
            self.outlet.wake(self.clock.steps.item(strategy.row), Phase.DECIDE, _raise, error)
            return
        self._show()
        strategy.forget()
        self._configurator.count_bars(end - row)
        if self._events is not None:
            self.caught_up()
        if end < len(self.clock):
            self.outlet.wake(self.clock.steps.item(end), Phase.DECIDE, self._run_block, end)

    def _catch_up(self, row: int) -> None:
        self._bring_to(row + 1)
        if self.status == "running":
            if self._events is not None:
                self.caught_up()
            self._catch_up_after(row)

    def _bring_to(self, until: int) -> None:
        """Does all bars before `until`.

        If an observer fails while it is shown events, the books are settled from within: nothing is shown of that.

        Raises:
            OverflowError: at a bar at which equity is no longer finite.
            LaneError: if the lane cannot go on for another reason.
        """
        if self._is_showing and self._events is not None:
            self.state.journal.is_kept = False
            self._events.stop()
        while (first := self.state.books.row) < until and self.state.status == state.RUNNING:
            end = min(until, first + self._at_once)
            wanted = self._changes.between(first, end, self._target)
            self._configurator.set_changes(self.state, wanted.rows, wanted.targets, symbols=wanted.symbols)
            self._target = wanted.targets.item(-1) if len(wanted.targets) else self._target
            self._decided = wanted.decided
            self._do(end)

    def _do(self, end: int) -> None:
        first, status = self.state.books.row, state.JOURNAL_FULL
        while status == state.JOURNAL_FULL:
            status = self._configurator.advance(self.state, end)
            self._show()
        self._configurator.count_bars(end - first)
        if status != state.RUNNING:
            self.failed_at = self.clock.moment(min(self.bars, len(self.clock) - 1))
            raise self._failure()

    def _show(self) -> None:
        """Shows what happened since it was shown last to those who observe it."""
        if self._marks is not None and self.state.books.row > (first := self.state.books.marks_from):
            marks = self._marks.take()
            if self._events is not None and self._events.marks is not None and not self._is_showing:
                self._events.marks.hold(first, marks)
            if self._watch is not None:
                self._watch(first, marks.equity.tolist())
        self._show_events()

    def _show_events(self) -> None:
        if self._events is None or self._journal is None or self._is_showing:
            return
        self._is_showing = True
        try:
            self._events.show(self._journal.take(self.kernel, self.state.journal), self.bars)
        finally:
            self._is_showing = False

    def _failure(self) -> Exception:
        """Why the lane cannot go on."""
        status = self.state.status
        return not_finite(self.bars + 1) if status == state.NOT_FINITE else LaneError(_FAILURES[status])

    def _end(self, _: object) -> None:
        if self._bar_strategy is None:
            self._bring_to(len(self.clock))
        if self.status != "running":
            return
        self._configurator.finish(self.state)
        self._show_events()
        if self.state.status != state.RUNNING:
            self.failed_at = self.clock.moment(min(self.bars, len(self.clock) - 1))
            raise self._failure()
        self._has_ended = True
        if self._watch is not None:
            self._watch(len(self.clock) - 1, [self.state.books.curve.last])
        if self._events is not None:
            self._events.end(self._last_mark())
        if self.status == "running":  # no observer of it has failed
            self.status = "completed"
            self._let_go()
            self.finished(self)
        self.outlet.published = self.published()

    def _let_go(self) -> None:
        """Keeps what is asked of a portfolio that has ended, and not its lane: of a thousand lanes few are there at once."""
        self._counts = self._counted()
        try:
            self._final = self._measure()
        except Exception:  # noqa: BLE001 - it is raised where the metrics are asked for
            return
        self._lane = self._marks = self._journal = None

    def _last_mark(self) -> tuple[float, float, float, int, float]:
        """Cash, equity, exposure, open positions and drawdown after the last bar."""
        books, gross = self.state.books, 0.0
        for number, closes in enumerate(self.clock.closes):
            gross += abs(books.symbols[number].position.held * closes.item(-1))
        equity = books.curve.last
        exposure = gross / equity if gross and equity else 0.0
        return books.cash, equity, exposure, self.open_positions, equity / books.curve.peak - 1.0

    def metrics(self) -> Measured:
        """Every metric in its order of definition, and notes on those that are null or need a convention."""
        if self.status == "running":
            return self._measure()
        if self._final is None:
            self._final = self._measure()
        return self._final

    def _measure(self) -> Measured:
        setup, config, clock = self.setup, self.setup.config, self.clock
        borrowing, symbols = config.account.borrowing, self._symbols
        figures, notes = compute_metrics(
            trade_book(self.state, symbols, config.risk, setup.broker, self._elsewhere),
            LaneEquity(self.state.books.curve),
            open_trades=self.open_positions,
            unrealised_pnl=open_profit(self.state),
            symbols=symbols,
            days_per_year=setup.days_per_year,
            years=years_between(clock.moment(0), clock.moment(max(self.bars - 1, 0))),
            risk_free_rate=config.risk_free_rate,
            day_zone=setup.days.zone,
            day_zone_source=setup.days.zone_source,
            benchmark=setup.benchmark,
            borrow_cost=self.state.books.borrow_cost,
            rates=None if borrowing is None else borrowing._asdict(),
        )
        figures.update(super().metrics()[0])
        return figures, notes

    def event_counts(self) -> dict[str, int]:
        """What it has published by now, or would have, by type."""
        return {**self.counts.events, **super().event_counts()}

    def order_counts(self) -> OrderCounts:
        """What its orders were answered."""
        return self.counts.orders
