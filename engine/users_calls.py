"""Calls into users' code, and what it may change of the process: that holds for its lane alone, or is put right (rule L9)."""

from __future__ import annotations

import decimal
import os
import signal
import sys
from _signal import getsignal  # type: ignore[import-not-found]  # that of `signal` takes 50 times as long
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from pathlib import Path
from sys import getrecursionlimit
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


Returned = TypeVar("Returned")

ALARM = int(signal.SIGALRM)
handler_of = getsignal

_IMPORTED: dict[str, Context] = {}
"""What users' modules were imported in, by the first part of their name: what they set there holds for their lanes."""


class UsersCalls:
    """Calls the code that `path` names, for one lane, in a context of its own, which begins as its module left it.

    So what it says of numpy's errors or decimal's precision holds for that lane. A lower limit of recursion and another
    handler of SIGALRM would have other lanes fail: they are put back after every call. `importing`: it calls what imports the code.

    What calls at every bar calls `run`, and itself looks whether it must `put_right` what is not at its `limit` or its `alarm`:
    `__call__` takes a twentieth of the time of a bar.
    """

    __slots__ = ("alarm", "limit", "run")

    def __init__(self, path: str, *, importing: bool = False) -> None:
        top = path.partition(".")[0]
        if importing and top not in sys.modules:
            _IMPORTED.pop(top, None)  # it was another's of the same name
        context = _IMPORTED.setdefault(top, copy_context())
        self.run: Callable[..., Any] = context.run if importing else context.copy().run
        self.run(_separate_decimals)
        self.limit = getrecursionlimit()
        self.alarm = handler_of(ALARM)

    def __call__(self, function: Callable[..., Returned], *arguments: object, **named: object) -> Returned:
        """What the function returns."""
        try:
            returned: Returned = self.run(function, *arguments, **named)
            return returned
        finally:
            if getrecursionlimit() < self.limit or handler_of(ALARM) is not self.alarm:
                self.put_right()

    def put_right(self) -> None:
        """Puts back what should be as it was."""
        sys.setrecursionlimit(max(self.limit, getrecursionlimit()))
        if handler_of(ALARM) is not self.alarm:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, self.alarm)


def _separate_decimals() -> None:
    """A copied context has the same object for decimal as before, which can be changed."""
    decimal.setcontext(decimal.getcontext().copy())


@contextmanager
def imports_kept() -> Iterator[None]:
    """What is taken out of `sys.path` inside the `with` statement is there again after it; what is added stays."""
    before = list(sys.path)
    try:
        yield
    finally:
        if not set(before) <= set(sys.path):
            sys.path[:] = [*before, *(each for each in sys.path if each not in before)]


@contextmanager
def streams_kept() -> Iterator[None]:
    """Whatever was done to stdout and stderr inside the `with` statement, they can be written to after it."""
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    try:
        yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
        open_streams()


def open_streams() -> None:
    """Has what is written to a closed stdout or stderr go nowhere."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream.closed:
            with suppress(OSError):
                setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for the rest of the process
