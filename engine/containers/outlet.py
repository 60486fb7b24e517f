"""An outlet: where one source speaks for one lane. It counts, names and publishes events (rules E1, L2, E5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.agenda import Action, Agenda
    from engine.bus import EventBus
    from engine.event_columns import Stretch
    from engine.events import Event

STORM_LIMIT = 10_000
"""Events of one source in one lane and step, beyond which the lane has run wild."""


class EventStormError(RuntimeError):
    """A source named more events in one step than any strategy has use for."""


class Published(NamedTuple):
    """What a source published: spans of `rows` of its dense streams, by type and feed, and a number of `others`."""

    rows: dict[tuple[str, str], list[tuple[int, int]]]
    others: int

    def together(self, other: Published) -> Published:
        """The same source in two simulations: a row that both have is one event."""
        rows = {key: [*self.rows.get(key, ()), *other.rows.get(key, ())] for key in self.rows | other.rows}
        return Published(rows, max(self.others, other.others))

    @property
    def total(self) -> int:
        """The number of events."""
        return self.others + sum(map(_covered, self.rows.values()))


def _covered(spans: list[tuple[int, int]]) -> int:
    """How many rows stand in some spans, which may overlap."""
    count = reached = 0
    for start, end in sorted(spans):
        count += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return count


class Outlet:
    """Publishes on `bus` for one lane; `label` stands in the event ids.

    `rank` is the place of its container in the order of declaration. A closed outlet's work is dropped. More events than
    `most_in_a_step` are a storm. `published` counts its events, those of its dense `streams` aside. Errors of its work are handed
    to the bus `answers_for`, its own unless another is named: a shared container does not answer for what it does for one lane.
    """

    def __init__(
        self, bus: EventBus, agenda: Agenda, *, lane: int, rank: int, label: str, answers_for: EventBus | None = None
    ) -> None:
        self.bus = bus
        self._answers_for = answers_for or bus
        self.agenda = agenda
        self.lane = lane
        self.rank = rank
        self.label = label
        self.closed = False
        self.most_in_a_step: float = STORM_LIMIT
        self.published = 0
        self.streams: list[Rows] = []
        self._ordinals: dict[str, int] = {}
        self._step = -1
        self._named = self._posted = 0

    def all_published(self) -> Published:
        """What was published so far."""
        rows: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for stream in self.streams:
            if spans := stream.spans():
                rows.setdefault(stream.key, []).extend(spans)
        return Published(rows, self.published)

    @property
    def named(self) -> Mapping[str, int]:
        """How many ids it has given out, by type: events that nobody wanted have one too."""
        return self._ordinals

    @property
    def now(self) -> int:
        """The timestamp of the current step, ns UTC."""
        return self.agenda.now

    def wants(self, event_type: str) -> bool:
        """Whether anybody would see an event of this type."""
        return self.bus.wants(event_type, self.lane)

    def identify(self, event_type: str) -> str:
        """The id of the source's next event of this type, whether it is then built or not.

        Raises:
            EventStormError: beyond STORM_LIMIT ids in one step, whoever listens.
        """
        if self._step != self.agenda.step:
            self._enter_step()
        self._named += 1
        if self._named > self.most_in_a_step:
            raise self._storm()
        ordinal = self._ordinals.get(event_type, 0) + 1
        self._ordinals[event_type] = ordinal
        return f"{self.label}:{event_type}:{ordinal}"

    def publish(self, phase: int, event: Event) -> None:
        """Has `event` dispatched when its phase and its turn come.

        Raises:
            EventStormError: beyond STORM_LIMIT events in one step.
            OutOfOrderError: if the phase has passed.
        """
        if self._step != self.agenda.step:
            self._enter_step()
        self._posted += 1
        if self._posted > self.most_in_a_step:
            raise self._storm()
        self.agenda.post(phase, self, self.dispatch, event)

    def say(self, event: Event) -> None:
        """Has `event` dispatched in the phase under way, when its turn comes.

        Raises:
            EventStormError: as `publish`.
        """
        self.publish(self.agenda.phase, event)

    def dispatch(self, event: Event) -> None:
        """Dispatches `event` at once, as the whole of the work under way."""
        self.published += 1
        self.bus.dispatch(event, self.lane)

    def then(self, phase: int, action: Action, argument: object = None) -> None:
        """Has `action` done in this step."""
        self.agenda.post(phase, self, action, argument)

    def wake(self, step: int, phase: int, action: Action, argument: object = None) -> None:
        """Has `action` done in a later step."""
        self.agenda.wake(step, phase, self, action, argument)

    def stand(self, phase: int, action: Callable[[int], None], producer: Producer | None = None) -> Callable[[], None]:
        """Has `action(step)` done at every step, or the work of a `producer` in bulk; returns what ends that."""
        return self.agenda.stand(phase, self, action, producer)

    def fail(self, error: BaseException) -> None:
        """Hands an error of the source's own work to what watches over it."""
        self._answers_for.fail(error)

    def _enter_step(self) -> None:
        self._step = self.agenda.step
        self._named = self._posted = 0

    def _storm(self) -> EventStormError:
        return EventStormError(f"event_storm: more than {STORM_LIMIT} events from {self.label} in one step")


class Rows(Protocol):
    """A dense stream: `key` names it among those of its source."""

    @property
    def key(self) -> tuple[str, str]:
        """The type of its events, and the feed."""

    def spans(self) -> list[tuple[int, int]]:
        """The rows published so far: the first of a stretch, and the one after its last."""


class Voice(Protocol):
    """What it takes to speak for a source: who it is, what time it is, what its events are called, and who hears them."""

    @property
    def label(self) -> str:
        """What stands in its event ids."""

    @property
    def now(self) -> int:
        """The moment of which it speaks, ns UTC."""

    def identify(self, event_type: str) -> str:
        """The id of its next event of this type."""

    def say(self, event: Event) -> None:
        """Has an event of this moment heard, after what was said before."""


class Producer(Protocol):
    """Publishes exactly one event of one type through one outlet at every step of the timeline."""

    event_type: str
    outlet: Outlet

    def take(self, count: int, ahead: int) -> Stretch:
        """The events of the next `count` steps; so many may be read at once."""
