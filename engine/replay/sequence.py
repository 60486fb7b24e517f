"""No event missing, none there twice: `seq` counts a trace, and event ids count each source and type (rule E1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.containers.root import RUN_START_ID
from engine.replay.difference import DifferenceFoundError, broken
from tracing.record import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Fields = dict[str, Any]


class Sequence:
    """Follows the numbering of a trace.

    A portfolio that traces everything hears every event of a source that it hears at all, so the ids of each source and
    type are 1, 2, 3 ... without a gap, and every cause comes before its effect.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._due = 0

    @property
    def events(self) -> int:
        """How many events have come."""
        return self._due

    def published(self, source: str) -> dict[str, int]:
        """How many events have come that a container published, by type."""
        named = (prefix.rpartition(":") for prefix in self._last)
        return {kind: self._last[f"{id_}:{kind}"] for id_, _, kind in named if id_ == source}

    def steps(self, events: Iterable[Fields]) -> Iterator[tuple[int, list[Fields]]]:
        """The timestamp (ns UTC) and the events of one moment after the other.

        Raises:
            DifferenceFoundError: at the first event that is missing, doubled, or before its time.
        """
        step: list[Fields] = []
        now: int | None = None
        for event in self._numbered(events):
            moment = _moment(event)
            if now is None or moment > now:
                if now is not None:
                    yield now, step
                now, step = moment, []
            elif moment < now:
                raise broken(event["seq"], event["event_id"], "its timestamp lies before that of the event before it")
            step.append(event)
        if now is not None:
            yield now, step

    def _numbered(self, events: Iterable[Fields]) -> Iterator[Fields]:
        remaining = iter(events)
        for event in remaining:
            seq, event_id = event["seq"], event["event_id"]
            prefix, ordinal = _parts(event_id)
            before = self._last.get(prefix, 0)
            if 0 < ordinal <= before:
                raise broken(seq, event_id, "stands there twice")
            if not isinstance(seq, int) or seq < self._due:
                raise broken(self._due, event_id, f"has seq {seq!r} where {self._due} is due")
            if seq > self._due:
                raise self._missing(event, remaining)
            if ordinal > before + 1:
                raise _is_missing(seq, f"{prefix}:{before + 1}", event)
            self._last[prefix] = ordinal
            self._check_cause(event)
            self._due += 1
            yield event

    def _check_cause(self, event: Fields) -> None:
        cause = event["causation_id"]
        if cause is None or cause == RUN_START_ID:
            return
        prefix, ordinal = _parts(cause)
        if ordinal > self._last.get(prefix, 0):
            what = f"is missing: seq {event['seq']} {event['event_id']} names it as its cause"
            raise broken(event["seq"], cause, what)

    def _missing(self, event: Fields, remaining: Iterator[Fields]) -> DifferenceFoundError:
        """The event that is not there where `event` stands: the ordinal that its kind goes on without."""
        last = dict(self._last)
        later: Fields | None = event
        while later is not None:
            prefix, ordinal = _parts(later["event_id"])
            if ordinal > last.get(prefix, 0) + 1:
                return _is_missing(self._due, f"{prefix}:{last.get(prefix, 0) + 1}", event)
            last[prefix] = ordinal
            later = next(remaining, None)
        return _is_missing(self._due, "the last event of its kind", event)


def _is_missing(seq: int, event_id: str, found: Fields) -> DifferenceFoundError:
    return broken(seq, event_id, f"is missing: seq {found['seq']} {found['event_id']} stands in its place")


def _parts(event_id: str) -> tuple[str, int]:
    prefix, _, ordinal = event_id.rpartition(":")
    return prefix, int(ordinal) if ordinal.isascii() and ordinal.isdigit() else 0


def _moment(event: Fields) -> int:
    try:
        return nanoseconds(event["timestamp"])
    except ValueError as error:
        raise broken(event["seq"], event["event_id"], str(error)) from error
