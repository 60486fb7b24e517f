"""Reading a trace: every whole event before the first damage, and what the damage is (rule S7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tracing.reading.members import DamagedMemberError, members_of
from tracing.reading.parts import find_parts
from tracing.storage.limits import LONGEST_LINE
from tracing.storage.window import WINDOW_STEM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Damage(msgspec.Struct, frozen=True):
    """Where reading had to stop: the file, the byte from which it cannot be trusted, why, and the events before it."""

    path: str
    offset: int
    reason: str
    events: int

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.path}: damaged at byte {self.offset}: {self.reason}; {self.events} events before it are whole"


class TraceReader:
    """Iterates over the events of a folder as dicts, in order, in bounded memory; never changes a file.

    It stops at the first damage: a torn or corrupt member, a line that is no event, a gap in `seq`, a missing file.
    Afterwards `count` says how many events were read and `damage` why there are not more, None if all is well.
    `stem` names the files: `events` for `events.jsonl.gz`. Without `numbered`, a gap in `seq` is left to who reads. The events of
    `events.window` are only some of those that came: there `seq` rises.
    """

    def __init__(self, folder: Path, stem: str = "events", *, numbered: bool = True) -> None:
        self._folder = folder
        self._parts = find_parts(folder, stem)
        self._numbered = numbered
        self._rises = stem == WINDOW_STEM
        self._last = -1
        self._decode = msgspec.json.Decoder(dict[str, Any]).decode
        self.count = 0
        self.damage: Damage | None = None

    @property
    def found(self) -> bool:
        """Whether there is a file to read at all."""
        return bool(self._parts.paths) or self._parts.fault is not None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self.count = 0
        self._last = -1
        self.damage = None
        for path in self._parts.paths:
            yield from self._part(path)
            if self.damage is not None:
                return
        if self._parts.fault is not None:
            self.damage = Damage(str(self._folder), 0, self._parts.fault, self.count)

    def _part(self, path: Path) -> Iterator[dict[str, Any]]:
        try:
            with path.open("rb") as file:
                for offset, lines in members_of(path)(file):
                    yield from self._member(offset, lines)
        except DamagedMemberError as error:
            self.damage = Damage(str(path), error.offset, error.reason, self.count)

    def _member(self, offset: int, lines: bytes) -> Iterator[dict[str, Any]]:
        *whole, rest = lines.split(b"\n")
        for line in whole:
            yield self._event(offset, line)
        if rest:
            raise DamagedMemberError(offset, "a member ends inside a line")

    def _event(self, offset: int, line: bytes) -> dict[str, Any]:
        if len(line) > LONGEST_LINE:
            raise DamagedMemberError(offset, f"a line of {len(line):,} bytes")
        try:
            event: dict[str, Any] = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedMemberError(offset, f"line {self.count + 1} is no event ({error})") from error
        if self._rises:
            self._check_rise(offset, event.get("seq"))
        elif self._numbered and event.get("seq") != self.count:
            raise DamagedMemberError(offset, f"seq {event.get('seq')!r} where {self.count} is due")
        self.count += 1
        return event

    def _check_rise(self, offset: int, seq: object) -> None:
        if not isinstance(seq, int) or seq <= self._last:
            raise DamagedMemberError(offset, f"seq {seq!r} after {self._last}")
        self._last = seq
