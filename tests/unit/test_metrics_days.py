"""Where a day ends, in UTC and elsewhere, at midnight or at another hour (T2)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.days import day_ends, day_numbers

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
    assert (ends.rows.tolist(), ends.numbers.tolist(), ends.stamps.tolist()) == ([], [], [])


def test_days_before_the_epoch_are_days_too():
    ends = day_ends(ns("1969-12-30T23:00", "1969-12-31T00:00", "1969-12-31T23:59", "1970-01-01T00:00"), None)
    assert ends.rows.tolist() == [0, 2, 3]


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


def test_utc_by_name_is_utc():
    timestamps = hours("2024-01-02T05:00", 100)
    assert day_ends(timestamps, "UTC").rows.tolist() == day_ends(timestamps, None).rows.tolist()


def test_an_unknown_zone_is_an_error():
    with pytest.raises(ZoneInfoNotFoundError):
        day_ends(hours("2024-01-02T05:00", 2), "Europe/Atlantis")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("hour", [0, 2, 17, 23])
@pytest.mark.parametrize("start", ["2024-03-05T00:00", "2024-10-24T00:00"])
def test_a_day_may_end_at_another_hour_of_the_zones_clock(zone, hour, start):
    """Over changes of the clock, whether the bars come together or one by one; pandas tells the days apart."""
    timestamps = hours(start, 24 * 16)
    clocks = pd.DatetimeIndex(timestamps, tz="UTC").tz_convert(zone).tz_localize(None)
    dates = [moment.date() for moment in clocks - pd.Timedelta(hours=hour)]
    ends = [row for row in range(len(dates)) if row == len(dates) - 1 or dates[row] != dates[row + 1]]
    text = f"{hour:02}:00 {zone}"
    found = day_ends(timestamps, text)
    assert found.rows.tolist() == ends
    assert found.numbers.tolist() == [day_numbers(text)(stamp) for stamp in found.stamps.tolist()]
    later = hour > 12  # a day that begins in the evening is known by the date on which it ends
    assert found.numbers.tolist() == [dates[row].toordinal() + later for row in ends]


def test_two_weeks_of_the_currency_market_are_ten_days_from_five_to_five():
    weeks = np.concatenate([hours("2020-01-05T22:00", 120), hours("2020-01-12T22:00", 120)])
    assert len(day_ends(weeks, None).rows) == 12
    traded = day_ends(weeks, "17:00 America/New_York")
    assert len(traded.rows) == 10
    assert (day_ends(weeks, None).year(None).number, traded.year(None).number) == (312, 252)
