"""B2: every strategy that comes with admf, and one's own inside a combinator, leave the same bytes by either path."""

import pytest
from typer.testing import CliRunner

from cli.app import app
from engine.strategies.builtin import BUILTIN
from tests.run_command import files_of, run
from tests.run_configs import write_bars

STRATEGIES = {
    "crossover": "{name: crossover, fast: close, slow: mean, direction: both}",
    "buy_and_hold": "{name: buy_and_hold}",
    "rsi_reversion": "{name: rsi_reversion, rsi: rsi, direction: both}",
    "bollinger_reversion": "{name: bollinger_reversion, bands: bands, direction: both}",
    "donchian_breakout": "{name: donchian_breakout, upper: highest, lower: lowest}",
    "time_series_momentum": "{name: time_series_momentum, lookback: 20, skip: 2, direction: short}",
    "average_envelope": "{name: average_envelope, average: mean, percent: 1, mode: follow}",
    "volatility_breakout": "{name: volatility_breakout, range: range, direction: both}",
    "calendar": "{name: calendar, weekdays: [monday, thursday], month_end: 1}",
    "all_of": "{name: all_of, of: [{name: crossover, fast: close, slow: mean}, {name: calendar, weekdays: [monday, tuesday]}]}",
    "any_of": "{name: any_of, of: [{name: rsi_reversion, rsi: rsi}, {name: calendar, weekdays: [friday]}]}",
    "vote": "{name: vote, at_least: 1, of: [{name: rsi_reversion, rsi: rsi}, {name: bollinger_reversion, bands: bands}]}",
    "invert": "{name: invert, of: {name: tests.strategies_for_tests.lean}}",
    "hold_for": "{name: hold_for, bars: 4, of: {name: crossover, fast: close, slow: mean}}",
    "cool_down": "{name: cool_down, bars: 4, of: {name: crossover, fast: close, slow: mean}}",
}
HEAD = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300, volatility: 0.4}}
  - id: features_x
    type: feature
    inputs: [data_x]
    features:
      mean: {indicator: SMA, timeperiod: 10}
      rsi: {indicator: RSI, timeperiod: 4}
      bands: {indicator: BBANDS, timeperiod: 10, nbdevup: 1, nbdevdn: 1}
      highest: {indicator: MAX, timeperiod: 10, input: high}
      lowest: {indicator: MIN, timeperiod: 5, input: low}
      range: {indicator: ATR, timeperiod: 5}
portfolio_settings: {enabled: false}
"""
PORTFOLIO = "  - {{id: p_{0}, type: portfolio, inputs: [features_x], strategy: {1}, sizing: {{name: fixed_quantity, quantity: 1}}}}\n"


def test_every_strategy_over_one_symbol_is_here():
    assert {str(cls.__struct_config__.tag) for cls in BUILTIN} - set(STRATEGIES) == {"pair_spread"}


def test_b2_both_paths_leave_the_same_bytes(tmp_path):
    portfolios = "".join(PORTFOLIO.format(name, strategy) for name, strategy in STRATEGIES.items())
    config = tmp_path / "c.yaml"
    config.write_text(HEAD.replace("portfolio_settings", portfolios + "portfolio_settings"))
    trees = {}
    for path in ("kernel", "event"):
        outcome = run(config, "--output", tmp_path / path, "--path", path, "--quiet")
        assert (outcome.exit_code, outcome.stderr) == (0, "")
        trees[path] = files_of(tmp_path / path, without=["run.json"])
    assert trees["kernel"] == trees["event"]
    explained = CliRunner().invoke(app, ["explain", str(config)]).stdout
    assert explained.count("kernel") >= len(STRATEGIES)


PROBING = """
def probe(columns):
    for name, column in columns.items():
        array = column
        while hasattr(array, "flags"):
            try:
                array.flags.writeable = True
            except ValueError:
                array = array.base
            else:
                raise AssertionError(f"{name} can be written to")
    return (columns["close"] > 0).astype(int)
"""

PROBED = """
containers:
  - {id: data_file, type: data, source: {path: bars.csv, symbol: X, stamped: open, columns: {mood: volume}}}
  - {id: data_made, type: data, source: {name: synthetic, symbol: Y, bars: 300, bar_length: 1h}}
  - {id: p_file, type: portfolio, inputs: [data_file], features: {m: {indicator: SMA}}, strategy: {name: probing.probe}}
  - {id: p_made, type: portfolio, inputs: [data_made], features: {m: {indicator: RSI}}, strategy: {name: probing.probe}}
  - {id: p_both, type: portfolio, inputs: [data_file, data_made], strategy: {name: probing.probe}}
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_l9_no_array_that_a_strategy_is_given_can_be_made_writable(tmp_path, monkeypatch, workers):
    """All lanes share them: what one of them could write, another would trade on."""
    monkeypatch.chdir(tmp_path)
    write_bars(tmp_path / "bars.csv")
    (tmp_path / "probing.py").write_text(PROBING)
    (tmp_path / "c.yaml").write_text(PROBED)
    outcome = run("c.yaml", "--output", "out", "--progress", "none", "--workers", workers)
    assert outcome.exit_code == 0, outcome.stderr
