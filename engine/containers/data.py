"""Data containers publish bars (phase BAR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.base import Container, Measured
from engine.containers.stream import PagedStream
from engine.event_columns import EventColumns
from engine.events import Bar

if TYPE_CHECKING:
    from engine.containers.feature import FeaturePublisher
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Feed


class BarStream(PagedStream):
    """The BAR events of a feed."""

    event_type = Bar.type
    phase = Phase.BAR

    def __init__(self, source: str, outlet: Outlet, feed: Feed) -> None:
        super().__init__(outlet, feed.steps, feed.container_id)
        self._source = source
        self._feed = feed

    def page(self, start: int, end: int) -> EventColumns:
        """The bars of some rows."""
        bars = self._feed.bars
        read = (bars.timestamps, bars.open, bars.high, bars.low, bars.close, bars.volume)
        timestamps, *prices = (column[start:end].tolist() for column in read)
        ids = self._feed.bar_ids(start, end)
        return EventColumns(Bar, timestamps, (self._source, ids, None, None, self._feed.symbol, *prices))


class DataContainer(Container):
    """The bars of one symbol, from `feed`, and what the file has beside them, as features.

    A BAR is built only where somebody wants it.
    """

    type = "data"
    counted = ("BAR",)
    outlet: Outlet
    feed: Feed
    publisher: FeaturePublisher

    def start(self) -> None:
        """Stands ready at every step, if anybody will see the bars."""
        (self._bars,) = self.bar_streams()
        self.follow_interest()

    def bar_streams(self) -> list[BarStream]:
        """A new stream of its bars, the only one."""
        return [BarStream(self.container_id, self.outlet, self.feed)]

    def follow_interest(self) -> None:
        """Publishes bars, and further columns, while somebody wants them."""
        self._bars.follow_interest()
        self.publisher.follow_interest()

    def metrics(self) -> Measured:
        """Rows read, rows dropped for each reason, and what holding the symbol returned from first open to last close."""
        bars = self.feed.bars
        dropped = {f"dropped_{reason}": count for reason, count in bars.dropped.items()}
        return {"bars": len(bars), "buy_and_hold_return": bars.held, **dropped, **super().metrics()[0]}, {}

    def event_counts(self) -> dict[str, int]:
        """A BAR for each of its bars, FEATURES where the file has further columns."""
        bars = int(self.feed.steps.searchsorted(self.reached))
        return {**super().event_counts(), "BAR": bars, "FEATURES": self.publisher.count(self.reached)}
