"""A speaker: one source in a lane that is computed as columns, naming and saying its events after the fact (rule E1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.events import Event


class Speaker:
    """Speaks as the source whose event ids begin with `label`; `now` is the moment that is told, ns UTC.

    `dispatch` takes each event as it is said: in a lane by itself nothing else has its turn in between.
    """

    __slots__ = ("_dispatch", "_ordinals", "label", "now")

    def __init__(self, label: str, dispatch: Callable[[Event], None]) -> None:
        self.label = label
        self.now = 0
        self._dispatch = dispatch
        self._ordinals: dict[str, int] = {}

    def identify(self, event_type: str) -> str:
        """The id of its next event of this type."""
        ordinal = self._ordinals[event_type] = self._ordinals.get(event_type, 0) + 1
        return f"{self.label}:{event_type}:{ordinal}"

    def say(self, event: Event) -> None:
        """Has an event heard."""
        self._dispatch(event)
