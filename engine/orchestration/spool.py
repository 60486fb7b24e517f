"""Spools: what lanes bring to containers whose tracers run elsewhere, noted in order on disk (rule Z2).

A tracer on a container that several lanes reach must see one stream, whichever process simulated them. So a part that holds
some of the lanes has taps on such containers instead of tracers. What a tap sees is noted under its place in the order of the
run, and the part that holds the shared containers replays the merged notes.
"""

from __future__ import annotations

import heapq
from functools import cache
from struct import Struct as Layout
from typing import TYPE_CHECKING, Any, Union

import msgspec

from engine.bus import SHARED
from engine.events import EVENT_CLASSES, Event
from engine.own_events import PUBLISHABLE, own_event_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.agenda import Agenda
    from engine.orchestration.plan import Planned

_LENGTH = Layout("<I")
_CHUNK = 1 << 16


class Ended(msgspec.Struct, frozen=True, gc=False, tag="ended", tag_field="type"):
    """The end of a trade."""

    correlation_id: str


class Changed(msgspec.Struct, frozen=True, gc=False, tag="changed", tag_field="type"):
    """A container of a lane has another status."""

    id: str
    status: str


class Note(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What came to `container`, and where in the order of the run that was.

    `lane` is that whose turn it was. `rank` orders what several lanes did in the turn of the shared containers.
    """

    step: int
    phase: int
    lane: int
    rank: int
    container: str
    what: Any

    @property
    def turn(self) -> tuple[int, int, int]:
        """The turn in which it came."""
        return self.step, self.phase, self.lane


@cache
def _decoder(own_event_types: tuple[str, ...]) -> msgspec.msgpack.Decoder[Note]:
    """Reads notes; a type that a user registered is one of the events."""
    own = map(own_event_class, set(own_event_types) - PUBLISHABLE)
    what = Union[(*EVENT_CLASSES, *own, Ended, Changed)]  # type: ignore[valid-type]
    read = msgspec.defstruct("Read", [("what", what)], bases=(Note,), frozen=True, gc=False, array_like=True)
    return msgspec.msgpack.Decoder(read)


class Spool:
    """Writes notes to a file; `containers` are those of the plan, by id.

    What the shared ones themselves do is left out: whoever replays the notes does it too.
    """

    def __init__(self, path: Path, agenda: Agenda, containers: Mapping[str, Planned]) -> None:
        self._agenda = agenda
        self._containers = containers
        self._encoder = msgspec.msgpack.Encoder()
        self._file = path.open("wb", buffering=_CHUNK)

    def note(self, container: str, source: str, what: Event | Ended | Changed) -> None:
        """Notes what `source` brought to `container`.

        Raises:
            OSError: if it cannot be written.
        """
        agenda, owner = self._agenda, self._containers[source]
        if agenda.lane == SHARED and owner.lane == SHARED:
            return
        rank = owner.rank if agenda.lane == SHARED else 0
        line = self._encoder.encode(Note(agenda.step, agenda.phase, agenda.lane, rank, container, what))
        self._file.write(_LENGTH.pack(len(line)))
        self._file.write(line)

    def close(self) -> None:
        """Writes what still waits."""
        self._file.close()


class Tap:
    """An observer in a tracer's stead: it asks for the same events and notes them for `container`."""

    in_place = True
    """It notes where the run stands, so it must see each event in its turn and not in bulk."""

    def __init__(self, spool: Spool, container: str, event_types: frozenset[str] | None) -> None:
        self.event_types = event_types
        self._spool = spool
        self._container = container

    def observe(self, event: Event) -> None:
        """Notes the event."""
        self._spool.note(self._container, event.source, event)

    def ended(self, correlation_id: str) -> None:
        """Notes the end of a trade, whose id begins with its portfolio's."""
        self._spool.note(self._container, correlation_id.rpartition("#")[0], Ended(correlation_id))


def merged(paths: Sequence[Path], own_event_types: tuple[str, ...]) -> Iterator[Note]:
    """The notes of several spools in the one order of the run; those of a lane must stand in one of them."""
    decoder = _decoder(own_event_types)
    return heapq.merge(*(_notes(path, decoder) for path in paths), key=lambda note: note.turn)


def _notes(path: Path, decoder: msgspec.msgpack.Decoder[Note]) -> Iterator[Note]:
    """The whole notes of a file: a process that was stopped may have left the beginning of one at its end."""
    with path.open("rb", buffering=_CHUNK) as file:
        while len(length := file.read(_LENGTH.size)) == _LENGTH.size:
            line = file.read(*_LENGTH.unpack(length))
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError:
                return
