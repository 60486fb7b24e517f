"""Rules M2 and M3 as properties: what is written is what is loaded, and both readers agree."""

import datetime as dt
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.market.columns import find_columns
from engine.market.csv_columns import csv_tables
from engine.market.csv_rows import read_rows
from engine.market.file_bars import read_file
from engine.market.layouts import text_array
from engine.market.sources import FileSource
from engine.market.table import Unclear
from engine.market.text_file import read_header
from engine.market.timestamps import UnclearTimestamps, read_timestamps
from engine.market.zones import local_to_utc

# Clock readings: hypothesis takes its bounds without a zone.
YEAR_1700, YEAR_2200 = dt.datetime.fromisoformat("1700-01-01"), dt.datetime.fromisoformat("2200-01-01")
price = st.floats(min_value=5e-324, max_value=1e308)
bar = st.tuples(st.lists(price, min_size=4, max_size=4), st.floats(min_value=0, max_value=1e308))
moments = st.lists(st.datetimes(YEAR_1700, YEAR_2200), min_size=1, max_size=20, unique=True).map(sorted)


def csv_text(stamps, bars, separator):
    lines = [separator.join(("time", "open", "high", "low", "close", "volume"))]
    for stamp, (prices, volume) in zip(stamps, bars, strict=False):
        ordered = sorted(prices)
        values = (ordered[1], ordered[3], ordered[0], ordered[2], volume)
        lines.append(separator.join((stamp.isoformat() + "Z", *map(repr, values))))
    return "\n".join(lines) + "\n"


@pytest.mark.examples(15, 40)
@given(stamps=moments, bars=st.lists(bar, min_size=20, max_size=20), separator=st.sampled_from(",;\t|"))
def test_m1_bars_written_with_repr_are_loaded_to_the_last_bit(stamps, bars, separator):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        path.write_text(csv_text(stamps, bars, separator))
        found = read_file(path, FileSource(path="bars.csv", symbol="X"), Path(folder))
    assert found.timestamps.tolist() == [int(np.datetime64(stamp, "ns").astype(np.int64)) for stamp in stamps]
    for row, (prices, volume) in enumerate(bars[: len(stamps)]):
        ordered = sorted(prices)
        expected = [ordered[1], ordered[3], ordered[0], ordered[2], volume]
        assert [float(found.columns[name][row]) for name in ("open", "high", "low", "close", "volume")] == expected


cell = st.one_of(
    st.sampled_from(
        ["1", " 1.5 ", '"2"', "", "nan", "inf", "1e5", "1_0", "x", '"a,b"', '"1\n2"', "é", "-0", ".5", "+1"]
    ),
    st.text(st.sampled_from('01.e-"x ,\n'), max_size=4),
)


@pytest.mark.examples(20, 150)
@given(rows=st.lists(st.lists(cell, min_size=6, max_size=6), min_size=1, max_size=4))
def test_m1_where_the_fast_reader_answers_the_exact_one_says_the_same(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.csv"
        path.write_text("time,open,high,low,close,volume\n" + "".join(",".join(row) + "\n" for row in rows), newline="")
        text = read_header(path)
        plan = find_columns(text.names, {}, 1)
        try:
            (fast,) = csv_tables(text, plan, "X", Path(folder))
        except Unclear:
            return
        exact = read_rows(text, plan, "X")
    assert not exact.faults
    assert fast.times.tolist() == exact.times.tolist()
    for name, values in exact.numbers.items():
        assert np.array_equal(fast.numbers[name], values, equal_nan=True)


@settings(deadline=None)
@given(
    days=st.lists(st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1)), min_size=1, max_size=30, unique=True).map(sorted),
    day_first=st.booleans(),
    mark=st.sampled_from("/.-"),
    padded=st.booleans(),
)
def test_m2_day_and_month_are_told_apart_or_the_column_is_refused(days, day_first, mark, padded):
    width = 2 if padded else 1
    texts = [
        mark.join((f"{first:0{width}d}", f"{second:0{width}d}", f"{day.year}"))
        for day in days
        for first, second in [(day.day, day.month) if day_first else (day.month, day.day)]
    ]
    try:
        times = read_timestamps(text_array(texts))
    except UnclearTimestamps:
        assert all(day.day <= 12 for day in days)
        return
    if any(day.day > 12 for day in days) or len(days) > 1:
        expected = [int(np.datetime64(day, "ns").astype(np.int64)) for day in days]
        assert times.ok.all()
        assert times.ns.tolist() == expected


@pytest.mark.examples(30, 200)
@given(
    local=st.datetimes(YEAR_1700, YEAR_2200),
    zone=st.sampled_from(
        ["America/New_York", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]
    ),
)
def test_m2_zones_agree_with_the_standard_library(local, zone):
    aware = local.replace(tzinfo=ZoneInfo(zone))
    early, late = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    ns = np.array([local], "M8[ns]").view(np.int64)
    utc, skipped, doubled = local_to_utc(ns, np.array([False]), ZoneInfo(zone))
    assert (bool(skipped[0]), bool(doubled[0])) == (early < late, early > late)
    if early == late:
        assert int(utc[0]) == int(ns[0]) - round(early.total_seconds()) * 10**9
