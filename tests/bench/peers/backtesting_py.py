"""backtesting.py: its own event loop, a run a portfolio, no costs, orders at the next open."""

import time
import warnings

import pandas as pd
from backtesting import Backtest, Strategy
from work import FIRST_MINUTE, compare

warnings.filterwarnings("ignore")


class Cross(Strategy):
    fast, slow = 10, 50

    def init(self):
        self.fast_line = self.I(lambda: pd.Series(self.data.Close).rolling(self.fast).mean())
        self.slow_line = self.I(lambda: pd.Series(self.data.Close).rolling(self.slow).mean())

    def next(self):
        before, now = self.fast_line[-2] - self.slow_line[-2], self.fast_line[-1] - self.slow_line[-1]
        if before <= 0 < now and not self.position:
            self.buy(size=1)
        elif before >= 0 > now and self.position:
            self.position.close()


def run(columns, pairs):
    index = pd.to_datetime(FIRST_MINUTE, unit="s") + pd.to_timedelta(range(len(columns["close"])), unit="min")
    frame = pd.DataFrame(columns, index=index).rename(columns=str.capitalize)
    began = time.perf_counter()
    trades, profit = 0, 0.0
    for fast, slow in pairs:
        stats = Backtest(frame, Cross, cash=1e6, finalize_trades=True).run(fast=fast, slow=slow)
        trades += len(stats["_trades"])
        profit += stats["_trades"]["PnL"].sum()
    return trades, profit, {"run_s": time.perf_counter() - began}


compare(run)
