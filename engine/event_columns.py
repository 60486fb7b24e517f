"""Events of one type as columns: what many bars have to say, before anybody asks for a single event of them.

Whoever only writes them down makes their lines from the columns; whoever wants events gets them built.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.events import Event

    Made = TypeVar("Made")


class Numbered(NamedTuple):
    """A column of texts: `prefix` with each of `numbers` behind it."""

    prefix: str
    numbers: Sequence[int]


class EventColumns:
    """Events of `event_class`, one a row, that belong to no trade. `timestamps`: ns UTC, ascending.

    `values` has one entry for each further field, in their order: a list with a value for each row, a `Numbered` column, a dict of
    lists (the field is then a dict in each row), or anything else, which is the same in all rows.
    """

    __slots__ = ("_made", "event_class", "timestamps", "values")

    def __init__(self, event_class: type[Event], timestamps: list[int], values: tuple[Any, ...]) -> None:
        self.event_class = event_class
        self.timestamps = timestamps
        self.values = values
        self._made: Any = None

    @property
    def type(self) -> str:
        """The type of its events."""
        return self.event_class.type

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the further fields."""
        return self.event_class.__struct_fields__[1:]

    def events(self, start: int, end: int) -> list[Event]:
        """Those of the rows from `start` up to `end`."""
        columns = (_cut(value, start, end) for value in self.values)
        return list(map(self.event_class, self.timestamps[start:end], *columns))

    def once(self, make: Callable[[EventColumns], Made]) -> Made:
        """What `make` makes of them, made when first asked for: one thing alone may be made so."""
        if self._made is None:
            self._made = make(self)
        made: Made = self._made
        return made


class Stretch:
    """The rows from `start` up to `end` of some columns."""

    __slots__ = ("_events", "columns", "end", "start")

    def __init__(self, columns: EventColumns, start: int, end: int) -> None:
        self.columns = columns
        self.start = start
        self.end = end
        self._events: list[Event] | None = None

    def events(self) -> list[Event]:
        """Their events, built when first asked for."""
        if self._events is None:
            self._events = self.columns.events(self.start, self.end)
        return self._events


def in_turn(stretches: Sequence[Stretch]) -> Iterable[Event]:
    """The events of several stretches, equally long: the first of each, then the second of each, and so on."""
    return chain.from_iterable(zip(*(stretch.events() for stretch in stretches), strict=True))


def _cut(value: object, start: int, end: int) -> Iterable[Any]:
    if isinstance(value, list):
        return value[start:end]
    if isinstance(value, Numbered):
        return [f"{value.prefix}{number}" for number in value.numbers[start:end]]
    if isinstance(value, dict):
        rows = zip(*(column[start:end] for column in value.values()), strict=True)
        return [dict(zip(value, row, strict=True)) for row in rows]
    return repeat(value)
