"""What a user's bar strategy publishes events of its own with (rule E4)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.events import Event, RegimeChange
from engine.own_events import BadEventError, own_event_class
from engine.plain import NotPlainError, as_number, as_text, only_element, shown

if TYPE_CHECKING:
    from engine.containers.outlet import Outlet


class _Regime(NamedTuple):
    """The fields of a REGIME_CHANGE that its publisher states."""

    current: str
    probability: float
    previous: str | None = None


class OwnPublisher:
    """Called by a strategy as `publish("market.breadth", above=12, below=3)`, for the types that its class registered.

    The events are of the symbol of the bar under way, caused by what the strategy saw. They are counted and named whether or
    not somebody wants them, built only then, and dispatched in their order when `on_bar` has returned.
    """

    def __init__(self, outlet: Outlet, event_types: tuple[str, ...]) -> None:
        self._outlet = outlet
        self._event_types = event_types
        self._bar: tuple[str, str] | None = None
        self._published: list[Event] = []

    def turn_to(self, symbol: str, cause: str) -> None:
        """Says of which symbol and from which event what is published next comes."""
        self._bar = symbol, cause

    def dispatch_all(self) -> None:
        """Dispatches what was published at this bar."""
        published, self._published, self._bar = self._published, [], None
        for event in published:
            self._outlet.dispatch(event)

    def __call__(self, event_type: str, **fields: Any) -> None:  # noqa: ANN401 - checked below
        """Publishes an event; numbers by name, None for what is not known.

        Raises:
            BadEventError: for a type that is not registered, fields that are not of its kind, or a call from elsewhere.
        """
        if event_type not in self._event_types:
            known = ", ".join(self._event_types)
            raise BadEventError(f"published {event_type!r}, which is not among the event_types of its class: {known}")
        event_type = as_text("an event type", event_type)
        if self._bar is None:
            raise BadEventError(f"published {event_type} outside of on_bar")
        symbol, cause = self._bar
        said = _regime(fields) if event_type == RegimeChange.type else _values(event_type, fields)
        event_id = self._outlet.identify(event_type)
        if not self._outlet.wants(event_type):
            return
        common = (self._outlet.now, self._outlet.label, event_id, None, cause, symbol)
        event: Event
        if isinstance(said, _Regime):
            event = RegimeChange(*common, said.previous, said.current, said.probability)
        else:
            event = own_event_class(event_type)(*common, said)
        self._published.append(event)


def _values(event_type: str, fields: dict[str, Any]) -> dict[str, float | None]:
    return {_name(event_type, name): _value(event_type, name, value) for name, value in fields.items()}


def _name(event_type: str, name: str) -> str:
    try:
        return as_text("a name", name)
    except NotPlainError as error:
        raise BadEventError(f"published {event_type}: {error}") from None


def _value(event_type: str, name: str, value: object) -> float | None:
    """NaN and infinity are not known; true and false are 1 and 0."""
    if value is None:
        return None
    truth = only_element(value)
    try:
        number = float(truth) if isinstance(truth, bool) else as_number(name, value)
    except NotPlainError:
        raise BadEventError(f"published {event_type} with {name} {shown(value)}: expected a number or None") from None
    return number if math.isfinite(number) else None


def _regime(fields: dict[str, Any]) -> _Regime:
    strange = [name for name in fields if name not in _Regime._fields]
    missing = [name for name in ("current", "probability") if name not in fields]
    if strange or missing:
        raise _no_regime(f"{strange[0]} is none of them" if strange else f"{missing[0]} is missing")
    try:
        probability, previous = as_number("probability", fields["probability"]), fields.get("previous")
        text = None if previous is None else as_text("previous", previous)
        regime = _Regime(as_text("current", fields["current"]), probability, text)
    except NotPlainError as error:
        raise _no_regime(str(error)) from None
    if not 0.0 <= probability <= 1.0:
        raise _no_regime(f"probability is {probability}: expected 0 to 1")
    return regime


def _no_regime(why: str) -> BadEventError:
    return BadEventError(f"published REGIME_CHANGE (previous, current, probability): {why}")
