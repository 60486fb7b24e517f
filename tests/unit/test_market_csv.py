"""Rule M1: the CSV files that people have, and the columns found in them."""

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
import zstandard

from engine.market import csv_columns, duck, file_bars, file_kind
from engine.market.file_bars import read_file
from engine.market.layouts import text_array
from engine.market.problems import FileRefused
from engine.market.sources import FileSource

DATA = Path(__file__).parents[2] / "configs" / "data"
HEADER = "timestamp,open,high,low,close,volume\n"
ROWS = "2020-01-01,1,2,0.5,1.5,10\n2020-01-02,1.25,2,0.5,1.5,20.5\n"


@pytest.fixture(autouse=True)
def nothing_small(monkeypatch):
    """The fast reader is asked first, however small the file."""
    monkeypatch.setattr(file_kind, "SMALL_BYTES", 0)


@pytest.fixture
def load(tmp_path):
    def load(text, name="bars.csv", **keys):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with tempfile.TemporaryDirectory(dir=tmp_path) as scratch:
            return read_file(path, FileSource(path=name, **{"symbol": "X"} | keys), Path(scratch))

    return load


def assert_the_two_bars(bars):
    assert bars.timestamps.view("M8[ns]").astype("M8[D]").astype(str).tolist() == ["2020-01-01", "2020-01-02"]
    assert {name: values.tolist() for name, values in bars.columns.items()} == {
        "open": [1.0, 1.25],
        "high": [2.0, 2.0],
        "low": [0.5, 0.5],
        "close": [1.5, 1.5],
        "volume": [10.0, 20.5],
    }
    assert bars.dropped == {}


PLAIN = HEADER + ROWS
ODD_FILES = {
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "pipes": PLAIN.replace(",", "|"),
    "byte order mark": "\ufeff" + PLAIN,
    "carriage returns": PLAIN.replace("\n", "\r\n"),
    "old Macintosh": PLAIN.replace("\n", "\r"),
    "mixed line ends": HEADER.replace("\n", "\r\n") + ROWS,
    "no last line end": PLAIN.rstrip(),
    "quoted header": '"Timestamp","Open","High","Low","Close","Volume"\n' + ROWS,
    "byte order mark before quotes": '\ufeff"Date","Open","High","Low","Close","Volume"\r\n' + ROWS,
    "all quoted": "".join('"' + line.replace(",", '","') + '"\n' for line in PLAIN.splitlines()),
    "blank lines at the end": PLAIN + "\n\n  \n",
    "blank lines between": PLAIN.replace("\n", "\n\n"),
    "blank lines first": "\n\n" + PLAIN,
    "upper case": HEADER.upper() + ROWS,
    "spaces around": PLAIN.replace(",", " , "),
    "short names": "t,o,h,l,c,v\n" + ROWS,
    "unnamed first column": HEADER.removeprefix("timestamp") + ROWS,
    "a text column": "note," + HEADER + "".join(f"héllo,{row}\n" for row in ROWS.split()),
    "a text column with commas": "note," + HEADER + "".join(f'"a, b",{row}\n' for row in ROWS.split()),
    "a text column not in UTF-8": ("note," + HEADER + "".join(f"h\xe9,{row}\n" for row in ROWS.split())).encode(
        "latin-1"
    ),
    "a header over two lines": "note," + '"a\nb",' + HEADER + "".join(f"1,2,{row}\n" for row in ROWS.split()),
    "adjusted closes": "Date,Adj Close,Open,High,Low,Close,Volume\n"
    + ROWS.replace("01,", "01,7,").replace("02,", "02,7,"),
    "unread numbers missing": "Date,Open,High,Low,Close,Volume,Spread\n" + ROWS.replace("\n", ",\n"),
    "epoch seconds": PLAIN.replace("2020-01-01", "1577836800").replace("2020-01-02", "1577923200"),
}


@pytest.mark.parametrize("oddity", ODD_FILES)
def test_m1_odd_files_give_the_same_bars(load, oddity):
    assert_the_two_bars(load(ODD_FILES[oddity]))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_m1_packed_files_whatever_their_name(load, pack):
    assert_the_two_bars(load(pack(PLAIN.encode()), "bars.csv.gz"))
    assert_the_two_bars(load(pack(HEADER.encode()) + pack(ROWS.encode()), "bars"))


def test_m1_names_with_signs_that_mean_something_to_others(load):
    assert_the_two_bars(load(PLAIN, "a[1]*?'b.csv"))


def test_m1_the_fast_reader_takes_ordinary_files(load, monkeypatch):
    monkeypatch.setattr(file_bars, "read_rows", None)
    assert_the_two_bars(load(PLAIN))
    assert_the_two_bars(load(ODD_FILES["carriage returns"]))
    assert_the_two_bars(load(ODD_FILES["all quoted"]))


def test_m1_the_exact_reader_agrees_with_the_fast_one(load, monkeypatch):
    monkeypatch.setattr(file_kind, "SMALL_BYTES", 1 << 20)
    monkeypatch.setattr(csv_columns, "csv_tables", None)
    for text in ODD_FILES.values():
        assert_the_two_bars(load(text))


def test_m1_large_files_come_in_blocks(load, monkeypatch):
    monkeypatch.setattr(duck, "_LARGE_BYTES", 0)
    monkeypatch.setattr(duck, "_BLOCK_ROWS", 1)
    monkeypatch.setattr(file_bars, "read_rows", None)
    assert_the_two_bars(load(PLAIN))


def test_m1_columns_named_in_the_config_win_and_others_become_features(load):
    text = "Date,Close,Open,High,Low,Last,RSI 14\n2020-01-01,9,1,2,0.5,1.5,\n2020-01-02,9,1,2,0.5,1.5,55.5\n"
    bars = load(text, columns={"close": "last", "rsi": "RSI 14", "bid": "Close"})
    assert bars.columns["close"].tolist() == [1.5, 1.5]
    assert bars.columns["bid"].tolist() == [9.0, 9.0]
    assert np.isnan(bars.columns["rsi"][0])
    assert bars.columns["rsi"][1] == 55.5
    assert "there is no volume column; the volume of every bar is 0" in bars.notices
    assert bars.columns["volume"].tolist() == [0.0, 0.0]


def test_m1_a_date_and_a_time_column_are_joined(load):
    text = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n2020.01.31\t22:05:00\t1\t2\t0.5\t1.5\t10\n"
    assert str(load(text).timestamps.view("M8[ns]")[0]) == "2020-01-31T22:05:00.000000000"


LONG = (
    "Symbol,timestamp,open,high,low,close\n"
    "A,2020-01-01,1,1,1,1\nB,2020-01-01,2,2,2,2\nA,2020-01-02,-1,1,1,1\nB,2020-01-02,3,3,3,3\n"
)


def test_m1_a_symbol_column_picks_the_rows(load):
    assert load(LONG, symbol="B").columns["open"].tolist() == [2.0, 3.0]


def test_m1_faults_of_other_symbols_do_not_matter_and_lines_stay_those_of_the_file(load):
    with pytest.raises(FileRefused) as refusal:
        load(LONG, symbol="A")
    assert [flaw.line for flaw in refusal.value.flaws] == [4]


def test_m1_a_symbol_the_file_does_not_have(load):
    with pytest.raises(FileRefused, match="no row has the symbol 'C'; the file has 'A', 'B'"):
        load(LONG, symbol="C")


@pytest.mark.parametrize(
    ("keys", "first", "last", "n"),
    [
        ({"start": "2018-12-24"}, "2018-12-24", "2018-12-31", 5),
        ({"end": "1999-01-08"}, "1999-01-04", "1999-01-08", 5),
        ({"start": "1999-01-04T00:00:01", "end": "1999-01-06T00:00Z"}, "1999-01-05", "1999-01-06", 2),
    ],
)
def test_m1_start_and_end_are_both_included(keys, first, last, n):
    source = FileSource(path="x", symbol="SPX", **keys)
    with tempfile.TemporaryDirectory() as scratch:
        bars = read_file(DATA / "sp500_daily_1999_2018.csv.gz", source, Path(scratch))
    days = bars.timestamps.view("M8[ns]").astype("M8[D]").astype(str)
    assert (days[0], days[-1], len(days)) == (first, last, n)


def test_m1_start_and_end_are_moments_of_the_zone(load):
    text = HEADER + "2020-01-01T04:59Z,1,1,1,1,1\n2020-01-01T05:00Z,2,2,2,2,1\n2020-01-02T04:59Z,3,3,3,3,1\n"
    bars = load(text, timezone="America/New_York", start="2020-01-01", end="2020-01-01")
    assert bars.columns["open"].tolist() == [2.0, 3.0]


def test_m1_a_range_without_rows_tells_the_file_s_own(load):
    with pytest.raises(
        FileRefused, match="no row lies between start and end; the file runs from 2020-01-01T00:00:00Z to"
    ):
        load(PLAIN, start="2021-01-01")


@pytest.mark.parametrize(
    ("name", "n", "first", "last_close", "notices"),
    [
        ("sp500_daily_1999_2018.csv.gz", 5031, "1999-01-04T00:00:00", 2506.850098, 0),
        ("eurusd_1h_2017.csv.gz", 6225, "2017-01-01T22:00:00", 1.20075, 1),
    ],
)
def test_m1_the_shipped_files_load_as_they_are(name, n, first, last_close, notices):
    with tempfile.TemporaryDirectory() as scratch:
        bars = read_file(DATA / name, FileSource(path=name, symbol="X"), Path(scratch))
    assert len(bars.timestamps) == n
    assert str(bars.timestamps.view("M8[ns]").astype("M8[s]")[0]) == first
    assert bars.columns["close"][-1] == last_close
    # M2: times without a zone are worth a warning, bare dates are not.
    assert len(bars.notices) == notices


def test_a_separator_too_many_sends_the_file_to_the_exact_reader(load, monkeypatch):
    seen = []
    monkeypatch.setattr(csv_columns, "_separators", lambda text: seen.append(text) or 0)
    assert_the_two_bars(load(PLAIN))
    assert len(seen) == 1


@pytest.mark.parametrize("part", [1, 3, 100])
@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", "", ""],
        ["20200101", "20200102", "20200103", "20200104"],
        ["1", "22", "333", "", "55555"],
        ["12", "3\n4", "56"],
        ["1\n", "\n2", "34"],
        ["123", "4\n", "6"],  # as long in all, were its line break an end
        ["a\tb", "\x1fc", "d"],
        ["a\0b", "c\0", "\0"],
        ["ä", "b", "\ud800"],
        ["x" * 64, "y"],
    ],
)
def test_stamps_are_packed_as_texts_are(monkeypatch, texts, part):
    monkeypatch.setattr(csv_columns, "_PART", part)
    packed = csv_columns._packed(np.array(texts, dtype=object))
    assert packed.tolist() == text_array(texts).tolist()
