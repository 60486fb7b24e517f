"""One portfolio over 100,000 bars beside backtesting.py, in one process, turn by turn. `pytest -m bench -s tests/bench`.

Figures are ratios to the peer, which traces nothing. From one process to the next they differ by a quarter on a noisy
machine, which shares its caches with others: the median of PROCESSES counts.
"""

import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from statistics import median

import numpy as np
import pytest

from cli.config_file import read_config
from engine.orchestration.prepare import prepare
from engine.orchestration.results_folder import ResultsFolder
from engine.orchestration.run import Run
from tests.backtesting_peer import CASH, backtest, frame, trades_of
from tests.run_command import run_process
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

pytestmark = pytest.mark.bench

BARS = 100_000
TURNS = 3
PROCESSES = 3
LARGEST_MIB = 250
CONFIG = """
seed: 42
containers:
  - {{id: data_x, type: data, source: {source}}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    features:
      fast: {{indicator: SMA, timeperiod: 10}}
      slow: {{indicator: SMA, timeperiod: 50}}
    strategy: {strategy}
    sizing: {{name: fixed_quantity, quantity: 1}}
    event_tracing: {tracing}
"""
GENERATED = f"{{name: synthetic, symbol: X, bars: {BARS}, bar_length: 1m, volatility: 0.3}}"
LEAST = {"minimal": 1.0, "all": 1.0, "bar by bar": 2.5}
"""How often admf runs while the peer, which traces nothing, runs once, at least."""
CROSSOVER = "{name: crossover, fast: fast, slow: slow, direction: long}"
KINDS = {
    "minimal": {"strategy": CROSSOVER, "tracing": "{mode: minimal}"},
    "all": {"strategy": CROSSOVER, "tracing": "{mode: full}"},
    "bar by bar": {"strategy": "{name: crossing.Crossing}", "tracing": "{mode: minimal}"},
}
CROSSING = """
class Crossing:
    was_above = None

    def on_bar(self, bar, features, position):
        before, self.was_above = self.was_above, features["fast"] > features["slow"]
        if before is None or before == self.was_above:
            return None
        return "long" if self.was_above else "flat"
"""


def prepared_run(folder, kind):
    """A run that only needs to be simulated."""
    config = write_config(folder, CONFIG.format(source=GENERATED, **KINDS[kind]))
    (folder / "crossing.py").write_text(CROSSING)
    loaded = read_config(config, "c")
    return prepare(loaded.config, loaded.locations, loaded.base_folder)


def simulate(prepared, folder):
    """Wires and simulates, tracing and metrics included; returns the metrics of the portfolio."""
    with ResultsFolder(folder, prepared.plan.containers, overwrite=False) as results:
        outcome = Run(prepared, results, {}, pytest.fail).execute(lambda: None)
    return outcome.metrics["portfolio_1"]


def spent(work):
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def measure(folder):
    """The least seconds of several turns of each, how often admf ran while the peer ran once, and what each came to."""
    runs = {name: prepared_run(folder / name, name) for name in KINDS}
    bars = runs["all"].bars["data_x"]
    table = frame(bars.timestamps, {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")})
    peer = backtest(table)
    seconds = {name: [] for name in ("peer", *KINDS)}
    came_to = {}
    for turn in range(TURNS):
        took, (trades, equity) = spent(lambda: trades_of(peer, table, fast=10, slow=50))
        seconds["peer"].append(took)
        came_to["peer"] = len(trades), float(equity)
        for name, prepared in runs.items():
            tree = folder / name / str(turn)
            took, came_to[name] = spent(lambda prepared=prepared, tree=tree: simulate(prepared, tree))
            seconds[name].append(took)
    least = {name: min(each) for name, each in seconds.items()}
    return {name: least["peer"] / least[name] for name in KINDS}, came_to


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The median ratio of several processes, and what each engine came to in the first."""
    folders = [tmp_path_factory.mktemp("bench") for _ in range(PROCESSES)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as pool:
        found = [pool.submit(measure, folder).result() for folder in folders]
    ratios = {name: sorted(each[name] for each, _ in found) for name in KINDS}
    print(f"\ntimes as fast as backtesting.py: {ratios}")  # noqa: T201
    return {name: median(each) for name, each in ratios.items()}, found[0][1], folders[0]


@pytest.mark.parametrize("name", KINDS)
def test_both_did_the_same_work(measured, name):
    _, came_to, _ = measured
    trades, equity = came_to["peer"]
    assert came_to[name]["total_trades"] == trades > 1000
    assert came_to[name]["final_equity"] == pytest.approx(equity, abs=1e-9 * CASH)


def test_everything_was_traced(measured):
    _, came_to, folder = measured
    for turn in range(TURNS):
        reader = TraceReader(folder / "all" / str(turn) / "portfolio_1")
        types = [event["type"] for event in reader]
        assert types.count("BAR") == types.count("FEATURES") == BARS
        assert types.count("PORTFOLIO_UPDATE") == BARS + 2
        assert types.count("POSITION_CLOSE") == came_to["all"]["total_trades"]


def test_a_run_in_minimal_mode_is_at_least_as_fast(measured):
    ratios, _, _ = measured
    assert ratios["minimal"] >= LEAST["minimal"]


def test_a_run_that_traces_everything_to_disk_is_more_than_half_as_fast(measured):
    ratios, _, _ = measured
    assert ratios["all"] >= LEAST["all"]


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_run_from_a_file_stays_below_its_memory(tmp_path, name):
    config = write_config(tmp_path, CONFIG.format(source="{path: minutes.csv, symbol: X}", **KINDS[name]))
    close = np.round(100.0 * np.exp(np.cumsum(np.random.default_rng(42).normal(0.0, 0.0005, BARS))), 4).tolist()
    start = 1_577_836_800
    rows = (f"{start + 60 * n},{price},{price},{price},{price},1000\n" for n, price in enumerate(close))
    (tmp_path / "crossing.py").write_text(CROSSING)
    (tmp_path / "minutes.csv").write_text("timestamp,open,high,low,close,volume\n" + "".join(rows))
    done = run_process(config, "--output", tmp_path / "out", "--json", "--quiet")
    shown = json.loads(done.stdout)
    print(f"\n{name}: {shown['peak_rss_mb']} MiB, {shown['sim_s']} s of {shown['total_s']} s")  # noqa: T201
    assert shown["bars"] == BARS
    assert shown["trades"] > 1000
    assert shown["peak_rss_mb"] < LARGEST_MIB


def test_a_class_asked_bar_by_bar_is_more_than_twice_as_fast_as_its_counterpart(measured):
    ratios, _, _ = measured
    assert ratios["bar by bar"] >= LEAST["bar by bar"]
