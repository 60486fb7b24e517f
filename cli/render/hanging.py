"""Words that go on below themselves where a line ends."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

NARROWEST = 30
"""Cells that words need beside what they follow; with fewer they begin on a line of their own."""
INDENT = 4


def hung(start: Text, words: str, width: int | None, below: int = INDENT) -> Iterator[Text]:
    """`start` and then `words`, in lines of at most `width` cells if that is not None; no word is cut.

    Words that do not fit beside `start` are indented by `below`.
    """
    taken = start.cell_len
    if width is None or taken + cell_len(words) <= width:
        yield start.append(words)
        return
    beside = width - taken >= NARROWEST
    indent = taken if beside else min(below, width // 2)
    lines = wrap(words, width - indent, break_long_words=False, break_on_hyphens=False)
    if beside:
        yield start.append(lines.pop(0))
    else:
        yield start
    for line in lines:
        yield Text(" " * indent + line)
