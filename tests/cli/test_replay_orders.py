"""T6 over every form of order: whatever fills, triggers, expires, is cut short or replaced is replayed to the byte."""

from collections import Counter

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

CONFIG = """
name: orders
seed: 5
containers:
  - {id: data_a, type: data, source: {name: synthetic, symbol: A, bars: 400, bar_length: 6h, volatility: 0.6}}
  - {id: data_b, type: data, source: {name: synthetic, symbol: B, bars: 300, bar_length: 6h, start: "2020-02-01", volatility: 0.4}}
  - {id: free, type: execution}
  - id: broker
    type: execution
    fill_at: next_close
    participation: 0.02
    commission: [{name: percent, percent: 0.05, minimum: 1}, {name: per_share, amount: 0.001}]
    slippage: [{name: range_fraction, fraction: 0.2}, {name: square_root_impact, coefficient: 0.01}]
  - &portfolio
    id: "portfolio_{n}"
    type: portfolio
    inputs: [data_a, data_b]
    execution: broker
    features: {fast: {indicator: SMA, timeperiod: 3}, slow: {indicator: SMA, timeperiod: 10}}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
    sizing: {name: percent_of_equity, percent: 40}
    event_tracing: {mode: full}
    PLACE
"""
FORMS = {
    "limit": "{order: limit, limit: {percent: 0.3}, time_in_force: day}",
    "stop": "{order: stop, stop: {percent: 0.3}, time_in_force: gtd, good_for: 2d}",
    "stop_limit": "{order: stop_limit, stop: {percent: 0.2}, limit: {percent: 0.5}}",
    "trailing": "{order: trailing_stop, trail: {percent: 1}}",
    "ioc": "{order: market, time_in_force: ioc}",
}
EXIT = "{on_signal: {order: market}, stop_loss: {percent: 2}, take_profit: {percent: 3}, trailing_stop: {atr: 3}}"


def portfolios():
    """One portfolio for each form of entry, with costs and shared volume and without, every exit behind it."""
    head, _, body = CONFIG.partition("  - &portfolio\n")
    body = body.replace("&portfolio", "")
    each = []
    for name, form in FORMS.items():
        for broker in ("free", "broker"):
            text = body.replace("portfolio_{n}", f"{name}_{broker}").replace(
                "execution: broker", f"execution: {broker}"
            )
            each.append("  -" + text.replace("PLACE", f"entry: {form}\n    exit: {EXIT}")[3:])
    return head + "".join(each)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    home = tmp_path_factory.mktemp("orders")
    outcome = run(write_config(home, portfolios()), "--output", home / "results", "--quiet")
    assert outcome.exit_code == 0, outcome.stderr
    return home / "results"


def test_t6_orders_of_every_form_are_replayed(results):
    outcome = CliRunner().invoke(app, ["replay", str(results)])
    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout.count("replayed") == 2 * len(FORMS)


def test_every_form_and_every_end_of_an_order_was_among_them(results):
    seen = Counter()
    for folder in results.glob("*_*"):
        for event in TraceReader(folder):
            if event["type"] == "ORDER":
                seen[event["order_type"]] += 1
                seen[event["status"]] += 1
            if event["type"] == "FILL":
                seen["maker" if event["liquidity"] == "maker" else "taker"] += 1
    assert {"market", "limit", "stop", "stop_limit", "trailing_stop"} <= set(seen)
    assert {"accepted", "cancelled", "expired", "triggered", "maker", "taker"} <= set(seen)
