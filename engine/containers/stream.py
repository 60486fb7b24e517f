"""Dense streams: an event at every bar, for as long as somebody wants it (rules L5, E1).

What a stream publishes at a bar does not depend on what it published before, so it may begin and rest in the middle of a
run: its events are those of a stream that never rested.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from engine.event_columns import Stretch
from engine.market.timeline import STRETCH

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from engine.agenda import Phase
    from engine.containers.outlet import Outlet
    from engine.event_columns import EventColumns
    from engine.events import Event


NEVER = -1
"""The step of what does not come any more."""


class DenseStream(ABC):
    """Publishes one event of `event_type` at each of `steps` (int64, ascending), in `phase`.

    While nobody wants them it stands nowhere and costs nothing. `feed` tells it from the others of its source.
    """

    event_type: str
    phase: Phase

    def __init__(self, outlet: Outlet, steps: npt.NDArray[np.int64], feed: str = "") -> None:
        self.outlet = outlet
        self.steps = steps
        self.key = (self.event_type, feed)
        self._past: list[tuple[int, int]] = []
        self._begun = self._row = 0
        self._upcoming = NEVER
        self._end: Callable[[], None] | None = None
        outlet.streams.append(self)

    def follow_interest(self) -> None:
        """Begins if somebody wants the events by now, rests if nobody does any more."""
        wanted = self.outlet.wants(self.event_type)
        if wanted and self._end is None:
            self._stand_at(int(self.steps.searchsorted(self.outlet.agenda.next_at(self.phase))))
            self._begun = self._row
            self.begin(self._row)
            whole = len(self.steps) == len(self.outlet.agenda.timestamps)
            self._end = self.outlet.stand(self.phase, self._publish, self if whole else None)
        elif not wanted and self._end is not None:
            self._end()
            self._past = self.spans()
            self._end = None
            self._upcoming = NEVER

    def spans(self) -> list[tuple[int, int]]:
        """The rows published so far: the first of a stretch, and the one after its last."""
        return self._past if self._end is None else [*self._past, (self._begun, self._row)]

    def count(self, start: int, end: int) -> None:
        """Counts rows as published that another publishes in its stead."""
        self._past = [*self._past, (start, end)]

    def take(self, count: int, ahead: int) -> Stretch:
        """The events of the next `count` rows, which are then behind; `ahead` says how many may be read at once."""
        stretch = self.stretch(self._row, count, ahead)
        self._stand_at(self._row + count)
        return stretch

    @abstractmethod
    def begin(self, row: int) -> None:
        """Makes ready for row `row`, the first of which an event is wanted."""

    @abstractmethod
    def event(self, row: int) -> Event:
        """The event of row `row`, which is the next, in its step."""

    @abstractmethod
    def stretch(self, row: int, count: int, ahead: int) -> Stretch:
        """The events of `count` rows from row `row` on, which is the next."""

    def _stand_at(self, row: int) -> None:
        self._row = row
        self._upcoming = self.steps.item(row) if row < len(self.steps) else NEVER

    def _publish(self, step: int) -> None:
        if step == self._upcoming:
            event = self.event(self._row)
            self._stand_at(self._row + 1)
            self.outlet.bus.dispatch(event, self.outlet.lane)


class PagedStream(DenseStream):
    """A stream whose events are known before the run: they are read a page at a time, as columns or as events."""

    def __init__(self, outlet: Outlet, steps: npt.NDArray[np.int64], feed: str) -> None:
        super().__init__(outlet, steps, feed)
        self.begin(0)

    def begin(self, row: int) -> None:
        """Forgets the pages it may have."""
        self._page: EventColumns | None = None
        self._first = self._beyond = row
        self._events: list[Event] = []
        self._first_event = row

    def event(self, row: int) -> Event:
        """The next of the events of a page, or the first of another."""
        if row >= self._first_event + len(self._events):
            end = min(row + STRETCH, len(self.steps))
            self._first_event, self._events = row, self.page(row, end).events(0, end - row)
        return self._events[row - self._first_event]

    def stretch(self, row: int, count: int, ahead: int) -> Stretch:
        """Rows of the page of columns, or of another that begins with them."""
        if self._page is None or row + count > self._beyond:
            self._first, self._beyond = row, min(row + max(count, ahead), len(self.steps))
            self._page = self.page(row, self._beyond)
        return Stretch(self._page, row - self._first, row - self._first + count)

    @abstractmethod
    def page(self, start: int, end: int) -> EventColumns:
        """The events of the rows from `start` up to `end`."""
