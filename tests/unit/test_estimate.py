"""The estimate against what runs take: actual <= estimate <= 2 x actual (R4)."""

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from cli.config_file import read_config
from engine.features.spec import FeatureSpec
from engine.market.sources import FileSource, SyntheticSource
from engine.orchestration.explanation import explain
from engine.orchestration.row_counts import expected_bars, expected_days
from engine.orchestration.trade_rate import UNKNOWN_RATE, crossing_rate, expected_trades
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.crossover import Crossover
from tests.bench.memory_table import CONFIG, TRACING

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "cli", "run")

SWEEP = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 1000, bar_length: 1h}}
  - id: "portfolio_{period}"
    type: portfolio
    inputs: [data_x]
    sweep: {period: {range: {from: 3, to: 102}}}
    features: {average: {indicator: SMA, timeperiod: "{period}"}}
    strategy: {name: crossover, fast: close, slow: average}
    sizing: {name: percent_of_equity, percent: 50}
results: {trades: true}
"""
FULL = """
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - id: features_core
    type: feature
    inputs: [data_x]
    features: {fast: {indicator: SMA, timeperiod: 10}, slow: {indicator: SMA, timeperiod: 50}}
  - id: strategy_1
    type: strategy
    inputs: [features_core]
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
  - {id: portfolio_1, type: portfolio, inputs: [strategy_1], sizing: {name: fixed_notional, notional: 10000}}
  - id: portfolio_2
    type: portfolio
    inputs: [strategy_1]
    sizing: {name: percent_of_equity, percent: 50}
    event_tracing: {mode: full, storage_config: {compression: zstd}}
  - {id: ears, type: analysis, inputs: [data_x, features_core, strategy_1, portfolio_1, portfolio_2]}
results: {equity: true}
"""
KEPT = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 20000}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {name: buy_and_hold}
    event_tracing: {events_to_trace: ALL, retention_policy: all, storage_backend: disk, storage_config: {compression: false}}
"""
SHARED = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 1000, bar_length: 1d, seed: 3, volatility: 0.6}}
  - {id: execution_1, type: execution, commission: {name: percent, percent: 0.01}}
  - id: "portfolio_{cash}"
    type: portfolio
    inputs: [data_x]
    execution: execution_1
    cash: "{cash}"
    sweep: {cash: {range: {from: 1000, to: 1099}}}
    features: {fast: {indicator: SMA, timeperiod: 5}, slow: {indicator: SMA, timeperiod: 20}}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
trace_settings: TRACING
"""
MORE = {
    "window": "{mode: sliding_window, events_to_trace: ALL}",
    "window of 10000": "{events_to_trace: ALL, retention_policy: sliding_window, max_events: 10000}",
    "all, bounded": "{events_to_trace: ALL, retention_policy: all, max_events: 100000, storage_backend: memory}",
}


@pytest.fixture
def folder(tmp_path):
    with gzip.open(ROOT / "configs" / "data" / "eurusd_1h_2017.csv.gz") as file:
        (tmp_path / "bars.csv").write_bytes(file.read())
    for name, text in {"sweep": SWEEP, "full": FULL, "kept": KEPT}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def estimated(config, path="auto", workers=None):
    loaded = read_config(config, str(config))
    return explain(loaded.config, loaded.locations, loaded.base_folder, path=path, workers=workers).estimate


def taken(config, output, *options):
    """MiB of memory, MB on disk and files open at once, of a run in a process of its own."""
    command = [*COMMAND, str(config), "--output", str(output), "--json", "--quiet", *options]
    most = 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, _open_files(process.pid))
            time.sleep(0.03)
        printed = json.loads(process.stdout.read())
    disk = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    return printed["peak_rss_mb"], disk / 1e6, most


def _open_files(pid):
    try:
        process = psutil.Process(pid)
        return max(each.num_fds() for each in (process, *process.children()))
    except psutil.Error:
        return 0


@pytest.mark.parametrize("name", ["quickstart", pytest.param("smoke", marks=pytest.mark.slow), "sweep", "full", "kept"])
def test_a_run_takes_what_was_estimated_and_more_than_half_of_it(name, folder, tmp_path):
    shipped = ROOT / "configs" / f"{name}.yaml"
    config = shipped if shipped.exists() else folder / f"{name}.yaml"
    expected = estimated(config)
    memory, disk, files = taken(config, tmp_path / "results")
    assert memory <= expected.memory_mb <= 2 * memory
    assert disk <= expected.disk_mb <= 2 * disk
    assert files <= expected.open_files


@pytest.mark.slow
@pytest.mark.parametrize("way", [("auto", 1), ("auto", 2), ("event", 1), ("event", 2)])
@pytest.mark.parametrize(
    ("tracing", "portfolios", "bars"),
    [
        ("none", 1, 100_000),
        ("none", 100, 1000),
        ("none", 1000, 150),
        ("minimal", 1000, 150),
        ("to disk", 1, 3333),
        ("to disk", 300, 300),
        ("window of 1000", 50, 450),
        ("window", 50, 5000),
        ("window", 300, 1000),
        ("all in memory", 1, 3333),
        ("all in memory", 60, 1000),
        ("all, bounded", 60, 1000),
    ],
)
def test_each_way_of_tracing_takes_what_was_estimated_and_more_than_half_of_it(
    tmp_path, tracing, portfolios, bars, way
):
    path, workers = way
    config = tmp_path / "memory.yaml"
    config.write_text(CONFIG.format(tracing=(TRACING | MORE)[tracing], portfolios=portfolios, bars=bars, length="1h"))
    expected = estimated(config, path, workers)
    memory, disk, _ = taken(config, tmp_path / "results", "--path", path, "--workers", str(workers))
    assert expected.least_memory_mb <= memory <= expected.memory_mb <= 2 * memory
    assert disk <= expected.disk_mb <= 2 * disk


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("tracing", ["all, bounded", "window of 10000"])
def test_shared_containers_that_keep_the_events_of_all_are_estimated_too(tmp_path, tracing, workers):
    """Each of many portfolios keeps what it sees, and so do their data, their execution and the root."""
    config = tmp_path / "shared.yaml"
    config.write_text(SHARED.replace("TRACING", MORE[tracing]))
    expected = estimated(config, "event", workers)
    memory, _, _ = taken(config, tmp_path / "results", "--path", "event", "--workers", str(workers))
    assert expected.least_memory_mb <= memory <= expected.memory_mb <= 2 * memory


def test_a_window_is_estimated_by_what_it_holds(tmp_path):
    """Of the default length or said, and never more than events will come."""
    config = tmp_path / "memory.yaml"

    def memory(tracing):
        config.write_text(CONFIG.format(tracing=tracing, portfolios=100, bars=1000, length="1h"))
        return estimated(config, "event", 1).memory_mb

    window = "{mode: sliding_window, events_to_trace: ALL%s}"
    assert memory(window % "") == memory(window % ", max_events: 1000")
    assert memory(window % ", max_events: 100000") == memory(window % ", max_events: 10000000")
    assert memory(window % ", max_events: 0") == memory("{enabled: false}")
    assert memory(window % ", max_events: 2000") > memory(window % "")


def test_the_workers_share_the_portfolios(tmp_path):
    config = tmp_path / "memory.yaml"
    config.write_text(CONFIG.format(tracing=TRACING["window of 1000"], portfolios=100, bars=1000, length="1h"))
    one, two = (estimated(config, "event", workers).memory_mb for workers in (1, 2))
    assert two < 0.8 * one


def test_rules_are_counted_as_if_they_had_come_true_at_the_start(tmp_path):
    """R5: nobody knows beforehand whether and when they will, so only the upper bound holds."""
    config = ROOT / "configs" / "dynamic.yaml"
    expected = estimated(config)
    memory, disk, files = taken(config, tmp_path / "results")
    assert memory <= expected.memory_mb
    assert expected.disk_without_rules_mb < disk <= expected.disk_mb
    assert files <= expected.open_files
    never = tmp_path / "never.yaml"
    never.write_text(
        config.read_text().replace(">= 50", ">= 5000").replace("path: data", f"path: {config.parent}/data")
    )
    disk, expected = taken(never, tmp_path / "never")[1], estimated(never)
    assert disk <= expected.disk_without_rules_mb <= 2 * disk
    assert 2 * disk < expected.disk_mb


def test_without_rules_there_is_one_figure_of_disk(folder):
    expected = estimated(folder / "full.yaml")
    assert expected.disk_without_rules_mb == expected.disk_mb
    assert expected.counted_whole == ()


def test_open_files_do_not_grow_with_the_containers(folder):
    """S3."""
    many = folder / "many.yaml"
    many.write_text(SWEEP.replace("to: 102", "to: 1002"))
    for workers in (1, 2):
        few = estimated(folder / "sweep.yaml", workers=workers)
        assert estimated(many, workers=workers).open_files == few.open_files


@pytest.mark.parametrize("workers", [2, *(pytest.param(many, marks=pytest.mark.slow) for many in (1, 3, 7))])
def test_open_files_of_workers_are_estimated(folder, workers):
    expected = estimated(folder / "sweep.yaml", "event", workers)
    _, _, files = taken(folder / "sweep.yaml", folder / "out", "--path", "event", "--workers", str(workers))
    assert files <= expected.open_files <= 3 * files


def test_more_is_never_estimated_as_less(folder):
    config = folder / "sweep.yaml"
    for more in ("bars: 2000", "bars: 100000"):
        before = estimated(config)
        config.write_text(SWEEP.replace("bars: 1000", more))
        assert estimated(config).memory_mb > before.memory_mb
        assert estimated(config).disk_mb > before.disk_mb


@pytest.mark.parametrize(("fast", "slow"), [(1, 3), (1, 20), (5, 20), (10, 50), (44, 50)])
def test_moving_averages_cross_as_often_as_is_expected(fast, slow):
    """Against 200,000 steps of a random walk."""
    steps = np.random.default_rng(5).normal(size=200_000)
    price = np.cumsum(steps)

    def average(period):
        return np.convolve(price, np.ones(period) / period, "valid")[-150_000:]

    above = average(fast) > average(slow)
    assert crossing_rate(fast, slow) == pytest.approx(np.mean(above[1:] != above[:-1]), rel=0.1)


def test_two_averages_of_one_period_never_cross():
    assert crossing_rate(7, 7) == 0.0


def test_trades_are_told_from_the_strategy():
    features = {
        "fast": FeatureSpec(indicator="SMA", parameters=(("timeperiod", 5),)),
        "odd": FeatureSpec(indicator="SAR", parameters=(("acceleration", 0.02),)),
    }
    both = expected_trades(Crossover(fast="close", slow="fast", direction="both"), features, 1000)
    assert expected_trades(Crossover(fast="close", slow="fast"), features, 1000) == both / 2
    assert expected_trades(BuyAndHold(), features, 1000) == 1.0
    assert expected_trades(Crossover(fast="close", slow="odd"), features, 1000) == 1000 * UNKNOWN_RATE


@pytest.mark.parametrize("name", ["sp500_daily_1999_2018.csv.gz", "eurusd_1h_2017.csv.gz"])
def test_bars_of_a_file_are_told_from_its_size(name, tmp_path):
    packed = ROOT / "configs" / "data" / name
    text = gzip.decompress(packed.read_bytes())
    (tmp_path / "bars.csv").write_bytes(text)
    rows = text.count(b"\n")
    assert rows <= expected_bars(FileSource(path=str(packed), symbol="X"), tmp_path) <= 2 * rows
    assert rows <= expected_bars(FileSource(path="bars.csv", symbol="X"), tmp_path) <= 2 * rows
    assert expected_bars(FileSource(path="none.csv", symbol="X"), tmp_path) is None


@pytest.mark.parametrize(
    "more", [{"bar_length": "1d"}, {"timeframe": "1w"}, {"timeframe": "1w", "timezone": "America/New_York"}]
)
def test_no_more_bars_are_expected_than_fit_between_start_and_end(more):
    """Where their length is stated; else, and without one of the ends, only the data could say."""
    path = str(ROOT / "configs" / "data" / "sp500_daily_1999_2018.csv.gz")

    def expected(**keys):
        return expected_bars(FileSource(path=path, symbol="X", **keys), ROOT)

    days = 504 if "bar_length" in more else 105
    assert days <= expected(start="2010-01-01", end="2011-12-31", **more) <= 2 * days
    whole = expected()
    assert expected(start="2010-01-01", **more) == expected(end="2011-12-31", **more) == whole
    assert expected(start="2010-01-01", end="2011-12-31") == whole
    assert expected(start="1990-01-01", end="2040-12-31", **more) == min(
        whole, 18_630 if "bar_length" in more else 2663
    )
    assert expected(start="soon", end="2011-12-31", **more) == whole


@pytest.mark.parametrize("keys", ["start: 2010-01-01", "end: 2010-01-01", "timeframe: 1w"])
def test_data_of_which_a_part_may_be_left_out_is_named(folder, keys):
    (folder / "part.yaml").write_text(FULL.replace("symbol: X", f"symbol: X, {keys}"))
    assert estimated(folder / "part.yaml").counted_whole == ("data_x",)


def test_days_come_from_the_length_of_the_bars():
    assert expected_days(SyntheticSource(symbol="X", bars=48, bar_length="1h"), 48) == 3
    assert expected_days(SyntheticSource(symbol="X", bars=10, bar_length="1w"), 10) == 10
    assert expected_days(FileSource(path="x", symbol="X"), 500) == 500
    assert expected_days(FileSource(path="x", symbol="X"), 1_000_000) == 25_000
