"""How many bars a source will give, told from its config and the size of its file: no data is read."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

from engine.market.durations import duration_ns
from engine.market.selection import first_moment, last_moment
from engine.market.sources import FileSource
from engine.market.zones import zone_named

if TYPE_CHECKING:
    from pathlib import Path

    from engine.market.sources import Source

_DAY_NS = 86_400_000_000_000
_CENTURY_OF_DAYS = 25_000

_BYTES_PER_BAR = {".gz": 16.5, ".zst": 16.5, ".parquet": 36.0}
_BYTES_PER_BAR_AS_TEXT = 52.0
"""A line of a CSV file takes 42 to 80 bytes, a quarter of that when compressed."""


def expected_bars(source: Source, folder: Path) -> int | None:
    """Bars that a source gives, exact if they are made up; None if there is no such file in `folder`.

    Of a file these are its rows, but no more than fit between `start` and `end` where their length is stated.
    """
    rows = expected_rows(source, folder)
    if rows is not None and isinstance(source, FileSource):
        with suppress(ValueError):  # what is wrong with the source is said when it is read
            return int(min(rows, _most_between(source)))
    return rows


def is_counted_whole(source: Source) -> bool:
    """Whether rows count that the source may leave out: which they are, only the data would say."""
    return isinstance(source, FileSource) and bool(source.start or source.end or source.timeframe)


def _most_between(source: FileSource) -> float:
    length = source.timeframe or source.bar_length
    if source.start is None or source.end is None or length is None:
        return inf
    zone = None if source.timezone is None else zone_named(source.timezone)
    return (last_moment(source.end, zone) - first_moment(source.start, zone)) // duration_ns(length) + 2


def expected_rows(source: Source, folder: Path) -> int | None:
    """Rows of a source, of a file told from its size; None if there is no such file in `folder`."""
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
