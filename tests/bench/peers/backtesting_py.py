"""backtesting.py: its own event loop, a run a portfolio, no costs, orders at the next open."""

import time
import warnings

import pandas as pd
import talib
from backtesting import Backtest, Strategy
from work import FIRST_MINUTE, RSI_MIDDLE, compare

warnings.filterwarnings("ignore")


class Crossover(Strategy):
    first, second = 10, 50

    def init(self):
        self.fast_line = self.I(lambda: pd.Series(self.data.Close).rolling(self.first).mean())
        self.slow_line = self.I(lambda: pd.Series(self.data.Close).rolling(self.second).mean())

    def next(self):
        before, now = self.fast_line[-2] - self.slow_line[-2], self.fast_line[-1] - self.slow_line[-1]
        if before <= 0 < now and not self.position:
            self.buy(size=1)
        elif before >= 0 > now and self.position:
            self.position.close()


class Rsi(Strategy):
    first, second = 14, 30

    def init(self):
        self.line = self.I(talib.RSI, self.data.Close, self.first)

    def next(self):
        if self.line[-1] < self.second and not self.position:
            self.buy(size=1)
        elif self.line[-1] > RSI_MIDDLE and self.position:
            self.position.close()


class Hold(Strategy):
    first, second = 1, 0

    def init(self):
        pass

    def next(self):
        if not self.position and not self.orders:
            self.buy(size=self.first)


STRATEGIES = {"crossover": Crossover, "rsi": Rsi, "hold": Hold}


def run(columns, strategy, sets):
    index = pd.to_datetime(FIRST_MINUTE, unit="s") + pd.to_timedelta(range(len(columns["close"])), unit="min")
    frame = pd.DataFrame(columns, index=index).rename(columns=str.capitalize)
    began = time.perf_counter()
    trades, profit = 0, 0.0
    for parameters in sets:
        named = dict(zip(("first", "second"), parameters, strict=False))
        stats = Backtest(frame, STRATEGIES[strategy], cash=1e6, finalize_trades=True).run(**named)
        trades += len(stats["_trades"])
        profit += stats["_trades"]["PnL"].sum()
    return trades, profit, {"run_s": time.perf_counter() - began}


compare(run)
