"""Features become events (phase FEATURES): from a feature container, or from a portfolio that defines its own."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from engine.agenda import Phase
from engine.containers.base import Container
from engine.containers.stream import PagedStream
from engine.event_columns import EventColumns, Numbered
from engine.events import Features

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock

    Column = npt.NDArray[np.float64]


class FeatureStream(PagedStream):
    """The FEATURES events of one feed of a publisher, one a bar.

    From row `complete_from` on every feature has a value; before, those that have none yet are None (rule M6).
    """

    event_type = Features.type
    phase = Phase.FEATURES

    def __init__(self, publisher: FeaturePublisher, feed_number: int, columns: dict[str, Column]) -> None:
        self._feed = publisher.clock.feeds[feed_number]
        super().__init__(publisher.outlet, self._feed.steps)
        self._publisher = publisher
        self._feed_number = feed_number
        self._columns = columns
        gaps = [np.flatnonzero(~np.isfinite(column)) for column in columns.values()]
        self._complete_from = max((int(rows[-1]) + 1 for rows in gaps if len(rows)), default=0)

    def page(self, start: int, end: int) -> EventColumns:
        """The features of some rows."""
        source = self._publisher.source
        ids = Numbered(f"{source}:FEATURES:", self._publisher.clock.ordinals(self._feed_number, start, end))
        values = {name: column[start:end].tolist() for name, column in self._columns.items()}
        if start < self._complete_from:
            values = {name: [v if isfinite(v) else None for v in column] for name, column in values.items()}
        timestamps = self._feed.bars.timestamps[start:end].tolist()
        causes = self._feed.bar_ids(start, end)
        return EventColumns(Features, timestamps, (source, ids, None, causes, self._feed.symbol, values))


class FeaturePublisher:
    """Publishes features at each bar of `clock`, where somebody wants them.

    `columns(feed_number)` gives them by name, float64 of shape (n_bars,).
    """

    def __init__(self, source: str, outlet: Outlet, clock: Clock, columns: Callable[[int], dict[str, Column]]) -> None:
        self.source = source
        self.outlet = outlet
        self.clock = clock
        self._columns = columns
        self._streams: list[FeatureStream] | None = None

    def follow_interest(self) -> None:
        """Publishes the values while somebody wants them; nothing is computed for it before."""
        if self._streams is None and self.outlet.wants(FeatureStream.event_type):
            self._streams = self.streams()
        for stream in self._streams or ():
            stream.follow_interest()

    def streams(self) -> list[FeatureStream]:
        """A new stream for each feed that it has values of."""
        columns = enumerate(map(self._columns, range(len(self.clock.feeds))))
        return [FeatureStream(self, number, named) for number, named in columns if named]

    def event_id(self, feed_number: int, row: int) -> str:
        """The id of the FEATURES event of a row (rule E1)."""
        return f"{self.source}:FEATURES:{self.clock.ordinal(feed_number, row)}"


class FeatureContainer(Container):
    """Features of the bars it is linked to, shared by whoever reads it."""

    type = "feature"
    publisher: FeaturePublisher

    def start(self) -> None:
        """Arranges for the first bar."""
        self.follow_interest()

    def follow_interest(self) -> None:
        """Publishes the values while somebody wants them."""
        self.publisher.follow_interest()
