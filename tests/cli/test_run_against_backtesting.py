"""The crossover on real data gives the trades, prices and profit of another engine."""

import numpy as np
import pandas as pd
import pytest

from tests.backtesting_peer import CASH, Trade, backtest, frame, trades_of
from tests.run_command import ROOT, results_of, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

SP500 = ROOT / "configs" / "data" / "sp500_daily_1999_2018.csv.gz"
EURUSD = ROOT / "configs" / "data" / "eurusd_1h_2017.csv.gz"
CONFIG = """
containers:
  - {{id: data_x, type: data, source: {{path: "{path}", symbol: X, timezone: UTC}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    cash: 1000000
    features:
      fast: {{indicator: SMA, timeperiod: {fast}}}
      slow: {{indicator: SMA, timeperiod: {slow}}}
    strategy: {{name: crossover, fast: fast, slow: slow, direction: {direction}}}
    sizing: {{name: fixed_quantity, quantity: 1}}
results: {{trades: true}}
"""


def ours(folder, text=CONFIG, **settings):
    """Our trades and metrics."""
    outcome = run(write_config(folder, text.format(**settings)), "--output", folder / "out", "--quiet")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    rows = list(TraceReader(folder / "out" / "portfolio_1", "trades"))
    trades = [
        Trade(
            row["side"],
            pd.Timestamp(row["entered"]).value,
            pd.Timestamp(row["timestamp"]).value,
            row["entry_price"],
            row["exit_price"],
            row["net_pnl"],
        )
        for row in rows
    ]
    return trades, results_of(folder / "out")["portfolio_1"]["metrics"]


def read(path, time, time_format):
    """The bars of a file as another library reads them."""
    table = pd.read_csv(path)
    stamps = pd.to_datetime(table[time], format=time_format).to_numpy()
    names = {name.lower(): name for name in table.columns}
    return frame(stamps, {name: table[names[name]] for name in ("open", "high", "low", "close", "volume")})


@pytest.fixture(scope="module")
def daily():
    bars = read(SP500, "Date", "%m/%d/%Y")
    return backtest(bars), bars


@pytest.fixture(scope="module")
def hourly():
    bars = read(EURUSD, "Time", "%d.%m.%Y %H:%M:%S.%f")
    assert len(bars) == 6225
    return backtest(bars), bars


def compare(ours, theirs):
    """The same trades at the same prices; profits to the last few digits of another arithmetic."""
    trades, metrics = ours
    expected, equity = theirs
    exact = [trade._replace(profit=0.0) for trade in trades]
    assert exact == [trade._replace(profit=0.0) for trade in expected]
    profits = [[trade.profit for trade in one] for one in (trades, expected)]
    assert np.allclose(*profits, rtol=0.0, atol=1e-9 * CASH)
    assert metrics["total_trades"] == len(trades)
    assert metrics["final_equity"] == pytest.approx(equity, abs=1e-9 * CASH)
    assert metrics["total_pnl"] == pytest.approx(equity - CASH, abs=1e-9 * CASH)


@pytest.mark.parametrize(("fast", "slow", "count"), [(10, 50, 67), (5, 20, 159), (50, 200, 9)])
def test_sp500_long(tmp_path, daily, fast, slow, count):
    theirs = trades_of(*daily, fast=fast, slow=slow)
    assert len(theirs[0]) == count
    compare(ours(tmp_path, path=SP500, fast=fast, slow=slow, direction="long"), theirs)


@pytest.mark.parametrize(("fast", "slow", "count"), [(10, 50, 149), (24, 120, 68)])
def test_eurusd_in_both_directions(tmp_path, hourly, fast, slow, count):
    theirs = trades_of(*hourly, fast=fast, slow=slow, both=True)
    assert {trade.side for trade in theirs[0]} == {"long", "short"}
    assert len(theirs[0]) == count
    compare(ours(tmp_path, path=EURUSD, fast=fast, slow=slow, direction="both"), theirs)
