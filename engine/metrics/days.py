"""The days of a lane's clock: which bar is the last of its day, and how many days such a market has in a year."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
EPOCH_DAY = date(1970, 1, 1).toordinal()
MONDAY_OF_ORDINALS = 1  # date(1, 1, 1), ordinal 1, was a Monday
SATURDAY = 5
BLOCK = 1 << 18


class DayEnds(NamedTuple):
    """`rows` of the last bar of each day that has a bar, the numbers of these days, and whether any is a Saturday or Sunday."""

    rows: NDArray[np.intp]
    numbers: NDArray[np.int64]
    falls_on_weekend: bool

    @property
    def days_per_year(self) -> int:
        """252 trading days, or 365 where the market is open at weekends (T2)."""
        return 365 if self.falls_on_weekend else 252


def day_ends(timestamps: NDArray[np.int64], zone: str | None) -> DayEnds:
    """The ends of the days in `zone` (an IANA name; None is UTC) of increasing timestamps (ns since the epoch, UTC).

    Raises:
        zoneinfo.ZoneInfoNotFoundError: if nobody knows the zone.
    """
    if len(timestamps) == 0:
        return DayEnds(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64), falls_on_weekend=False)
    blocks = range(0, len(timestamps), BLOCK)
    rows = np.concatenate(
        [*(start + _last_rows(timestamps[start : start + BLOCK + 1], zone) for start in blocks), [len(timestamps) - 1]]
    )
    days = _days(timestamps[rows], zone)
    weekdays = (days - MONDAY_OF_ORDINALS) % 7
    return DayEnds(rows, days, falls_on_weekend=bool(weekdays.max() >= SATURDAY))


def _last_rows(timestamps: NDArray[np.int64], zone: str | None) -> NDArray[np.intp]:
    """The rows after which another day begins; nothing is said of the last."""
    days = _days(timestamps, zone)
    return np.flatnonzero(days[1:] != days[:-1])


def _days(timestamps: NDArray[np.int64], zone: str | None) -> NDArray[np.int64]:
    return _utc_days(timestamps) if zone is None else _local_days(timestamps, ZoneInfo(zone))


def day_numbers(zone: str | None) -> Callable[[int], int]:
    """What numbers the day of one timestamp (ns since the epoch, UTC) in `zone`, as `day_ends` tells days apart."""
    if zone is None:
        return _utc_day
    known = ZoneInfo(zone)
    return lambda timestamp: _local_date(timestamp, known).toordinal()


def _utc_day(timestamp: int) -> int:
    return timestamp // NS_PER_DAY + EPOCH_DAY


def _utc_days(timestamps: NDArray[np.int64]) -> NDArray[np.int64]:
    return timestamps // NS_PER_DAY + EPOCH_DAY


def _local_days(timestamps: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Ordinals of the local dates: a date begins at its first midnight, so clock changes cannot turn days back."""
    first = _local_date(int(timestamps[0]), zone)
    last = _local_date(int(timestamps[-1]), zone)
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    midnights = np.array([_midnight(day, zone) for day in dates], dtype=np.int64)
    return np.searchsorted(midnights, timestamps, side="right") - 1 + first.toordinal()


def _local_date(timestamp: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(timestamp // NS_PER_SECOND, UTC).astimezone(zone).date()


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * NS_PER_SECOND
