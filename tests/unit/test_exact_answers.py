"""The exact answers of a well-known piece of work, which independent engines give to the last digit."""

import numpy as np
import pytest

from engine.market.bars import Bars
from tests.building import crossing, data, play

MINUTE = 60 * 10**9
START = 1_577_836_800 * 10**9


def one_minute_bars(n):
    """A geometric walk from 100 with gaps between close and open, 4 decimals; drawn in this order from seed 42."""
    draw = np.random.default_rng(42)
    steps = draw.normal(0.0, 0.0005, n)
    gaps = draw.normal(0.0, 0.00005, n)
    above, below = (np.abs(draw.normal(0, 0.0002, n)) for _ in range(2))
    volume = draw.integers(1000, 10_000, n).astype(np.float64)
    close = 100.0 * np.exp(np.cumsum(steps))
    open_ = np.concatenate(([100.0], close[:-1] * np.exp(gaps[1:])))
    high = np.round(np.maximum(open_, close) * (1 + above), 4)
    low = np.round(np.minimum(open_, close) * (1 - below), 4)
    open_, close = np.round(open_, 4), np.round(close, 4)
    return Bars(
        symbol="X",
        timestamps=START + MINUTE * np.arange(n, dtype=np.int64),
        open=open_,
        high=np.maximum(high, np.maximum(open_, close)),
        low=np.minimum(low, np.minimum(open_, close)),
        close=close,
        volume=volume,
        extras={},
        source_name="generated",
        fingerprint="",
        dropped={},
        bar_length=MINUTE,
    )


def trades_and_profit(run):
    portfolios = [c.metrics()[0] for c in run.simulation.containers.values() if c.type == "portfolio"]
    return sum(m["total_trades"] for m in portfolios), sum(m["final_equity"] - m["initial_equity"] for m in portfolios)


def test_one_portfolio_over_100_000_bars():
    run = play([data(), crossing(fast=10, slow=50)], one_minute_bars(100_000), listen=[])
    trades, profit = trades_and_profit(run)
    assert (trades, round(profit, 4)) == (1366, -6.7894)


def test_one_portfolio_over_100_000_bars_heard_by_everybody():
    run = play([data(), crossing(fast=10, slow=50)], one_minute_bars(100_000), types=["POSITION_CLOSE"])
    closed = run.events("portfolio_1", "POSITION_CLOSE")
    assert (len(closed), round(sum(e.net_pnl for e in closed), 4)) == (1366, -6.7894)


@pytest.mark.slow
def test_a_hundred_portfolios_over_10_000_bars():
    grid = [(fast, slow) for fast in range(5, 45, 4) for slow in range(50, 150, 10)]
    lanes = [crossing(f"portfolio_{fast}_{slow}", fast=fast, slow=slow) for fast, slow in grid]
    trades, profit = trades_and_profit(play([data(), *lanes], one_minute_bars(10_000), listen=[]))
    assert (trades, round(profit, 4)) == (8372, -104.6752)


@pytest.mark.slow
def test_a_thousand_portfolios_over_10_000_bars():
    lanes = [crossing(f"portfolio_{f}_{s}", fast=f, slow=s) for f in range(5, 45) for s in range(50, 175, 5)]
    trades, profit = trades_and_profit(play([data(), *lanes], one_minute_bars(10_000), listen=[]))
    assert (trades, round(profit, 4)) == (74_084, -1099.6247)
