"""Whose line an error came from: the user's, not that of this product or of a library it passed through (rule L9)."""

from __future__ import annotations

import sysconfig
import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import engine

if TYPE_CHECKING:
    from traceback import FrameSummary

_PRODUCT = ("cli", "engine", "tracing")


def users_line(error: BaseException) -> str:
    """`file.py:7`, the innermost line of a user's code on the way to the error; empty if there is none."""
    own = _users_frame(error)
    return "" if own is None else _place(own)


def described(error: BaseException) -> str:
    """`ValueError: why, at file.py:7`: kind, message, and the user's line, which ends the first line of a long message."""
    line = users_line(error)
    first, *others = f"{type(error).__name__}: {error}".removesuffix(": ").split("\n")
    return "\n".join([f"{first}, at {line}" if line else first, *others])


def where(error: BaseException) -> str:
    """`file.py:7 in function`: the user's line, else the innermost of all; empty if it was never raised.

    The file stands without its folder, so that it is the same on every machine.
    """
    frames = traceback.extract_tb(error.__traceback__)
    last = _users_frame(error) or (frames[-1] if frames else None)
    return "" if last is None else f"{_place(last)} in {last.name}"


def _users_frame(error: BaseException) -> FrameSummary | None:
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return next((frame for frame in frames if _is_users(frame.filename)), None)


def _place(frame: FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno}"


@cache
def _is_users(filename: str) -> bool:
    return not filename.startswith("<") and not any(Path(filename).is_relative_to(folder) for folder in _others())


@cache
def _others() -> tuple[Path, ...]:
    """The folders of this product's code, of Python's own and of installed packages."""
    root = Path(engine.__file__).parent.parent
    installed = (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return (*(root / name for name in _PRODUCT), *installed)
