"""What a config may name: each with a line that says what it is, and its parameters beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cli.render.hanging import hung
from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.config.catalogue import Entry
    from engine.config.reference import Key

_BELOW = 6


def listed(entries: Sequence[Entry], width: int | None) -> Iterator[Text]:
    """The entries one after the other, in lines of at most `width` cells."""
    for entry in entries:
        yield from hung(Text(visible(entry.name), "bold").append("  "), visible(entry.summary), width)
        for fact, text in entry.facts.items():
            yield from hung(Text(f"    {fact}: "), visible(text), width, _BELOW)
        for key in entry.parameters:
            yield from hung(Text(f"    {visible(key.name)}: "), _described(key), width, _BELOW)


def _described(key: Key) -> str:
    """What it takes, what it is without, and what it means."""
    if key.required:
        default = ", required"
    else:
        default = f", {visible(key.default)} if not given" if key.default is not None else ", optional"
    meaning = f"; {key.description}" if key.description else ""
    return visible(f"{key.takes}{default}{meaning}")
