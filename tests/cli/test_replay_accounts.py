"""T6 over accounts with more to them than fills: benchmarks, and what else changes metrics or cash."""

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT, read_json, run
from tests.run_configs import write_config

CONFIG = """
name: accounts
seed: 5
containers:
  - {{id: data_a, type: data, source: {{name: synthetic, symbol: A, bars: 60, bar_length: 1d, start: "2020-01-10", volatility: 0.4}}}}
  - {{id: data_b, type: data, source: {{name: synthetic, symbol: B, bars: 300, bar_length: 6h, start: "{start}"}}}}
  - id: broker
    type: execution
    commission: {{name: tiered, over: month, tiers: [{{above: 0, percent: 0.2}}, {{above: 100000, percent: 0.05}}]}}
    slippage: [{{name: range_fraction, fraction: 0.1}}, {{name: ticks, ticks: 1, tick_size: 0.01}}]
  - id: portfolio_1
    type: portfolio
    inputs: [{data}]
    features:
      fast: {{indicator: SMA, timeperiod: 2}}
      slow: {{indicator: SMA, timeperiod: 5}}
    strategy: {{name: crossover, fast: fast, slow: slow, direction: both}}
    event_tracing: {{mode: full}}
    {keys}
"""

BREAKS = """
class Breaks:
    bars = 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        return "long" if self.bars < 20 else 1 / 0
"""


def replayed(home, keys, start="2020-01-01", data="data_a"):
    """The metrics of a run that replay confirms to the byte."""
    config = write_config(home, CONFIG.format(keys=keys, start=start, data=data))
    outcome = run(config, "--output", home / "results", "--quiet")
    assert outcome.exit_code == 0, outcome.stderr
    again = CliRunner().invoke(app, ["replay", str(home / "results"), "portfolio_1"])
    assert again.exit_code == 0, again.stdout
    return read_json(home / "results" / "portfolio_1" / "metrics.json")["metrics"]


STARTS = ["2020-01-01", "2020-01-10", "2020-01-10T02:00:00Z", "2020-01-13"]


@pytest.mark.parametrize("start", STARTS, ids=["before", "with", "later that day", "after"])
@pytest.mark.parametrize("zone", ["UTC", "21:00 America/New_York"])
def test_t6_a_benchmark_is_replayed_from_the_bars_heard_of_it(tmp_path, start, zone):
    assert replayed(tmp_path, f"benchmark: data_b\n    day_zone: {zone}", start)["beta"] is not None


@pytest.mark.parametrize("start", ["2020-01-10", "2020-01-10T02:00:00Z"])
def test_t6_a_portfolio_that_failed_knows_its_benchmark_as_far_as_it_came(tmp_path, start):
    (tmp_path / "mine.py").write_text(BREAKS)
    text = CONFIG.replace(
        "strategy: {{name: crossover, fast: fast, slow: slow, direction: both}}", "strategy: {{name: mine.Breaks}}"
    )
    config = write_config(tmp_path, text.format(keys="benchmark: data_b", start=start, data="data_a"))
    assert run(config, "--output", tmp_path / "results", "--quiet").exit_code == 1
    again = CliRunner().invoke(app, ["replay", str(tmp_path / "results"), "portfolio_1"])
    assert again.exit_code == 0, again.stdout
    assert "replayed" in again.stdout


def test_t6_a_benchmark_that_is_traded_is_replayed(tmp_path):
    assert replayed(tmp_path, "benchmark: data_a")["beta"] is not None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_t6_what_borrowing_costs_is_replayed_night_by_night(tmp_path, zone):
    account = "account: {name: margin, leverage: 2, borrow_percent: 8, interest_percent: 6}"
    sizing = "sizing: {name: percent_of_equity, percent: 180}"
    figures = replayed(tmp_path, f"{account}\n    day_zone: {zone}\n    {sizing}", data="data_b")
    assert figures["total_borrow_cost"] > 0
    assert figures["long_total_trades"] > 0
    assert figures["short_total_trades"] > 0


def test_the_shipped_example_of_risk_runs_and_is_replayed(tmp_path):
    """Two strategies, two symbols, tiers, loans and every kind of rule: what each does shows, and replays to the byte."""
    outcome = run(ROOT / "configs" / "risk.yaml", "--output", tmp_path / "results", "--quiet")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    again = CliRunner().invoke(app, ["replay", str(tmp_path / "results"), "portfolio_both"])
    assert again.exit_code == 0, again.stdout
    figures = read_json(tmp_path / "results" / "portfolio_both" / "metrics.json")["metrics"]
    assert figures["risk_breaches"] >= 5
    assert figures["total_borrow_cost"] > 0
    assert figures["STOCKS.total_trades"] + figures["BONDS.total_trades"] == figures["total_trades"]


def test_t6_orders_of_no_quantity_are_replayed(tmp_path):
    sizing = "sizing: {name: tests.models_for_tests.answers, answer: nan}"
    figures = replayed(tmp_path, sizing)
    assert figures["rejected_orders"] == figures["orders"] > 0
