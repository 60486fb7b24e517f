"""Data containers publish bars (phase BAR)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.agenda import Phase
from engine.containers.base import Container, Measured
from engine.events import Bar
from engine.market.timeline import NO_MORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.containers.outlet import Outlet
    from engine.events import Event
    from engine.market.timeline import Feed


class DataContainer(Container):
    """The bars of one symbol, from `feed`. A BAR is built only where somebody wants it."""

    type = "data"
    event_type = Bar.type
    outlet: Outlet
    feed: Feed
    _row: int
    _rows: Iterator[tuple[Any, ...]]
    _upcoming: tuple[Any, ...]

    def start(self) -> None:
        """Stands ready at every step, if anybody will see the bars."""
        if self.outlet.wants("BAR"):
            bars = self.feed.bars
            self._row = 0
            self._rows = self.feed.rows((bars.open, bars.high, bars.low, bars.close, bars.volume))
            self._upcoming = next(self._rows, NO_MORE)
            whole = self.outlet.covers_timeline(self.feed)
            self.outlet.stand(Phase.BAR, self._publish, self if whole else None)

    def metrics(self) -> Measured:
        """Rows read, rows dropped for each reason, and what holding the symbol returned from first to last close."""
        bars = self.feed.bars
        dropped = {f"dropped_{reason}": count for reason, count in bars.dropped.items()}
        held = bars.close.item(-1) / bars.close.item(0) - 1.0
        return {"bars": len(bars), "buy_and_hold_return": held, **dropped}, {}

    def take(self, count: int) -> list[Event]:
        """The next `count` BAR events."""
        source, symbol = self.container_id, self.feed.symbol
        first = self._row
        rows = [self._upcoming, *islice(self._rows, count - 1)]
        self._row += count
        self._upcoming = next(self._rows, NO_MORE)
        return [
            Bar(timestamp, source, f"{source}:BAR:{row}", None, None, symbol, open_, high, low, close, volume)
            for row, (_, timestamp, open_, high, low, close, volume) in enumerate(rows, first + 1)
        ]

    def _publish(self, step: int) -> None:
        if step == self._upcoming[0]:
            self.outlet.dispatch(*self.take(1))
