"""A lane's books: cash, trades, and equity marked to market (rules B3, L5, M4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.trading.books import Booked, Books

if TYPE_CHECKING:
    import numpy.typing as npt

    from engine.containers.base import Watch
    from engine.events import Fill
    from engine.market.timeline import Clock
    from engine.metrics.days import DayEnds
    from engine.metrics.equity import EquityCurve
    from engine.trading.accounts import Borrowing

    Floats = npt.NDArray[np.float64]


MOST_STATES = 16
"""Fills after which the bars before them are marked: a lane that trades at every bar takes no more memory than others."""


class State(NamedTuple):
    """What the books hold from one bar of the lane on: cash, and signed units per feed."""

    bar: int
    cash: float
    quantities: tuple[float, ...]


class Ledger(Books):
    """Books fills and marks equity at every bar of `clock`, a whole stretch at a time where nobody looks.

    Indices are those of the lane's clock, of its `days` too. Where `borrowing` costs something, it is paid at the first bar of
    each day, before anything else there. `watch`, where it is set, gets every mark: the bar of the first and the equities
    from there on.
    """

    def __init__(
        self, cash: float, clock: Clock, curve: EquityCurve, days: DayEnds, borrowing: Borrowing | None = None
    ) -> None:
        super().__init__(cash, len(clock.feeds))
        self.curve = curve
        self.watch: Watch | None = None
        self._clock = clock
        self._day_rows = days.rows
        self._day_numbers = days.numbers
        self._borrowing = borrowing
        self._days = self._nights = 0
        self._marked = 0
        self._states = [State(0, cash, tuple(self.quantities))]

    def book(self, index: int, number: int, fill: Fill, signed_quantity: float) -> Booked:
        """Books `fill`, and remembers from which bar on it counts."""
        self.accrue(index)
        booked = super().book(index, number, fill, signed_quantity)
        self._states.append(State(index, self.cash, tuple(self.quantities)))
        if len(self._states) > MOST_STATES:
            self.settle(index)
        return booked

    @property
    def pays_for_loans(self) -> bool:
        """Whether cash may change without a fill."""
        return self._borrowing is not None

    def equity(self, index: int) -> float:
        """Cash and positions at the closes of bar `index`, in quote currency."""
        self.accrue(index)
        return self.appraise(self._clock.closes_at(index))[0]

    def accrue(self, index: int) -> None:
        """Pays for what was borrowed over every night that had passed when bar `index` came."""
        if self._borrowing is None:
            return
        while self._nights + 1 < len(self._day_rows) and self._day_rows[self._nights] < index:
            last = int(self._day_rows[self._nights])
            days = int(self._day_numbers[self._nights + 1] - self._day_numbers[self._nights])
            self._nights += 1
            if self.open_positions:
                self.pay_for_loans(self._borrowing, self._clock.closes_at(last), days)
                self._states.append(State(last + 1, self.cash, tuple(self.quantities)))

    def unrealised_pnl(self, index: int) -> float:
        """Net profit of the open trades if closed at bar `index` without further costs."""
        return self.open_profit(self._clock.closes_at(index))

    def finish(self, index: int) -> None:
        """Adds the mark after the last step, which stands at bar `index`."""
        equity = self.equity(index)
        self.curve.final_mark(equity)
        if self.watch is not None:
            self.watch(index, [equity])

    def settle(self, until: int) -> None:
        """Marks every bar before index `until` that is not marked yet. How often it is called changes no result."""
        self.accrue(until - 1)
        states, self._states = self._states, [self._states[-1]._replace(bar=until)]
        start, self._marked = self._marked, max(until, self._marked)
        if until <= start:
            return
        edges = [min(max(state.bar, start), until) for state in states] + [until]
        lengths = np.diff(edges)
        with np.errstate(over="ignore", invalid="ignore"):  # the curve refuses what is no longer finite
            equity, in_market = self._values(states, lengths, start, until)
        days = int(np.searchsorted(self._day_rows, until))
        try:
            self.curve.mark_block(equity, in_market, self._day_rows[self._days : days] - start)
        finally:
            if self.watch is not None:  # those of them that are finite
                self.watch(start, equity[: self.curve.bars - start].tolist())
        self._days = days

    def _values(
        self, states: list[State], lengths: npt.NDArray[np.int64], start: int, until: int
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        value = np.zeros(until - start)
        in_market = np.zeros(until - start, np.bool_)
        for number, closes in enumerate(self._clock.closes):
            quantity = np.repeat([state.quantities[number] for state in states], lengths)
            value += quantity * closes[start:until]
            in_market |= quantity != 0.0
        return np.repeat([state.cash for state in states], lengths) + value, in_market
