"""Exit codes: what a script or a CI job can tell from a command's end."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = 0
FAILED = 1
"""It finished, but some container failed, or damage or a difference was found."""
REFUSED = 2
"""Usage, config or data are not acceptable; nothing was written."""
ENVIRONMENT = 3
"""The machine failed: disk full, no permission, no memory."""
SIGNALLED = 128
"""Plus the signal's number: 130 after Ctrl-C, 143 after SIGTERM."""
UNREAD = SIGNALLED + 13
"""The reader of stdout left before all was printed, as `head` does: the code of a command that SIGPIPE ends."""


@contextmanager
def unread_is(code: int) -> Iterator[None]:
    """If the reader of stdout leaves inside the `with` statement, the command ends with this code, without a word.

    Raises:
        SystemExit: then.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # what waits to be written is flushed once more when the process ends
        os.close(nowhere)
        raise SystemExit(code) from None
