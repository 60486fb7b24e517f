"""A narrator tells whoever observes a portfolio that is computed as columns what happened in it, event by event (rule B2)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.containers.bulk import audience_of, show
from engine.event_columns import Stretch, in_turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.batch.fills import Filled
    from engine.batch.told_marks import ToldMarks
    from engine.batch.told_trades import ToldTrades
    from engine.bus import EventBus
    from engine.containers.bulk import Audience
    from engine.containers.stream import PagedStream
    from engine.event_columns import EventColumns
    from engine.strategies.columns import Turns


class Dense(Protocol):
    """Events of one type, one at every bar."""

    def columns(self, start: int, end: int) -> EventColumns:
        """Those of the rows from `start` up to `end`."""


class Heard:
    """A stream that several lanes hear, one after the other: its page is read once for all of them.

    It `counts` its events as published, unless the lane that has them alone does.
    """

    def __init__(self, stream: PagedStream, *, counts: bool) -> None:
        self._stream = stream
        self._counts = counts
        self._rows_heard = 0
        self._span = (0, 0)
        self._columns: EventColumns | None = None

    def columns(self, start: int, end: int) -> EventColumns:
        """The events of the rows from `start` up to `end`."""
        if self._columns is None or self._span != (start, end):
            self._span, self._columns = (start, end), self._stream.page(start, end)
            self._count(end)
        return self._columns

    def _count(self, end: int) -> None:
        if self._counts and end > self._rows_heard:
            self._stream.count(self._rows_heard, end)
            self._rows_heard = end


class _Page(NamedTuple):
    """What comes at every bar from row `start` on, and who is shown it."""

    start: int
    columns: list[EventColumns]
    audience: Audience | None


class Narrator:
    """Tells the events of one lane in their order, to those who observe its `bus`.

    `heard`: what comes at every bar before its mark, in order; `marks`, if anybody wants them; `begun_by` is the id of the event
    that began the run. `told` counts the rows that are behind.
    """

    def __init__(
        self, bus: EventBus, heard: Sequence[Dense], marks: ToldMarks | None, trades: ToldTrades, begun_by: str
    ) -> None:
        self._bus = bus
        self._dense: list[Dense] = [*heard, marks] if marks is not None else [*heard]
        self._marks = marks
        self._trades = trades
        self._begun_by = begun_by
        self._turns: deque[tuple[int, int, list[Filled]]] = deque()
        self.told = 0

    def hear(self, turns: Turns, fills: Sequence[Filled]) -> None:
        """Takes the next turns, and the fills that they came to in the bars after them."""
        if self._marks is not None:
            self._marks.hold(fills)
        coming = deque(fills)
        for row, target in zip(*(column.tolist() for column in turns), strict=True):
            of_turn = []
            while coming and coming[0].row == row + 1:
                of_turn.append(coming.popleft())
            self._turns.append((row, target, of_turn))

    def tell(self, until: int) -> None:
        """Tells all rows before `until`. What is decided at a row, and its fills, come between that row and the next."""
        if not self.told and self._marks is not None:
            self._bus.dispatch(self._marks.first(self._begun_by))
        at, self.told = self.told, until
        page = self._page(at, until)
        while self._turns and self._turns[0][0] < until:
            row, target, fills = self._turns.popleft()
            self._show(page, at, row + 1)
            at = row + 1
            self._trades.turn(row, target, fills)
        self._show(page, at, until)

    def end(self, closing: Filled | None, mark: tuple[float, float, float]) -> None:
        """Tells what comes after the last row: `closing` leaves what is held; `mark`: cash, units held and the highest equity."""
        self._trades.end(self.told - 1, closing)
        if self._marks is not None:
            self._bus.dispatch(self._marks.last(*mark))

    def _page(self, start: int, end: int) -> _Page:
        columns = [dense.columns(start, end) for dense in self._dense]
        return _Page(start, columns, audience_of((self._bus, each.type, self._bus.lane) for each in columns))

    def _show(self, page: _Page, start: int, end: int) -> None:
        """Shows what comes at each of some bars."""
        if start == end or not page.columns or not self._bus.is_observed:
            return
        stretches = [Stretch(each, start - page.start, end - page.start) for each in page.columns]
        if page.audience is None:  # somebody acts on what happens
            for event in in_turn(stretches):
                self._bus.dispatch(event)
        else:
            show(page.audience, stretches)
