"""Which way a whole column of timestamps is to be read (rule M2), decided once for all its rows."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from engine.market.civil import Times, epoch_unit, read_civil, read_epoch
from engine.market.layouts import Layout, TextArray, layouts_of
from engine.market.time_patterns import DAY_FIRST, MONTH_FIRST, YEAR_FIRST, strptime_pattern

Way = Callable[[Sequence[Layout], int], Times]
"""Reads the layouts of a column of so many rows; rows that are written in another way are not `ok`."""


class UnclearTimestamps(ValueError):  # noqa: N818 - says what they are
    """The column cannot be read, or can be read in two ways; `row` is where it shows."""

    def __init__(self, reason: str, row: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.row = row


def read_timestamps(column: TextArray, timestamp_format: str | None = None) -> Times:
    """The column read as `timestamp_format` says, else in the way that reads most of its rows; raises as `decided`."""
    return decided(column, timestamp_format)[0]


def decided(column: TextArray, timestamp_format: str | None = None) -> tuple[Times, Way | None]:
    """The column, and the way it was read, in which rows that follow it must be read too; None if they could change it.

    Day first and month first are told apart by the whole column: by a number above 12, else by the only one of the two
    that gives strictly increasing times.

    Raises:
        UnclearTimestamps: no row can be read, or day and month cannot be told apart.
        ValueError: `timestamp_format` is not understood.
    """
    layouts, rows = layouts_of(column), len(column)
    if timestamp_format is not None:
        stated = _civil([strptime_pattern(timestamp_format)])
        return _readable(column, stated(layouts, rows), f"as {timestamp_format!r}"), stated
    by_year = _BY_YEAR(layouts, rows)
    if by_year.ok.all():
        return by_year, _BY_YEAR
    by_day, by_month = _BY_DAY(layouts, rows), _BY_MONTH(layouts, rows)
    if _count(by_day) and _count(by_day) == _count(by_month) > _count(by_year):
        return _by_order(column, by_day, by_month), None
    unit = epoch_unit(layouts)
    by_epoch = partial(read_epoch, unit=unit)
    # Of equals the first is taken, so that 20200131 is a date and no epoch number.
    ways: dict[Way, Times] = {
        _BY_YEAR: by_year,
        _BY_DAY: by_day,
        _BY_MONTH: by_month,
        by_epoch: by_epoch(layouts, rows),
    }
    way = max(ways, key=lambda way: _count(ways[way]))
    return _readable(column, ways[way], "in a known way"), way


def _civil(patterns: Sequence[re.Pattern[str]]) -> Way:
    return lambda layouts, rows: read_civil(layouts, rows, patterns)


_BY_YEAR, _BY_DAY, _BY_MONTH = map(_civil, (YEAR_FIRST, DAY_FIRST, MONTH_FIRST))


def _count(times: Times) -> int:
    return int(np.count_nonzero(times.ok))


def _readable(column: TextArray, times: Times, how: str) -> Times:
    written = np.flatnonzero(column != b"")
    if len(written) and not times.ok.any():
        row = int(written[0])
        raise UnclearTimestamps(
            f"timestamp {column[row].decode('ascii')!r} cannot be read {how}, nor can any other "
            "(say how they are written with timestamp_format, such as '%d/%m/%y %H:%M')",
            row,
        )
    return times


def _by_order(column: TextArray, by_day: Times, by_month: Times) -> Times:
    if np.array_equal(by_day.ns, by_month.ns):
        return by_day
    rising = [times for times in (by_day, by_month) if _rises(times)]
    if len(rising) == 1:
        return rising[0]
    row = int(np.argmax(by_day.ns != by_month.ns))
    shown = column[row].decode("ascii")
    raise UnclearTimestamps(
        f"timestamp {shown!r} may be day first or month first, and no row of the file decides it "
        "(say which with timestamp_format: '%d/%m/%Y' or '%m/%d/%Y')",
        row,
    )


def _rises(times: Times) -> bool:
    return bool(np.all(np.diff(times.ns[times.ok]) > 0))
