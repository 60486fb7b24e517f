"""The pieces of configs and code that the pages show run as they stand, put where the page says they belong."""

import re
import shutil
from textwrap import indent

import pytest

from tests.run_command import ROOT, results_of, run

pytestmark = pytest.mark.slow

DATA = "  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 400, volatility: 0.4}}\n"
MARKET = "containers:\n" + DATA
PORTFOLIO = """  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    features: {rsi: {indicator: RSI, timeperiod: 5}}
    strategy: {name: rsi_reversion, rsi: rsi, low: 40, middle: 55}
    sizing: {name: percent_of_equity, percent: 50}
"""
STRATEGIES = """  - {id: strategy_trend, type: strategy, inputs: [data_x], strategy: {name: time_series_momentum, lookback: 20}}
  - {id: strategy_reversal, type: strategy, inputs: [data_x], strategy: {name: time_series_momentum, lookback: 3}}
"""
PLACED = {
    "execution.md entry": lambda block: MARKET + PORTFOLIO + block,
    "execution.md id: broker": lambda block: MARKET + PORTFOLIO + block,
    "execution.md combine": lambda block: MARKET + STRATEGIES + block,
    "risk.md risk": lambda block: MARKET + PORTFOLIO + block,
    "configuration.md entry": lambda block: MARKET + PORTFOLIO + indent(block, "    "),
    "configuration.md portfolio_{fast}_{slow}": lambda block: MARKET + indent(block, "  "),
    "tracing.md total_trades": lambda block: MARKET + PORTFOLIO + block,
    "tracing.md dump": lambda block: MARKET + PORTFOLIO + block,
    "README.md name: cross": lambda block: block,
    "data.md data_hours": lambda block: block,
}
"""Where each block belongs, by the page and a word that only this block has."""


def block(page, word, language="yaml"):
    path = ROOT / page if page == "README.md" else ROOT / "docs" / page
    found = re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (only,) = (each for each in found if word in each)
    return only


@pytest.mark.parametrize("shown", PLACED)
def test_a_piece_of_a_config_runs_where_it_belongs(shown, tmp_path):
    page, _, word = shown.partition(" ")
    (tmp_path / "my_costs.py").write_text(block("execution.md", "stamp_duty", "python"))
    shutil.copy(ROOT / "configs" / "data" / "sp500_daily_1999_2018.csv.gz", tmp_path / "bars.csv")
    shutil.copy(ROOT / "configs" / "data" / "eurusd_1h_2017.csv.gz", tmp_path / "eurusd.csv")
    (tmp_path / "c.yaml").write_text(PLACED[shown](block(page, word)))
    outcome = run(tmp_path / "c.yaml", "--output", tmp_path / "out", "--progress", "none")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert results_of(tmp_path / "out")["root_container"]["metrics"]["total_trades"] > 0


def test_getting_started_shows_a_source_and_a_strategy_that_run(tmp_path):
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "configs" / "data" / "sp500_daily_1999_2018.csv.gz", tmp_path / "data" / "my_bars.csv")
    (tmp_path / "my_strategy.py").write_text(block("getting-started.md", "above_average", "python"))
    source = "containers:\n  - id: data_x\n    type: data\n" + indent(
        block("getting-started.md", "my_bars.csv"), "    "
    )
    own = PORTFOLIO.replace("{name: rsi_reversion, rsi: rsi, low: 40, middle: 55}", "{name: my_strategy.above_average}")
    (tmp_path / "c.yaml").write_text(
        source + own.replace("rsi: {indicator: RSI, timeperiod: 5}", "trend: {indicator: SMA}")
    )
    outcome = run(tmp_path / "c.yaml", "--output", tmp_path / "out", "--progress", "none")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert results_of(tmp_path / "out")["portfolio_1"]["metrics"]["total_trades"] > 10
