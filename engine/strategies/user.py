"""A user's own strategy by dotted path: a function of columns, or a class (rule Y1)."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.own_events import BadEventError, check_registered
from engine.strategies.own_code import UserCodeError, checked, named_by
from engine.users_calls import UsersCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from engine.strategies.columns import Columns, Markets


@dataclass(frozen=True, slots=True)
class ColumnFunction:
    """A user's function or method with its parameters, made to look like any column strategy; `path` names it."""

    path: str
    function: Callable[..., npt.ArrayLike]
    parameters: Mapping[str, Any]
    calls: UsersCalls

    def targets(self, columns: Columns) -> npt.ArrayLike:
        """What the function returns for these columns."""
        return self.calls(self.function, columns, **self.parameters)


@dataclass(frozen=True, slots=True)
class MarketFunction:
    """The same of all symbols, made to look like any strategy over markets."""

    path: str
    function: Callable[..., Mapping[str, npt.ArrayLike]]
    parameters: Mapping[str, Any]
    calls: UsersCalls

    def market_targets(self, markets: Markets) -> Mapping[str, npt.ArrayLike]:
        """What the function returns for these markets."""
        return self.calls(self.function, markets, **self.parameters)


@dataclass(frozen=True, slots=True)
class UserStrategy:
    """What the config named: `make()` gives a fresh strategy object, `is_column` says of which style.

    The user's own object comes of a class that looks at one bar at a time: that is to be called by UsersCalls.

    A strategy that looks at one bar at a time may register `event_types` of its own (rule E4), and hear those of others.
    """

    path: str
    is_column: bool
    make: Callable[[], Any]
    event_types: tuple[str, ...] = ()
    hears_events: bool = False


def load_strategy(path: str, parameters: Mapping[str, Any], folder: Path) -> UserStrategy:
    """Imports `path` (`module.name`) with `folder` as the import root, and checks that it takes `parameters`.

    Raises:
        UserCodeError: in one line that says what is wrong.
    """
    return as_strategy(path, named_by(path, folder), parameters)


def as_strategy(path: str, named: Any, parameters: Mapping[str, Any]) -> UserStrategy:  # noqa: ANN401 - users name anything
    """What `path` turned out to be, as a strategy with these parameters; annotated ones get the type they ask for.

    Raises:
        UserCodeError: if it is no strategy, or does not take the parameters.
    """
    if inspect.isclass(named):
        return _of_class(path, named, checked(path, named, parameters))
    if not callable(named):
        raise UserCodeError(f"{path} is neither a function nor a class")
    values = checked(path, named, parameters, "columns")
    kind = MarketFunction if _takes_markets(named, 0) else ColumnFunction
    return UserStrategy(path, is_column=True, make=lambda: kind(path, named, values, UsersCalls(path)))


def _of_class(path: str, named: Any, values: Mapping[str, Any]) -> UserStrategy:  # noqa: ANN401 - a class
    if hasattr(named, "targets"):
        first = _must_take(path, named, "targets", "columns")
        kind = MarketFunction if _takes_markets(named.targets, first) else ColumnFunction
        _own_events(path, named, is_column=True)

        def with_targets() -> MarketFunction | ColumnFunction:
            calls = UsersCalls(path)
            return kind(path, calls(named, **values).targets, {}, calls)

        return UserStrategy(path, is_column=True, make=with_targets)
    if not callable(getattr(named, "on_bar", None)):
        raise UserCodeError(f"class {path} has neither on_bar(bar, features, position) nor targets(columns)")
    event_types, hears = _own_events(path, named, is_column=False)
    _must_take(path, named, "on_bar", "bar", "features", "position", *(["publish"] if event_types else []))
    return UserStrategy(
        path, is_column=False, make=lambda: named(**values), event_types=event_types, hears_events=hears
    )


def _must_take(path: str, named: type, name: str, *wanted: str) -> int:
    """Whether the method takes what it will be called with; returns how many parameters stand before that."""
    bound = isinstance(inspect.getattr_static(named, name), staticmethod | classmethod)
    before = () if bound else ("self",)
    try:
        inspect.signature(getattr(named, name)).bind(*before, *wanted)
    except (TypeError, ValueError) as error:
        raise UserCodeError(f"{path} must have {name}({', '.join((*before, *wanted))}): {error}") from error
    return len(before)


def _own_events(path: str, named: Any, *, is_column: bool) -> tuple[tuple[str, ...], bool]:  # noqa: ANN401
    """The event types that a class registers, and whether it wants to hear events."""
    try:
        event_types = check_registered(getattr(named, "event_types", ()))
    except BadEventError as error:
        raise UserCodeError(f"class {path}: {error}") from None
    hears = hasattr(named, "on_event")
    if is_column:
        if event_types or hears:
            raise UserCodeError(f"class {path} works on columns: only one with on_bar publishes events or hears them")
        return (), False
    if bool(event_types) != ("publish" in inspect.signature(named.on_bar).parameters):
        wanted = "on_bar(bar, features, position, publish)"
        raise UserCodeError(f"class {path}: to publish events it needs event_types and {wanted}, both or neither")
    return event_types, hears


def _takes_markets(function: Callable[..., Any], place: int) -> bool:
    """Whether the parameter at this place is called `markets`: then it is asked once for all symbols together."""
    return list(inspect.signature(function).parameters)[place : place + 1] == ["markets"]
