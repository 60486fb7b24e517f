"""A curve in one line of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BLOCKS = "▁▂▃▄▅▆▇█"


def thinned(values: Iterable[float], room: int) -> list[float]:
    """At most `2 * room` of a stream of values, evenly spaced (each, every second, every fourth ...), and the last."""
    kept: list[float] = []
    every, number, value = 1, -1, 0.0
    for number, value in enumerate(values):
        if number % every == 0:
            kept.append(value)
            if len(kept) == 2 * room:
                kept = kept[::2]
                every *= 2
    return [*kept, value] if number % every else kept


def sparkline(values: list[float], cells: int) -> str:
    """`values` from left to right in at most `cells` characters, the lowest as the lowest block."""
    count = min(cells, len(values))
    chosen = [values[number * len(values) // count] for number in range(count - 1)] + values[-1:]
    low, high = min(chosen), max(chosen)
    if high == low:
        return _BLOCKS[0] * count
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round((value - low) / (high - low) * top)] for value in chosen)
