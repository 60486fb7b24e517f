"""What the engines should come to, worked out by hand: no engine is asked."""

from __future__ import annotations

import numpy as np
from work import RSI_MIDDLE, TICKS


def exact_answer(columns, grid):
    """(trades, profit) of all portfolios, in whole ticks: nothing is rounded until the end."""
    close, open_ = (np.rint(columns[name] * TICKS).astype(np.int64) for name in ("close", "open"))
    trades = profit = 0
    for parameters in grid.sets:
        units = parameters[0] if grid.strategy == "hold" else 1
        entry = None
        wishes = WISHES[grid.strategy](close, *parameters)
        for row in np.flatnonzero(wishes[:-1]).tolist():
            if wishes[row] > 0 and entry is None:
                entry = int(open_[row + 1])
            elif wishes[row] < 0 and entry is not None:
                trades, profit, entry = trades + 1, profit + units * (int(open_[row + 1]) - entry), None
        if entry is not None:
            trades, profit = trades + 1, profit + units * (int(close[-1]) - entry)
    return trades, profit / TICKS


def crossover(close, fast, slow):
    """At each bar +1 to get in, -1 to get out, 0 for neither; `close` in ticks."""
    sums = np.concatenate(([0], np.cumsum(close)))
    end = np.arange(slow, len(close) + 1)
    side = np.sign((sums[end] - sums[end - fast]) * slow - (sums[end] - sums[end - slow]) * fast)
    wishes = np.zeros(len(close), np.int64)
    wishes[slow:] = np.where(side[1:] != side[:-1], side[1:], 0)
    return wishes


def rsi(close, timeperiod, low):
    """As `crossover`: by Wilder's averages of rises and falls, the first of them plain ones."""
    wishes = np.zeros(len(close), np.int64)
    changes = np.diff(close).tolist()
    up = sum(max(change, 0) for change in changes[:timeperiod]) / timeperiod
    down = sum(max(-change, 0) for change in changes[:timeperiod]) / timeperiod
    for row in range(timeperiod, len(close)):
        if row > timeperiod:
            change = changes[row - 1]
            up = (up * (timeperiod - 1) + max(change, 0)) / timeperiod
            down = (down * (timeperiod - 1) + max(-change, 0)) / timeperiod
        value = 100 * up / (up + down) if up + down else 0.0
        wishes[row] = (value < low) - (value > RSI_MIDDLE)
    return wishes


def hold(close, _units):
    """As `crossover`: in at once."""
    wishes = np.zeros(len(close), np.int64)
    wishes[0] = 1
    return wishes


WISHES = {"crossover": crossover, "rsi": rsi, "hold": hold}

LOOSE = {"backtesting.py": 0.02}
"""Shares by which a profit may differ: backtesting.py closes what is open at the last bar's open, not at its close."""


def difference(name, figures, exact):
    """What is wrong with an answer, None if nothing: ties that averages in floating point decide differently are allowed."""
    trades, profit = exact
    allowed = 0.1 + abs(profit) * LOOSE.get(name, 0.001)
    if abs(figures["trades"] - trades) <= 1 + trades // 1000 and abs(figures["profit"] - profit) <= allowed:
        return None
    return f"{figures['trades']:,} trades for {figures['profit']:.4f}, expected {trades:,} for {profit:.4f}"
