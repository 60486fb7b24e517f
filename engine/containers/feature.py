"""Features become events (phase FEATURES): from a feature container, or from a portfolio that defines its own."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from engine.agenda import Phase
from engine.containers.base import Container, Measured
from engine.containers.stream import PagedStream
from engine.event_columns import EventColumns, Numbered
from engine.events import Features
from engine.market.column_file import release_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from engine.containers.outlet import Outlet
    from engine.market.timeline import Clock

    Column = npt.NDArray[np.float64]


GAPS_AT_ONCE = 1 << 18
"""Rows of a column that are looked through at a time."""


class FeatureStream(PagedStream):
    """The FEATURES events of one feed of a publisher, one a bar.

    From row `complete_from` on every feature has a value; before, those that have none yet are None (rule M6).
    """

    event_type = Features.type
    phase = Phase.FEATURES

    def __init__(self, publisher: FeaturePublisher, feed_number: int, columns: dict[str, Column]) -> None:
        self._feed = publisher.clock.feeds[feed_number]
        super().__init__(publisher.outlet, self._feed.steps, self._feed.container_id)
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

    `columns(feed_number)` gives those of them that it is asked for, by name, float64 of shape (n_bars,); `names` are all there are.
    """

    def __init__(
        self,
        source: str,
        outlet: Outlet,
        clock: Clock,
        names: Sequence[str],
        columns: Callable[[int], dict[str, Column]],
    ) -> None:
        self.source = source
        self.outlet = outlet
        self.clock = clock
        self.names = names
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

    def count(self, step: int) -> int:
        """The FEATURES events of the steps before `step`."""
        return sum(int(feed.steps.searchsorted(step)) for feed in self.clock.feeds) if self.names else 0

    def gaps(self, step: int) -> Iterator[tuple[str, int, int]]:
        """Each feature with its bars before `step` that have no value, and those of them before its first, feed by feed."""
        for number, feed in enumerate(self.clock.feeds):
            rows = int(feed.steps.searchsorted(step))
            for name, column in self._columns(number).items():
                missing, leading = _gaps(column, rows)
                yield name, missing, leading

    def event_id(self, feed_number: int, row: int) -> str:
        """The id of the FEATURES event of a row (rule E1)."""
        return f"{self.source}:FEATURES:{self.clock.ordinal(feed_number, row)}"


def _gaps(column: Column, rows: int) -> tuple[int, int]:
    """How many of the first rows of a column are null, and how many come before the first that is not."""
    missing = leading = 0
    for start in range(0, rows, GAPS_AT_ONCE):
        known = np.isfinite(column[start : min(start + GAPS_AT_ONCE, rows)])
        if missing == leading == start:
            leading += int(known.argmax()) if known.any() else len(known)
        missing += len(known) - int(np.count_nonzero(known))
        if len(known) == GAPS_AT_ONCE:
            release_pages()
    return missing, leading


class FeatureContainer(Container):
    """Features of the bars it is linked to, shared by whoever reads it."""

    type = "feature"
    counted = ("FEATURES",)
    publisher: FeaturePublisher

    def start(self) -> None:
        """Arranges for the first bar."""
        self.follow_interest()

    def follow_interest(self) -> None:
        """Publishes the values while somebody wants them."""
        self.publisher.follow_interest()

    def metrics(self) -> Measured:
        """How many features there are, how long they warm up, and the bars at which each has no value."""
        missing, warm_up = dict.fromkeys(self.publisher.names, 0), 0
        figures: dict[str, float | int | None] = {"features": len(missing)}
        notes: dict[str, float | int | str | list[str]] = {}
        try:
            for name, nulls, leading in self.publisher.gaps(self.reached):
                missing[name] += nulls
                warm_up = max(warm_up, leading)
            figures |= {"warm_up_bars": warm_up, **{f"{name}.null_values": count for name, count in missing.items()}}
        except ValueError as error:  # whoever reads the feature fails with it
            unknown = ["warm_up_bars", *(f"{name}.null_values" for name in missing)]
            figures |= dict.fromkeys(unknown)
            notes |= dict.fromkeys(unknown, f"a feature cannot be computed: {error}")
        return {**figures, **super().metrics()[0]}, notes

    def event_counts(self) -> dict[str, int]:
        """A FEATURES event for each bar."""
        return {**super().event_counts(), "FEATURES": self.publisher.count(self.reached)}
