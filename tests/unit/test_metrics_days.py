"""Where a day ends, in UTC and elsewhere, and how many days a year has (T2)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.days import day_ends

HOUR = 3_600
ZONES = [
    "America/New_York",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Pacific/Apia",
    "UTC",
]


def ns(*texts):
    return np.array(
        [int(datetime.fromisoformat(text + "+00:00").timestamp()) * 10**9 for text in texts], dtype=np.int64
    )


def hours(start, count):
    return ns(start)[0] + np.arange(count, dtype=np.int64) * HOUR * 10**9


def local_dates(timestamps, zone):
    return [datetime.fromtimestamp(stamp // 10**9, ZoneInfo(zone)).date() for stamp in timestamps.tolist()]


def test_the_last_bar_of_each_day_that_has_one():
    ends = day_ends(ns("2024-01-02T09:00", "2024-01-02T23:59", "2024-01-03T00:00", "2024-01-05T12:00"), None)
    assert ends.rows.tolist() == [1, 2, 3]


def test_no_bar_has_no_day():
    ends = day_ends(np.empty(0, dtype=np.int64), "Asia/Tokyo")
    assert (ends.rows.tolist(), ends.falls_on_weekend) == ([], False)


@pytest.mark.parametrize(
    ("day", "weekend", "a_year"),
    [("2024-01-05", False, 252), ("2024-01-06", True, 365), ("2024-01-07", True, 365), ("2024-01-08", False, 252)],
)
def test_a_bar_on_a_weekend_makes_a_year_of_365_days(day, weekend, a_year):
    ends = day_ends(ns("2024-01-03T00:00", f"{day}T00:00"), None)
    assert (ends.falls_on_weekend, ends.days_per_year) == (weekend, a_year)


def test_the_weekend_is_that_of_the_zone():
    friday_evening_in_new_york = ns("2024-01-06T01:00")
    assert day_ends(friday_evening_in_new_york, None).falls_on_weekend
    assert not day_ends(friday_evening_in_new_york, "America/New_York").falls_on_weekend


def test_days_before_the_epoch_are_days_too():
    ends = day_ends(ns("1969-12-30T23:00", "1969-12-31T00:00", "1969-12-31T23:59", "1970-01-01T00:00"), None)
    assert ends.rows.tolist() == [0, 2, 3]
    assert not ends.falls_on_weekend


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "start", ["2011-12-25T00:00", "2017-10-10T07:00", "2018-10-30T00:00", "2024-03-28T00:00", "2024-10-24T00:00"]
)
def test_local_days_equal_those_of_the_calendar(zone, start):
    """Over changes of the clock, midnights that do not exist or exist twice, and a day that Apia left out."""
    timestamps = hours(start, 24 * 12)
    dates = local_dates(timestamps, zone)
    ends = [row for row in range(len(dates)) if row == len(dates) - 1 or dates[row] != dates[row + 1]]
    assert day_ends(timestamps, zone).rows.tolist() == ends


@given(st.sets(st.integers(0, 3 * 365 * 96), min_size=1, max_size=50), st.sampled_from(ZONES))
def test_any_bars_of_any_zone_are_cut_as_the_calendar_says(quarters, zone):
    start = datetime(2016, 1, 1, tzinfo=ZoneInfo("UTC"))
    timestamps = np.array(
        [int((start + timedelta(minutes=15 * n)).timestamp()) * 10**9 for n in sorted(quarters)], dtype=np.int64
    )
    dates = local_dates(timestamps, zone)
    ends = day_ends(timestamps, zone)
    assert ends.rows.tolist() == [
        row for row in range(len(dates)) if row + 1 == len(dates) or dates[row] != dates[row + 1]
    ]
    assert ends.falls_on_weekend == any(day.weekday() >= 5 for day in dates)


def test_utc_by_name_is_utc():
    timestamps = hours("2024-01-02T05:00", 100)
    assert day_ends(timestamps, "UTC").rows.tolist() == day_ends(timestamps, None).rows.tolist()


def test_an_unknown_zone_is_an_error():
    with pytest.raises(ZoneInfoNotFoundError):
        day_ends(hours("2024-01-02T05:00", 2), "Europe/Atlantis")
