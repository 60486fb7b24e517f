"""Starting the reading process and getting its reports."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.market.exchange import ReadJob, ReadReport
from engine.market.held_signals import HeldSignals

# The packages' folder goes to the end of the path, so that an installed one and a checkout both work, and -P keeps
# a user's own `engine` folder in the working directory from being taken for ours.
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from engine.market.reader_process import main; main()"
_PACKAGES = Path(__file__).resolve().parents[2]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_SHOWN_LINES = 3


class ReaderFailed(OSError):  # noqa: N818 - says what happened
    """The process that reads market data ended before it was done; the message says how."""


def run_reader(jobs: Sequence[ReadJob]) -> list[ReadReport]:
    """The reports of a reading process on its jobs, in their order; the process has ended when this returns.

    Raises:
        ReaderFailed: it ended without a report.
    """
    with (
        HeldSignals() as held,
        subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", "-c", _PROGRAM, str(_PACKAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # a Ctrl-C in the terminal is the run's to handle
        ) as process,
    ):
        try:
            held.let_go()
            out, err = process.communicate(msgspec.json.encode(jobs))
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ReaderFailed(_death(process.returncode, err.decode(errors="replace")))
    return msgspec.json.decode(out, type=list[ReadReport])


def _death(code: int, errors: str) -> str:
    if code < 0:
        return f"reading the market data was ended by {signal.Signals(-code).name} (is there enough memory?)"
    last = " / ".join(errors.strip().splitlines()[-_SHOWN_LINES:])
    return f"reading the market data failed: {last}"
