"""The first and the last moment a source takes, from its `start` and `end`."""

from zoneinfo import ZoneInfo

import numpy as np

from engine.market.bars import IntArray
from engine.market.civil import BoolArray, Times, read_civil
from engine.market.durations import DAY
from engine.market.layouts import layouts_of, text_array
from engine.market.time_patterns import YEAR_FIRST
from engine.market.zones import local_to_utc


def first_moment(text: str, zone: ZoneInfo | None) -> int:
    """The moment written in ISO 8601, ns since the epoch UTC; a bare date is the first moment of its day.

    Raises:
        ValueError: the text is no such moment, or the clocks of the zone never showed it or showed it twice.
    """
    return _moment(_read(text), text, zone)


def last_moment(text: str, zone: ZoneInfo | None) -> int:
    """As first_moment, but a bare date is the last nanosecond of its day."""
    times = _read(text)
    if times.clock[0]:
        return _moment(times, text, zone)
    return _moment(Times(times.ns + DAY, times.ok, times.zoned, times.clock), text, zone) - 1


def _read(text: str) -> Times:
    times = read_civil(layouts_of(text_array([text])), 1, YEAR_FIRST)
    if not times.ok[0]:
        raise ValueError(f"{text!r} is not a date or a time (write it as 2020-01-31 or 2020-01-31T09:30)")
    return times


def _moment(times: Times, text: str, zone: ZoneInfo | None) -> int:
    ns, skipped, doubled = to_utc(times, zone)
    if skipped[0] or doubled[0]:
        raise ValueError(f"{text!r} is a local time that the clocks of {zone} skipped or showed twice")
    return int(ns[0])


def to_utc(times: Times, zone: ZoneInfo | None) -> tuple[IntArray, BoolArray, BoolArray]:
    """UTC of every row, and the rows whose local time was skipped or doubled; without a zone, local is UTC."""
    none = np.zeros(len(times.ns), np.bool_)
    local = times.ok & ~times.zoned
    if zone is None or not local.any():
        return times.ns, none, none
    utc, skipped, doubled = local_to_utc(times.ns[local], ~times.clock[local], zone)
    ns, all_skipped, all_doubled = times.ns.copy(), none.copy(), none.copy()
    ns[local], all_skipped[local], all_doubled[local] = utc, skipped, doubled
    return ns, all_skipped, all_doubled
