"""The days of a lane's clock: which bar is the last of its day, in a zone and by the hour at which a day ends there.

Where no zone is stated, days end at midnight UTC, or, if that falls into the hours in which there are bars, in those in which there are none.
"""

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
NS_PER_MINUTE = 60 * NS_PER_SECOND
BLOCK = 1 << 18
UTC_DAYS = "UTC"
_MIDNIGHT, _NOON = time(), time(12)
_PLACES = 288
"""Five minutes each, of a day of 24 hours."""
_MINUTES = 1440 // _PLACES
_LEAST_PAUSE = 90
"""Minutes without a bar, of each day: shorter ones are breaks inside a session, as those of currencies and futures."""
_RARELY = 200
"""A time of day at which there is a bar less than a two hundredth as often as at others is an exception."""
_OFTEN = 2
"""How many bars there are for each time of day at least, where these recur."""
_INTRADAY = NS_PER_DAY // 2
"""Bars that come closer to one another are hours of a day."""


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

    `of_all`: those of all data, where these are a part; they say how many days a year has. They end as the `day_zone` called `zone` says, which
    is known from `zone_source`, if it is neither stated nor midnight UTC.
    """

    rows: NDArray[np.intp]
    numbers: NDArray[np.int64]
    stamps: NDArray[np.int64]
    of_all: "DayEnds | None" = None
    zone: str = UTC_DAYS
    zone_source: str = ""

    def year(self, stated: int | None) -> DaysPerYear:
        """How many such days a year has (T2): as `stated`, where it is."""
        return self._inferred if stated is None else DaysPerYear(stated, "set in the config")

    @cached_property
    def _inferred(self) -> DaysPerYear:
        return days_per_year(self.stamps) if self.of_all is None else self.of_all.year(None)


def day_ends(timestamps: NDArray[np.int64], zone: str | None) -> DayEnds:
    """The ends of the days in a `day_zone` of increasing timestamps (ns since the epoch, UTC); where it is None, they say it.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: if the zone is unknown.
    """
    source = ""
    if zone is None:
        zone, source = inferred_zone(timestamps)
    if len(timestamps) == 0:
        return DayEnds(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    blocks = range(0, len(timestamps), BLOCK)
    rows = np.concatenate(
        [*(start + _last_rows(timestamps[start : start + BLOCK + 1], zone) for start in blocks), [len(timestamps) - 1]]
    )
    stamps = timestamps[rows]
    return DayEnds(rows, _days(stamps, zone), stamps, zone=zone, zone_source=source)


def are_dates(timestamps: NDArray[np.int64]) -> bool:
    """Whether all timestamps are midnights of UTC, as dates without a time are read."""
    return not (timestamps % NS_PER_DAY).any()


def inferred_zone(timestamps: NDArray[np.int64]) -> tuple[str, str]:
    """The `day_zone` by which days end where there are no bars, and how that is known, if it is not midnight UTC.

    What counts is the longest pause in the times of day at which there are bars, over all the data, so that a change of clocks
    makes it shorter. Without one, as for currencies, or if midnight is in such a pause as well, days end at midnight.
    """
    known = UTC_DAYS, ""
    distances = np.diff(timestamps[: BLOCK + 1])
    step = int(np.quantile(distances, 0.25, method="lower")) if len(distances) else _INTRADAY
    if step >= _INTRADAY:
        return known
    counts = np.zeros(_PLACES, np.int64)
    for start in range(0, len(timestamps), BLOCK):
        minutes = timestamps[start : start + BLOCK] % NS_PER_DAY // NS_PER_MINUTE
        counts += np.bincount(minutes // _MINUTES, minlength=_PLACES)
    taken = np.flatnonzero(counts * _RARELY > counts.max())
    pauses = np.diff(taken, append=taken[0] + _PLACES) * _MINUTES - step // NS_PER_MINUTE
    longest = int(pauses.argmax())
    over_midnight = int(pauses[-1])
    if pauses[longest] < _LEAST_PAUSE or over_midnight >= max(_LEAST_PAUSE, pauses[longest] / 2):
        return known
    before, after = int(taken[longest]) * _MINUTES, int(taken[longest + 1]) * _MINUTES
    zone = f"{_clock((before + after) // 2)} UTC"
    if len(timestamps) < _OFTEN * len(taken) or not _has_several_days(timestamps, zone):
        return known
    return zone, f"there is no bar between {_clock(before)} and {_clock(after)} UTC"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _has_several_days(timestamps: NDArray[np.int64], zone: str) -> bool:
    first, last = _days(timestamps[[0, -1]], zone).tolist()
    return bool(last > first + 1)


def _last_rows(timestamps: NDArray[np.int64], zone: str) -> NDArray[np.intp]:
    """The rows after which another day begins; nothing is said of the last."""
    days = _days(timestamps, zone)
    return np.flatnonzero(days[1:] != days[:-1])


def _days(timestamps: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    if zone == UTC_DAYS:
        return _utc_days(timestamps)
    known = day_zone(zone)
    return _local_days(timestamps, known) + _later(known)


def _later(zone: DayZone) -> int:
    """A day that begins after noon is known by the date on which it ends."""
    return int(zone.end > _NOON)


def day_numbers(zone: str = UTC_DAYS) -> Callable[[int], int]:
    """What numbers the day of one timestamp (ns since the epoch, UTC) in a `day_zone`, as `day_ends` tells days apart."""
    if zone == UTC_DAYS:
        return _utc_day
    known = day_zone(zone)
    later = _later(known)
    return lambda timestamp: _local_day(timestamp, known) + later


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
