"""The events of a portfolio on the kernel, shown to those who observe its bus, in the order in which they happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.containers.bulk import audience_of, show
from engine.event_columns import EventColumns, Numbered, Stretch
from engine.events import PortfolioUpdate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.bus import EventBus
    from engine.containers.bulk import Audience
    from engine.containers.stream import PagedStream
    from engine.events import Event
    from engine.lanes.journal_events import Happening
    from engine.lanes.marks import Marks
    from engine.market.timeline import Clock, Integers

PAGE = 1 << 9
"""Bars of a shared stream that are read at a time."""


class Dense(Protocol):
    """Events of one type at the bars of a lane."""

    @property
    def is_even(self) -> bool:
        """Whether there is one at every bar of the lane."""

    def stretch(self, start: int, end: int) -> Stretch:
        """Those of the bars from `start` up to `end`, of each of which there is one."""

    def events(self, start: int, end: int) -> list[Event | None]:
        """Those of the bars from `start` up to `end`; None where there is none."""

    def release(self) -> None:
        """Lets go of what no other lane needs: it has been shown."""


class SharedStream:
    """A stream that several lanes hear, one after the other: each of its pages is read once for all that are at it.

    It `counts` its events as published, unless the lane that has them alone does.
    """

    def __init__(self, stream: PagedStream, *, counts: bool) -> None:
        self._stream = stream
        self._counts = counts
        self._shown = 0
        self._first = self._beyond = 0
        self._page: EventColumns | None = None
        self._built: tuple[int, int] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The type of its events, and the feed."""
        return self._stream.key

    @property
    def steps(self) -> Integers:
        """The step of each of its rows."""
        return self._stream.steps

    def stretch(self, start: int, end: int) -> Stretch:
        """The events of the rows from `start` up to `end`."""
        if self._page is None or start < self._first or end > self._beyond:
            self._first, self._beyond = start, max(end, min(start + PAGE, len(self.steps)))
            self._page = self._stream.page(start, self._beyond)
        if self._counts and end > self._shown:
            self._stream.count(self._shown, end)
            self._shown = end
        return Stretch(self._page, start - self._first, end - self._first)

    def events(self, start: int, end: int) -> list[Event]:
        """The same as events, which those share that ask for the same rows one after the other."""
        if self._built != (start, end):
            self._built, self._events = (start, end), self.stretch(start, end).events()
        return self._events

    def release(self) -> None:
        """Lets go of the page, if no other lane may be at it."""
        if not self._counts:
            self._page = None


class HeardStream:
    """A shared stream at the bars of a lane with this `clock`."""

    def __init__(self, stream: SharedStream, clock: Clock) -> None:
        self._stream = stream
        self._steps = clock.steps
        self.is_even = len(stream.steps) == len(clock.steps)
        self.stretch, self.release = stream.stretch, stream.release

    def events(self, start: int, end: int) -> list[Event | None]:
        """Those of these bars."""
        steps = self._steps[start:end]
        first, beyond = (int(self._stream.steps.searchsorted(step)) for step in (steps[0], steps[-1] + 1))
        places = steps.searchsorted(self._stream.steps[first:beyond])
        made: list[Event | None] = [None] * len(steps)
        for place, event in zip(places.tolist(), self._stream.stretch(first, beyond).events(), strict=True):
            made[place] = event
        return made


class MarkEvents:
    """Makes PORTFOLIO_UPDATE events of the marks of a lane (rule E7). `moments`: the timestamp of each row, ns UTC."""

    is_even = True

    def __init__(self, source: str, clock: Clock, moments: Integers) -> None:
        self._source = source
        self._clock = clock
        self._moments = moments
        self._columns: EventColumns | None = None
        self._first = 0

    def hold(self, start: int, marks: Marks) -> None:
        """Takes the marks of the rows from `start` on, in place of those before."""
        end = start + len(marks.cash)
        ids = Numbered(f"{self._source}:PORTFOLIO_UPDATE:", range(start + 2, end + 2))
        fields = (self._source, ids, None, self._clock.bar_ids(start, end), *(column.tolist() for column in marks))
        self._first = start
        self._columns = EventColumns(PortfolioUpdate, self._moments[start:end].tolist(), fields)

    def stretch(self, start: int, end: int) -> Stretch:
        """Those of these rows, whose marks it holds."""
        if self._columns is None:
            raise LookupError("the lane keeps no marks")
        return Stretch(self._columns, start - self._first, end - self._first)

    def events(self, start: int, end: int) -> list[Event | None]:
        """The same as events."""
        return [*self.stretch(start, end).events()]

    def release(self) -> None:
        """Lets go of the marks."""
        self._columns = None

    def first(self, cause: str, cash: float) -> PortfolioUpdate:
        """The mark before the first bar."""
        return self._event(0, 1, cause, (cash, cash, 0.0, 0, 0.0))

    def last(self, mark: tuple[float, float, float, int, float]) -> PortfolioUpdate:
        """The mark after the last bar, at its close."""
        row = len(self._moments) - 1
        return self._event(row, row + 3, self._clock.bar_id(row), mark)

    def _event(
        self, row: int, ordinal: int, cause: str, mark: tuple[float, float, float, int, float]
    ) -> PortfolioUpdate:
        event_id = f"{self._source}:PORTFOLIO_UPDATE:{ordinal}"
        return PortfolioUpdate(self._moments.item(row), self._source, event_id, None, cause, *mark)


class Page(NamedTuple):
    """What comes at each of the bars from row `start` on: columns and who is shown them, or events bar by bar."""

    start: int
    stretches: list[Stretch]
    audience: Audience | None
    bars: list[tuple[Event | None, ...]]


class LaneEvents:
    """Dispatches the events of one lane on its `bus`, and those of its execution by `answer`.

    `heard`: what comes at every bar before its mark, in order; `marks`, if they are wanted. `shown` counts the bars that are behind.
    """

    def __init__(
        self,
        bus: EventBus,
        answer: Callable[[Event], None],
        execution: str,
        heard: Sequence[Dense],
        marks: MarkEvents | None,
    ) -> None:
        self._bus = bus
        self._answer = answer
        self._execution = execution
        self._dense = [*heard] if marks is None else [*heard, marks]
        self.marks = marks
        self.shown = 0
        self._is_over = False

    def begin(self, cause: str, cash: float) -> None:
        """Shows the mark before the first bar, which an event with this id caused."""
        if self.marks is not None:
            self._bus.dispatch(self.marks.first(cause, cash))

    def show(self, happenings: Iterable[Happening], until: int) -> None:
        """Shows what happened, and the bars before `until` in between."""
        page = self._page(self.shown, until)
        for happening in happenings:
            if self._is_over:
                return
            self._show(page, happening.marked)
            if happening.event is not None:
                is_answer = happening.event.source == self._execution
                (self._answer if is_answer else self._bus.dispatch)(happening.event)
            elif happening.ends is not None:
                self._bus.end(happening.ends)
        self._show(page, until)
        for dense in self._dense:
            dense.release()

    def stop(self) -> None:
        """Shows nothing any more."""
        self._is_over = True

    def end(self, mark: tuple[float, float, float, int, float]) -> None:
        """Shows the mark after the last bar."""
        if self.marks is not None:
            self._bus.dispatch(self.marks.last(mark))

    def _page(self, start: int, end: int) -> Page:
        if start >= end or not self._bus.is_observed:
            return Page(start, [], None, [])
        if not all(dense.is_even for dense in self._dense):
            return Page(start, [], None, list(zip(*(dense.events(start, end) for dense in self._dense), strict=True)))
        stretches = [dense.stretch(start, end) for dense in self._dense]
        audience = audience_of((self._bus, each.columns.type, self._bus.lane) for each in stretches)
        if audience is None:  # an observer acts on what happens
            return Page(start, [], None, list(zip(*(each.events() for each in stretches), strict=True)))
        return Page(start, stretches, audience, [])

    def _show(self, page: Page, until: int) -> None:
        """Shows what comes at each of the bars before `until`."""
        start, self.shown = self.shown, max(until, self.shown)
        if start >= until or self._is_over:
            return
        first, last = start - page.start, until - page.start
        if page.audience is not None and page.stretches:
            show(
                page.audience, [Stretch(each.columns, each.start + first, each.start + last) for each in page.stretches]
            )
        for bar in page.bars[first:last]:
            for event in bar:
                if event is not None:
                    self._bus.dispatch(event)
