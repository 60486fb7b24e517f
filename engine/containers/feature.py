"""Features become events (phase FEATURES): from a feature container, or from a portfolio that defines its own."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from engine.agenda import Phase
from engine.containers.base import Container
from engine.events import Features
from engine.features.columns import feature_names
from engine.market.timeline import NO_MORE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from engine.containers.outlet import Outlet
    from engine.features.columns import FeatureSpec, FeatureStore
    from engine.market.timeline import Clock, Feed


class Stream:
    """The feature values of one feed, bar by bar: `upcoming` is (step, timestamp, values...) of row `row`.

    From row `complete_from` on every feature has a value.
    """

    __slots__ = ("_rows", "complete_from", "feed", "row", "upcoming")

    def __init__(self, feed: Feed, columns: list[npt.NDArray[np.float64]]) -> None:
        self.feed = feed
        self.row = -1
        gaps = [np.flatnonzero(~np.isfinite(column)) for column in columns]
        self.complete_from = max((int(rows[-1]) + 1 for rows in gaps if len(rows)), default=0)
        self._rows = feed.rows(columns)
        self.advance()

    def advance(self) -> None:
        """Goes on to the next bar."""
        self.row += 1
        self.upcoming = next(self._rows, NO_MORE)


class FeaturePublisher:
    """Publishes the values of `features` at each bar of `clock`, where somebody wants them."""

    def __init__(
        self, source: str, outlet: Outlet, clock: Clock, store: FeatureStore, features: Mapping[str, FeatureSpec]
    ) -> None:
        self._source = source
        self._outlet = outlet
        self._clock = clock
        self._store = store
        self._features = features
        self._names: list[str] = []
        self._streams: list[Stream] = []
        self._published = 0

    def start(self) -> None:
        """Stands ready at every step, if anybody will see the values."""
        if not self._features or not self._outlet.wants("FEATURES"):
            return
        self._names = [name for key, spec in self._features.items() for name in feature_names(key, spec)]
        for feed in self._clock.feeds:
            columns = self._store.columns(feed.bars, self._features)
            self._streams.append(Stream(feed, [columns[name] for name in self._names]))
        self._outlet.stand(Phase.FEATURES, self._publish)

    def event_id(self, feed_number: int, row: int) -> str:
        """The id of the FEATURES event of a row (rule E1)."""
        return f"{self._source}:FEATURES:{self._clock.ordinal(feed_number, row)}"

    def _publish(self, step: int) -> None:
        for stream in self._streams:
            if step == stream.upcoming[0]:
                self._outlet.dispatch(self._event(stream))
                stream.advance()

    def _event(self, stream: Stream) -> Features:
        self._published += 1
        values: dict[str, float | None] = dict(zip(self._names, stream.upcoming[2:], strict=True))
        if stream.row < stream.complete_from:
            values = {name: value if value is not None and isfinite(value) else None for name, value in values.items()}
        return Features(
            stream.upcoming[1],
            self._source,
            f"{self._source}:FEATURES:{self._published}",
            None,
            stream.feed.bar_id(stream.row),
            stream.feed.symbol,
            values,
        )


class FeatureContainer(Container):
    """Features of the bars it is linked to, shared by whoever reads it."""

    type = "feature"
    publisher: FeaturePublisher

    def start(self) -> None:
        """Arranges for the first bar."""
        self.publisher.start()
