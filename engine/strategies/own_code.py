"""Users' own code: what a dotted path names is imported, and parameters are bound to it (rules Y1, X8, P1)."""

from __future__ import annotations

import importlib
import inspect
import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.blame import Interruption, described, users_line
from engine.guesses import nearest
from engine.strategies.parameters import BadValueError, typed
from engine.users_calls import UsersCalls, imports_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PRODUCT = frozenset({"cli", "engine", "tracing"})


class UserCodeError(ValueError):
    """What the config names cannot be imported, or is not what is wanted there, or does not take these parameters.

    `key` is the key beside the component's `name:` that is at fault, or `name` itself.
    """

    def __init__(self, message: str, key: str = "name") -> None:
        super().__init__(message)
        self.key = key


def named_by(path: str, folder: Path) -> Any:  # noqa: ANN401 - users may name anything; whoever asks checks it
    """What `path` (`module.name`) names, imported with `folder` as the import root.

    Raises:
        UserCodeError: in one line that says what is wrong.
    """
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, folder)
    try:
        return getattr(module, name)
    except AttributeError as error:
        others = [each for each in vars(module) if not each.startswith("_")]
        raise UserCodeError(f"module {module_name} has no {name!r}{nearest(name, others)}") from error


def _module(name: str, folder: Path) -> Any:  # noqa: ANN401 - a module
    _make_way(name.partition(".")[0], folder)
    try:
        with imports_kept():
            sys.path.insert(0, str(folder))
            try:
                return UsersCalls(name, importing=True)(importlib.import_module, name)
            finally:
                if str(folder) in sys.path:
                    sys.path.remove(str(folder))
    except ModuleNotFoundError as error:
        raise UserCodeError(_not_found(error, folder)) from error
    except Interruption:
        raise
    except BaseException as error:  # a user's module may raise anything while it is imported
        raise UserCodeError(f"importing {name} failed: {described(error)}") from error


def _not_found(error: ModuleNotFoundError, folder: Path) -> str:
    """What is missing: the module that the config names, or one that its own code imports."""
    missing, line = str(error.name), users_line(error)
    if line:
        return f"no module {missing!r} is found, imported at {line}"
    others = [each.stem for each in folder.glob("*.py")]
    return f"no module {missing!r} is found; imports start at the config's folder{nearest(missing, others)}"


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


def checked(path: str, named: Callable[..., Any], parameters: Mapping[str, Any], *positional: str) -> Mapping[str, Any]:
    """The parameters in the types that the signature of `named` asks for; `positional` stand before them.

    Raises:
        UserCodeError: if it does not take them.
    """
    try:
        signature = inspect.signature(named)
    except ValueError as error:  # functions written in C may have none
        raise UserCodeError(f"{path}: {error}") from error
    _must_know(path, signature, parameters, len(positional))
    try:
        signature.bind(*positional, **parameters)
        return typed(named, parameters)
    except BadValueError as error:
        raise UserCodeError(str(error), error.parameter) from error
    except TypeError as error:
        raise UserCodeError(f"{path}: {error}") from error


def _must_know(path: str, signature: inspect.Signature, given: Mapping[str, Any], before: int) -> None:
    """The first key that it has no parameter for is at fault itself; what else does not fit is told by Python."""
    every = list(signature.parameters.values())
    known = [each.name for each in every[before:]]
    unknown = next((name for name in given if name not in known), None)
    if unknown is None or any(each.kind is inspect.Parameter.VAR_KEYWORD for each in every):
        return
    takes = nearest(unknown, known) or f"; it takes {', '.join(known) or 'none'}"
    raise UserCodeError(f"{path}: got an unexpected keyword argument {unknown!r}{takes}", unknown)
