"""Data containers publish bars (phase BAR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.base import Container, Measured
from engine.containers.stream import DenseStream
from engine.events import Bar

if TYPE_CHECKING:
    from engine.containers.feature import FeaturePublisher
    from engine.containers.outlet import Outlet
    from engine.containers.stream import Rows
    from engine.events import Event
    from engine.market.timeline import Feed


class BarStream(DenseStream):
    """The BAR events of a feed."""

    event_type = Bar.type
    phase = Phase.BAR

    def __init__(self, source: str, outlet: Outlet, feed: Feed) -> None:
        super().__init__(outlet, feed.steps)
        self._source = source
        self._feed = feed
        self._row = 0

    def rows_from(self, row: int) -> Rows:
        """Step, timestamp and the five columns of each bar."""
        bars = self._feed.bars
        self._row = row
        return self._feed.rows((bars.open, bars.high, bars.low, bars.close, bars.volume), row)

    def take(self, count: int) -> list[Event]:
        """The next `count` BAR events."""
        source, symbol = self._source, self._feed.symbol
        first = self._row
        self._row += count
        return [
            Bar(timestamp, source, f"{source}:BAR:{row}", None, None, symbol, open_, high, low, close, volume)
            for row, (_, timestamp, open_, high, low, close, volume) in enumerate(self.next_rows(count), first + 1)
        ]


class DataContainer(Container):
    """The bars of one symbol, from `feed`, and what the file has beside them, as features.

    A BAR is built only where somebody wants it.
    """

    type = "data"
    outlet: Outlet
    feed: Feed
    publisher: FeaturePublisher

    def start(self) -> None:
        """Stands ready at every step, if anybody will see the bars."""
        self._bars = BarStream(self.container_id, self.outlet, self.feed)
        self.follow_interest()

    def follow_interest(self) -> None:
        """Publishes bars, and further columns, while somebody wants them."""
        self._bars.follow_interest()
        self.publisher.follow_interest()

    def metrics(self) -> Measured:
        """Rows read, rows dropped for each reason, and what holding the symbol returned from first to last close."""
        bars = self.feed.bars
        dropped = {f"dropped_{reason}": count for reason, count in bars.dropped.items()}
        held = bars.close.item(-1) / bars.close.item(0) - 1.0
        return {"bars": len(bars), "buy_and_hold_return": held, **dropped}, {}
