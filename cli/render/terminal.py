"""Where a command's data goes: stdout, in colour on a terminal that wants it."""

from __future__ import annotations

import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from cli.render.safe_text import visible_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text


class Terminal:
    """Prints lines on stdout, never wrapping them.

    `width` is the number of cells a line should not exceed: of the terminal, or of COLUMNS if that is set. It is None
    where neither limits a line, as in a pipe. Colour needs a terminal, or FORCE_COLOR, and no NO_COLOR.
    """

    def __init__(self) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        interactive = sys.stdout.isatty()
        limited = interactive or "COLUMNS" in os.environ
        self.width = shutil.get_terminal_size((0, 0)).columns or None if limited else None
        coloured = (interactive or os.environ.get("FORCE_COLOR")) and not os.environ.get("NO_COLOR")
        self._console = Console(markup=False, highlight=False, emoji=False) if coloured else None

    def print(self, lines: Iterable[Text]) -> None:
        """Prints one line after the other as they come."""
        for line in lines:
            if self._console is None:
                sys.stdout.write(f"{line.plain.rstrip()}\n")
            else:
                self._console.print(line, soft_wrap=True)

    def print_value(self, value: str) -> None:
        """Prints one JSON value."""
        sys.stdout.write(f"{visible_json(value)}\n")

    def print_list(self, values: Iterable[str]) -> None:
        """Prints JSON values, one after the other as they come, as one list."""
        start = "["
        for value in values:
            sys.stdout.write(f"{start}\n{visible_json(value)}")
            start = ","
        sys.stdout.write("\n]\n" if start == "," else "[]\n")
