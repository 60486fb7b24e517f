"""Rule M2: local times of a zone, with the hours that clocks skip or show twice."""

import os
import subprocess
import sys
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from engine.market.zones import local_to_utc, utc_to_local, zone_named

NEW_YORK = ZoneInfo("America/New_York")


def moments(*texts):
    return np.array(texts, "M8[ns]").view(np.int64)


def convert(text, zone=NEW_YORK, *, date=False):
    utc, skipped, doubled = local_to_utc(moments(text), np.array([date]), zone)
    return str(utc.view("M8[ns]").astype("M8[s]")[0]), bool(skipped[0]), bool(doubled[0])


@pytest.mark.parametrize(
    ("local", "utc", "skipped", "doubled"),
    [
        ("2020-01-15T12:00", "2020-01-15T17:00:00", False, False),
        ("2020-07-15T12:00", "2020-07-15T16:00:00", False, False),
        ("2020-03-08T01:59:59", "2020-03-08T06:59:59", False, False),
        ("2020-03-08T02:00", None, True, False),
        ("2020-03-08T02:59:59", None, True, False),
        ("2020-03-08T03:00", "2020-03-08T07:00:00", False, False),
        ("2020-11-01T00:59:59", "2020-11-01T04:59:59", False, False),
        ("2020-11-01T01:00", None, False, True),
        ("2020-11-01T01:59:59", None, False, True),
        ("2020-11-01T02:00", "2020-11-01T07:00:00", False, False),
    ],
)
def test_m2_local_times_around_the_changes(local, utc, skipped, doubled):
    found = convert(local)
    assert found[1:] == (skipped, doubled)
    if utc is not None:
        assert found[0] == utc


@pytest.mark.parametrize(
    ("date", "zone", "utc"),
    [
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00"),  # midnight was skipped
        ("2020-11-01", "America/Havana", "2020-11-01T04:00:00"),  # midnight came twice
        ("2020-01-15", "America/New_York", "2020-01-15T05:00:00"),
    ],
)
def test_m2_a_bare_date_is_the_first_moment_of_its_day(date, zone, utc):
    assert convert(date, ZoneInfo(zone), date=True) == (utc, False, False)


def test_local_and_back():
    utc = moments("2020-01-15T17:00", "2020-11-01T05:30", "2020-11-01T06:30")
    assert utc_to_local(utc, NEW_YORK).view("M8[ns]").astype("M8[m]").astype(str).tolist() == [
        "2020-01-15T12:00",
        "2020-11-01T01:30",
        "2020-11-01T01:30",
    ]


@pytest.mark.parametrize("name", ["Amerika/New_York", "../etc/passwd", "", "UTC+2"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(ValueError, match="is not an IANA time zone"):
        zone_named(name)


@pytest.mark.parametrize("machine_zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_m2_the_machine_zone_never_matters(machine_zone, tmp_path):
    (tmp_path / "bars.csv").write_text("time,o,h,l,c,v\n2020-03-08 02:30,1,1,1,1,1\n2020-11-01 01:30,1,1,1,1,1\n")
    program = (
        "from pathlib import Path; from engine.market.file_bars import read_file; "
        "from engine.market.sources import FileSource; "
        "b = read_file(Path('bars.csv'), FileSource(path='bars.csv', symbol='X'), Path('.')); print(b.timestamps.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"TZ": machine_zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[1583634600000000000, 1604194200000000000]\n", done.stderr
