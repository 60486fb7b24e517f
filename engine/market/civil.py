"""Texts to moments: the fields a pattern finds in a layout become ns since the epoch."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.market.bars import IntArray
from engine.market.durations import DAY, HOUR, MINUTE, SECOND
from engine.market.layouts import Layout
from engine.market.time_patterns import EPOCH, MONTHS

BoolArray = npt.NDArray[np.bool_]
_Spans = dict[str, tuple[int, int]]

# Years whose every moment fits into 64 bits of ns.
_FIRST_YEAR, _LAST_YEAR = 1678, 2261
_PIVOT = 69  # two-digit years from here on are of the 20th century, as POSIX has it
_HALF_DAY = 12


@dataclass(frozen=True, slots=True)
class Times:
    """A column of timestamps, read; arrays of shape (n,).

    Attributes:
        ns: int64, ns since the epoch; UTC where `zoned`, else as the local clock shows.
        ok: the row could be read.
        zoned: the row carries an offset, or is an epoch number.
        clock: the row has a time of day and not just a date.
    """

    ns: IntArray
    ok: BoolArray
    zoned: BoolArray
    clock: BoolArray


def blank_times(n: int) -> Times:
    """Times of `n` rows none of which has been read yet."""
    return Times(np.zeros(n, np.int64), np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_))


def read_civil(layouts: Sequence[Layout], rows: int, patterns: Sequence[re.Pattern[str]]) -> Times:
    """A column of `rows` texts read as dates and times, each layout by the first pattern that fits it."""
    times = blank_times(rows)
    for layout in layouts:
        match = next(filter(None, (pattern.fullmatch(layout.example) for pattern in patterns)), None)
        if match is None:
            continue
        spans = {name: match.span(name) for name, text in match.groupdict().items() if text is not None}
        days, days_ok = _days(layout, spans)
        clock, clock_ok = _clock(layout, spans)
        times.ns[layout.rows] = days * DAY + clock - _offset(layout, spans)
        times.ok[layout.rows] = days_ok & clock_ok
        times.zoned[layout.rows] = "offset" in spans
        times.clock[layout.rows] = "hour" in spans
    return times


def _days(layout: Layout, spans: _Spans) -> tuple[IntArray, BoolArray]:
    year, month, day = _year(layout, spans), _month(layout, spans), layout.number(spans["day"])
    ok = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= len(MONTHS)) & (day >= 1)
    months = np.where(ok, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    ok &= day <= following - first
    return np.where(ok, first + day - 1, 0), ok


def _year(layout: Layout, spans: _Spans) -> IntArray:
    if "year" in spans:
        return layout.number(spans["year"])
    short = layout.number(spans["shortyear"])
    return np.where(short >= _PIVOT, 1900 + short, 2000 + short)


def _month(layout: Layout, spans: _Spans) -> IntArray:
    if "month" in spans:
        return layout.number(spans["month"])
    begin, end = spans["monthname"]
    name = layout.example[begin:end].lower()
    number = MONTHS.index(name[:3]) + 1 if name[:3] in MONTHS else 0
    return np.full(len(layout.rows), number, np.int64)


def _clock(layout: Layout, spans: _Spans) -> tuple[IntArray, BoolArray]:
    zero = np.zeros(len(layout.rows), np.int64)
    hour, minute, second = (
        layout.number(spans[field]) if field in spans else zero for field in ("hour", "minute", "second")
    )
    ok = (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - a day's hours and an hour's minutes
    if "half" in spans:
        ok &= (hour >= 1) & (hour <= _HALF_DAY)
        afternoon = layout.example[spans["half"][0]] in "Pp"
        hour = hour % _HALF_DAY + (_HALF_DAY if afternoon else 0)
    ns = hour * HOUR + minute * MINUTE + second * SECOND
    if "fraction" in spans:
        begin, end = spans["fraction"]
        ns = ns + layout.number((begin, end)) * 10 ** (9 - (end - begin))
    return np.where(ok, ns, 0), ok


def _offset(layout: Layout, spans: _Spans) -> IntArray:
    begin, end = spans.get("offset", (0, 0))
    if begin == end or layout.example[begin] not in "+-":
        return np.zeros(len(layout.rows), np.int64)
    ns = layout.number((begin + 1, begin + 3)) * HOUR
    if end - begin > len("+hh"):
        ns += layout.number((end - 2, end)) * MINUTE
    return -ns if layout.example[begin] == "-" else ns


# Numbers of this size and above are counted in the next finer unit; every unit covers 1973 to 5138.
_EPOCH_UNITS = ((10**11, SECOND), (10**14, SECOND // 10**3), (10**17, SECOND // 10**6))


def epoch_unit(layouts: Sequence[Layout]) -> int:
    """The unit in ns that a column of epoch numbers is counted in, by the largest of them: s, ms, us or ns."""
    return _unit_of(layout.number(match.span("whole")) for layout, match in _numbers(layouts))


def _unit_of(numbers: Iterable[IntArray]) -> int:
    largest = max((int(each.max()) for each in numbers), default=0)
    return next((unit for limit, unit in _EPOCH_UNITS if largest < limit), 1)


def read_epoch(layouts: Sequence[Layout], rows: int, unit: int) -> Times:
    """A column of `rows` texts read as numbers of units of `unit` ns since the epoch.

    Nothing is read of a column whose own unit is another one.
    """
    times = blank_times(rows)
    wholes = [layout.number(match.span("whole")) for layout, match in _numbers(layouts)]
    if _unit_of(wholes) != unit:
        return times
    part = np.zeros(rows, np.int64)
    for whole, (layout, match) in zip(wholes, _numbers(layouts), strict=True):
        sign = -1 if match["sign"] == "-" else 1
        times.ns[layout.rows] = sign * whole
        if match["part"]:
            part[layout.rows] = sign * layout.number(match.span("part")) * 10 ** (9 - len(match["part"]))
        times.ok[layout.rows] = True
    times.ok[:] &= np.abs(times.ns) <= np.iinfo(np.int64).max // unit
    times.ns[:] = np.where(times.ok, times.ns, 0) * unit + part * unit // SECOND
    times.zoned[:] = True
    times.clock[:] = True
    return times


def _numbers(layouts: Sequence[Layout]) -> Iterator[tuple[Layout, re.Match[str]]]:
    """The layouts that are epoch numbers."""
    for layout in layouts:
        match = EPOCH.fullmatch(layout.example)
        if match is not None:
            yield layout, match
