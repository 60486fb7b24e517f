"""Which events of a trace are shown: a first look at what there is, then the ones asked for."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from cli.results.refusal import RefusedError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cli.results.trace import Event, Trace


@dataclass(slots=True)
class Overview:
    """What is in a trace: events by type, in the order in which the types first occur.

    `longest`: characters of the longest text of some fields. `daily`: all of them happened at midnight UTC, as those of
    daily bars do. `fields`: those that events of a type have.
    """

    counts: Counter[str] = field(default_factory=Counter)
    longest: dict[str, int] = field(default_factory=lambda: {"type": 0, "source": 0, "correlation_id": 0})
    daily: bool = True
    fields: dict[str, dict[str, None]] = field(default_factory=dict)

    def names(self, types: Collection[str] = ()) -> list[str]:
        """The fields that events of these types (all, if none is named) have, in the order in which they occur."""
        shown = (names for type_, names in self.fields.items() if not types or type_ in types)
        return list(dict.fromkeys(name for names in shown for name in names))

    @property
    def total(self) -> int:
        """How many events there are."""
        return self.counts.total()


@dataclass(frozen=True, slots=True)
class Selection:
    """The events asked for: of some types (all, if none is named), the first `head` and the last `tail` of them."""

    types: frozenset[str] = frozenset()
    head: int | None = None
    tail: int | None = None

    def of(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events asked for, in order, none twice. Holds no more than `tail` of them in memory."""
        chosen = (event for event in events if not self.types or event["type"] in self.types)
        if self.head is None and self.tail is None:
            yield from chosen
            return
        yield from islice(chosen, self.head or 0)
        if self.tail is not None:
            yield from deque(chosen, self.tail)


def overview(trace: Trace) -> Overview:
    """Reads a trace to its end, or to where it is damaged."""
    found = Overview()
    for event in trace:
        found.counts[event["type"]] += 1
        if event.keys() != found.fields.setdefault(event["type"], {}).keys():
            found.fields[event["type"]].update(dict.fromkeys(event))
        found.daily = found.daily and is_midnight(event["timestamp"])
        for name, length in found.longest.items():
            found.longest[name] = max(length, len(str(event.get(name) or "")))
    return found


def is_midnight(timestamp: str) -> bool:
    """Whether an RFC 3339 timestamp is the beginning of a day, UTC."""
    return timestamp.endswith("T00:00:00Z")


def types_meant(typed: Iterable[str], found: Overview, container_id: str) -> frozenset[str]:
    """The event types of a trace that were typed, whatever their case.

    Raises:
        RefusedError: with the types there are, if there is no event of one.
    """
    by_folded = {name.casefold(): name for name in found.counts}
    for name in typed:
        if name.casefold() not in by_folded:
            there = f"there are {', '.join(found.counts)}" if found.counts else "there are no events at all"
            raise RefusedError(f"{container_id}: no event of type {name!r}: {there}{nearest(name, found.counts)}")
    return frozenset(by_folded[name.casefold()] for name in typed)
