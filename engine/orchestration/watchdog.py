"""The watchdog: a lane whose own work takes too long fails, and the rest goes on (promise 9).

It is the only thing in a run that looks at the clock and changes a result, and only where `timeout_s` asks for it.
"""

from __future__ import annotations

import signal
from time import perf_counter
from typing import TYPE_CHECKING, Any

from engine.blame import Interruption, place_of
from engine.bus import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Self

_AGAIN_S = 0.5
"""After this the alarm rings again: a user's code may catch everything."""


class LaneTimeoutError(RuntimeError):
    """A lane took more time than it may."""


class _Alarm(Interruption):
    """No Exception, so that `except Exception` in a user's code does not swallow it, nor what contains a lane's failures."""


class Watchdog:
    """Does the work of lanes, each for at most `limit_s` seconds altogether; of what they share, for so long at a time.

    In a `with` statement it catches SIGALRM, which only the main thread can.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._spent: dict[int, float] = {}
        self._on_guard = False
        self._rang_at = ""

    def __enter__(self) -> Self:
        """Begins to listen for the alarm."""
        self._before = signal.signal(signal.SIGALRM, self._ring)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the signal back."""
        signal.signal(signal.SIGALRM, self._before)

    def __call__(self, lane: int, action: Callable[[Any], None], argument: object) -> None:
        """Calls `action(argument)` as work of `lane`.

        Raises:
            LaneTimeoutError: if the lane's time is up.
        """
        self._rang_at = ""
        spent = 0.0 if lane == SHARED else self._spent.get(lane, 0.0)
        began = perf_counter()
        try:
            self._on_guard = True
            signal.setitimer(signal.ITIMER_REAL, max(self._limit_s - spent, 1e-6), _AGAIN_S)
            try:
                action(argument)
            finally:
                self._on_guard = False
                signal.setitimer(signal.ITIMER_REAL, 0.0)
        except _Alarm:
            self._on_guard = False
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        except Exception:
            if not self._rang_at:
                raise
        if self._rang_at:  # also where a user's code caught the alarm
            self._spent[lane] = 0.0  # it has failed: what is still to be said of it needs time as well
            raise LaneTimeoutError(f"timeout: more than {self._limit_s:g} s of its own, at {self._rang_at}") from None
        self._spent[lane] = spent + perf_counter() - began

    def _ring(self, _: int, frame: FrameType | None) -> None:
        if self._on_guard:
            self._rang_at = self._rang_at or place_of(frame)
            raise _Alarm
