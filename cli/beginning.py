"""The first moments of `admf run`: signals are caught, and large files get their reader while the rest is imported."""

from __future__ import annotations

import re
import traceback
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from cli.exits import SIGNALLED
from cli.render.messages import Messages
from cli.signals import InterruptedBySignalError, Signals
from engine.market.file_kind import is_quick
from engine.market.held_signals import HeldSignals
from engine.market.reader_call import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from cli.request import Request

_PATH = re.compile(r"""\bpath: *(?:"([^"]+)"|'([^']+)'|([^\s,{}]+))""")
_LOOKED_AT = 1 << 16
"""Characters of a config that are looked at; data containers usually come first."""


def begin(request: Request) -> int:
    """Does what was asked for; returns the exit code."""
    with Signals() as signals, Reader(meanwhile=partial(_import_the_rest, request)) as reader:
        try:
            if _names_large_file(request.config):
                with suppress(OSError):  # it is told when there is something to read
                    reader.start()
            with HeldSignals():  # an exception amid an import can be lost
                from cli.running import run_config  # noqa: PLC0415 - takes as long as the reader does to begin
            return run_config(request, signals, reader)
        except InterruptedBySignalError as error:
            if request.debug:
                traceback.print_exception(error)
            Messages(quiet=request.quiet).error("interrupted")
            return SIGNALLED + (signals.received or 0)


def _import_the_rest(request: Request) -> None:
    """Imports what a run needs once it has its data."""
    with HeldSignals():
        import engine.orchestration.run  # noqa: F401, PLC0415 - as above

        if request.as_json:
            import cli.render.run_json  # noqa: F401, PLC0415


def _names_large_file(config: Path) -> bool:
    """Whether a config plainly names a file that is not read in this process; a guess, on which no result depends."""
    try:
        if not config.is_file():
            return False  # a pipe can be read only once
        with config.open(encoding="utf-8") as file:
            written = {"".join(names) for names in _PATH.findall(file.read(_LOOKED_AT))}
    except (OSError, ValueError):
        return False
    return not all(is_quick(config.parent / name) for name in written)
