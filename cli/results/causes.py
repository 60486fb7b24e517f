"""Causes that a container did not trace itself, found in the traces of others (rule E3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.results.trace import trace_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.results.results import ResultsTree
    from cli.results.trace import Event


class Causes:
    """Follows the causes of the events of `container_id` into other traces.

    `containers` maps the ids of the events found to those in whose trace they were; `faults` says what is damaged there.
    """

    def __init__(self, tree: ResultsTree, container_id: str) -> None:
        self.containers: dict[str, str] = {}
        self.faults: list[str] = []
        self._tree = tree
        self._own = container_id
        self._events: dict[str, Event] = {}

    def follow(self, events: dict[str, Event]) -> None:
        """Finds the causes of `events`, their causes, and so on, as far as anybody traced them."""
        looked_for: set[str] = set()
        while True:
            known = {**events, **self._events}
            wanted = {event["causation_id"] for event in known.values()} - {None, *known} - looked_for
            if not wanted:
                return
            looked_for |= wanted
            for id_ in self._perhaps(wanted):
                self._search(id_, wanted - self._events.keys())

    def before(self, events: dict[str, Event]) -> dict[str, Event]:
        """`events` with what was found, each cause before the first of its effects."""
        ordered: dict[str, Event] = {}
        for id_, event in events.items():
            chain: list[str] = []
            cause = event["causation_id"]
            while cause in self._events and cause not in ordered and cause not in chain:
                chain.append(cause)
                cause = self._events[cause]["causation_id"]
            ordered |= {cause: self._events[cause] for cause in reversed(chain)}
            ordered[id_] = event
        return ordered

    def _perhaps(self, wanted: set[str]) -> Iterator[str]:
        """Whose traces may hold these events: those who published them, then those who watch others."""
        sources = {event_id.partition(":")[0].partition("/")[0] for event_id in wanted}
        yield from (id_ for id_ in self._tree.types if id_ in sources and id_ != self._own)
        yield from (
            id_ for id_, type_ in self._tree.types.items() if type_ == "analysis" and id_ not in {self._own, *sources}
        )

    def _search(self, id_: str, wanted: set[str]) -> None:
        trace = trace_of(self._tree, id_)
        if not wanted or not trace.found:
            return
        for event in trace:
            if event["event_id"] in wanted:
                self._events[event["event_id"]] = event
                self.containers[event["event_id"]] = id_
                wanted.remove(event["event_id"])
                if not wanted:
                    return
        if trace.fault is not None:
            self.faults.append(trace.fault)
