"""Shorts with costs on real data: the trades, prices and profits of another engine, and where it differs, how (rule X8)."""

import numpy as np
import pytest

from tests.backtesting_peer import CASH, backtest, trades_of
from tests.cli.test_run_against_backtesting import CONFIG, EURUSD, ours, read

COSTS = """\
  - id: broker
    type: execution
    {costs}
"""
FAST, SLOW = 24, 120


@pytest.fixture(scope="module")
def bars():
    return read(EURUSD, "Time", "%d.%m.%Y %H:%M:%S.%f")


def charged(folder, costs):
    """Our trades under these costs, and our metrics."""
    text = CONFIG.replace(
        "  - id: portfolio_1\n",
        COSTS.format(costs=costs).replace("{", "{{").replace("}", "}}") + "  - id: portfolio_1\n",
    )
    return ours(folder, text=text, path=EURUSD, fast=FAST, slow=SLOW, direction="both")


def theirs(bars, **terms):
    return trades_of(backtest(bars, **terms), bars, fast=FAST, slow=SLOW, both=True)[0]


@pytest.mark.parametrize(
    ("costs", "commission"),
    [
        ("commission: {name: percent, percent: 0.02}", 0.0002),
        ("commission: [{name: per_trade, amount: 0.25}, {name: percent, percent: 0.02}]", (0.25, 0.0002)),
        (
            "commission: {name: per_share, amount: 0.005, minimum: 0.01}",
            lambda size, _price: max(abs(size) * 0.005, 0.01),
        ),
    ],
    ids=["percent", "fixed and percent", "per share with a minimum"],
)
def test_x8_commissions_on_both_sides_of_long_and_short_trades(tmp_path, bars, costs, commission):
    """The last trade is closed at another price (L1), so it is left out."""
    trades, metrics = charged(tmp_path, costs)
    expected = theirs(bars, commission=commission)
    assert {trade.side for trade in trades} == {"long", "short"}
    assert len(trades) == len(expected) == 68
    for mine, other in zip(trades[:-1], expected[:-1], strict=True):
        assert mine._replace(profit=0.0) == other._replace(profit=0.0)
        assert mine.profit == pytest.approx(other.profit, abs=1e-9 * CASH)
    assert metrics["total_commission"] > 0
    assert metrics["total_pnl"] == pytest.approx(sum(trade.profit for trade in trades))


def test_x8_slippage_differs_where_the_other_engine_takes_its_spread_on_entries_alone(tmp_path, bars):
    trades, _ = charged(tmp_path, "slippage: {name: basis_points, bps: 2}")
    expected = theirs(bars, spread=0.0002)
    for mine, other in zip(trades[:-1], expected[:-1], strict=True):
        assert (mine.side, mine.entered, mine.left) == (other.side, other.entered, other.left)
        assert mine.entry_price == pytest.approx(other.entry_price, rel=1e-12)
        sign = 1 if mine.side == "long" else -1
        assert mine.exit_price == pytest.approx(other.exit_price * (1 - sign * 0.0002), rel=1e-12)
    assert np.sum([trade.profit for trade in trades]) < np.sum([trade.profit for trade in expected])
