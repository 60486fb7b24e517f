"""Records that come as columns, and the JSON lines they become without ever having been records.

msgspec writes all the numbers of a column in one call; the rest of the lines is the same in every row.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from tracing.record import Stamps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tracing.record import Record

    Made = TypeVar("Made")
    Texts = Sequence[bytes]


class Columns(Protocol):
    """Records of one type, one a row, that belong to no trade. `timestamps`: ns since the epoch, UTC.

    `values`: the further fields, each a list with a value for each row (numbers, None, or texts), a pair of a text and the numbers
    that stand behind it, a dict of lists, or anything else, which is the same in all rows. `names`: what they are called.
    """

    @property
    def event_class(self) -> type:
        """What they would be records of."""

    @property
    def type(self) -> str:
        """Their type."""

    @property
    def timestamps(self) -> list[int]:
        """When each happened."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the further fields."""

    @property
    def values(self) -> Sequence[Any]:
        """What each says."""

    def once(self, make: Callable[[Columns], Made]) -> Made:
        """What `make` makes of them, made at the first call."""


class Rows(Protocol):
    """The rows from `start` up to `end` of some columns."""

    @property
    def columns(self) -> Columns:
        """Where they stand."""

    @property
    def start(self) -> int:
        """The first row."""

    @property
    def end(self) -> int:
        """The row behind the last."""


class Stretch(Rows, Protocol):
    """Rows that can become records."""

    def events(self) -> Sequence[Record]:
        """The rows as records."""


class ColumnEncoder:
    """Turns columns into the lines that a `LineEncoder` makes of their records, to the byte.

    The texts of the times and of the ids last written are kept: whatever happens at a bar bears the same.
    """

    def __init__(self) -> None:
        self._stamps = Stamps().stamps
        self._times: list[int] = []
        self._times_texts: Texts = ()
        self._ids: Sequence[int] = range(0)
        self._ids_texts: Texts = ()
        self._heads: dict[type, list[bytes]] = {}

    def tails(self, columns: Columns) -> list[bytes]:
        """The line of each row, all but its beginning `{"seq":0`."""
        line = _Line()
        head, *keys = self._heads.get(columns.event_class) or self._learn(columns)
        line.write(head)
        line.vary(self._texts_of_time(columns.timestamps))
        for key, value in zip(keys, columns.values, strict=True):
            line.write(key)
            self._write_field(line, value)
        line.write(b"}\n")
        return line.rows()

    def tails_of(self, stretch: Rows, start: int, end: int) -> Texts:
        """Those of the rows from `start` up to `end` of a stretch."""
        tails = stretch.columns.once(self.tails)
        return tails[stretch.start + start : min(stretch.start + end, stretch.end)]

    def _learn(self, columns: Columns) -> list[bytes]:
        """What stands before the time of such a record, and before each of its further fields."""
        first, *others = columns.names
        keys = [b'",%b:' % _encode(first), *(b",%b:" % _encode(name) for name in others)]
        self._heads[columns.event_class] = [b',"type":%b,"timestamp":"' % _encode(columns.type), *keys]
        return self._heads[columns.event_class]

    def _write_field(self, line: _Line, value: object) -> None:
        if isinstance(value, list):
            line.vary(_texts(value))
        elif isinstance(value, tuple):
            prefix, numbers = value
            line.write(_encode(prefix)[:-1])
            line.vary(self._texts_of_ids(numbers))
            line.write(b'"')
        elif isinstance(value, dict):
            line.write(b"{")
            for place, (name, column) in enumerate(value.items()):
                line.write(b"%b%b:" % (b"," if place else b"", _encode(name)))
                line.vary(_texts(column))
            line.write(b"}")
        else:
            line.write(_encode(value))

    def _texts_of_ids(self, numbers: Sequence[int]) -> Texts:
        """Those of a page are asked for several times: an event has the number of the one that caused it."""
        if numbers != self._ids:
            self._ids, self._ids_texts = numbers, _numbers(numbers)
        return self._ids_texts

    def _texts_of_time(self, timestamps: list[int]) -> Texts:
        """What happens at some bars bears their times, so they are asked for again, in parts."""
        first = bisect_left(self._times, timestamps[0])
        last = first + len(timestamps)
        if self._times[first:last] != timestamps:
            self._times, self._times_texts = timestamps, self._stamps(timestamps)
            return self._times_texts
        return self._times_texts[first:last]


def in_turn(stretches: Sequence[Stretch]) -> Iterable[Record]:
    """The records of several stretches, equally long: the first of each, then the second of each, and so on."""
    return chain.from_iterable(zip(*(stretch.events() for stretch in stretches), strict=True))


def numbered(seq: int, tails: Sequence[Texts]) -> bytes:
    """The lines that end so, numbered from `seq` on: the first of each list, then the second of each, and so on."""
    numbers = _numbers(range(seq, seq + len(tails) * len(tails[0])))
    head = repeat(b'{"seq":')
    pieces = [(head, numbers[place :: len(tails)], each) for place, each in enumerate(tails)]
    return b"".join(chain.from_iterable(zip(*chain.from_iterable(pieces), strict=False)))


class _Line:
    """Lines under construction: texts that are the same in all of them, and between them columns that are not."""

    def __init__(self) -> None:
        self._pieces: list[Iterable[bytes]] = []
        self._same = b""

    def write(self, text: bytes) -> None:
        self._same += text

    def vary(self, texts: Texts) -> None:
        self._pieces += (repeat(self._same), texts)
        self._same = b""

    def rows(self) -> list[bytes]:
        return list(map(b"".join, zip(*self._pieces, repeat(self._same))))


def _texts(column: list[Any]) -> Texts:
    return list(map(_encode, column)) if isinstance(column[0], str) else _numbers(column)


def _numbers(column: Iterable[float | None]) -> Texts:
    return _encode(list(column))[1:-1].split(b",")


_encode = msgspec.json.Encoder().encode
