"""Local times of an IANA zone to UTC, refusing what the clocks there never showed or showed twice."""

import datetime as dt
from bisect import bisect_left
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from engine.market.bars import IntArray
from engine.market.civil import BoolArray
from engine.market.durations import DAY, SECOND

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_SECONDS = DAY // SECOND


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone (such as Europe/Paris or America/New_York)") from None


def local_to_utc(local: IntArray, dates_only: BoolArray, zone: ZoneInfo) -> tuple[IntArray, BoolArray, BoolArray]:
    """UTC of local clock times, where the clocks skipped them, and where they showed them twice.

    Args:
        local: ns since the epoch on the local clock, shape (n,).
        dates_only: rows that state a date without a time; they mean the day's first moment, which is never refused.
        zone: the zone of the clock.

    Returns:
        ns UTC int64, skipped bool, doubled bool; each of shape (n,).
    """
    if not len(local):
        return local, np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    moments, before, after = _changes(zone, int(local.min()), int(local.max()))
    late = np.maximum(before, after)
    early = np.minimum(before, after)
    # The change decided by: the last one whose earlier clock reading is not after this one.
    change = np.searchsorted(moments + early, local, side="right") - 1
    known = np.maximum(change, 0)
    inside = (change >= 0) & (local < (moments + late)[known])
    offset = np.where(change >= 0, after[known], before[0])
    skipped = inside & (after > before)[known]
    doubled = inside & (after < before)[known]
    utc = local - offset
    # A day whose midnight is skipped begins at the change; one whose midnight comes twice, at the first.
    utc = np.where(skipped & dates_only, moments[known], utc)
    utc = np.where(doubled & dates_only, local - before[known], utc)
    return utc, skipped & ~dates_only, doubled & ~dates_only


def _changes(zone: ZoneInfo, first: int, last: int) -> tuple[IntArray, IntArray, IntArray]:
    """Moments (ns UTC) at which the zone's offset changes, with the offsets (ns) before and after."""
    from_day, to_day = first // DAY - 2, last // DAY + 3
    rows = _zone_changes(zone, from_day, to_day)
    table = np.array(rows, dtype=np.int64) * SECOND
    return table[:, 0], table[:, 1], table[:, 2]


@lru_cache(maxsize=16)
def _zone_changes(zone: ZoneInfo, from_day: int, to_day: int) -> tuple[tuple[int, int, int], ...]:
    start = from_day * _DAY_SECONDS
    offset = _offset_at(zone, start)
    # A change to the same offset at the start keeps the table from being empty.
    rows = [(start, offset, offset)]
    for day in range(from_day, to_day):
        begin, end = day * _DAY_SECONDS, (day + 1) * _DAY_SECONDS
        following = _offset_at(zone, end)
        if following != offset:
            rows.append((_change_between(zone, begin, end), offset, following))
            offset = following
    return tuple(rows)


def _change_between(zone: ZoneInfo, begin: int, end: int) -> int:
    old = _offset_at(zone, begin)
    return begin + bisect_left(range(begin, end + 1), True, key=lambda at: _offset_at(zone, at) != old)


def _offset_at(zone: ZoneInfo, seconds: int) -> int:
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    delta = moment.astimezone(zone).utcoffset()
    return 0 if delta is None else delta.days * _DAY_SECONDS + delta.seconds


def utc_to_local(utc: IntArray, zone: ZoneInfo) -> IntArray:
    """What the clocks of the zone show at moments given in ns since the epoch UTC; shape (n,) as given."""
    moments, _, after = _changes(zone, int(utc.min()), int(utc.max()))
    return utc + after[np.searchsorted(moments, utc, side="right") - 1]
