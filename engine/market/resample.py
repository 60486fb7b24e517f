"""Longer bars from shorter ones (`timeframe`)."""

from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from engine.market.bars import FloatArray, IntArray
from engine.market.durations import DAY, WEEK, duration_text
from engine.market.problems import refuse
from engine.market.zones import local_to_utc, utc_to_local

Columns = Mapping[str, FloatArray]
# The epoch was a Thursday; weeks begin on Monday.
_MONDAY = 4 * DAY


def resample(
    timestamps: IntArray,
    columns: Columns,
    timeframe: int,
    zone: ZoneInfo | None,
    *,
    length: int,
    stamped: Literal["open", "close"],
) -> tuple[IntArray, dict[str, FloatArray]]:
    """Bars of `timeframe` ns from bars of `length` ns (0 if unknown), none where there is no bar to build from.

    They are stamped as the bars they are built from: with the start of their time, or with its end.

    Minutes and hours are counted from midnight UTC; days from midnight and weeks from Monday of the zone, else of UTC.
    The first open, the highest high, the lowest low, the last close, the volumes added in order, a feature's last value.

    Raises:
        FileRefused: the timeframe is no multiple of the length of the file's bars.
    """
    if length and timeframe % length:
        raise refuse(
            f"timeframe {duration_text(timeframe)} cannot be built from bars of {duration_text(length)}: "
            "it must be a multiple of them"
        )
    by_zone = zone if timeframe % DAY == 0 else None
    at_close = stamped == "close"
    opened = timestamps - length if at_close else timestamps
    local = opened if by_zone is None else utc_to_local(opened, by_zone)
    anchor = _MONDAY if timeframe % WEEK == 0 else 0
    start = (local - anchor) // timeframe * timeframe + anchor
    first = np.flatnonzero(np.concatenate(([True], start[1:] != start[:-1])))
    stamps = start[first] + (timeframe if at_close else 0)
    if by_zone is not None:
        stamps, _, _ = local_to_utc(stamps, np.ones(len(stamps), np.bool_), by_zone)
    return stamps, {name: _built(name, values, first) for name, values in columns.items()}


def _built(name: str, values: FloatArray, first: IntArray) -> FloatArray:
    if name == "open":
        return values[first]
    if name == "high":
        highest: FloatArray = np.maximum.reduceat(values, first)
        return highest
    if name == "low":
        lowest: FloatArray = np.minimum.reduceat(values, first)
        return lowest
    if name == "volume":
        bucket = np.zeros(len(values), np.int64)
        bucket[first[1:]] = 1
        # bincount adds one after the other, so that the sum is the same on every machine.
        return np.bincount(np.cumsum(bucket), weights=values).astype(np.float64, copy=False)
    following: IntArray = np.append(first[1:], len(values))
    return values[following - 1]
