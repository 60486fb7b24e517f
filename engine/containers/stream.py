"""Dense streams: an event at every bar, for as long as somebody wants it (rules L5, E1).

What a stream publishes at a bar does not depend on what it published before, so it may begin and rest in the middle of a
run: its events are those of a stream that never rested.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.market.timeline import NO_MORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt

    from engine.agenda import Phase
    from engine.containers.outlet import Outlet
    from engine.events import Event

    Rows = Iterator[tuple[Any, ...]]


class DenseStream(ABC):
    """Publishes one event of `event_type` at each of `steps` (int64, ascending), in `phase`.

    While nobody wants them it stands nowhere and costs nothing.
    """

    event_type: str
    phase: Phase

    def __init__(self, outlet: Outlet, steps: npt.NDArray[np.int64]) -> None:
        self.outlet = outlet
        self._steps = steps
        self._rows: Rows = iter(())
        self._upcoming: tuple[Any, ...] = NO_MORE
        self._end: Callable[[], None] | None = None

    def follow_interest(self) -> None:
        """Begins if somebody wants the events by now, rests if nobody does any more."""
        wanted = self.outlet.wants(self.event_type)
        if wanted and self._end is None:
            self._rows = self.rows_from(int(self._steps.searchsorted(self.outlet.agenda.next_at(self.phase))))
            self._upcoming = next(self._rows, NO_MORE)
            whole = len(self._steps) == len(self.outlet.agenda.timestamps)
            self._end = self.outlet.stand(self.phase, self._publish, self if whole else None)
        elif not wanted and self._end is not None:
            self._end()
            self._end = None
            self._rows, self._upcoming = iter(()), NO_MORE

    @abstractmethod
    def rows_from(self, row: int) -> Rows:
        """What the events from row `row` on are made of; each begins with its step."""

    @abstractmethod
    def take(self, count: int) -> list[Event]:
        """The events of the next `count` rows."""

    def next_rows(self, count: int) -> list[tuple[Any, ...]]:
        """The next `count` rows, which are then behind."""
        rows = [self._upcoming, *islice(self._rows, count - 1)]
        self._upcoming = next(self._rows, NO_MORE)
        return rows

    def _publish(self, step: int) -> None:
        if step == self._upcoming[0]:
            self.outlet.dispatch(*self.take(1))
