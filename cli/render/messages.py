"""Messages: one line each, on stderr, never wrapped, with nothing in them that a terminal would obey.

On a terminal the line of the file that a message is about stands beneath it, with a caret under the place.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from cli.render.safe_text import visible

if TYPE_CHECKING:
    from engine.config.errors import ConfigProblem


class Messages:
    """Says things on stderr. Warnings are not said when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def error(self, message: ConfigProblem | str, source: str | None = None) -> None:
        """Something that stops what was asked for. `source` is the line of code it is about."""
        _say(message, "", source)

    def warn(self, message: ConfigProblem | str) -> None:
        """Something odd that stops nothing."""
        if not self._quiet:
            _say(message, "warning: ")


def _say(message: ConfigProblem | str, before: str, source: str | None = None) -> None:
    lines = [f"{before}{visible(str(message))}"]
    if not isinstance(message, str) and sys.stderr.isatty():
        from cli.render.excerpt import excerpt  # noqa: PLC0415 - only where somebody looks

        lines += excerpt(message.at, shutil.get_terminal_size().columns)
    if source and sys.stderr.isatty():
        lines.append(f"  {visible(source)}")
    with suppress(OSError, ValueError):  # stderr is closed, or full: what it is about is no less true
        sys.stderr.write("".join(f"{line}\n" for line in lines))
