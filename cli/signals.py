"""SIGINT and SIGTERM: the first asks the run to end cleanly, the second ends it at once."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from engine.blame import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Self

_CAUGHT = (signal.SIGINT, signal.SIGTERM)


class InterruptedBySignalError(Interruption):
    """A signal came while there was nothing to end cleanly, or a second one while that was being done."""


def raise_interruptions() -> None:
    """Has Ctrl-C raise an InterruptedBySignalError from now on: a bare KeyboardInterrupt may come from users' code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _raise)


def _raise(_: int, __: FrameType | None) -> None:
    raise InterruptedBySignalError


class Signals:
    """Catches signals inside a `with` statement. `received` is the first one's number, None before.

    Until `on_first` is set, a signal raises InterruptedBySignalError; then the first one calls it instead.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.on_first: Callable[[], None] | None = None
        self._before = {number: signal.getsignal(number) for number in _CAUGHT}

    def __enter__(self) -> Self:
        """Begins to catch."""
        for number in _CAUGHT:
            signal.signal(number, self._catch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the signals back to whoever had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _catch(self, number: int, _: FrameType | None) -> None:
        first = self.received is None
        self.received = self.received or number
        if first and self.on_first is not None:
            self.on_first()
        else:
            raise InterruptedBySignalError
