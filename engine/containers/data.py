"""Data containers publish bars (phase BAR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.base import Container, Measured
from engine.events import Bar

if TYPE_CHECKING:
    from engine.containers.outlet import Outlet
    from engine.market.timeline import Feed


class DataContainer(Container):
    """The bars of one symbol, from `feed`. A BAR is built only where somebody wants it."""

    type = "data"
    outlet: Outlet
    feed: Feed

    def start(self) -> None:
        """Arranges for the first bar, if anybody will see it."""
        if self.outlet.wants("BAR"):
            self.outlet.wake(int(self.feed.steps[0]), Phase.BAR, self._publish, 0)

    def bar(self, row: int) -> Bar:
        """The BAR event of a row."""
        bars, feed = self.feed.bars, self.feed
        return Bar(
            timestamp=bars.timestamps.item(row),
            source=self.container_id,
            event_id=feed.bar_id(row),
            correlation_id=None,
            causation_id=None,
            symbol=bars.symbol,
            open=bars.open.item(row),
            high=bars.high.item(row),
            low=bars.low.item(row),
            close=bars.close.item(row),
            volume=bars.volume.item(row),
        )

    def metrics(self) -> Measured:
        """Rows read, rows dropped for each reason, and what holding the symbol returned from first to last close."""
        bars = self.feed.bars
        dropped = {f"dropped_{reason}": count for reason, count in bars.dropped.items()}
        held = bars.close.item(-1) / bars.close.item(0) - 1.0
        return {"bars": len(bars), "buy_and_hold_return": held, **dropped}, {}

    def _publish(self, row: int) -> None:
        self.outlet.dispatch(self.bar(row))
        if row + 1 < len(self.feed.steps):
            self.outlet.wake(self.feed.steps.item(row + 1), Phase.BAR, self._publish, row + 1)
