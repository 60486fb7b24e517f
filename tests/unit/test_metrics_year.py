"""How many days with a bar a year has, told from the bars (T2)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.tseries.holiday import USFederalHolidayCalendar
from pandas.tseries.offsets import CustomBusinessDay

from engine.metrics import days as module
from engine.metrics.days import day_ends, day_numbers
from engine.metrics.year import years_between

EXCHANGE = CustomBusinessDay(calendar=USFederalHolidayCalendar())
MIDNIGHTS = ["UTC", "Europe/Berlin", "Europe/London", "Asia/Tokyo", "America/New_York", "Australia/Sydney"]


def stamps(*parts):
    """The union of some ranges of pandas, ns UTC."""
    zoned = (part if part.tz else part.tz_localize("UTC") for part in parts)
    return np.unique(np.concatenate([part.tz_convert("UTC").as_unit("ns").asi8 for part in zoned]))


def a_year(*parts, zone=None):
    return day_ends(stamps(*parts), zone).year(None).number


def days(first, last, step="D", tz=None):
    return pd.date_range(first, last, freq=step, tz=tz)


def hours_of_currencies(first, weeks):
    """From Sunday 17:00 to Friday 17:00 of New York."""
    sundays = pd.date_range(first, periods=weeks, freq="W-SUN", tz="America/New_York")
    return [pd.date_range(day + pd.Timedelta(hours=17), periods=120, freq="h") for day in sundays]


@pytest.mark.parametrize(
    ("number", "bars"),
    [
        (252, days("2015-01-02", "2019-12-31", EXCHANGE)),
        (252, days("2018-01-02", "2018-01-31", EXCHANGE)),
        (252, days("2023-12-15", "2024-01-16", EXCHANGE)),
        (252, days("2020-01-06", "2020-01-10")),
        (252, days("2020-01-06", "2020-01-20", "B")),
        (260, days("2015-01-01", "2017-12-29", "B")),
        (365, days("2015-01-01", "2019-12-31")),
        (365, days("2020-02-01", "2020-02-29")),
        (365, days("2020-02-01", "2020-02-04")),
        (52, days("2015-01-01", "2019-12-31", "W-FRI")),
        (52, days("2020-01-03", "2020-01-10", "7D")),
        (26, days("2015-01-01", "2019-12-31", "14D")),
        (12, days("2010-01-31", "2020-01-31", "ME")),
        (12, days("2010-01-31", "2010-03-01", "ME")),
        (12, days("2015-01-01", "2016-12-31", "BME")),
        (4, days("2010-01-31", "2020-01-31", "QE")),
        (4, days("2010-01-31", "2010-07-31", "QE")),
        (1, days("2000-01-31", "2020-01-31", "YE")),
        (1, days("2000-01-31", "2002-01-01", "YE")),
        (104, days("2019-01-01", "2019-12-31", "W-TUE").union(days("2019-01-01", "2019-12-31", "W-THU"))),
    ],
    ids=lambda value: f"{value[0].date()}-{len(value)}" if isinstance(value, pd.DatetimeIndex) else str(value),
)
def test_a_year_has_as_many_days_as_such_a_market(number, bars):
    assert a_year(bars) == number


@pytest.mark.parametrize("tz", MIDNIGHTS)
@pytest.mark.parametrize(("first", "last"), [("2019-01-02", "2022-12-30"), ("2020-03-16", "2020-04-14")])
def test_a_local_midnight_makes_no_weekend(tz, first, last):
    """In UTC they stand on the day before, Mondays on Sundays, and in London only in summer."""
    assert a_year(days(first, last, EXCHANGE, tz)) == 252
    assert a_year(days(first, last, EXCHANGE, tz), zone="America/New_York") == 252


@pytest.mark.parametrize("last", ["2019-01-31", "2021-12-31"])
def test_bars_within_days_count_days(last):
    opens = days("2019-01-02", last, EXCHANGE, "America/New_York") + pd.Timedelta("09:30:00")
    assert a_year(*(opens + pd.Timedelta(minutes=30 * k) for k in range(13))) == 252


def sessions(tz, start, bars, step="h", *, last="2020-12-30"):
    """So many bars from a time of day of a zone on, on every day of an exchange."""
    opens = days("2019-01-02", last, EXCHANGE).tz_localize(tz) + pd.Timedelta(start)
    return [opens + k * pd.Timedelta(step if step[0].isdigit() else f"1{step}") for k in range(bars)]


OVER_MIDNIGHT = {
    "Sydney": sessions("Australia/Sydney", "10h", 6),
    "Auckland": sessions("Pacific/Auckland", "10h", 7),
    "Tokyo from eight": sessions("Asia/Tokyo", "8h", 8),
    "Seoul": sessions("Asia/Seoul", "8h45min", 7),
    "New York, extended": sessions("America/New_York", "4h", 32, "30min"),
    "Eurex": sessions("Europe/Berlin", "1h", 21),
    "Chicago, all but the afternoon, in winter": sessions("America/Chicago", "16h", 22, last="2019-02-28"),
}


@pytest.mark.parametrize("market", OVER_MIDNIGHT)
def test_sessions_that_cross_midnight_are_days(market):
    """Days end in the hours in which there are no bars, and weekdays and years are counted by the same clock."""
    parts = OVER_MIDNIGHT[market]
    found = day_ends(stamps(*parts), None)
    assert len(found.rows) == len(parts[0])
    assert found.year(None).number == 252
    assert found.stamps.tolist() == stamps(parts[-1]).tolist()
    assert found.zone.endswith(" UTC")
    assert found.zone_source.startswith("there is no bar between ")
    assert [day_numbers(found.zone)(stamp) for stamp in found.stamps.tolist()] == found.numbers.tolist()
    assert day_ends(stamps(*parts), found.zone).rows.tolist() == found.rows.tolist()
    first_of_days = stamps(parts[0])  # a session is known by the date that most of it has, in UTC
    assert set(found.numbers - 719_163 - first_of_days // (24 * 3600 * 10**9)) <= {0, 1}


MIDNIGHT_IS_NOT_INSIDE = {
    "New York": sessions("America/New_York", "9h30min", 13, "30min"),
    "Frankfurt": sessions("Europe/Berlin", "9h", 9),
    "Hong Kong, a break at noon": [*sessions("Asia/Hong_Kong", "9h30min", 3), *sessions("Asia/Hong_Kong", "13h", 3)],
    "Shanghai and its night": [*sessions("Asia/Shanghai", "9h", 6), *sessions("Asia/Shanghai", "21h", 5)],
    "currencies": hours_of_currencies("2019-01-06", 60),
    "a week of currencies": hours_of_currencies("2019-01-06", 1),
    "currencies with a break at five": [part[part.hour != 17] for part in hours_of_currencies("2019-01-06", 60)],
    "crypto": [days("2020-01-01", "2020-12-31", "h")],
    "crypto every four hours": [days("2020-01-01", "2020-12-31", "4h")],
    "crypto twice a day": [days("2020-01-01", "2020-12-31", "12h")],
    "crypto for a night": [days("2020-01-01T20:00", "2020-01-02T04:00", "min")],
    "crypto with two outages": [
        days("2020-01-01T08:00", "2020-01-02T04:00", "h"),
        days("2020-01-02T13:00", "2020-01-03", "h"),
    ],
    "days, at whatever hour": [days("2020-01-01", "2020-12-31", EXCHANGE) + pd.Timedelta("22h")],
    **{f"midnights of {tz}": [days("2019-01-02", "2020-12-30", EXCHANGE, tz)] for tz in MIDNIGHTS},
}


@pytest.mark.parametrize("market", MIDNIGHT_IS_NOT_INSIDE)
def test_other_days_end_at_midnight(market):
    timestamps = stamps(*MIDNIGHT_IS_NOT_INSIDE[market])
    found, plain = day_ends(timestamps, None), day_ends(timestamps, "UTC")
    assert (found.zone, found.zone_source) == ("UTC", "")
    assert (found.rows.tolist(), found.numbers.tolist()) == (plain.rows.tolist(), plain.numbers.tolist())


def test_a_stray_bar_moves_no_end_of_days():
    parts = OVER_MIDNIGHT["Sydney"]
    zone = day_ends(stamps(*parts), None).zone
    assert day_ends(stamps(*parts, days("2019-05-05T15:00", "2019-05-05T15:00")), None).zone == zone


def test_where_days_end_is_found_in_all_of_long_data(monkeypatch):
    parts = OVER_MIDNIGHT["New York, extended"]
    whole = day_ends(stamps(*parts), None)
    monkeypatch.setattr(module, "BLOCK", 100)
    again = day_ends(stamps(*parts), None)
    assert (again.zone, again.rows.tolist()) == (whole.zone, whole.rows.tolist())


def test_the_currency_market_has_sundays_unless_its_days_end_in_the_afternoon():
    for weeks in (1, 3, 52):
        bars = hours_of_currencies("2019-01-06", weeks)
        assert a_year(*bars) == 312
        assert a_year(*bars, zone="17:00 America/New_York") in {252, 260}
    assert a_year(*hours_of_currencies("2019-01-06", 60), zone="17:00 America/New_York") == 260


def test_a_stock_beside_a_crypto_currency_is_of_every_day():
    assert a_year(days("2019-01-02", "2019-12-31", EXCHANGE), days("2019-01-01", "2019-12-31")) == 365
    assert a_year(days("2019-01-02", "2019-12-31", EXCHANGE), days("2019-01-01", "2019-12-31", "ME")) == 252


@pytest.mark.parametrize(("step", "number"), [(EXCHANGE, 252), ("D", 365), ("W-MON", 52), ("ME", 12)])
def test_a_missing_stretch_makes_no_year_shorter(step, number):
    assert a_year(days("2015-01-01", "2015-12-31", step), days("2016-07-01", "2018-12-31", step)) == number


@settings(max_examples=40)
@given(st.sets(st.integers(0, 1499), max_size=60), st.integers(30, 1500))
def test_a_few_missing_bars_change_nothing(missing, length):
    """Of 1,500 trading days any 60 may be missing, if those are few of the first `length`."""
    bars = days("2010-01-04", "2016-12-31", EXCHANGE)[:length]
    kept = [k for k in range(length) if k not in missing or k in {0, length - 1}]
    if length - len(kept) <= length * 0.04:
        assert a_year(bars[kept]) == 252


def test_no_bar_or_one_is_of_a_year_too():
    assert day_ends(np.empty(0, np.int64), None).year(None).number == 252
    assert a_year(days("2020-01-01", "2020-01-01")) == 252


@pytest.mark.parametrize("share", [0.75, 0.9])
def test_weeks_that_are_missing_make_a_year_no_shorter(share):
    weeks = days("2010-01-01", "2017-12-29", "W-FRI")
    assert a_year(weeks[np.random.default_rng(4).random(len(weeks)) < share]) == 52


def test_what_is_stated_holds():
    year = day_ends(stamps(days("2015-01-01", "2015-12-31")), None).year(250)
    assert (year.number, year.source) == (250, "set in the config")


def test_the_source_says_why():
    assert day_ends(stamps(days("2015-01-01", "2015-02-28", "B")), None).year(None).source == (
        "bars fall on 5 days of the week"
    )
    assert day_ends(stamps(days("2015-01-01", "2018-12-31")), None).year(None).source == (
        "bars fall on 7 days of the week, 365.2 days a year"
    )
    assert (
        day_ends(stamps(days("2015-01-01", "2018-12-31", "ME")), None).year(None).source == "30.4 days from bar to bar"
    )


def test_a_year_is_365_days_and_a_quarter():
    first, last = stamps(pd.DatetimeIndex(["2010-01-31", "2020-01-31"])).tolist()
    assert years_between(first, last) == 3652 / 365.25
