"""Signals put off while a process is started or a module imported: an exception out of the middle would lose either."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

_HELD = (signal.SIGINT, signal.SIGTERM)


class HeldSignals:
    """Inside its `with` statement SIGINT and SIGTERM wait, until `let_go` or the end of it; then they are raised again.

    Only the main thread ever runs what a signal is handled with, so elsewhere there is nothing to hold.
    """

    def __init__(self) -> None:
        self._came: list[int] = []
        self._before: dict[int, signal.Handlers | object] = {}

    def __enter__(self) -> Self:
        """Begins to hold."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _HELD}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go."""
        self.let_go()

    def let_go(self) -> None:
        """Gives the signals back to whoever had them, and to them what has come."""
        before, self._before = self._before, {}
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        came, self._came = self._came, []
        for number in came:
            signal.raise_signal(number)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._came.append(number)
