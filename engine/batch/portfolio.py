"""A portfolio on the batch path: a lane whose books are columns, a block at a time (rules B1, B2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.batch.census import TradeCensus
from engine.batch.closed_trades import count_trades
from engine.batch.fills import Filling, Fills, followed
from engine.batch.marks import mark_bars
from engine.bus import SHARED
from engine.containers.base import Container, Measured, TracerFactory
from engine.metrics.definitions import compute_metrics
from engine.metrics.equity import EquityCurve
from engine.metrics.trade_book import TradeBook

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from engine.batch.entries import Entries
    from engine.batch.fills import Rows
    from engine.batch.turns import TurnFinder
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock
    from engine.strategies.columns import Targets, Turns
    from engine.trading.costs import Terms
    from engine.trading.positions import Trade


@dataclass(frozen=True, slots=True)
class Account:
    """The terms of one lane: what it starts with, trades by and is measured with."""

    cash: float
    entries: Entries
    terms: Terms
    close_at_end: bool
    day_rows: npt.NDArray[np.intp]
    days_per_year: int
    risk_free_rate: float
    day_zone: str | None


class BatchPortfolio(Container):
    """A lane of one symbol and one column strategy, whose orders and events nobody takes.

    It sleeps until its books are asked for, then makes up for all bars since. The wiring sets what it works with and opens its
    books before `start`.
    """

    type = "portfolio"
    outlet: Outlet
    clock: Clock
    finished: Callable[[Container], None]

    def __init__(
        self, container_id: str, *, lane: int = SHARED, rank: int = 0, tracer_factory: TracerFactory | None = None
    ) -> None:
        super().__init__(container_id, lane=lane, rank=rank, tracer_factory=tracer_factory)
        self.book = TradeBook()
        self.census = TradeCensus()
        self.events_in_memory: Callable[[], int] = int
        self.published: Callable[[], int] = int
        self._trade: Trade | None = None
        self._decided = self._marked = self._target = 0
        self._final: Measured | None = None

    def open_books(self, account: Account, find_turns: TurnFinder) -> None:
        """Begins with nothing but cash; `find_turns` says when its strategy changes its mind. The clock is set by then."""
        self.account = account
        self._find_turns = find_turns
        self._filling = Filling(account.cash, self.clock.feeds[0].bars, account.entries, account.terms)
        self._before = account.cash, 0.0
        self.curve = EquityCurve(account.cash, len(account.day_rows))

    def start(self) -> None:
        """Arranges for the lane's last step."""
        self.outlet.wake(self.clock.steps.item(-1), Phase.END, self._end)

    @property
    def open_positions(self) -> int:
        """Symbols held now: one or none."""
        return int(self._trade is not None)

    @property
    def bars(self) -> int:
        """Bars marked so far."""
        return self._marked

    def memory_usage(self) -> dict[str, int]:
        """Events that would be held in memory, and positions held."""
        return {"events_in_memory": self.events_in_memory(), "open_positions": self.open_positions}

    def settle(self, step: int) -> None:
        """Brings fills, trades and marks up to all steps before `step`."""
        until = self.clock.index_at(step - 1) + 1
        if until > self._marked:
            fills = self._fill(*self._turn(until - 1))
            self._trade = count_trades(self.book, self._trade, fills)
            self._mark(until, fills)
            self.outlet.published = self.published()

    def metrics(self) -> Measured:
        """Every metric in its order of definition, and notes on those that are null or need a convention."""
        if self.status == "running":
            return self._measure()
        if self._final is None:
            self._final = self._measure()
        return self._final

    def _turn(self, until: int) -> Turns:
        """The turns of the bars before `until` that were not asked for yet."""
        first, self._decided = self._decided, until
        rows, directions = self._find_turns.between(first, until, self._target)
        if len(rows):
            self._target = directions.item(-1)
            self.census.turns += len(rows)
        return rows, directions

    def _fill(self, rows: Rows, directions: Targets) -> Fills:
        """The fills of the turns decided on these rows, each at the bar after it."""
        position = self._filling.position
        self._before = position.cash, position.held
        fills = self._filling.fill(rows, directions)
        self.book.total.orders += len(fills.rows) + len(fills.refused)
        self.book.total.rejected_orders += len(fills.refused)
        self.census.note(fills)
        return fills

    def _mark(self, until: int, fills: Fills) -> None:
        closes = self.clock.closes[0][self._marked : until]
        self._marked = until
        mark_bars(self.curve, closes, self._before, fills, self.account.day_rows)

    def _end(self, _: object) -> None:
        """The last step: what was decided on its close expires, what is open is closed if that is wanted."""
        bars = len(self.clock)
        rows, directions = self._turn(bars)
        at_last = len(rows) > 0 and rows.item(-1) == bars - 1
        fills = self._fill(rows[:-1], directions[:-1]) if at_last else self._fill(rows, directions)
        if at_last:
            self._let_expire(directions.item(-1))
        self._mark(bars, fills)
        if self._filling.position.held and self.account.close_at_end:
            self.book.total.orders += 1
            self.census.note_close_at_end()
            fills = followed(fills, self._filling.close_out())
        self._trade = count_trades(self.book, self._trade, fills)
        self.curve.final_mark(self._equity())
        self.outlet.published = self.published()
        self.status = "completed"
        self.finished(self)

    def _let_expire(self, target: int) -> None:
        """The turn at the last bar: its orders are answered, and never meet another bar."""
        position = self._filling.position
        if target == position.intent:
            return
        refused = bool(target) and self._filling.is_refused(len(self.clock) - 1, target)
        leaving = position.held != 0.0
        self.book.total.orders += leaving + bool(target)
        self.book.total.rejected_orders += refused
        self.census.note_expiry(leaving=leaving, entering=bool(target), refused=refused)

    def _equity(self) -> float:
        position = self._filling.position
        return position.cash + position.held * self.clock.closes[0].item(-1) if position.held else position.cash

    def _measure(self) -> Measured:
        account = self.account
        last = self.clock.closes[0].item(max(self.curve.bars - 1, 0))
        return compute_metrics(
            self.book,
            self.curve,
            open_trades=self.open_positions,
            unrealised_pnl=0.0 if self._trade is None else 0.0 + self._trade.unrealised_pnl(last),
            symbols=[self.clock.feeds[0].symbol],
            days_per_year=account.days_per_year,
            risk_free_rate=account.risk_free_rate,
            day_zone=account.day_zone,
        )
