"""Which way a whole column of timestamps is to be read (rule M2), decided once for all its rows."""

import numpy as np

from engine.market.civil import Times, read_civil, read_epoch
from engine.market.layouts import TextArray, layouts_of
from engine.market.time_patterns import DAY_FIRST, MONTH_FIRST, YEAR_FIRST, strptime_pattern


class UnclearTimestamps(ValueError):  # noqa: N818 - says what they are
    """The column cannot be read, or can be read in two ways; `row` is where it shows."""

    def __init__(self, reason: str, row: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.row = row


def read_timestamps(column: TextArray, timestamp_format: str | None = None) -> Times:
    """The column read as `timestamp_format` says, else in the way that reads most of its rows.

    Day first and month first are told apart by the whole column: by a number above 12, else by the only one of the two
    that gives strictly increasing times.

    Raises:
        UnclearTimestamps: no row can be read, or day and month cannot be told apart.
        ValueError: `timestamp_format` is not understood.
    """
    layouts = layouts_of(column)
    if timestamp_format is not None:
        times = read_civil(layouts, len(column), [strptime_pattern(timestamp_format)])
        return _readable(column, times, f"as {timestamp_format!r}")
    by_year = read_civil(layouts, len(column), YEAR_FIRST)
    if by_year.ok.all():
        return by_year
    by_day, by_month = (read_civil(layouts, len(column), patterns) for patterns in (DAY_FIRST, MONTH_FIRST))
    if _count(by_day) and _count(by_day) == _count(by_month) > _count(by_year):
        return _by_order(column, by_day, by_month)
    # Of equals the first is taken, so that 20200131 is a date and no epoch number.
    best = max(by_year, by_day, by_month, read_epoch(layouts, len(column)), key=_count)
    return _readable(column, best, "in a known way")


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
