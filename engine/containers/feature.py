"""Features become events (phase FEATURES): from a feature container, or from a portfolio that defines its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.agenda import Phase
from engine.containers.base import Container
from engine.events import Features
from engine.features.columns import feature_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from engine.containers.outlet import Outlet
    from engine.features.columns import FeatureSpec, FeatureStore
    from engine.market.timeline import Clock


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
        self._columns: list[list[tuple[str, npt.NDArray[np.float64]]]] = []

    def start(self) -> None:
        """Arranges for the first bar, if anybody will see the values."""
        if not self._features or not self._outlet.wants("FEATURES"):
            return
        names = [name for key, spec in self._features.items() for name in feature_names(key, spec)]
        for feed in self._clock.feeds:
            columns = self._store.columns(feed.bars, self._features)
            self._columns.append([(name, columns[name]) for name in names])
        self._outlet.wake(self._clock.steps.item(0), Phase.FEATURES, self._publish, 0)

    def event_id(self, feed_number: int, row: int) -> str:
        """The id of the FEATURES event of a row (rule E1)."""
        return f"{self._source}:FEATURES:{self._clock.ordinal(feed_number, row)}"

    def _publish(self, index: int) -> None:
        for feed_number, row in self._clock.fresh(index):
            self._outlet.dispatch(self._event(feed_number, row))
        if index + 1 < len(self._clock):
            self._outlet.wake(self._clock.steps.item(index + 1), Phase.FEATURES, self._publish, index + 1)

    def _event(self, feed_number: int, row: int) -> Features:
        feed = self._clock.feeds[feed_number]
        return Features(
            timestamp=feed.bars.timestamps.item(row),
            source=self._source,
            event_id=self.event_id(feed_number, row),
            correlation_id=None,
            causation_id=feed.bar_id(row),
            symbol=feed.symbol,
            values={name: _known(column.item(row)) for name, column in self._columns[feed_number]},
        )


class FeatureContainer(Container):
    """Features of the bars it is linked to, shared by whoever reads it."""

    type = "feature"
    publisher: FeaturePublisher

    def start(self) -> None:
        """Arranges for the first bar."""
        self.publisher.start()


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
