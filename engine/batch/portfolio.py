"""A portfolio on the batch path: a lane whose books are columns, a block at a time (rules B1, B2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.agenda import Phase
from engine.batch.census import TradeCensus
from engine.batch.fills import Filling
from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory, Watch
from engine.metrics.container_metrics import PORTFOLIO_EVENTS, OrderCounts
from engine.metrics.definitions import compute_metrics
from engine.metrics.equity import EquityCurve
from engine.metrics.trade_book import TradeBook
from engine.metrics.year import years_between

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from engine.batch.entries import Entries
    from engine.batch.fills import Tally
    from engine.batch.narrator import Narrator
    from engine.batch.turns import TurnFinder
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.metrics.year import DaysPerYear
    from engine.strategies.columns import Turns
    from engine.trading.costs import Terms
    from engine.trading.positions import Trade


TOLD_AT_ONCE = 1 << 14
"""Bars of all lanes of a cohort after which a lane that is observed tells of them: it can be followed, and stopped."""


@dataclass(frozen=True, slots=True)
class Account:
    """The terms of one lane: what it starts with, trades by and is measured with."""

    cash: float
    entries: Entries
    terms: Terms
    close_at_end: bool
    day_rows: npt.NDArray[np.intp]
    days_per_year: DaysPerYear
    risk_free_rate: float
    day_zone: str | None
    defines_features: bool


class LaneGroup(Protocol):
    """Lanes that are computed together."""

    lanes: list[BatchPortfolio]

    def bring_to(self, until: int) -> None:
        """Brings the books of all of them up to a bar."""

    def end(self) -> None:
        """Brings them to the end."""


class BatchPortfolio(Container):
    """A lane of one symbol and one column strategy, whose orders and events nobody acts on.

    It sleeps until its books are asked for, then its cohort makes up for all bars since. The wiring sets what it works with,
    has it join a cohort and opens its books before `start`. It has a `narrator` if its events are observed, and then
    `caught_up` is called whenever it has told what happened so far; else `events_in_memory` may say how many would be kept.
    `trade` is the one that is open, `before` what it had before the turns at hand: cash and signed units; `flaw` an error on
    the way, which is raised when its turn comes.
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
        self.book = TradeBook()
        self.census = TradeCensus()
        self.narrator: Narrator | None = None
        self.events_in_memory: Callable[[], int] | None = None
        self.published: Callable[[], int] = int
        self.caught_up: Callable[[], object] = bool
        self.watch: Watch | None = None
        self.trade: Trade | None = None
        self.target = 0
        self.flaw: BaseException | None = None
        self._has_ended = False

    def open_books(self, account: Account, find_turns: TurnFinder, cohort: LaneGroup) -> None:
        """Begins with nothing but cash; `find_turns` says when its strategy changes its mind. The clock is set by then."""
        self.account = account
        self._cohort = cohort
        cohort.lanes.append(self)
        self.find_turns = find_turns
        self.filling = Filling(account.cash, self.clock.feeds[0].bars, account.entries, account.terms)
        self.curve = EquityCurve(account.cash, len(account.day_rows))

    def start(self) -> None:
        """Arranges for the lane's last step, and for those at which it tells what has happened."""
        if self.narrator is not None:
            self._catch_up_after(-1)
        self.outlet.wake(self.clock.steps.item(-1), Phase.END, self._end)

    @property
    def first_rejection(self) -> str:
        """Why the first of its orders was rejected, empty if none was."""
        return self.book.first_rejection

    @property
    def open_positions(self) -> int:
        """Symbols held now: one or none."""
        return int(self.trade is not None)

    @property
    def bars(self) -> int:
        """Bars marked so far."""
        return self.curve.bars

    def memory_usage(self) -> dict[str, int]:
        """Events that are held in memory, or would be, and positions held."""
        if self.events_in_memory is None:
            return super().memory_usage()
        return {"events_in_memory": self.events_in_memory(), "open_positions": self.open_positions}

    def settle(self, step: int) -> None:
        """Brings fills, trades and marks up to all steps before `step`."""
        self._cohort.bring_to(self.clock.index_at(step - 1) + 1)
        self._own_up()
        self.outlet.published = self.published()

    def watch_equity(self, watch: Watch) -> None:
        """Has `watch` get the marks."""
        self.watch = watch

    def turn(self, turns: Turns) -> None:
        """Takes note of its next turns, which are not traded yet."""
        rows, directions = turns
        self.before = self.filling.position.cash, self.filling.position.held
        if len(rows):
            self.target = directions.item(-1)
            self.census.turns += len(rows)

    def note(self, tally: Tally) -> None:
        """Counts what became of its turns."""
        self.book.total.orders += tally.entries + tally.exits + tally.refused
        self.book.total.rejected_orders += tally.refused
        for reason in tally.refusals:
            self.book.on_refusal(reason)
        self.census.note(tally)

    def let_expire(self, target: int) -> None:
        """The turn at the last bar: its orders are answered, and never meet another bar."""
        position = self.filling.position
        if target == position.intent:
            return
        reason = self.filling.refusal(len(self.clock) - 1, target) if target else ""
        refused = bool(reason)
        leaving = position.held != 0.0
        self.book.total.orders += leaving + bool(target)
        self.book.total.rejected_orders += refused
        if refused:
            self.book.on_refusal(reason)
        self.census.note_expiry(leaving=leaving, entering=bool(target), refused=refused)

    @property
    def closes_out(self) -> bool:
        """Whether what it holds at the end is to be closed."""
        return self.filling.position.held != 0.0 and self.account.close_at_end and self.flaw is None

    def note_close_out(self) -> None:
        """Counts the order that leaves what is held at the last close."""
        self.book.total.orders += 1
        self.census.note_close_at_end()

    def mark_end(self) -> None:
        """The mark after the last step."""
        position = self.filling.position
        last = self.clock.closes[0].item(-1)
        equity = position.cash + position.held * last if position.held else position.cash
        self.curve.final_mark(equity)
        self._has_ended = True
        if self.watch is not None:
            self.watch(len(self.clock) - 1, [equity])

    def _catch_up_after(self, row: int) -> None:
        """Arranges for the next bar at which it tells, if that comes before the last."""
        row += max(1, TOLD_AT_ONCE // len(self._cohort.lanes))
        if row < len(self.clock) - 1:
            self.outlet.wake(self.clock.steps.item(row), Phase.END, self._catch_up, row)

    def _catch_up(self, row: int) -> None:
        self._cohort.bring_to(row + 1)
        if self.status == "running":
            self.caught_up()
            self._catch_up_after(row)

    def _own_up(self) -> None:
        if self.flaw is not None:
            flaw, self.flaw = self.flaw, None
            raise flaw

    def _end(self, _: object) -> None:
        self._cohort.end()
        self._own_up()
        self.outlet.published = self.published()
        if self.status == "running":  # nobody that observes it has failed
            self.status = "completed"
            self.finished(self)

    def metrics(self) -> Measured:
        """Every metric in its order of definition, and notes on those that are null or need a convention."""
        if self.status == "running":
            return self._measure()
        if self._final is None:
            self._final = self._measure()
        return self._final

    def _measure(self) -> Measured:
        account = self.account
        last = max(self.curve.bars - 1, 0)
        close = self.clock.closes[0].item(last)
        figures, notes = compute_metrics(
            self.book,
            self.curve,
            open_trades=self.open_positions,
            unrealised_pnl=0.0 if self.trade is None else 0.0 + self.trade.unrealised_pnl(close),
            symbols=[self.clock.feeds[0].symbol],
            days_per_year=account.days_per_year,
            years=years_between(self.clock.moment(0), self.clock.moment(last)),
            risk_free_rate=account.risk_free_rate,
            day_zone=account.day_zone,
        )
        figures.update(super().metrics()[0])
        return figures, notes

    def event_counts(self) -> dict[str, int]:
        """What it would have published by now, by arithmetic."""
        total, opened = self.book.total, self.book.total.total_trades + self.open_positions
        return {
            "FEATURES": self.bars if self.account.defines_features else 0,
            "SIGNAL": self.census.turns,
            "ORDER_REQUEST": total.orders,
            "POSITION_OPEN": opened,
            "POSITION_CLOSE": total.total_trades,
            "PORTFOLIO_UPDATE": 1 + self.bars + self._has_ended,
            **super().event_counts(),
        }

    def order_counts(self) -> OrderCounts:
        """What its orders were answered."""
        total = self.book.total
        accepted = total.orders - total.rejected_orders
        return self.book.order_counts({"accepted": accepted, "expired": self.census.expired})
