"""Rule L6: a file that is read block by block gives what it gives read whole, its refusals too."""

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.market import duck, file_bars, file_kind
from engine.market.file_bars import read_file
from engine.market.problems import FileRefused
from engine.market.sources import FileSource

WRITTEN = {
    "year first": "{:%Y-%m-%d %H:%M}",
    "dates": "{:%Y-%m-%d}",
    "day first": "{:%d/%m/%Y %H:%M}",
    "month first": "{:%m/%d/%Y}",
    "zoned": "{:%Y-%m-%dT%H:%M}Z",
    "seconds": "{:%s}",
    "short": "{:%d.%m.%y}",
}
SOURCES = [
    {},
    {"start": "2021-01-05", "end": "2021-03-01"},
    {"start": "2025-01-01"},
    {"timezone": "America/New_York"},
    {"on_bad_row": "drop"},
    {"timeframe": "2d"},
    {"timestamp_format": "%d.%m.%y"},
]
row = st.tuples(
    st.sampled_from([*WRITTEN] * 3 + ["odd"]), st.sampled_from([1, 1, 1, 5, 24, 0, -3]), st.sampled_from("XXXXY")
)


def text(rows, usual):
    moment = dt.datetime(2021, 1, 1, 2, 30, tzinfo=dt.UTC)
    lines = ["time,open,high,low,close,symbol"]
    for number, (way, hours, symbol) in enumerate(rows):
        moment += dt.timedelta(hours=hours * 6)
        way = usual if number % 5 else way  # noqa: PLW2901 - most rows are written alike
        seconds = int(moment.timestamp())
        stamp = "soon" if way == "odd" else str(seconds) if way == "seconds" else WRITTEN[way].format(moment)
        lines.append(f"{stamp},10,{12 + number},9,{10 + number % 2},{symbol}")
    return "\n".join(lines) + "\n"


def outcome(path, keys):
    with tempfile.TemporaryDirectory() as folder:
        try:
            bars = read_file(path, FileSource(path=path.name, symbol="X", **keys), Path(folder))
        except FileRefused as refusal:
            return str(refusal), [flaw.line for flaw in refusal.flaws]
    columns = {name: values.tolist() for name, values in bars.columns.items()}
    return bars.timestamps.tolist(), columns, bars.rows, bars.bar_length, bars.zone, bars.dropped, bars.notices


def not_row_by_row(*_):
    pytest.fail("a faultless file was read row by row")


@pytest.mark.examples(12, 40)
@given(
    rows=st.lists(row, min_size=1, max_size=14),
    usual=st.sampled_from([*WRITTEN]),
    keys=st.sampled_from(SOURCES),
    block=st.integers(1, 6),
)
def test_l6_blocks_give_what_the_whole_file_gives(rows, usual, keys, block):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "bars.csv"
        path.write_text(text(rows, usual))
        whole = outcome(path, keys)
        patch.setattr(file_kind, "SMALL_BYTES", 0)
        patch.setattr(duck, "_LARGE_BYTES", 0)
        patch.setattr(duck, "_BLOCK_ROWS", block)
        assert outcome(path, keys) == whole


@pytest.mark.parametrize("usual", ["year first", "day first", "zoned", "seconds"])
def test_l6_a_faultless_file_is_never_held_whole(monkeypatch, tmp_path, usual):
    path = tmp_path / "bars.csv"
    path.write_text(text([(usual, 4, "X")] * 60, usual))
    whole = outcome(path, {})
    monkeypatch.setattr(file_kind, "SMALL_BYTES", 0)
    monkeypatch.setattr(duck, "_LARGE_BYTES", 0)
    monkeypatch.setattr(duck, "_BLOCK_ROWS", 15)
    monkeypatch.setattr(file_bars, "read_rows", not_row_by_row)
    assert outcome(path, {}) == whole


@pytest.mark.parametrize("step", [0, -1])
@pytest.mark.parametrize("at", [2, 3])
def test_l6_a_row_that_is_not_later_is_found_where_blocks_meet_too(monkeypatch, tmp_path, step, at):
    path = tmp_path / "bars.csv"
    path.write_text(text([("year first", step if number == at else 4, "X") for number in range(6)], "year first"))
    whole = outcome(path, {})
    assert whole[1] == [at + 2]
    monkeypatch.setattr(file_kind, "SMALL_BYTES", 0)
    monkeypatch.setattr(duck, "_LARGE_BYTES", 0)
    monkeypatch.setattr(duck, "_BLOCK_ROWS", 2)
    assert outcome(path, {}) == whole
