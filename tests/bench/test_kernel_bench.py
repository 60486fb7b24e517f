"""Portfolios on the kernel beside one another and event by event, in one process. `pytest -m bench -s tests/bench`; peers: `python tests/bench/peers/compare.py`."""

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
  - {{id: broker, type: execution, {costs}}}
  - id: "portfolio_{{fast}}_{{slow}}"
    type: portfolio
    inputs: [data_x]
    execution: broker
    cash: 1000000
    sweep: {{fast: {{range: {{from: 5, to: 9, step: 1}}}}, slow: {{range: {{from: 50, to: {slowest}, step: 5}}}}}}
    features:
      fast: {{indicator: SMA, timeperiod: "{{fast}}"}}
      slow: {{indicator: SMA, timeperiod: "{{slow}}"}}
    strategy: {{name: crossover, fast: fast, slow: slow, direction: long}}
    sizing: {{name: fixed_quantity, quantity: 1}}
    event_tracing: {{mode: {mode}}}
    {orders}
"""
BRACKET = "stop_loss: {percent: 0.3}, take_profit: {percent: 0.6}"
KINDS = {
    "plain": "",
    "bracket": f"exit: {{{BRACKET}}}",
    "trailing stop": "exit: {trailing_stop: {percent: 0.3}}",
    "limit entry": "entry: {order: limit, limit: {percent: 0.05}}",
    "drawdown halt": "risk: [{name: max_drawdown, percent: 20}]",
    "all": f"exit: {{{BRACKET}, trailing_stop: {{percent: 0.5}}}}\n"
    "    entry: {order: limit, limit: {percent: 0.02}}\n"
    "    risk: [{name: max_drawdown, percent: 20}, {name: stop, loss: {percent: 1}, cool_down: 5}]\n"
    "    account: {name: margin, leverage: 2, interest_percent: 5}",
}


def seconds(folder, path, *, bars=10_000, slowest=95, mode="minimal", orders="", costs=""):
    """The least CPU seconds of several simulations, the metrics of the root, and the sizes of event files by container."""
    folder.mkdir(exist_ok=True)
    text = CONFIG.format(bars=bars, slowest=slowest, mode=mode, orders=orders, costs=costs)
    loaded = read_config(write_config(folder, text), "c")
    prepared = prepare(loaded.config, loaded.locations, loaded.base_folder, path=path)
    assert path == "event" or len(prepared.on_kernel) == len(prepared.plan.execution_of)
    spent, written = [], {}
    for _ in range(TURNS):
        began = time.process_time()
        part = Part(prepared, Scenery(prepared.plan, prepared.bars), folder, pytest.fail)
        metrics = part.run(lambda: None)
        spent.append(time.process_time() - began)
        for file in folder.rglob("*.jsonl.gz"):
            written[file.name, file.parent.name] = file.stat().st_size
            file.unlink()
    return min(spent), metrics["root_container"][0], written


def test_the_kernel_is_many_times_as_fast_as_events(tmp_path):
    (on_kernel, root, _), (by_event, same, _) = (seconds(tmp_path / path, path) for path in ("kernel", "event"))
    print(f"\nkernel {on_kernel:.3f} s, events {by_event:.2f} s: {by_event / on_kernel:.1f} times")  # noqa: T201
    assert root == same
    assert root["total_trades"] > 2500
    assert by_event > 20 * on_kernel


def test_orders_exits_costs_and_risk_rules_cost_at_most_three_times_the_plain_sweep(tmp_path):
    figures = {}
    for name, orders in KINDS.items():
        costs = "commission: {name: percent, percent: 0.01}" if name == "all" else ""
        figures[name] = seconds(tmp_path / name.replace(" ", "_"), "kernel", slowest=445, orders=orders, costs=costs)
    plain, root, _ = figures["plain"]
    for name, (spent, of_kind, _) in figures.items():
        print(f"\n{name}: {spent:.3f} s, {spent / plain:.2f} times plain, {of_kind['orders']} orders")  # noqa: T201
        assert spent < 3.0 * plain
        assert of_kind["total_trades"] > 5_000
    # each kind does something of its own: it trades otherwise, or more, except the halt, which nothing reaches
    assert len({of_kind["total_pnl"] for _, of_kind, _ in figures.values()}) == len(KINDS) - 1
    assert figures["bracket"][1]["orders"] > 1.5 * root["orders"]


def test_events_are_shown_faster_than_they_are_lived(tmp_path):
    (on_kernel, root, shown), (by_event, same, lived) = (
        seconds(tmp_path / path, path, bars=2_000, mode="full") for path in ("kernel", "event")
    )
    print(f"\nshown {on_kernel:.3f} s, lived {by_event:.2f} s: {by_event / on_kernel:.1f} times")  # noqa: T201
    assert root == same
    assert root["total_trades"] > 500
    assert shown == lived
    assert len(shown) == 50
    assert by_event > 1.5 * on_kernel


@pytest.mark.parametrize(("what", "larger"), [("bars", {"bars": 100_000}), ("portfolios", {"slowest": 545})])
def test_ten_times_as_much_takes_at_most_ten_times_as_long(tmp_path, what, larger):
    once, few, _ = seconds(tmp_path / "once", "kernel")
    tenfold, many, _ = seconds(tmp_path / "more", "kernel", **larger)
    print(f"\nten times the {what}: {tenfold / once:.1f} times as long")  # noqa: T201
    assert many["total_trades"] > 4 * few["total_trades"]
    assert tenfold < 12 * once
