"""The days of a lane's clock: which bar is the last of its day, in a zone and by the hour at which a day ends there."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from engine.metrics.year import NS_PER_DAY, DaysPerYear, days_per_year

NS_PER_SECOND = 1_000_000_000
EPOCH_DAY = date(1970, 1, 1).toordinal()
BLOCK = 1 << 18
_MIDNIGHT = time()


class DayZone(NamedTuple):
    """Where and when a day ends: at `end`, a time of day of the clocks in the zone `name`."""

    end: time
    name: str


def day_zone(text: str) -> DayZone:
    """What a `day_zone` says: an IANA zone, whose midnight ends a day, or a time of day and a zone.

    Raises:
        ValueError: if it begins like a time of day and is none.
    """
    clock, _, name = text.rpartition(" ")
    if not clock:
        return DayZone(_MIDNIGHT, name)
    if not re.fullmatch(r"\d\d:\d\d", clock):
        raise ValueError(f"{clock!r} is not a time of day such as 17:00")
    return DayZone(time.fromisoformat(clock), name)


@dataclass(frozen=True)
class DayEnds:
    """The days that have a bar: `rows` of the last bar of each, `numbers` of the days, `stamps` (ns UTC) of these bars.

    `of_all`: those of all data, where these are a part; they say how many days a year has.
    """

    rows: NDArray[np.intp]
    numbers: NDArray[np.int64]
    stamps: NDArray[np.int64]
    of_all: "DayEnds | None" = None

    def year(self, stated: int | None) -> DaysPerYear:
        """How many such days a year has (T2): as `stated`, where it is."""
        return self._inferred if stated is None else DaysPerYear(stated, "set in the config")

    @cached_property
    def _inferred(self) -> DaysPerYear:
        return days_per_year(self.stamps) if self.of_all is None else self.of_all.year(None)


def day_ends(timestamps: NDArray[np.int64], zone: str | None) -> DayEnds:
    """The ends of the days in a `day_zone` (None is UTC) of increasing timestamps (ns since the epoch, UTC).

    Raises:
        zoneinfo.ZoneInfoNotFoundError: if the zone is unknown.
    """
    if len(timestamps) == 0:
        return DayEnds(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    blocks = range(0, len(timestamps), BLOCK)
    rows = np.concatenate(
        [*(start + _last_rows(timestamps[start : start + BLOCK + 1], zone) for start in blocks), [len(timestamps) - 1]]
    )
    stamps = timestamps[rows]
    return DayEnds(rows, _days(stamps, zone), stamps)


def _last_rows(timestamps: NDArray[np.int64], zone: str | None) -> NDArray[np.intp]:
    """The rows after which another day begins; nothing is said of the last."""
    days = _days(timestamps, zone)
    return np.flatnonzero(days[1:] != days[:-1])


def _days(timestamps: NDArray[np.int64], zone: str | None) -> NDArray[np.int64]:
    return _utc_days(timestamps) if zone is None else _local_days(timestamps, day_zone(zone))


def day_numbers(zone: str | None) -> Callable[[int], int]:
    """What numbers the day of one timestamp (ns since the epoch, UTC) in a `day_zone`, as `day_ends` tells days apart."""
    if zone is None:
        return _utc_day
    known = day_zone(zone)
    return lambda timestamp: _local_day(timestamp, known)


def _utc_day(timestamp: int) -> int:
    return timestamp // NS_PER_DAY + EPOCH_DAY


def _utc_days(timestamps: NDArray[np.int64]) -> NDArray[np.int64]:
    return timestamps // NS_PER_DAY + EPOCH_DAY


def _local_days(timestamps: NDArray[np.int64], zone: DayZone) -> NDArray[np.int64]:
    """Ordinals of the local dates on which days begin: each begins once, so clock changes cannot turn days back."""
    first = _local_day(int(timestamps[0]), zone)
    last = _local_day(int(timestamps[-1]), zone)
    beginnings = np.array([_beginning(day, zone) for day in range(first, last + 1)], dtype=np.int64)
    return np.searchsorted(beginnings, timestamps, side="right") - 1 + first


def _local_day(timestamp: int, zone: DayZone) -> int:
    """The ordinal of the local date on which the day of a timestamp begins."""
    shown = datetime.fromtimestamp(timestamp // NS_PER_SECOND, UTC).astimezone(ZoneInfo(zone.name))
    day = shown.toordinal()
    return day if timestamp >= _beginning(day, zone) else day - 1


@lru_cache(maxsize=1 << 15)
def _beginning(day: int, zone: DayZone) -> int:
    """When the day that begins on a local date does so, ns UTC."""
    return int(datetime.combine(date.fromordinal(day), zone.end, ZoneInfo(zone.name)).timestamp()) * NS_PER_SECOND
