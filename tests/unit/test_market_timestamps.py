"""Rule M2: how timestamps are read."""

import datetime as dt
import re

import numpy as np
import pytest

from engine.market.layouts import layouts_of, text_array
from engine.market.time_patterns import strptime_pattern
from engine.market.timestamps import UnclearTimestamps, read_timestamps


def read(*texts, timestamp_format=None):
    times = read_timestamps(text_array(texts), timestamp_format)
    assert times.ok.all()
    return times.ns.view("M8[ns]").astype(str).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-01-31", "2020-01-31T00:00:00.000000000"),
        ("20200131", "2020-01-31T00:00:00.000000000"),
        ("2020-1-3 4:05", "2020-01-03T04:05:00.000000000"),
        ("2020-01-31T22", "2020-01-31T22:00:00.000000000"),
        ("2020.01.31 22:00", "2020-01-31T22:00:00.000000000"),
        ("2020/01/31 22:00:01,5", "2020-01-31T22:00:01.500000000"),
        ("20200131 220001", "2020-01-31T22:00:01.000000000"),
        ("20200131T220001.25Z", "2020-01-31T22:00:01.250000000"),
        ("20200131220001", "2020-01-31T22:00:01.000000000"),
        ("2020-01-31T22:00:01.123456789Z", "2020-01-31T22:00:01.123456789"),
        ("2020-01-31 00:30:00+02:00", "2020-01-30T22:30:00.000000000"),
        ("2020-01-31 00:30:00-0530", "2020-01-31T06:00:00.000000000"),
        ("2020-01-31 00:30:00-05", "2020-01-31T05:30:00.000000000"),
        ("2020-01-31 00:30:00 UTC", "2020-01-31T00:30:00.000000000"),
        ("04-Jan-1999", "1999-01-04T00:00:00.000000000"),
        ("January 4, 1999", "1999-01-04T00:00:00.000000000"),
        ("1/14/2020 12:30 AM", "2020-01-14T00:30:00.000000000"),
        ("1/14/2020 4:00 PM", "2020-01-14T16:00:00.000000000"),
        ("14.01.2020 22:00:00.000", "2020-01-14T22:00:00.000000000"),
        ("1677836800", "2023-03-03T09:46:40.000000000"),
        ("1677836800.25", "2023-03-03T09:46:40.250000000"),
        ("1677836800123", "2023-03-03T09:46:40.123000000"),
        ("1677836800123456", "2023-03-03T09:46:40.123456000"),
        ("1677836800123456789", "2023-03-03T09:46:40.123456789"),
        ("-86400", "1969-12-31T00:00:00.000000000"),
        ("915148800000", "1999-01-01T00:00:00.000000000"),
        ("2020-02-29", "2020-02-29T00:00:00.000000000"),
    ],
)
def test_m2_every_known_form(text, expected):
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        *("2020-02-30", "2019-02-29", "2020-13-01", "2020-01-01 24:00", "2020-01-01 10:60", "2020-01-01 10:00:60"),
        *("1600-01-01", "2300-01-01", "1/1/20", "13/13/2020", "1/14/2020 13:00 PM", "04-Foo-1999", "soon", ""),
    ],
)
def test_m2_what_is_no_time_is_not_read(text):
    times = read_timestamps(text_array([text, "2020-01-01"]))
    assert times.ok.tolist() == [False, True]


def test_m2_the_largest_number_decides_the_unit_for_all():
    assert read("0", "1000000000000")[0] == "1970-01-01T00:00:00.000000000"
    assert read("86400000", "1000000000000")[0] == "1970-01-02T00:00:00.000000000"


def test_m2_a_day_above_twelve_anywhere_decides_for_the_whole_column():
    assert read("1/4/1999", "1/5/1999", "1/13/1999")[0] == "1999-01-04T00:00:00.000000000"
    assert read("1/4/1999", "2/4/1999", "13/4/1999")[0] == "1999-04-01T00:00:00.000000000"


def test_m2_else_the_only_rising_reading_decides():
    assert read("1/2/1999", "2/1/1999")[1] == "1999-02-01T00:00:00.000000000"
    assert read("2/1/1999", "3/1/1999", "1/2/1999")[2] == "1999-02-01T00:00:00.000000000"


def test_m2_equal_day_and_month_need_no_decision():
    assert read("1/1/1999", "2/2/1999")[1] == "1999-02-02T00:00:00.000000000"


def test_m2_a_column_that_can_be_read_two_ways_is_refused():
    with pytest.raises(
        UnclearTimestamps, match=r"'1/2/1999' may be day first or month first.*timestamp_format"
    ) as error:
        read("1/1/1999", "1/2/1999", "2/3/1999")
    assert error.value.row == 1


def test_m2_an_unreadable_column_is_refused_with_its_first_text():
    with pytest.raises(UnclearTimestamps, match=r"timestamp 'soon' cannot be read in a known way.*timestamp_format"):
        read("", "soon", "later")


@pytest.mark.parametrize(
    ("timestamp_format", "text"),
    [
        ("%d/%m/%y", "03/04/99"),
        ("%m/%d/%y %H:%M", "03/04/68 22:05"),
        ("%Y%m%d %H%M%S%f", "20200131 220001123456"),
        ("%d %b %Y, %I:%M %p", "04 Jan 1999, 09:30 PM"),
        ("%A %d %B %Y", "Monday 04 January 1999"),
        ("%Y-%m-%dT%H:%M:%S%z", "2020-01-31T00:30:00-0530"),
        ("100%% %d.%m.%Y", "100% 04.01.1999"),
    ],
)
def test_m2_formats_mean_what_strptime_means(timestamp_format, text):
    expected = dt.datetime.strptime(text, timestamp_format)  # noqa: DTZ007 - a clock reading
    if expected.tzinfo is not None:
        expected = expected.astimezone(dt.UTC).replace(tzinfo=None)
    assert read(text, timestamp_format=timestamp_format) == [str(np.datetime64(expected, "ns"))]


@pytest.mark.parametrize(
    ("timestamp_format", "message"),
    [
        ("%d/%m/%Q", r"%Q is not understood \(known: %Y"),
        ("%d/%d/%Y", "names a field twice"),
        ("%H:%M", r"needs a year"),
        ("%d/%m/%Y %", r"% is not understood"),
    ],
)
def test_m2_a_format_that_cannot_be_used_says_why(timestamp_format, message):
    with pytest.raises(ValueError, match=message):
        strptime_pattern(timestamp_format)


def test_a_format_is_the_only_reading_tried():
    with pytest.raises(UnclearTimestamps, match="as '%d/%m/%Y'"):
        read("2020-01-01", timestamp_format="%d/%m/%Y")


def test_hundreds_of_layouts_stop_being_read():
    column = text_array(["x" * n for n in range(1, 60)] + [f"{'y' * n}1" for n in range(400)])
    assert len(layouts_of(column)) <= 256


def test_every_text_belongs_to_the_layout_it_is_written_in(monkeypatch):
    monkeypatch.setattr("engine.market.layouts._CHUNK", 5)
    texts = ["2020-01-31", "2020-02-01", "1/2/2020", "", "2020-03-01", "77", "88", "99", "10", "11", "x", "20", "x"]
    layouts = layouts_of(text_array(texts))
    assert sorted(row for layout in layouts for row in layout.rows) == list(range(len(texts)))
    for layout in layouts:
        shapes = {re.sub(r"\d", "0", texts[row]) for row in layout.rows}
        assert shapes == {re.sub(r"\d", "0", layout.example)}
        written = [bytes(chars).rstrip(b"\0").decode() for chars in layout.chars]
        assert written == [texts[row] for row in layout.rows]
