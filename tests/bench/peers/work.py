"""The work that every engine of the comparison does, its data, and its exact answer.

One instrument, seeded one-minute bars. A fast average crosses a slow one: in at the next open after it crosses above, one
unit, long only; out at the next open after it crosses below; what is open at the end is closed at the last close. No costs.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

FIRST_MINUTE = 1_577_836_800
TICKS = 10_000
"""Prices have four decimals: as whole numbers of ticks, averages compare without rounding."""
COLUMNS = ("open", "high", "low", "close", "volume")


def pairs_of(portfolios):
    """The (fast, slow) periods of so many portfolios: one, a grid of ten by ten, or the first of forty by twenty-five."""
    if portfolios == 1:
        return [(10, 50)]
    if portfolios == 100:
        return [(fast, slow) for fast in range(5, 45, 4) for slow in range(50, 150, 10)]
    return [(fast, slow) for fast in range(5, 45) for slow in range(50, 175, 5)][:portfolios]


def bars(count, seed=42):
    """Columns of a random walk whose opens gap a little from the close before; prices of four decimals."""
    draw = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.0005, count)))
    gaps = np.exp(draw.normal(0.0, 0.00005, count))
    open_ = np.concatenate(([100.0], close[:-1] * gaps[1:]))
    above, below = (np.abs(draw.normal(0, 0.0002, count)) for _ in range(2))
    top, bottom = np.maximum(open_, close) * (1 + above), np.minimum(open_, close) * (1 - below)
    volume = draw.integers(1000, 10000, count).astype(float)
    open_, top, bottom, close = (np.round(column, 4) for column in (open_, top, bottom, close))
    high, low = np.maximum.reduce([top, open_, close]), np.minimum.reduce([bottom, open_, close])
    return dict(zip(COLUMNS, (open_, high, low, close, volume), strict=True))


def write(folder, count):
    """Writes the bars as `<count>.npz` for the peers and `<count>.csv` for admf, unless they are there."""
    npz, csv = folder / f"{count}.npz", folder / f"{count}.csv"
    if not csv.exists():
        columns = bars(count)
        np.savez(npz, **columns)
        rows = zip(range(count), *(column.tolist() for column in columns.values()), strict=True)
        lines = (f"{FIRST_MINUTE + 60 * n},{','.join(map(repr, prices))}\n" for n, *prices in rows)
        csv.write_text(f"timestamp,{','.join(COLUMNS)}\n{''.join(lines)}")
    return npz


def exact_answer(columns, pairs):
    """(trades, profit) of all portfolios, in whole ticks: nothing is rounded until the end."""
    close, open_ = (np.rint(columns[name] * TICKS).astype(np.int64) for name in ("close", "open"))
    sums = np.concatenate(([0], np.cumsum(close)))
    trades = profit = 0
    for fast, slow in pairs:
        end = np.arange(slow, len(close) + 1)
        difference = (sums[end] - sums[end - fast]) * slow - (sums[end] - sums[end - slow]) * fast
        side = np.sign(difference)
        entry = None
        for at in (np.flatnonzero(side[1:] != side[:-1]) + 1).tolist():
            row = at + slow  # of the bar after the cross
            if row >= len(close):
                continue
            if side[at] > 0 and entry is None:
                entry = open_[row]
            elif side[at] < 0 and entry is not None:
                trades, profit, entry = trades + 1, profit + int(open_[row] - entry), None
        if entry is not None:
            trades, profit = trades + 1, profit + int(close[-1] - entry)
    return trades, profit / TICKS


def compare(run):
    """The life of a peer's process: `run(columns, pairs)` returns (trades, profit, further figures), the rest is told here."""
    file, portfolios = Path(sys.argv[1]), int(sys.argv[2])
    with np.load(file) as loaded:
        columns = {name: loaded[name] for name in COLUMNS}
    began = time.perf_counter()
    trades, profit, further = run(columns, pairs_of(portfolios))
    seconds = further.pop("run_s", time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        json.dumps({"run_s": seconds, "peak_mb": peak, "trades": int(trades), "profit": float(profit), **further})
        + "\n"
    )
