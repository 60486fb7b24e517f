# ruff: noqa: S608 - the files are made by SQL of this very module
"""Rule M1: Parquet files; a row's number stands for its line."""

import duckdb
import numpy as np
import pytest

from engine.market import duck
from engine.market.file_bars import read_file
from engine.market.problems import FileRefused
from engine.market.sources import FileSource

PRICES = "1.5 AS open, 2 AS high, 0.5 AS low, 1.25 AS close, 10 AS volume"


@pytest.fixture
def load(tmp_path):
    def load(query, **keys):
        path = tmp_path / "it's [b]ars.parquet"
        duckdb.connect().execute(f"COPY ({query}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
        return read_file(path, FileSource(path=path.name, **{"symbol": "X"} | keys), tmp_path)

    return load


@pytest.mark.parametrize(
    ("stamp", "notices"),
    [
        ("TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE", 1),
        ("(TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP_NS", 1),
        ("(TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP_MS", 1),
        ("(TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP::TIMESTAMPTZ", 0),
        ("1577836800000 + 60000 * i", 0),
        ("strftime(TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE, '%Y-%m-%d %H:%M:%S')", 1),
    ],
)
def test_m2_timestamps_of_every_type(load, stamp, notices, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(duck, "_BLOCK_ROWS", 4)
    bars = load(f"SELECT {stamp} AS Date, {PRICES} FROM range(10) t(i)")
    assert (bars.timestamps == 1577836800 * 10**9 + np.arange(10) * 60 * 10**9).all()
    assert bars.columns["open"].tolist() == [1.5] * 10
    assert len(bars.notices) == notices


def test_m2_dates_are_no_times(load):
    bars = load(f"SELECT DATE '2020-01-01' + i::INT AS Date, {PRICES} FROM range(3) t(i)", timezone="America/New_York")
    assert str(bars.timestamps.view("M8[ns]")[0]) == "2020-01-01T05:00:00.000000000"
    assert not bars.notices


def test_m3_faults_carry_the_row_number(load):
    query = (
        "SELECT TIMESTAMP '2020-01-01' + INTERVAL (i) DAY AS time, 1.0 AS open, 2.0 AS high, 0.5 AS low, "
        "CASE i WHEN 3 THEN NULL WHEN 5 THEN -1 ELSE 1.0 END AS close FROM range(8) t(i)"
    )
    with pytest.raises(FileRefused) as refusal:
        load(query)
    assert [(flaw.line, flaw.column) for flaw in refusal.value.flaws] == [(4, "close"), (6, "close")]
    assert load(query, on_bad_row="drop").dropped == {"missing_value": 1, "non_positive_price": 1}


def test_m3_a_missing_timestamp_is_a_fault(load):
    query = f"SELECT CASE i WHEN 1 THEN NULL ELSE DATE '2020-01-01' + i::INT END AS time, {PRICES} FROM range(3) t(i)"
    with pytest.raises(FileRefused, match="cannot be read") as refusal:
        load(query)
    assert refusal.value.flaws[0].line == 2


def test_m1_a_symbol_column_picks_the_rows(load):
    query = f"SELECT DATE '2020-01-01' + i::INT AS time, {PRICES}, chr(65 + i::INT % 2) AS ticker FROM range(6) t(i)"
    assert len(load(query, symbol="B").timestamps) == 3
    with pytest.raises(FileRefused, match="no row has the symbol 'C'; the file has 'A', 'B'"):
        load(query, symbol="C")


def test_m3_a_file_without_rows(load):
    with pytest.raises(FileRefused, match="no rows of data"):
        load(f"SELECT DATE '2020-01-01' AS time, {PRICES} LIMIT 0")


def test_m3_a_cut_file_is_refused(tmp_path):
    path = tmp_path / "bars.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(FileRefused, match="the Parquet file cannot be read"):
        read_file(path, FileSource(path="x", symbol="X"), tmp_path)


@pytest.mark.parametrize("keys", [{}, {"timezone": "America/New_York"}])
def test_l6_midnights_are_dates_only_if_the_whole_file_has_nothing_else(load, monkeypatch, keys):
    """The first block alone would be taken for dates."""
    query = (
        "SELECT TIMESTAMP '2020-01-01' + INTERVAL (CASE WHEN i < 6 THEN 24 * i ELSE 121 + i END) HOUR AS time, "
        f"{PRICES} FROM range(9) t(i)"
    )
    whole = load(query, **keys)
    monkeypatch.setattr(duck, "_BLOCK_ROWS", 3)
    blocks = load(query, **keys)
    assert blocks.timestamps.tolist() == whole.timestamps.tolist()
    assert (blocks.zone, blocks.notices) == (whole.zone, whole.notices)
