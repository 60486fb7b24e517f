"""Rule M1: `timeframe` builds longer bars."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from engine.market.bars import most_frequent_step
from engine.market.durations import DAY, HOUR, MINUTE, WEEK, duration_ns, duration_text
from engine.market.problems import FileRefused
from engine.market.resample import Resampling


def resample(stamps, values, timeframe, zone, stamped="open"):
    length = most_frequent_step(stamps)
    return Resampling(timeframe, zone, length=length, stamped=stamped).of(stamps, values)


def at(*texts):
    return np.array(texts, "M8[ns]").view(np.int64)


def texts(stamps):
    return stamps.view("M8[ns]").astype("M8[m]").astype(str).tolist()


def columns(n):
    rising = np.arange(1.0, n + 1)
    return {
        "open": rising,
        "high": rising + 5,
        "low": rising - 0.5,
        "close": rising + 1,
        "volume": rising,
        "rsi": -rising,
    }


def test_m1_first_open_highest_high_lowest_low_last_close_summed_volume():
    stamps = at("2020-01-01T09:58", "2020-01-01T09:59", "2020-01-01T10:00", "2020-01-01T10:01", "2020-01-01T10:06")
    found, built = resample(stamps, columns(5), 5 * MINUTE, None)
    assert texts(found) == ["2020-01-01T09:55", "2020-01-01T10:00", "2020-01-01T10:05"]
    assert {name: values.tolist() for name, values in built.items()} == {
        "open": [1.0, 3.0, 5.0],
        "high": [7.0, 9.0, 10.0],
        "low": [0.5, 2.5, 4.5],
        "close": [3.0, 5.0, 6.0],
        "volume": [3.0, 7.0, 5.0],
        "rsi": [-2.0, -4.0, -5.0],
    }


def test_m1_days_are_those_of_the_zone():
    stamps = at("2020-03-08T04:00", "2020-03-08T05:00", "2020-03-08T06:00", "2020-03-09T03:00", "2020-03-09T04:00")
    found, _ = resample(stamps, columns(5), DAY, ZoneInfo("America/New_York"))
    assert texts(found) == ["2020-03-07T05:00", "2020-03-08T05:00", "2020-03-09T04:00"]
    assert texts(resample(stamps, columns(5), DAY, None)[0]) == ["2020-03-08T00:00", "2020-03-09T00:00"]


def test_m1_weeks_begin_on_monday():
    stamps = at("2020-01-03", "2020-01-05", "2020-01-06", "2020-01-07")
    assert texts(resample(stamps, columns(4), WEEK, None)[0]) == ["2019-12-30T00:00", "2020-01-06T00:00"]


@pytest.mark.parametrize("timeframe", [90 * MINUTE, 30 * MINUTE])
def test_m1_a_timeframe_that_bars_cannot_build_is_refused(timeframe):
    stamps = at("2020-01-01T10:00", "2020-01-01T11:00", "2020-01-01T12:00")
    with pytest.raises(FileRefused, match=r"timeframe (90|30)m cannot be built from bars of 1h: it must be a multiple"):
        resample(stamps, columns(3), timeframe, None)


@pytest.mark.parametrize(
    ("text", "ns"), [("1m", MINUTE), ("90m", 90 * MINUTE), ("4h", 4 * HOUR), ("1d", DAY), ("2w", 2 * WEEK)]
)
def test_durations(text, ns):
    assert duration_ns(text) == ns
    assert duration_text(ns) == text


@pytest.mark.parametrize("text", ["", "m", "0m", "5", "5 m", "1M", "-1h", "1.5h", "5min", "\u0661m", "1s"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="is not a length of time"):
        duration_ns(text)


def test_l3_bars_stamped_at_their_close_make_longer_bars_stamped_at_theirs():
    """The bar of 10:00 is the last of the hours from 8 to 10, not the first of those from 10 to 12."""
    stamps = at(*(f"2020-01-01T{hour:02}:00" for hour in range(9, 14)))
    found, built = resample(stamps, columns(5), 2 * HOUR, None, "close")
    assert texts(found) == ["2020-01-01T10:00", "2020-01-01T12:00", "2020-01-01T14:00"]
    assert built["open"].tolist() == [1.0, 3.0, 5.0]
    assert built["close"].tolist() == [3.0, 5.0, 6.0]


def test_l3_days_stamped_at_their_close_end_at_midnight_of_the_zone():
    stamps = at("2020-03-08T04:00", "2020-03-08T05:00", "2020-03-08T06:00", "2020-03-09T04:00", "2020-03-09T05:00")
    found, _ = resample(stamps, columns(5), DAY, ZoneInfo("America/New_York"), "close")
    assert texts(found) == ["2020-03-08T05:00", "2020-03-09T04:00", "2020-03-10T04:00"]


@pytest.mark.parametrize("part", [1, 2, 3, 50])
@pytest.mark.parametrize("stamped", ["open", "close"])
@pytest.mark.parametrize("zone", [None, ZoneInfo("America/New_York")])
def test_l6_longer_bars_do_not_depend_on_the_parts_their_rows_come_in(part, stamped, zone):
    stamps = at("2020-03-07") + HOUR * np.array([0, 1, 2, 5, 23, 24, 25, 26, 47, 60, 61, 71, 72, 73])
    values = {name: column / 7 for name, column in columns(len(stamps)).items()}
    resampling = Resampling(DAY, zone, length=HOUR, stamped=stamped)
    pieces = (slice(first, first + part) for first in range(0, len(stamps), part))
    parts = [(stamps[piece], {name: column[piece] for name, column in values.items()}) for piece in pieces]
    found = list(resampling.of_parts(parts))
    whole_stamps, whole = resampling.of(stamps, values)
    assert np.array_equal(np.concatenate([stamps for stamps, _ in found]), whole_stamps)
    for name, column in whole.items():
        assert np.array_equal(np.concatenate([built[name] for _, built in found]), column)
