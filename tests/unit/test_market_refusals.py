"""Rule M3: every refusal with its line and reason, and what `on_bad_row: drop` counts."""

import gzip
import tempfile
from pathlib import Path

import pytest
import zstandard

from engine.market.file_bars import read_file
from engine.market.problems import FileRefused
from engine.market.sources import FileSource

HEADER = "timestamp,open,high,low,close,volume\n"
GOOD = "2020-01-01,1,2,0.5,1.5,10\n2020-01-02,1,2,0.5,1.5,10\n"
LAST = "2020-01-09,1,2,0.5,1.5,10\n"
PACKERS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}


@pytest.fixture
def load(tmp_path):
    def load(text, ending="", **keys):
        path = tmp_path / f"bars.csv{ending}"
        path.write_bytes(PACKERS[ending](text if isinstance(text, bytes) else text.encode()))
        with tempfile.TemporaryDirectory(dir=tmp_path) as scratch:
            return read_file(path, FileSource(path="bars.csv", symbol="X", **keys), Path(scratch))

    return load


BAD_ROWS = [
    ("2020-01-03,1,2,0.5,1.5", "ragged_row", "5 columns where the header has 6"),
    ("2020-01-03,1,2,0.5,1.5,10,7", "ragged_row", "7 columns where the header has 6"),
    ("2020-01-03,1,2,0.5,1.5,10,", "ragged_row", "7 columns where the header has 6"),
    ("soon,1,2,0.5,1.5,10", "bad_timestamp", "timestamp 'soon' cannot be read like the others"),
    (",1,2,0.5,1.5,10", "bad_timestamp", "timestamp '' cannot be read like the others"),
    ("2020-02-30,1,2,0.5,1.5,10", "bad_timestamp", "timestamp '2020-02-30' cannot be read like the others"),
    (
        "2020-01-03T00:00Z,1,2,0.5,1.5,10",
        "bad_timestamp",
        "timestamp '2020-01-03T00:00Z' cannot be read like the others",
    ),
    ("2020-01-03,x,2,0.5,1.5,10", "not_a_number", "open 'x' is not a number"),
    (
        '2020-01-03,1,"2,000",0.5,1.5,10',
        "not_a_number",
        "high '2,000' is not a number (write the decimals with a point and no thousands marks)",
    ),
    ("2020-01-03,nan,2,0.5,1.5,10", "missing_value", "open is missing (empty or NaN)"),
    ("2020-01-03,1,2,,1.5,10", "missing_value", "low is missing (empty or NaN)"),
    ("2020-01-03,1,2,0.5,1.5,", "missing_value", "volume is missing (empty or NaN)"),
    ("2020-01-03,1,inf,0.5,1.5,10", "infinite_value", "high is infinite"),
    ("2020-01-03,1,2,0.5,1.5,-inf", "infinite_value", "volume is infinite"),
    ("2020-01-03,1,2,0,1.5,10", "non_positive_price", "low is 0.0; prices must be above zero"),
    ("2020-01-03,1,2,0.5,-1.5,10", "non_positive_price", "close is -1.5; prices must be above zero"),
    ("2020-01-03,1,1.2,0.5,1.5,10", "high_too_low", "high 1.2 is below the close 1.5"),
    ("2020-01-03,1.5,1.2,0.5,1,10", "high_too_low", "high 1.2 is below the open 1.5"),
    ("2020-01-03,1,2,1.2,1.5,10", "low_too_high", "low 1.2 is above the open 1.0"),
    ("2020-01-03,1.5,2,1.2,1,10", "low_too_high", "low 1.2 is above the close 1.0"),
    ("2020-01-03,1,2,0.5,1.5,-1", "negative_volume", "volume is -1.0; it must not be negative"),
    ("2020-01-02,1,2,0.5,1.5,10", "duplicate_timestamp", "timestamp 2020-01-02T00:00:00Z stands already in line 3"),
    (
        "2020-01-01T12:00,1,2,0.5,1.5,10",
        "out_of_order",
        (
            "timestamp 2020-01-01T12:00:00Z comes after 2020-01-02T00:00:00Z of line 3 "
            "(rows must run from the oldest to the newest)"
        ),
    ),
]


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize(("row", "kind", "reason"), BAD_ROWS)
def test_m3_a_bad_row_is_refused_with_its_line_and_dropped_only_when_asked(load, row, kind, reason, ending):
    text = f"{HEADER}{GOOD}{row}\n{LAST}"
    with pytest.raises(FileRefused) as refusal:
        load(text, ending)
    assert [(flaw.line, flaw.reason) for flaw in refusal.value.flaws] == [(4, reason)]
    bars = load(text, ending, on_bad_row="drop")
    assert bars.dropped == {kind: 1}
    assert len(bars.timestamps) == 3


def test_m3_lines_count_blank_ones_and_quoted_line_ends(load):
    text = "note," + HEADER + '"two\nlines",2020-01-01,1,2,0.5,1.5,10\n\nx,2020-01-02,-1,2,0.5,1.5,10\n'
    with pytest.raises(FileRefused) as refusal:
        load(text.replace("\n", "\r\n"))
    assert [flaw.line for flaw in refusal.value.flaws] == [5]


def test_m3_twenty_are_listed_and_the_rest_counted(load):
    rows = "".join(f"2020-01-01 00:{minute:02d},0,2,0,1,1\n" for minute in range(50))
    with pytest.raises(FileRefused) as refusal:
        load(HEADER + rows)
    assert [flaw.line for flaw in refusal.value.flaws] == list(range(2, 22))
    assert refusal.value.more == 30


@pytest.mark.parametrize("policy", ["refuse", "drop"])
def test_m3_a_file_without_numbers_is_told_once(load, policy):
    rows = "".join(f"2020-01-01 00:{minute:02d};1,5;2,0;0,5;1,7;10\n" for minute in range(50))
    with pytest.raises(FileRefused) as refusal:
        load(HEADER.replace(",", ";") + rows.replace("1,5", "1", 1), on_bad_row=policy)
    (flaw,) = refusal.value.flaws
    assert (flaw.line, flaw.column, refusal.value.more) == (2, "high", 0)
    assert flaw.reason == (
        "high '2,0' is not a number (write the decimals with a point and no thousands marks); no row has numbers in all columns"
    )


def test_m3_drop_counts_by_reason_and_a_dropped_row_orders_nothing(load):
    late = "2021-01-01,1,2,0.5,-1.5,10\n"
    bars = load(
        HEADER + GOOD + late + LAST + "2020-01-09,1,2,0.5,1.5,10\n2020-01-05,1,2,0.5,1.5,10\n1,2\n", on_bad_row="drop"
    )
    assert bars.dropped == {"ragged_row": 1, "non_positive_price": 1, "out_of_order": 1, "duplicate_timestamp": 1}
    assert len(bars.timestamps) == 3


@pytest.mark.parametrize("policy", ["refuse", "drop"])
def test_m3_a_file_from_new_to_old_is_said_to_be_one(load, policy):
    rows = "".join(f"2020-01-0{day},1,2,0.5,1.5,10\n" for day in (4, 3, 2, 1))
    with pytest.raises(FileRefused, match="runs from the newest row to the oldest") as refusal:
        load(HEADER + rows, on_bad_row=policy)
    assert refusal.value.flaws[0].line == 3


def test_m3_dropping_every_row_is_a_refusal(load):
    with pytest.raises(FileRefused, match=r"open is 0\.0"):
        load(HEADER + "2020-01-01,0,2,0.5,1.5,10\n", on_bad_row="drop")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the file is empty"),
        ("\n \n", 1, "the file is empty"),
        (HEADER, 1, "the file has no rows of data"),
        ("\n" + HEADER, 2, "the file has no rows of data"),
        (GOOD, 1, "no header: the first line must name the columns"),
        ("price\n1\n", 1, "only one column found, 'price'"),
        ("Bars of X\n" + HEADER, 1, "only one column found, 'Bars of X' (the first line names the columns"),
        ("date,open,high,low\n", 1, "no column for close; found 'date', 'open', 'high', 'low'"),
        ("open,high,low,close\n", 1, "no column for timestamp"),
        (
            "When,Px_Open,high,low,Px_Last\n",
            1,
            (
                "no column for timestamp, open, close; found 'When', 'Px_Open', 'high', 'low', 'Px_Last' "
                "(name them with columns: {timestamp: ..., open: ..., close: ...})"
            ),
        ),
        ("date,open,high,low,close,close\n", 1, "both are named 'close', so rename one in the file"),
        ("date,open,high,low,close,Close\n", 1, "say which with columns: {close: ...}"),
        (HEADER + '2020-01-01,1,2,0.5,"1.5,10\n' + GOOD, 2, "the row cannot be read"),
        ('"date,open', 1, "the header cannot be read"),
        (HEADER.encode("utf-16"), None, "the file is UTF-16"),
        (b"PK\x03\x04rest", None, "a zip archive or a spreadsheet"),
        (b"\x00\x01\x02", None, "neither CSV text nor Parquet"),
        (HEADER + "soon,1,2,0.5,1.5,10\n", 2, "timestamp 'soon' cannot be read in a known way"),
        (HEADER + "1/2/2020,1,2,0.5,1.5,10\n", 2, "may be day first or month first"),
    ],
)
def test_m3_files_that_cannot_be_understood(load, text, line, reason):
    with pytest.raises(FileRefused) as refusal:
        load(text)
    assert [flaw.line for flaw in refusal.value.flaws] == [line]
    assert reason in refusal.value.flaws[0].reason


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"close": "Clsoe"}, "columns.close: there is no column 'Clsoe'; did you mean 'close'?"),
        ({"rsi": "zzz"}, "columns.rsi: there is no column 'zzz'; found 'timestamp', 'open'"),
    ],
)
def test_m1_a_column_the_file_does_not_have(load, columns, reason):
    with pytest.raises(FileRefused) as refusal:
        load(HEADER + GOOD, columns=columns)
    assert reason in refusal.value.flaws[0].reason


def test_m3_a_feature_may_be_missing_but_not_infinite(load):
    with pytest.raises(FileRefused, match="rsi is infinite"):
        load("rsi," + HEADER + ",2020-01-01,1,1,1,1,1\ninf,2020-01-02,1,1,1,1,1\n", columns={"rsi": "rsi"})


@pytest.mark.parametrize(
    ("stamp", "kind", "reason"),
    [
        ("2020-03-08 02:30", "skipped_local_time", "local time '2020-03-08 02:30' does not exist"),
        ("2020-11-01 01:30", "ambiguous_local_time", "local time '2020-11-01 01:30' is ambiguous"),
    ],
)
def test_m2_local_times_the_clocks_skipped_or_doubled_are_refused_with_the_line(load, stamp, kind, reason):
    text = f"{HEADER}2020-01-02 09:30,1,2,0.5,1.5,1\n{stamp},1,2,0.5,1.5,1\n2020-12-01 09:30,1,2,0.5,1.5,1\n"
    with pytest.raises(FileRefused, match=reason) as refusal:
        load(text, timezone="America/New_York")
    assert refusal.value.flaws[0].line == 3
    bars = load(text, timezone="America/New_York", on_bad_row="drop")
    assert bars.dropped == {kind: 1}
    assert not bars.notices
    assert bars.timestamps.view("M8[ns]").astype("M8[m]").astype(str).tolist() == [
        "2020-01-02T14:30",
        "2020-12-01T14:30",
    ]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_m3_a_damaged_archive_is_refused_whole(tmp_path, ending, damage):
    packed = bytearray(PACKERS[ending]((HEADER + GOOD + "".join(f"{n},{n}\n" for n in range(2000))).encode()))
    if ending == ".zst":
        packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress((HEADER + GOOD).encode()))
    if damage == "cut":
        del packed[-9:]
    else:
        packed[-5] ^= 0xFF
    path = tmp_path / f"bars.csv{ending}"
    path.write_bytes(packed)
    with pytest.raises(FileRefused, match="the compressed file is damaged or cut off"):
        read_file(path, FileSource(path="x", symbol="X"), tmp_path)
