"""Features become events (phase FEATURES): from a feature container, or from a portfolio that defines its own."""

from __future__ import annotations

from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from engine.agenda import Phase
from engine.containers.base import Container
from engine.events import Features
from engine.features.columns import feature_names
from engine.market.timeline import NO_MORE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from engine.containers.outlet import Outlet
    from engine.events import Event
    from engine.features.columns import FeatureSpec, FeatureStore
    from engine.market.timeline import Clock

    Column = npt.NDArray[np.float64]


class FeatureStream:
    """The FEATURES events of one feed of a publisher, one a bar.

    From row `complete_from` on every feature has a value; before, those that have none yet are None (rule M6).
    """

    event_type = Features.type

    def __init__(self, publisher: FeaturePublisher, feed_number: int, columns: dict[str, Column]) -> None:
        self.outlet = publisher.outlet
        self._publisher = publisher
        self._feed_number = feed_number
        self._feed = publisher.clock.feeds[feed_number]
        self._names = tuple(columns)
        self._rows = self._feed.rows(tuple(columns.values()))
        self._row = 0
        self._upcoming = next(self._rows, NO_MORE)
        gaps = [np.flatnonzero(~np.isfinite(column)) for column in columns.values()]
        self._complete_from = max((int(rows[-1]) + 1 for rows in gaps if len(rows)), default=0)

    def stand(self) -> None:
        """Stands ready at every step."""
        whole = self.outlet.covers_timeline(self._feed)
        self.outlet.stand(Phase.FEATURES, self._publish, self if whole else None)

    def take(self, count: int) -> list[Event]:
        """The next `count` FEATURES events."""
        first = self._row
        rows = [self._upcoming, *islice(self._rows, count - 1)]
        self._row += count
        self._upcoming = next(self._rows, NO_MORE)
        ordinals = self._publisher.clock.ordinals(self._feed_number, first, count)
        source, feed, symbol = self._publisher.source, self._feed, self._feed.symbol
        return [
            Features(
                row[1],
                source,
                f"{source}:FEATURES:{ordinal}",
                None,
                feed.bar_id(number),
                symbol,
                self._named(number, row[2:]),
            )
            for number, ordinal, row in zip(range(first, first + count), ordinals, rows, strict=True)
        ]

    def _named(self, row: int, values: Sequence[float]) -> dict[str, float | None]:
        named: dict[str, float | None] = dict(zip(self._names, values, strict=True))
        if row >= self._complete_from:
            return named
        return {name: value if value is not None and isfinite(value) else None for name, value in named.items()}

    def _publish(self, step: int) -> None:
        if step == self._upcoming[0]:
            self.outlet.dispatch(*self.take(1))


class FeaturePublisher:
    """Publishes the values of `features` at each bar of `clock`, where somebody wants them."""

    def __init__(
        self, source: str, outlet: Outlet, clock: Clock, store: FeatureStore, features: Mapping[str, FeatureSpec]
    ) -> None:
        self.source = source
        self.outlet = outlet
        self.clock = clock
        self._store = store
        self._features = features

    def start(self) -> None:
        """Stands ready at every step, if anybody will see the values."""
        if not self._features or not self.outlet.wants("FEATURES"):
            return
        names = [name for key, spec in self._features.items() for name in feature_names(key, spec)]
        for number, feed in enumerate(self.clock.feeds):
            columns = self._store.columns(feed.bars, self._features)
            FeatureStream(self, number, {name: columns[name] for name in names}).stand()

    def event_id(self, feed_number: int, row: int) -> str:
        """The id of the FEATURES event of a row (rule E1)."""
        return f"{self.source}:FEATURES:{self.clock.ordinal(feed_number, row)}"


class FeatureContainer(Container):
    """Features of the bars it is linked to, shared by whoever reads it."""

    type = "feature"
    publisher: FeaturePublisher

    def start(self) -> None:
        """Arranges for the first bar."""
        self.publisher.start()
