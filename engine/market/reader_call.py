"""Starting the reading process and getting its answer."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.market.held_signals import HeldSignals

# The packages' folder goes to the end of the path, so that an installed one and a checkout both work, and -P keeps
# a user's own `engine` folder in the working directory from being taken for ours.
# It lives too short for its garbage to matter.
_PROGRAM = (
    "import gc, sys; gc.disable(); sys.path.append(sys.argv[1]); "
    "from engine.market.reader_process import main; main(); gc.freeze()"
)
_PACKAGES = Path(__file__).resolve().parents[2]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_SHOWN_LINES = 3


class ReaderFailed(OSError):  # noqa: N818 - says what happened
    """The process that reads market data ended before it was done; the message says how."""


class Reader:
    """The reading process of a run, to be used in a `with` statement, at whose end it has ended.

    It may be started before it is known what there is to read: a run takes as long to understand its config as the
    process to begin. One that is asked nothing is ended. `meanwhile` is called while it works on its answer.
    """

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self._meanwhile = meanwhile
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Starts nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the process if it still runs."""
        if self._process is not None:
            with self._process as process:
                process.kill()

    def start(self) -> subprocess.Popen[bytes]:
        """Starts the process, unless it has been.

        Raises:
            OSError: if that fails.
        """
        if self._process is None:
            with HeldSignals():
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                    [sys.executable, "-P", "-c", _PROGRAM, str(_PACKAGES)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=os.environ | _ONE_THREAD,
                    start_new_session=True,  # a Ctrl-C in the terminal is the run's to handle
                )
        return self._process

    def answer(self, question: bytes) -> bytes:
        """What the process answers, once; it has ended when this returns.

        Raises:
            ReaderFailed: it ended without an answer.
            OSError: if it cannot be started.
        """
        process = self.start()
        if process.stdin is not None:
            with suppress(BrokenPipeError):  # it has died, which is told below
                process.stdin.write(question)
                process.stdin.close()
            process.stdin = None
        self._meanwhile()
        out, err = process.communicate()
        if process.returncode:
            raise ReaderFailed(_death(process.returncode, err.decode(errors="replace")))
        return out


def _death(code: int, errors: str) -> str:
    if code < 0:
        return f"reading the market data was ended by {signal.Signals(-code).name} (is there enough memory?)"
    last = " / ".join(errors.strip().splitlines()[-_SHOWN_LINES:])
    return f"reading the market data failed: {last}"
