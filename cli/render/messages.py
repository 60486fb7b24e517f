"""Messages: one line each, on stderr, never wrapped, with nothing in them that a terminal would obey."""

from __future__ import annotations

import sys

from cli.render.safe_text import visible


class Messages:
    """Says things on stderr. Warnings are not said when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def error(self, line: str) -> None:
        """Something that stops what was asked for."""
        sys.stderr.write(f"{visible(line)}\n")

    def warn(self, line: str) -> None:
        """Something odd that stops nothing."""
        if not self._quiet:
            sys.stderr.write(f"warning: {visible(line)}\n")
