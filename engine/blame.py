"""Whose line an error came from: the user's, not that of this product or of a library it passed through (rule L9)."""

from __future__ import annotations

import functools
import re
import sysconfig
import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import engine

if TYPE_CHECKING:
    from traceback import FrameSummary
    from types import CodeType, FrameType

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PRODUCT = ("cli", "engine", "tracing")


class UsersLine(NamedTuple):
    """A line of a user's code: the file's name without its folder, so that it is the same on every machine."""

    file: str
    line: int
    function: str


class Interruption(KeyboardInterrupt):
    """Whoever is at work is to leave it, by a signal to the process or at a limit of time: no failure of theirs.

    A KeyboardInterrupt of any other kind was raised by a user's code, and is its failure like everything else.
    """


class ReturnedError(ValueError):
    """A user's function returned something that is not wanted there: `place` is where it begins, as no line is at fault."""

    place: UsersLine | None = None


Returned = TypeVar("Returned", bound=ReturnedError)


def returned_by(error: Returned, function: object) -> Returned:
    """The error, which says from now on whose return value was wrong."""
    code = _code_of(function)
    if error.place is None and code is not None and _is_users(code.co_filename):
        error.place = UsersLine(Path(code.co_filename).name, code.co_firstlineno, code.co_name)
        error.add_note(f'  File "{code.co_filename}", line {code.co_firstlineno}, in {code.co_name}')
    return error


def message_of(error: BaseException) -> str:
    """What an error says, in text that can be written to any file; empty if it says nothing or fails to.

    Where in memory an object is, as its repr has it, is left out: it is another in every run.
    """
    try:
        return _ADDRESS.sub("", _writable(str(error)))
    except Interruption:
        raise
    except BaseException:  # noqa: BLE001 - users' classes may do anything
        return ""


def said_by(error: BaseException) -> str:
    """What an error says, its kind if it says nothing."""
    return message_of(error) or type(error).__name__


def users_line(error: BaseException) -> str:
    """`file.py:7`, the innermost line of a user's code on the way to the error; empty if there is none."""
    own = _users_place(error)
    return "" if own is None else f"{own.file}:{own.line}"


def described(error: BaseException) -> str:
    """`ValueError: why, at file.py:7`: kind, message, and the user's line, which ends the first line of a long message."""
    line = users_line(error)
    first, *others = f"{type(error).__name__}: {message_of(error)}".removesuffix(": ").split("\n")
    return "\n".join([f"{first}, at {line}" if line else first, *others])


def where(error: BaseException) -> str:
    """`file.py:7 in function`: the user's line, else the innermost of all; empty if it was never raised."""
    frames = traceback.extract_tb(error.__traceback__)
    last = _users_place(error) or (_place(frames[-1]) if frames else None)
    return "" if last is None else f"{last.file}:{last.line} in {last.function}"


def place_of(frame: FrameType | None) -> str:
    """`file.py:7`, the innermost line of a user's code that a frame stands in, else its own; amid cleaning up it has none."""
    inner = frame
    while frame is not None and not _is_users(frame.f_code.co_filename):
        frame = frame.f_back
    found = frame or inner
    if found is None:
        return "an unknown place"
    name = _writable(Path(found.f_code.co_filename).name)
    return name if found.f_lineno is None else f"{name}:{found.f_lineno}"


def _users_place(error: BaseException) -> UsersLine | None:
    """Where a user's code raised it, or what caused it; else the function of theirs that returned what is wrong."""
    chain: BaseException | None = error
    while chain is not None:
        for frame in reversed(traceback.extract_tb(chain.__traceback__)):
            if _is_users(frame.filename):
                return _place(frame)
        if isinstance(chain, ReturnedError):
            return chain.place
        chain = chain.__cause__
    return None


def _place(frame: FrameSummary) -> UsersLine:
    return UsersLine(_writable(Path(frame.filename).name), frame.lineno or 0, frame.name)


def _code_of(function: object) -> CodeType | None:
    while isinstance(function, functools.partial):
        function = function.func
    if not hasattr(function, "__code__") and not hasattr(function, "__func__"):
        function = type(function).__call__
    code: CodeType | None = getattr(getattr(function, "__func__", function), "__code__", None)
    return code


def _writable(text: str) -> str:
    """The text without halves of characters, which no file takes."""
    return text.encode("utf-8", "backslashreplace").decode()


@cache
def _is_users(filename: str) -> bool:
    return not filename.startswith("<") and not any(Path(filename).is_relative_to(folder) for folder in _others())


@cache
def _others() -> tuple[Path, ...]:
    """The folders of this product's code, of Python's own and of installed packages."""
    root = Path(engine.__file__).parent.parent
    installed = (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return (*(root / name for name in _PRODUCT), *installed)
