"""A run as a trace that Perfetto and Chrome show: tracks, slices, arrows, in the published Trace Event Format.

Each container is a track (a thread of one process), each trade a slice from its first to its last fill, each event a slice of
a microsecond on the track of the container that published it, each causation an arrow between two of those.

Everything that happens in a step has one timestamp. An arrow needs a beginning before its end, so what follows from
something is drawn a microsecond or more behind it. Time is that of the data, microseconds since 1970, UTC.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.database.tracks import PROCESS, Place, Tracks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Fields = dict[str, Any]

ORDER = 'SELECT epoch_us("timestamp") AS us, * FROM events ORDER BY us, container_id, seq'
"""The query whose rows `TraceEvents` draws."""

_NOT_SHOWN = frozenset({"us", "container_id", "seq", "type", "timestamp", "source", "event_id"})
_US_PER_SECOND = 1_000_000


class Open(NamedTuple):
    """A trade that has begun."""

    place: Place
    event: Fields


class TraceEvents:
    """Turns the events of a run, in order of time, into trace events; what it remembers is one step and the open trades."""

    def __init__(self, run_name: str, container_ids: Iterable[str]) -> None:
        self._tracks = Tracks(run_name, container_ids)
        self._step: dict[str, Place] = {}
        self._of_trade: dict[str, dict[str, Place]] = {}
        self._open: dict[str, Open] = {}
        self.events = self.trades = self.arrows = 0

    def draw(self, rows: Iterable[Fields]) -> Iterator[Fields]:
        """Every trace event: the names of the tracks first, then what happened."""
        yield from self._tracks.names()
        for us, step in groupby(rows, key=lambda row: row["us"]):
            self._step = {}
            ended: list[str] = []
            for event in _causes_first(step):
                yield from self._event(us, event)
                if event.get("ends_correlation") and event["correlation_id"]:
                    ended.append(event["correlation_id"])
            for trade in ended:
                self._of_trade.pop(trade, None)
        for trade in list(self._open):
            yield from self._trade(trade, None, Place(self._tracks.latest, 0))

    def _event(self, us: int, event: Fields) -> Iterator[Fields]:
        cause = self._place_of(event["causation_id"], event["correlation_id"])
        opens = event["type"] == "POSITION_OPEN"
        place = self._tracks.place(event["source"], max(us, cause.ts + 1 if cause else us), room=1 if opens else 0)
        self._remember(event, place)
        self.events += 1
        yield _slice(event["type"], "event", place, 1, _arguments(event))
        if cause is not None:
            yield from self._arrow(cause, place)
        if opens:
            self._open[event["correlation_id"]] = Open(place._replace(ts=place.ts - 1), event)
        elif event["type"] == "POSITION_CLOSE":
            yield from self._trade(event["correlation_id"], event, place)

    def _trade(self, trade: str, close: Fields | None, end: Place) -> Iterator[Fields]:
        """The slice of a trade: from its POSITION_OPEN, or if that was not traced, from when it says that it began."""
        opened = self._open.pop(trade, None)
        told = close or (opened.event if opened else {})
        began = opened.place.ts if opened else end.ts - round(told["duration_seconds"] * _US_PER_SECOND)
        yield from self._tracks.trades_of(told["source"], told["symbol"])
        start = self._tracks.trade(told["source"], told["symbol"], began, end.ts + 1)
        self.trades += 1
        arguments = _arguments(told) | ({} if close else {"still_open": True})
        yield _slice(f"{told['side']} {told['symbol']}", "trade", start, end.ts + 1 - start.ts, arguments)

    def _arrow(self, cause: Place, effect: Place) -> Iterator[Fields]:
        self.arrows += 1
        arrow = {"name": "causes", "cat": "causation", "id": self.arrows, "pid": PROCESS}
        yield {**arrow, "ph": "s", "ts": cause.ts, "tid": cause.tid}
        yield {**arrow, "ph": "f", "bp": "e", "ts": effect.ts, "tid": effect.tid}

    def _place_of(self, event_id: str | None, trade: str | None) -> Place | None:
        if event_id is None:
            return None
        return self._step.get(event_id) or self._of_trade.get(trade or "", {}).get(event_id)

    def _remember(self, event: Fields, place: Place) -> None:
        self._step[event["event_id"]] = place
        if event["correlation_id"]:
            self._of_trade.setdefault(event["correlation_id"], {})[event["event_id"]] = place


def _causes_first(step: Iterable[Fields]) -> Iterator[Fields]:
    """Each event of a step once, however many traces it is in, behind its cause."""
    waiting: dict[str, Fields] = {}
    for event in step:
        waiting.setdefault(event["event_id"], event)
    while waiting:
        chain = [waiting.pop(next(iter(waiting)))]
        while chain[-1]["causation_id"] in waiting:
            chain.append(waiting.pop(chain[-1]["causation_id"]))
        yield from reversed(chain)


def _slice(name: str, category: str, place: Place, duration: int, arguments: Mapping[str, Any]) -> Fields:
    return {
        "name": name,
        "cat": category,
        "ph": "X",
        "ts": place.ts,
        "dur": duration,
        "pid": PROCESS,
        "tid": place.tid,
        "args": arguments,
    }


def _arguments(event: Fields) -> dict[str, Any]:
    shown = {"event_id": event["event_id"]}
    return shown | {name: value for name, value in event.items() if name not in _NOT_SHOWN and value is not None}
