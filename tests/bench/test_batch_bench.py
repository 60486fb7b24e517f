"""Columns beside events, in one process, turn by turn. `pytest -m bench -s tests/bench`; peers: `python tests/bench/peers/compare.py`."""

import time

import pytest

from cli.config_file import read_config
from engine.orchestration.part import Part
from engine.orchestration.prepare import prepare
from engine.orchestration.scenery import Scenery
from tests.run_configs import write_config

pytestmark = pytest.mark.bench

TURNS = 3
CONFIG = """
seed: 42
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: {bars}, bar_length: 1m, volatility: 0.3}}}}
  - id: "portfolio_{{fast}}_{{slow}}"
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    sweep: {{fast: {{range: {{from: 5, to: 9, step: 1}}}}, slow: {{range: {{from: 50, to: {slowest}, step: 5}}}}}}
    features:
      fast: {{indicator: SMA, timeperiod: "{{fast}}"}}
      slow: {{indicator: SMA, timeperiod: "{{slow}}"}}
    strategy: {{name: crossover, fast: fast, slow: slow, direction: long}}
    sizing: {{name: fixed_quantity, quantity: 1}}
    event_tracing: {{mode: {mode}}}
"""


def seconds(folder, path, bars=10_000, slowest=95, mode="minimal"):
    """The least CPU seconds of several simulations, and the trades of all portfolios."""
    folder.mkdir(exist_ok=True)
    loaded = read_config(write_config(folder, CONFIG.format(bars=bars, slowest=slowest, mode=mode)), "c")
    prepared = prepare(loaded.config, loaded.locations, loaded.base_folder, path=path)
    spent, written = [], {}
    for _ in range(TURNS):
        began = time.process_time()
        part = Part(prepared, Scenery(prepared.plan, prepared.bars), folder, pytest.fail)
        metrics = part.run(lambda: None)
        spent.append(time.process_time() - began)
        for file in folder.rglob("*.jsonl.gz"):
            written[file.name, file.parent.name] = file.stat().st_size
            file.unlink()
    return min(spent), metrics["root_container"][0]["total_trades"], written


def test_columns_are_many_times_as_fast_as_events(tmp_path):
    (in_columns, trades, _), (by_event, same, _) = (seconds(tmp_path / path, path) for path in ("kernel", "event"))
    print(f"\ncolumns {in_columns:.3f} s, events {by_event:.2f} s: {by_event / in_columns:.1f} times")  # noqa: T201
    assert trades == same > 2500
    assert by_event > 20 * in_columns


def test_a_trace_is_told_faster_than_it_is_lived(tmp_path):
    (in_columns, trades, told), (by_event, same, lived) = (
        seconds(tmp_path / path, path, bars=2_000, mode="full") for path in ("kernel", "event")
    )
    print(f"\ntold {in_columns:.3f} s, lived {by_event:.2f} s: {by_event / in_columns:.1f} times")  # noqa: T201
    assert trades == same > 500
    assert told == lived
    assert len(told) == 50
    assert by_event > 1.5 * in_columns


@pytest.mark.parametrize(("what", "larger"), [("bars", {"bars": 100_000}), ("portfolios", {"slowest": 545})])
def test_ten_times_as_much_takes_at_most_ten_times_as_long(tmp_path, what, larger):
    once, few, _ = seconds(tmp_path / "once", "kernel")
    tenfold, many, _ = seconds(tmp_path / "more", "kernel", **larger)
    print(f"\nten times the {what}: {tenfold / once:.1f} times as long")  # noqa: T201
    assert many > 4 * few
    assert tenfold < 12 * once
