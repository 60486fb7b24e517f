"""Strategies of installed packages: an entry point of the group `admf.strategies` is a name beside the built-in ones.

    [project.entry-points."admf.strategies"]
    my_breakout = "my_package.strategies:Breakout"

Packages are looked through only when a config names a strategy that is not built in, or when a list is asked for.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.blame import Interruption, described
from engine.strategies.builtin import BUILTIN
from engine.strategies.own_code import UserCodeError
from engine.strategies.user import UserStrategy, as_strategy
from engine.users_calls import UsersCalls, imports_kept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

GROUP = "admf.strategies"


@dataclass(frozen=True, slots=True)
class Registered:
    """What installed packages offer: entry points by name, and the names refused, each with the reason."""

    strategies: dict[str, EntryPoint] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def registered_strategies() -> Registered:
    """The strategies of the packages that can be imported now; none of them is imported for it."""
    return _registered(tuple(sys.path))


def package_of(point: EntryPoint) -> str:
    """The package that offers a strategy."""
    return point.dist.name if point.dist is not None else point.module


def load_registered(name: str, parameters: Mapping[str, Any]) -> UserStrategy:
    """Imports the strategy that a package registers as `name`, and checks that it takes `parameters`.

    Raises:
        UserCodeError: in one line that says what is wrong.
    """
    return as_strategy(name, import_registered(name), parameters)


def import_registered(name: str) -> Any:  # noqa: ANN401 - packages may register anything
    """What a package registers as `name`.

    Raises:
        UserCodeError: if nothing is, if the name is refused, or if importing it fails.
    """
    found = registered_strategies()
    if name in found.refused:
        raise UserCodeError(found.refused[name])
    if name not in found.strategies:
        raise UserCodeError(f"no installed package registers a strategy {name!r}")
    point = found.strategies[name]
    try:
        with imports_kept():
            return UsersCalls(name, importing=True)(point.load)
    except Interruption:
        raise
    except BaseException as error:  # a package may raise anything while it is imported
        origin = f"{name!r} of package {package_of(point)}"
        raise UserCodeError(f"importing {origin} failed: {described(error)}") from error


@lru_cache(maxsize=8)
def _registered(_path: tuple[str, ...]) -> Registered:
    from importlib.metadata import entry_points  # noqa: PLC0415 - few configs ask for it

    found = Registered()
    builtin = {str(cls.__struct_config__.tag) for cls in BUILTIN}
    by_name: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        by_name.setdefault(point.name, []).append(point)
    for name, points in sorted(by_name.items()):
        reason = _fault(name, points, builtin)
        if reason is None:
            found.strategies[name] = points[0]
        else:
            found.refused[name] = reason
    return found


def _fault(name: str, points: list[EntryPoint], builtin: set[str]) -> str | None:
    packages = " and ".join(sorted({package_of(point) for point in points}))
    if name in builtin:
        return f"package {packages} registers the strategy {name!r}, which is the name of a built-in one"
    if "." in name:
        return f"package {packages} registers the strategy {name!r}: a name with a dot would be read as a dotted path"
    if len(points) > 1:
        return f"the strategy {name!r} is registered more than once, by package {packages}"
    return None
