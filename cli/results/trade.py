"""The life of a trade: its events, and what caused them as far back as was traced (rule E3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.results.causes import Causes
from cli.results.refusal import RefusedError
from cli.results.trace import opened_trace, trace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.results.results import ResultsTree
    from cli.results.trace import Event, Trace


@dataclass(frozen=True, slots=True)
class Step:
    """A place in the tree of causes: `depth` 0 is a first cause. `event` is None where the cause was not traced."""

    depth: int
    event_id: str
    event: Event | None


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade as `container_id` saw it: its events and their causes by event id, a cause before its effects.

    `elsewhere` names the container in whose trace an event was found, of those that are not in this one's. `faults` says
    what is wrong with the traces.
    """

    correlation_id: str
    container_id: str
    events: dict[str, Event]
    faults: list[str]
    elsewhere: dict[str, str]

    @property
    def not_traced(self) -> list[str]:
        """The event ids of causes that are named but not there."""
        return _missing(self.events)

    def of_type(self, event_type: str) -> Event | None:
        """The first event of the trade itself that is of this type."""
        own = (event for event in self.events.values() if event["correlation_id"] == self.correlation_id)
        return next((event for event in own if event["type"] == event_type), None)

    def as_data(self) -> dict[str, Any]:
        """The trade as plain data, for JSON."""
        return {
            "correlation_id": self.correlation_id,
            "container_id": self.container_id,
            "events": list(self.events.values()),
            "traced_in": self.elsewhere,
            "not_traced": self.not_traced,
        }

    def steps(self) -> Iterator[Step]:
        """The tree of causes, each event beneath its cause, in the order to print it."""
        place = {id_: number for number, id_ in enumerate(self.events)}
        effects: dict[str | None, list[str]] = {}
        for id_, event in self.events.items():
            cause = event["causation_id"]
            # A cause that comes after its effect, in a file somebody made up, is none.
            effects.setdefault(None if place.get(cause, -1) >= place[id_] else cause, []).append(id_)
        unseen = self.not_traced
        place |= {id_: place[effects[id_][0]] for id_ in unseen}
        waiting: list[tuple[int, str]] = []
        for first in sorted([*effects.get(None, ()), *unseen], key=place.__getitem__):
            waiting.append((0, first))
            while waiting:
                depth, id_ = waiting.pop()
                yield Step(depth, id_, self.events.get(id_))
                waiting.extend((depth + 1, effect) for effect in reversed(effects.get(id_, ())))


def find_trade(tree: ResultsTree, container_id: str | None, correlation_id: str) -> Trade:
    """A trade as `container_id` saw it; without one, as the portfolio it is named after did, or the first that saw it.

    Its causes are followed into the traces of the containers that published them, and of those that watch.

    Raises:
        RefusedError: if there is no such trade, or no trace to find it in.
    """
    owner = container_id or correlation_id.rpartition("#")[0]
    searched = owner if owner in tree.types else None
    for id_ in [container_id] if container_id else sorted(tree.types, key=lambda id_: id_ != owner):
        trace = trace_of(tree, id_)
        if trace.found:
            if events := _events_of(trace, correlation_id):
                return _traced(tree, trace, correlation_id, events)
            searched = searched or id_
            if id_ == owner:
                break
    if searched is None:
        raise RefusedError(f"no trade {correlation_id!r}: {tree.root} holds no events of any container")
    raise RefusedError(f"no trade {correlation_id!r}: {_trades_in(opened_trace(tree, searched))}")


def _events_of(trace: Trace, correlation_id: str) -> dict[str, Event]:
    events: dict[str, Event] = {}
    for event in trace:
        if event["correlation_id"] == correlation_id:
            events.setdefault(event["event_id"], event)
            if event.get("ends_correlation") is True:
                break
    return events


def _traced(tree: ResultsTree, trace: Trace, correlation_id: str, events: dict[str, Event]) -> Trade:
    faults = [trace.fault] if trace.fault else []
    while found := _causes_of(events, trace):
        events |= found
    own = dict(sorted(events.items(), key=lambda item: item[1]["seq"]))
    causes = Causes(tree, trace.container_id)
    causes.follow(own)
    return Trade(correlation_id, trace.container_id, causes.before(own), faults + causes.faults, causes.containers)


def _missing(events: dict[str, Event]) -> list[str]:
    """The causes that `events` name and that are not among them."""
    causes = (event["causation_id"] for event in events.values())
    return list(dict.fromkeys(cause for cause in causes if cause is not None and cause not in events))


def _causes_of(events: dict[str, Event], trace: Trace) -> dict[str, Event]:
    """The causes of `events` that are not among them, as far as they were traced; a cause comes before its effect."""
    last = {e["causation_id"]: e["seq"] for e in events.values() if e["causation_id"] not in {None, *events}}
    latest = max(last.values(), default=0)
    found: dict[str, Event] = {}
    for event in trace:
        if len(found) == len(last) or event["seq"] >= latest:
            break
        if event["event_id"] in last:
            found.setdefault(event["event_id"], event)
    return found


def _trades_in(trace: Trace) -> str:
    first = last = None
    for event in trace:
        if event["correlation_id"] is not None:
            first, last = first or event["correlation_id"], event["correlation_id"]
    fault = f" ({trace.fault})" if trace.fault else ""
    if first is None:
        return f"the events of {trace.container_id} belong to no trade{fault}"
    return f"{trace.container_id} has {first}" + (f" to {last}" if last != first else " only") + fault
