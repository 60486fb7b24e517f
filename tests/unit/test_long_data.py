"""Long data are made, placed and looked at block by block; no value depends on it (rule L6)."""

import resource
import subprocess
from functools import partial

import duckdb
import numpy as np
import pytest

from engine.market.bars import COLUMNS
from engine.market.sources import Regime, SyntheticSource
from engine.market.synthetic import synthetic_bars
from engine.metrics.days import day_ends
from tests.building import DAY, FIRST, crossing, data, play, walk
from tests.run_command import COMMAND, ROOT, changed, read_json, run_process
from tests.run_configs import write_config

REGIMES = [Regime(drift=0.1, volatility=0.2, mean_bars=50), Regime(drift=-0.3, volatility=0.6, mean_bars=20)]
LONG = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: BARS, bar_length: 1m, start: "1980-01-01"}}
  - id: p
    type: portfolio
    inputs: [data_x]
    features: {fast: {indicator: SMA, timeperiod: 1000}, slow: {indicator: EMA, timeperiod: 5000}}
    strategy: {name: crossover, fast: fast, slow: slow}
    sizing: {name: fixed_quantity, quantity: 1}
"""


@pytest.mark.parametrize("regimes", [[], REGIMES])
@pytest.mark.parametrize("block", [1, 7, 400, 1000])
def test_m5_made_up_bars_do_not_depend_on_how_many_are_made_at_a_time(regimes, block):
    source = SyntheticSource(symbol="X", bars=1000, bar_length="1h", regimes=regimes)
    whole, parts = synthetic_bars(source, 3), synthetic_bars(source, 3, block)
    for name in ("timestamps", *COLUMNS):
        assert getattr(parts, name).tobytes() == getattr(whole, name).tobytes()


@pytest.mark.parametrize("zone", [None, "America/New_York"])
@pytest.mark.parametrize("block", [1, 2, 5, 24, 1000])
def test_t2_the_ends_of_days_do_not_depend_on_blocks(monkeypatch, zone, block):
    timestamps = FIRST + np.arange(0, 40 * DAY, DAY // 7)
    whole = day_ends(timestamps, zone)
    monkeypatch.setattr("engine.metrics.days.BLOCK", block)
    parts = day_ends(timestamps, zone)
    assert np.array_equal(parts.rows, whole.rows)
    assert np.array_equal(parts.numbers, whole.numbers)
    assert parts.year(None) == whole.year(None)


def test_l6_bars_are_placed_on_the_timeline_block_by_block(monkeypatch):
    bars = {"data_x": walk(50), "data_y": walk(30, seed=3, symbol="Y", days=range(5, 65, 2))}
    containers = [
        data("data_x", "X"),
        data("data_y", "Y"),
        crossing(inputs=("data_x",)),
        crossing("p2", inputs=("data_y",)),
    ]
    whole = play(containers, bars)
    monkeypatch.setattr("engine.orchestration.scenery.BLOCK", 7)
    parts = play(containers, bars)
    assert {id_: heard.events for id_, heard in parts.heard.items()} == {
        id_: heard.events for id_, heard in whole.heard.items()
    }


@pytest.mark.slow
def test_l6_data_larger_than_the_memory_allowed_are_run_block_by_block(tmp_path):
    """Six million bars, 0.4 GB of columns, in 200 MiB."""
    config = write_config(tmp_path, LONG.replace("BARS", "6000000"))
    assert run_process(config, "--output", tmp_path / "out", "--quiet").returncode == 0
    record = read_json(tmp_path / "out" / "run.json")
    assert record["data"]["data_x"]["bars"] == 6_000_000
    assert record["peak_rss_mb"] < 200
    assert read_json(tmp_path / "out" / "p" / "metrics.json")["metrics"]["total_trades"] > 100


HARD_LIMIT = 500 * 10**6
ROWS = """
    SELECT TIMESTAMP '2000-01-01' + INTERVAL (i) SECOND AS time, 100 + 10 * sin(i / 1e5) AS open, open + 1 AS high,
    open - 1 AS low, open + (hash(i) % 1000) / 2e3 AS close, 10 AS volume FROM range(20000000) t(i)
"""


@pytest.mark.slow
def test_l6_twenty_million_rows_of_a_file_are_read_and_run_under_a_hard_limit(tmp_path):
    """A gigabyte of columns; no process of the run may allocate more than half of that, nor have more of it resident."""
    duckdb.connect().execute(f"COPY ({ROWS}) TO '{tmp_path / 'bars.parquet'}' (FORMAT parquet)")
    config = write_config(
        tmp_path,
        LONG.replace(
            '{name: synthetic, symbol: X, bars: BARS, bar_length: 1m, start: "1980-01-01"}',
            "{path: bars.parquet, symbol: X}",
        ),
    )
    limit = partial(resource.setrlimit, resource.RLIMIT_DATA, (HARD_LIMIT, HARD_LIMIT))
    command = [*COMMAND, str(config), "--output", str(tmp_path / "out"), "--quiet"]
    assert subprocess.run(command, cwd=ROOT, env=changed({}), preexec_fn=limit, check=False).returncode == 0
    record = read_json(tmp_path / "out" / "run.json")
    assert record["data"]["data_x"]["bars"] == 20_000_000
    assert record["peak_rss_mb"] * (1 << 20) < HARD_LIMIT  # of the run and of the process that reads the file
    assert read_json(tmp_path / "out" / "p" / "metrics.json")["metrics"]["total_trades"] > 100
