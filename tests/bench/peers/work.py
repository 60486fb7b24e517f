"""The work that every engine of the comparison does, its data, and the life of a peer's process.

One instrument, seeded one-minute bars, a portfolio for each set of parameters. Long only, in and out at the next open after
the decision; what is open at the end is closed at the last close. No costs.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

FIRST_MINUTE = 1_577_836_800
TICKS = 10_000
"""Prices have four decimals: as whole numbers of ticks, averages compare without rounding."""
COLUMNS = ("open", "high", "low", "close", "volume")
RSI_MIDDLE = 50.0


class Grid(NamedTuple):
    """A strategy and its parameters' values; every combination is a portfolio.

    `crossover`: a fast average of so many closes crosses a slow one, one unit. `rsi`: in below a level of the RSI of so many
    closes, out above 50, one unit. `hold`: in at the second bar's open and never out, so many units.
    """

    strategy: str
    values: tuple[range, ...]

    @property
    def sets(self) -> list[tuple[int, ...]]:
        """The parameters of each portfolio."""
        return list(product(*self.values))


GRIDS = {
    "one": Grid("crossover", (range(10, 11), range(50, 51))),
    "hundred": Grid("crossover", (range(5, 45, 4), range(50, 150, 10))),
    "thousand": Grid("crossover", (range(5, 45), range(50, 175, 5))),
    "ten thousand": Grid("crossover", (range(5, 105), range(110, 310, 2))),
    "fast": Grid("crossover", (range(2, 6), range(6, 31))),
    "slow": Grid("crossover", (range(20, 60, 4), range(100, 300, 20))),
    "rsi": Grid("rsi", (range(5, 25, 2), range(20, 40, 2))),
    "hold": Grid("hold", (range(1, 101),)),
}


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
        with csv.open("w") as file:
            file.write(f"timestamp,{','.join(COLUMNS)}\n")
            file.writelines(f"{FIRST_MINUTE + 60 * n},{','.join(map(repr, prices))}\n" for n, *prices in rows)
    return npz


def compare(run):
    """The life of a peer's process: `run(columns, strategy, sets)` returns (trades, profit, further figures)."""
    file, grid = Path(sys.argv[1]), GRIDS[sys.argv[2]]
    with np.load(file) as loaded:
        columns = {name: loaded[name] for name in COLUMNS}
    began = time.perf_counter()
    trades, profit, further = run(columns, grid.strategy, grid.sets)
    seconds = further.pop("run_s", time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        json.dumps({"run_s": seconds, "peak_mb": peak, "trades": int(trades), "profit": float(profit), **further})
        + "\n"
    )
