"""Event types of the users' own (rule E4): registered by the strategy that publishes them, their names joined by dots."""

from __future__ import annotations

import re
from functools import cache
from typing import ClassVar, cast

import msgspec

from engine.events import EVENT_TYPES, Event, RegimeChange

_WORD = "[A-Za-z_][A-Za-z0-9_]*"
OWN_TYPE = rf"^{_WORD}(\.{_WORD})+$"
"""How the name of a user's event type is written, as a regular expression."""
LONGEST = 64
PUBLISHABLE = frozenset({RegimeChange.type})
"""The built-in types that a strategy may publish: no part of the product says them."""


class BadEventError(ValueError):
    """A strategy published something that is no event of a type it registered."""


class OwnEvent(Event, frozen=True, gc=False):
    """What a user's strategy had to say at a bar of `symbol`; the type is that of the subclass, `values` are free."""

    symbol: str
    values: dict[str, float | None]


def is_own_type(name: str) -> bool:
    """Whether this may be the name of a user's event type: words joined by dots, such as `market.breadth`."""
    return len(name) <= LONGEST and re.fullmatch(OWN_TYPE, name) is not None


def check_registered(event_types: object) -> tuple[str, ...]:
    """What a strategy class lists as its `event_types`.

    Raises:
        BadEventError: if that is no list of types that a strategy may publish.
    """
    if not isinstance(event_types, tuple | list) or not all(isinstance(name, str) for name in event_types):
        raise BadEventError(f"event_types is {event_types!r}: expected names such as ('market.breadth',)")
    for name in event_types:
        if name in EVENT_TYPES and name not in PUBLISHABLE:
            raise BadEventError(f"{name} is an event of the engine, which alone publishes it")
        if name not in PUBLISHABLE and not is_own_type(name):
            raise BadEventError(
                f"{name!r} is no name for an event type of your own: join words by a dot, as market.breadth"
            )
    return tuple(event_types)


@cache
def own_event_class(event_type: str) -> type[OwnEvent]:
    """The struct of a user's event type."""
    made = msgspec.defstruct(
        "OwnEvent",
        [],
        bases=(OwnEvent,),
        namespace={"type": event_type, "__annotations__": {"type": ClassVar[str]}},
        tag=event_type,
        frozen=True,
        gc=False,
    )
    return cast("type[OwnEvent]", made)
