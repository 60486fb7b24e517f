"""The bus: who hears of an event. One bus per container, links between buses, observers attached from outside.

A bus knows nothing of tracing, trading or time. It answers one question before an event is built, `wants(type)`, and
delivers what is published: on every bus the event reaches, first to the observers, then to the handlers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.blame import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.events import Event

    Handler = Callable[[Event], None]
    Undo = Callable[[], None]

SHARED = 0
"""The lane of everything that serves more than one portfolio."""


class Observer(Protocol):
    """Something that watches a bus without taking part. It sees an event before the handlers do (rule L8).

    It may also have `observe_columns(stretches)`: the events of several stretches of columns, equally long, which it would
    have been shown one after the other, the first of each, then the second of each, and so on.
    """

    @property
    def event_types(self) -> frozenset[str] | None:
        """The types it wants to be offered; None for all."""

    def observe(self, event: Event) -> None:
        """Takes note of an event of a declared type."""

    def ended(self, correlation_id: str) -> None:
        """Takes note that a trade ended, once the handlers of the event that ended it are done (rule K3)."""


@dataclass(frozen=True, slots=True)
class Link:
    """An explicit route to another bus. `types` limits it to some event types; None lets every type pass."""

    target: EventBus
    types: frozenset[str] | None
    ends: bool

    def carries(self, event_type: str) -> bool:
        """Whether events of this type pass."""
        return self.types is None or event_type in self.types


class Turns:
    """Whose event is next, for all buses that are linked with each other."""

    def __init__(self, buses: list[EventBus]) -> None:
        self.buses = buses
        self.waiting: deque[tuple[EventBus, Event]] = deque()
        self.draining = False


Stop = tuple["EventBus", tuple["Handler", ...], tuple["Handler", ...]]
"""One bus on an event's way, with the observers and the handlers on it who want the type."""


class EventBus:
    """A container's own bus.

    `lane` is the portfolio it serves alone, or SHARED. Events of one lane never enter a bus of another (rule L7).
    Publishing by hand is first-in first-out and runs to completion: a handler that publishes does not recurse (rule E5).
    """

    def __init__(self, bus_id: str, lane: int = SHARED) -> None:
        self.bus_id = bus_id
        self.lane = lane
        self.on_failure: Callable[[BaseException], None] | None = None
        self._handlers: dict[str, tuple[Handler, ...]] = {}
        self._incoming: dict[str, tuple[Handler, ...]] = {}
        self._observers: tuple[Observer, ...] = ()
        self._links: dict[int, list[Link]] = {}
        self._readers: dict[int, EventBus] = {}
        self._ways: dict[int, dict[str, tuple[Stop, ...]]] = {}  # by lane and type
        self._reached: dict[str, dict[EventBus, int]] = {}  # by shared events: every bus on the way, with its place
        self._audiences: dict[str, tuple[tuple[Stop, ...], list[tuple[EventBus, Observer]] | None]] = {}
        self._listeners: dict[int, tuple[tuple[EventBus, Observer], ...]] = {}
        self._turns = Turns([self])

    def subscribe(self, event_type: str, handler: Handler, *, own: bool = True) -> Undo:
        """Has `handler` called with every event of the type that reaches this bus; returns what undoes it.

        Without `own` those that are published here are not meant: only what comes over a link.
        """
        subscribed = self._handlers if own else self._incoming
        subscribed[event_type] = (*subscribed.get(event_type, ()), handler)
        self.refresh()

        def undo() -> None:
            subscribed[event_type] = tuple(h for h in subscribed.get(event_type, ()) if h != handler)
            self.refresh()

        return undo

    def attach_observer(self, observer: Observer) -> Undo:
        """Has `observer` see the events of its declared types; returns what undoes it."""
        self._observers = (*self._observers, observer)
        self.refresh()

        def undo() -> None:
            self.detach_observer(observer)

        return undo

    def detach_observer(self, observer: Observer) -> None:
        """Leaves no trace of `observer` on this bus; one that is not attached is no error."""
        self._observers = tuple(o for o in self._observers if o is not observer)
        self.refresh()

    def link(self, target: EventBus, types: frozenset[str] | None = None, *, ends: bool = True) -> None:
        """Lets events dispatched here reach `target`; `ends` says whether the end of a trade is told there too."""
        self._links.setdefault(target.lane, []).append(Link(target, types, ends))
        self._take_turns_with(target)
        for bus in (self, *self._readers.values()):
            bus._forget()  # noqa: SLF001 - buses of one network

    def refresh(self) -> None:
        """Asks again who wants what on this bus; needed when an attached observer declares other types."""
        for bus in (self, *self._readers.values()):
            bus._ask_again(self)  # noqa: SLF001

    @property
    def is_observed(self) -> bool:
        """Whether anybody is attached to it."""
        return bool(self._observers)

    def wants(self, event_type: str, lane: int | None = None) -> bool:
        """Whether anybody, here or along the links, would see an event of this type: if not, do not build it.

        `lane` is that of the event; without it, the bus's own.
        """
        return bool(self._way(event_type, self.lane if lane is None else lane))

    def observers_only(self, event_type: str, lane: int) -> list[tuple[EventBus, Observer]] | None:
        """Who would see an event of this type, and on which bus.

        None if a handler is among them, or an observer that must see each event in its step (`in_place`).
        """
        way = self._way(event_type, lane)
        known = self._audiences.get(event_type)
        if known is None or known[0] is not way:
            found = [(bus, observer) for bus, _, _ in way for observer in bus._interested(event_type)]  # noqa: SLF001
            acts = any(handlers for _, _, handlers in way)
            acts = acts or any(getattr(observer, "in_place", False) for _, observer in found)
            known = self._audiences[event_type] = way, None if acts else found
        return known[1]

    def publish(self, event: Event) -> None:
        """Delivers `event` now, or after those published before it if a delivery is under way.

        Raises whatever an observer or a handler raises; what was still waiting is then dropped.
        """
        turns = self._turns
        turns.waiting.append((self, event))
        if turns.draining:
            return
        turns.draining = True
        try:
            while turns.waiting:
                bus, following = turns.waiting.popleft()
                bus.dispatch(following)
        finally:
            turns.waiting.clear()
            turns.draining = False

    def dispatch(self, event: Event, lane: int | None = None) -> None:
        """Delivers `event` to every bus on its way, at once. Failures go to the failing bus's `on_failure`.

        `lane` is that of the event; without it, the bus's own.
        """
        lane = self.lane if lane is None else lane
        try:
            way = self._ways[lane][event.type]
        except KeyError:
            way = self._way(event.type, lane)
        for bus, observers, handlers in way:
            try:
                for observe in observers:
                    observe(event)
                for handle in handlers:
                    handle(event)
            except BaseException as error:  # noqa: BLE001 - the one place where a container's failure is contained
                bus.fail(error)
        if event.ends_correlation and event.correlation_id is not None:
            self.end(event.correlation_id, lane)

    def end(self, correlation_id: str, lane: int | None = None) -> None:
        """Tells every observer along the links that a trade ended, whether or not the ending event was built."""
        lane = self.lane if lane is None else lane
        listeners = self._listeners.get(lane)
        if listeners is None:
            reached = self._reach(lane, lambda link: link.ends)
            listeners = tuple((bus, observer) for bus in reached for observer in bus._observers)  # noqa: SLF001
            self._listeners[lane] = listeners
        for bus, observer in listeners:
            try:
                observer.ended(correlation_id)
            except BaseException as error:  # noqa: BLE001 - as in dispatch
                bus.fail(error)

    def fail(self, error: BaseException) -> None:
        """Hands an error of this bus's observers or handlers to whoever watches over it; by hand it is raised.

        An Interruption is raised as well: every failure comes through here, so that what contains them need not know of it.
        """
        if self.on_failure is None or isinstance(error, Interruption):
            raise error
        self.on_failure(error)

    def silence(self) -> None:
        """Drops every observer and handler: nothing is delivered here any more."""
        self._observers = ()
        self._handlers.clear()
        self._incoming.clear()
        self.refresh()

    def _take_turns_with(self, other: EventBus) -> None:
        small, large = sorted((self._turns, other._turns), key=lambda turns: len(turns.buses))
        if small is not large:
            for bus in small.buses:
                bus._turns = large  # noqa: SLF001
            large.buses.extend(small.buses)

    def _way(self, event_type: str, lane: int) -> tuple[Stop, ...]:
        ways = self._ways.setdefault(lane, {})
        way = ways.get(event_type)
        if way is None:
            reached = self._reached.get(event_type) if lane == SHARED else None
            if reached is None:
                buses = self._reach(lane, lambda link: link.carries(event_type))
                reached = {bus: place for place, bus in enumerate(buses)}
                if lane == SHARED:
                    self._reached[event_type] = reached
            way = ways[event_type] = tuple(stop for bus in reached for stop in bus._stops(event_type, self))  # noqa: SLF001
        return way

    def _stops(self, event_type: str, source: EventBus) -> tuple[Stop, ...]:
        """The stop that an event from `source` makes here; none if nobody here wants its type."""
        handlers = self._handlers.get(event_type, ())
        if source is not self:
            handlers += self._incoming.get(event_type, ())
        observers = tuple(o.observe for o in self._interested(event_type))
        return ((self, observers, handlers),) if observers or handlers else ()

    def _forget(self) -> None:
        for known in (self._ways, self._reached, self._listeners):
            known.clear()

    def _ask_again(self, changed: EventBus) -> None:
        """Brings up to date what is known of another bus: among thousands of lanes the others are not asked."""
        if changed.lane == SHARED:
            self._forget()
            return
        for lane in (changed.lane, SHARED):
            self._listeners.pop(lane, None)
        self._ways.pop(changed.lane, None)
        shared = self._ways.get(SHARED, {})
        for event_type, way in shared.items():
            places = self._reached[event_type]
            if changed in places:
                at = bisect_left(way, places[changed], key=lambda stop: places[stop[0]])
                after = at + (at < len(way) and way[at][0] is changed)
                shared[event_type] = (*way[:at], *changed._stops(event_type, self), *way[after:])

    def _interested(self, event_type: str) -> list[Observer]:
        return [o for o in self._observers if o.event_types is None or event_type in o.event_types]

    def _reach(self, lane: int, passes: Callable[[Link], bool]) -> list[EventBus]:
        """Every bus that carries an event of this lane published here, each once, nearest first."""
        reached, seen = [self], {id(self)}
        for bus in reached:
            for link in bus._open_links(lane):  # noqa: SLF001
                if passes(link) and id(link.target) not in seen:
                    seen.add(id(link.target))
                    reached.append(link.target)
        for bus in reached[1:]:
            bus._readers[id(self)] = self  # noqa: SLF001
        return reached

    def _open_links(self, lane: int) -> Iterator[Link]:
        lanes = self._links if lane == SHARED else (SHARED, lane)
        for target_lane in lanes:
            yield from self._links.get(target_lane, ())
