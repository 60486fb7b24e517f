"""The line of a file that a message is about, with a caret under the place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len

from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.config.node import Mark

_PLACE = re.compile(r", at ([^/\\\n]+):(\d+)$")
_LONGEST = 10_000_000
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""Where YAML ends a line."""
_LEAD = 12
"""Columns shown before the place where a line is too long to be shown from its start."""


def excerpt(at: Mark, width: int) -> list[str]:
    """The line and a line with a caret, no wider than `width` cells; nothing for what stands in no file that can be read."""
    line = None if at.is_option else _line(at)
    if line is None:
        return []
    first = 0
    if cell_len(visible(line[: at.column])) > width - _LEAD:
        first = max(0, at.column - 1 - _LEAD)
        while cell_len(visible(line[first : at.column - 1])) > width - _LEAD:
            first += 1  # escaped characters are wide
    before, after = visible(line[first : at.column - 1]), visible(line[at.column - 1 :])
    shown = _cut("  " + before + after, width)
    return [shown, "  " + " " * cell_len(before) + "^"]


def source_line(failure: str, traces: Iterable[str]) -> str | None:
    """The line of code at which a failure says it happened (`..., at my_strategy.py:7`), as a traceback shows it."""
    place = _PLACE.search(failure)
    if place is None:
        return None
    frame = re.compile(rf'{re.escape(place[1])}", line {place[2]}, in .*\n(.*)\n')
    return next((found[-1].strip() for trace in traces if (found := frame.findall(trace))), None)


def _line(at: Mark) -> str | None:
    try:
        with Path(at.path).open(encoding="utf-8-sig", newline="") as file:
            lines = _BREAK.split(file.read(_LONGEST))
    except (OSError, ValueError):
        return None
    return lines[at.line - 1] if at.line <= len(lines) else None


def _cut(text: str, width: int) -> str:
    while cell_len(text) > width:
        text = text[: -max(1, (cell_len(text) - width) // 2)]
    return text
