"""Marks become events (phase MARK): the PORTFOLIO_UPDATE events of a lane, one a bar, one before and one after (rule E7)."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from engine.agenda import Phase
from engine.containers.stream import DenseStream
from engine.event_columns import EventColumns, Numbered, Stretch
from engine.events import PortfolioUpdate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.containers.ledger import Ledger
    from engine.containers.outlet import Outlet
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

    def begin(self, row: int) -> None:
        """The peak so far is that of the bars before."""
        self._ledger.settle(row)
        self._peak = self._ledger.curve.peak

    def publish_first(self, cause: str) -> None:
        """The mark before the first bar."""
        if self.outlet.wants(self.event_type):
            self.outlet.dispatch(self._event(1, cause, ()))

    def publish_last(self) -> None:
        """The mark after the last bar, when everything that closes has closed."""
        if self.outlet.wants(self.event_type):
            index = len(self._clock) - 1
            self._peak = self._ledger.curve.peak
            closes = self._clock.closes_at(index)
            self.outlet.dispatch(self._event(index + 3, self._clock.bar_id(index), closes))

    def event(self, row: int) -> PortfolioUpdate:
        """The mark of a bar of the lane."""
        self._ledger.accrue(row)
        return self._event(row + 2, self._clock.bar_id(row), self._clock.closes_at(row))

    def stretch(self, row: int, count: int, ahead: int) -> Stretch:  # noqa: ARG002 - nobody knows what comes next
        """The marks of some bars, one at every step of the run, between which nothing is bought or sold."""
        end = row + count
        timestamps = self.outlet.agenda.timestamps[row:end].tolist()
        ids = Numbered(f"{self._source}:PORTFOLIO_UPDATE:", range(row + 2, end + 2))
        fields = (self._source, ids, None, self._clock.bar_ids(row, end), *self._marks(row, end))
        return Stretch(EventColumns(PortfolioUpdate, timestamps, fields), 0, count)

    def _marks(self, row: int, end: int) -> tuple[Any, ...]:
        """The fields of the marks of some bars, one value for all where they do not differ."""
        ledger = self._ledger
        if not ledger.open_positions:
            equity = ledger.cash
            self._peak = max(self._peak, equity)
            return equity, equity, 0.0, 0, equity / self._peak - 1.0
        closes = [each[row:end].tolist() for each in self._clock.closes]
        if ledger.pays_for_loans:
            return self._marks_one_by_one(row, closes)
        equities, exposures, drawdowns = self._worth(closes)
        return ledger.cash, equities, exposures, ledger.open_positions, drawdowns

    def _worth(self, closes: Sequence[list[float]]) -> tuple[list[float], list[float], list[float]]:
        """Equities, exposures and drawdowns at the closes of some bars: what `worth` says of each, to the last bit."""
        equities, gross = self._ledger.appraise_all(closes)
        exposures = [held / equity if held and equity else 0.0 for held, equity in zip(gross, equities, strict=True)]
        _, *peaks = accumulate(equities, max, initial=self._peak)
        drawdowns = [equity / peak - 1.0 for equity, peak in zip(equities, peaks, strict=True)]
        self._peak = peaks[-1]
        return equities, exposures, drawdowns

    def _marks_one_by_one(self, row: int, closes: Sequence[list[float]]) -> tuple[Any, ...]:
        """With loans, cash changes from day to day."""
        marks = []
        for index, of_bar in enumerate(zip(*closes, strict=True), row):
            self._ledger.accrue(index)
            marks.append(self._mark(of_bar))
        return tuple(map(list, zip(*marks, strict=True)))

    def _mark(self, closes: Sequence[float]) -> tuple[float, float, float, int, float]:
        """The fields of a mark at these closes; the peak is then that of the bars before the next."""
        mark = worth(self._ledger, closes, self._peak)
        self._peak = max(self._peak, mark[1])
        return mark

    def _event(self, ordinal: int, cause: str, closes: Sequence[float]) -> PortfolioUpdate:
        event_id = f"{self._source}:PORTFOLIO_UPDATE:{ordinal}"
        return PortfolioUpdate(self.outlet.now, self._source, event_id, None, cause, *self._mark(closes))


def worth(books: Books, closes: Sequence[float], peak: float) -> tuple[float, float, float, int, float]:
    """A mark of `books` at these closes: cash, equity, exposure, positions, drawdown; `peak` is the highest equity before it."""
    equity, gross = books.appraise(closes)
    exposure = gross / equity if gross and equity else 0.0
    return books.cash, equity, exposure, books.open_positions, equity / max(peak, equity) - 1.0
