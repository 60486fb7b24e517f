"""A user's own strategy by dotted path: a function of columns, or a class (rule Y1)."""

from __future__ import annotations

import importlib
import inspect
import sys
import sysconfig
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.strategies.parameters import BadValueError, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from engine.events import Bar
    from engine.strategies.builtin import Columns
    from engine.strategies.decision import PositionView

_PRODUCT = frozenset({"cli", "engine", "tracing"})


class UserCodeError(ValueError):
    """What the config names cannot be imported, or is no strategy, or does not take these parameters.

    `key` is the key of the config's `strategy:` that is at fault.
    """

    def __init__(self, message: str, key: str = "name") -> None:
        super().__init__(message)
        self.key = key


class BarStrategy(Protocol):
    """A strategy that looks at one bar at a time."""

    def on_bar(self, bar: Bar, features: Mapping[str, float], position: PositionView | None) -> object:
        """The decision at this bar, or None."""


@dataclass(frozen=True, slots=True)
class ColumnFunction:
    """A user's function with its parameters, made to look like any column strategy."""

    function: Callable[..., npt.ArrayLike]
    parameters: Mapping[str, Any]

    def targets(self, columns: Columns) -> npt.ArrayLike:
        """What the function returns for these columns."""
        return self.function(columns, **self.parameters)


@dataclass(frozen=True, slots=True)
class UserStrategy:
    """What the config named: `make()` gives a fresh strategy object, `is_column` says of which style."""

    path: str
    is_column: bool
    make: Callable[[], Any]


def load_strategy(path: str, parameters: Mapping[str, Any], folder: Path) -> UserStrategy:
    """Imports `path` (`module.name`) with `folder` as the import root, and checks that it takes `parameters`.

    Raises:
        UserCodeError: in one line that says what is wrong.
    """
    return as_strategy(path, _named(path, folder), parameters)


def as_strategy(path: str, named: Any, parameters: Mapping[str, Any]) -> UserStrategy:  # noqa: ANN401 - users name anything
    """What `path` turned out to be, as a strategy with these parameters; annotated ones get the type they ask for.

    Raises:
        UserCodeError: if it is no strategy, or does not take the parameters.
    """
    if inspect.isclass(named):
        values = _checked(path, named, parameters)
        is_column = hasattr(named, "targets")
        if not is_column and not hasattr(named, "on_bar"):
            raise UserCodeError(f"class {path} has neither on_bar(bar, features, position) nor targets(columns)")
        return UserStrategy(path, is_column, lambda: named(**values))
    if not callable(named):
        raise UserCodeError(f"{path} is neither a function nor a class")
    values = _checked(path, named, parameters, "columns")
    return UserStrategy(path, is_column=True, make=lambda: ColumnFunction(named, values))


def _checked(
    path: str, named: Callable[..., Any], parameters: Mapping[str, Any], *positional: str
) -> Mapping[str, Any]:
    try:
        inspect.signature(named).bind(*positional, **parameters)
        return typed(named, parameters)
    except BadValueError as error:
        raise UserCodeError(str(error), error.parameter) from error
    except (TypeError, ValueError) as error:  # ValueError: functions written in C may have no signature
        raise UserCodeError(f"{path}: {error}") from error


def _named(path: str, folder: Path) -> Any:  # noqa: ANN401 - users may name anything; load_strategy checks it
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, folder)
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise UserCodeError(f"module {module_name} has no {name!r}") from error


def _module(name: str, folder: Path) -> Any:  # noqa: ANN401 - a module
    _make_way(name.partition(".")[0], folder)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserCodeError(f"no module {error.name!r} is found; imports start at the config's folder") from error
    except Exception as error:  # a user's module may raise anything while it is imported
        raise UserCodeError(f"importing {name} failed: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(folder))


def _make_way(top: str, folder: Path) -> None:
    """Sees to it that `top` means the file in `folder`, if there is one, and that nobody else meant another."""
    own = folder / f"{top}.py" if (folder / f"{top}.py").exists() else folder / top / "__init__.py"
    if not own.exists():
        return
    if _is_taken(top):
        raise UserCodeError(f"{top!r} is also the name of a module that Python or admf uses: rename yours")
    loaded = getattr(sys.modules.get(top), "__file__", None)
    if loaded is not None and Path(loaded).resolve() != own.resolve():
        # Another config's module, imported earlier in this process, must not answer for this one.
        for name in [n for n in sys.modules if n == top or n.startswith(f"{top}.")]:
            del sys.modules[name]


def _is_taken(top: str) -> bool:
    """Whether the name belongs to Python itself, to this product, or to something installed beside it."""
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return top in sys.stdlib_module_names or top in _PRODUCT or PathFinder.find_spec(top, sorted(installed)) is not None
