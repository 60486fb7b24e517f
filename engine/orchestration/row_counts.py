"""How many bars a source will give, told from its config and the size of its file: no data is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.market.durations import duration_ns
from engine.market.sources import FileSource

if TYPE_CHECKING:
    from pathlib import Path

    from engine.market.sources import Source

_DAY_NS = 86_400_000_000_000
_CENTURY_OF_DAYS = 25_000

_BYTES_PER_BAR = {".gz": 16.5, ".zst": 16.5, ".parquet": 36.0}
_BYTES_PER_BAR_AS_TEXT = 52.0
"""A line of a CSV file takes 42 to 80 bytes, a quarter of that when compressed."""


def expected_bars(source: Source, folder: Path) -> int | None:
    """Bars of a source, exact if they are made up; None if there is no such file in `folder`."""
    if not isinstance(source, FileSource):
        return source.bars
    path = folder / source.path
    try:
        size = path.stat().st_size
    except OSError:
        return None
    return int(size / _BYTES_PER_BAR.get(path.suffix.lower(), _BYTES_PER_BAR_AS_TEXT))


def expected_days(source: Source, bars: int) -> int:
    """Days that these bars cover; those of a file count as daily ones, for at most a century."""
    length = source.timeframe if isinstance(source, FileSource) else source.bar_length
    if length is None:
        return min(bars, _CENTURY_OF_DAYS)
    return min(bars, bars * duration_ns(length) // _DAY_NS + 1)
