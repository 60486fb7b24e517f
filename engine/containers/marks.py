"""Marks become events (phase MARK): the PORTFOLIO_UPDATE events of a lane, one a bar, one before and one after (rule E7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.stream import DenseStream
from engine.events import Event, PortfolioUpdate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
    from engine.containers.stream import Rows
    from engine.market.timeline import Clock
    from engine.trading.books import Books


class MarkStream(DenseStream):
    """Publishes what a ledger is worth at each bar of its clock, where somebody wants to know."""

    event_type = PortfolioUpdate.type
    phase = Phase.MARK

    def __init__(self, source: str, outlet: Outlet, clock: Clock, ledger: Ledger) -> None:
        super().__init__(outlet, clock.steps)
        self._source = source
        self._clock = clock
        self._ledger = ledger
        self._peak = ledger.cash

    def rows_from(self, row: int) -> Rows:
        """Step, index and closes at each bar of the lane; the peak so far is that of the bars before."""
        self._ledger.settle(row)
        self._peak = self._ledger.curve.peak
        return self._clock.marks(row)

    def publish_first(self, cause: str) -> None:
        """The mark before the first bar."""
        if self.outlet.wants(self.event_type):
            self.outlet.dispatch(self._event(1, cause, self.outlet.now, ()))

    def publish_last(self) -> None:
        """The mark after the last bar, when everything that closes has closed."""
        if self.outlet.wants(self.event_type):
            index = len(self._clock) - 1
            self._peak = self._ledger.curve.peak
            closes = self._clock.closes_at(index)
            self.outlet.dispatch(self._event(index + 3, self._clock.bar_id(index), self.outlet.now, closes))

    def take(self, count: int) -> list[Event]:
        """The marks of the next `count` bars of the lane."""
        rows = self.next_rows(count)
        first = rows[0][0]
        timestamps = self.outlet.agenda.timestamps[first : rows[-1][0] + 1].tolist()
        causes = self._clock.bar_ids(rows[0][1], count)
        if not self._ledger.open_positions:
            return self._flat([(row[1] + 2, timestamps[row[0] - first]) for row in rows], causes)
        marks: list[Event] = []
        for row, cause in zip(rows, causes, strict=True):
            self._ledger.accrue(row[1])
            marks.append(self._event(row[1] + 2, cause, timestamps[row[0] - first], row[2:]))
        return marks

    def _flat(self, marks: Sequence[tuple[int, int]], causes: Sequence[str]) -> list[Event]:
        """The marks (ordinal, timestamp) of bars at which nothing is held: all the same but for their names."""
        equity = self._ledger.cash
        self._peak = max(self._peak, equity)
        drawdown = equity / self._peak - 1.0
        source, prefix = self._source, f"{self._source}:PORTFOLIO_UPDATE:"
        return [
            PortfolioUpdate(stamp, source, f"{prefix}{ordinal}", None, cause, equity, equity, 0.0, 0, drawdown)
            for (ordinal, stamp), cause in zip(marks, causes, strict=True)
        ]

    def _event(self, ordinal: int, cause: str, timestamp: int, closes: Sequence[float]) -> PortfolioUpdate:
        event = portfolio_update(
            self._ledger,
            closes,
            self._peak,
            timestamp=timestamp,
            source=self._source,
            event_id=f"{self._source}:PORTFOLIO_UPDATE:{ordinal}",
            cause=cause,
        )
        self._peak = max(self._peak, event.equity)
        return event


def portfolio_update(
    books: Books, closes: Sequence[float], peak: float, *, timestamp: int, source: str, event_id: str, cause: str
) -> PortfolioUpdate:
    """The mark of `books` at these closes; `peak` is the highest equity before it."""
    equity, gross = books.appraise(closes)
    return PortfolioUpdate(
        timestamp,
        source,
        event_id,
        None,
        cause,
        books.cash,
        equity,
        gross / equity if gross and equity else 0.0,
        books.open_positions,
        equity / max(peak, equity) - 1.0,
    )
