"""Years: how long some bars lasted in them, and how many days with a bar a year of such a market has (rule T2)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NS_PER_DAY = 86_400 * 1_000_000_000
YEAR = 365.25
"""Calendar days."""
_WEEK = 7
_BY_DAYS_A_WEEK = {1: 52, 2: 104, 3: 156, 4: 208, 5: 252, 6: 312, 7: 365}
_WORKING_WEEK = 5
_FEW_HOLIDAYS = 260
_LEAST_OF_FEW_HOLIDAYS = 257
"""Days a year: stock exchanges are open on 240 to 256 weekdays, the currency market on 258 to 261."""
_WHOLE_YEAR = 360
"""Calendar days in which all holidays come: from the first trading day of a year to its last."""
_RARE = 4
"""A weekday on which bars fall less than a fourth as often as on another is an exception."""
_LONGEST_CLOSURE = 10
"""Calendar days without a bar, of a market that opens several days a week; where there are more, data is missing."""
_OFTEN_CLOSED, _CLOSED_IN_A_SHORT_SPAN = 0.1, (4, 0.4)
"""The share of its days on which a market is closed at most, or their number and share around a holiday season."""
_COMMON = (52, 12)
_MONDAY = 4
"""The day of the epoch from which on weeks are counted: 1970-01-05."""
_SATURDAY = 5
_LATE = NS_PER_DAY // 4
"""What closes on Friday may be stamped in the first hours of Saturday, UTC."""


class DaysPerYear(NamedTuple):
    """`number` of days with a bar that a year has, and `source`, where that is known from."""

    number: int
    source: str


def years_between(first: int, last: int) -> float:
    """Years of 365.25 days from one moment to another (ns since the epoch)."""
    return (last - first) / (YEAR * NS_PER_DAY)


def days_per_year(stamps: NDArray[np.int64]) -> DaysPerYear:
    """How many such days a year has, from the last stamps (ns since the epoch, UTC, increasing) of days with a bar.

    The weekdays on which there are bars say it, with the usual number for so many, if nearly all of those weekdays have
    one; else the number of days from bar to bar does. Days are counted from the first stamp on, so that a midnight of
    whatever zone, and a change of its clocks, makes no other weekday.
    """
    days = np.round((stamps - stamps[:1]) / NS_PER_DAY).astype(np.int64)
    if len(days) == 0 or days[-1] < _WEEK:
        return _of_a_few_days(stamps)
    gaps = np.maximum(np.diff(days), 1)
    gaps = gaps[gaps <= max(_LONGEST_CLOSURE, 3 * float(np.median(gaps)))]
    span = int(gaps.sum())
    a_year = YEAR * len(gaps) / span
    week = _days_a_week(days)
    if _has_nearly_all(len(gaps), span * week / _WEEK):
        source = f"bars fall on {week} {'day' if week == 1 else 'days'} of the week"
        if span < _WHOLE_YEAR:
            return DaysPerYear(_BY_DAYS_A_WEEK[week], source)
        has_few_holidays = week == _WORKING_WEEK and a_year >= _LEAST_OF_FEW_HOLIDAYS
        number = _FEW_HOLIDAYS if has_few_holidays else _BY_DAYS_A_WEEK[week]
        return DaysPerYear(number, f"{source}, {a_year:.1f} days a year")
    if week == 1 and np.median(gaps) == _WEEK:
        return DaysPerYear(_BY_DAYS_A_WEEK[week], "bars fall on 1 day of the week, some are missing")
    near = 0.05 if span >= _WHOLE_YEAR else 0.125
    common = (number for number in _COMMON if abs(a_year / number - 1.0) <= near)
    return DaysPerYear(next(common, max(round(a_year), 1)), f"{YEAR / a_year:.1f} days from bar to bar")


def _of_a_few_days(stamps: NDArray[np.int64]) -> DaysPerYear:
    """What days within one week can tell: whether the market is open at weekends, or on Sunday evenings."""
    weekdays = ((stamps - _LATE) // NS_PER_DAY - _MONDAY) % _WEEK
    if (weekdays == _SATURDAY).any():
        return DaysPerYear(_BY_DAYS_A_WEEK[_WEEK], "bars fall on a Saturday")
    return DaysPerYear(_BY_DAYS_A_WEEK[max(len(stamps), _WORKING_WEEK)], "less than a week of bars, none on a Saturday")


def _days_a_week(days: NDArray[np.int64]) -> int:
    """The number of weekdays on which bars fall regularly."""
    often = np.bincount(days % _WEEK)
    return int(np.count_nonzero(often * _RARE >= often.max()))


def _has_nearly_all(count: int, expected: float) -> bool:
    """Whether bars are missing on no more of the expected days than a market may be closed on, nor are there more bars."""
    missing = abs(expected - count)
    most, share = _CLOSED_IN_A_SHORT_SPAN
    return missing <= _OFTEN_CLOSED * expected or (missing <= most and missing <= share * expected)
