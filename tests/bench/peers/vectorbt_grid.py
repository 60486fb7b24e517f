"""vectorbt: indicators over all periods at once, signals a bar later, filled at the open, a column a portfolio."""

import gc
import time
import warnings

import numpy as np
import pandas as pd
import vectorbt as vbt
from work import FIRST_MINUTE, RSI_MIDDLE, compare

warnings.filterwarnings("ignore")

CELLS = 10_000_000
"""Bars times portfolios at once: it takes 110 bytes for each."""


def crossover(close, sets):
    fast = vbt.MA.run(close, window=[each[0] for each in sets], short_name="fast")
    slow = vbt.MA.run(close, window=[each[1] for each in sets], short_name="slow")
    return fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)


def rsi(close, sets):
    lines = vbt.talib("RSI").run(close, timeperiod=[each[0] for each in sets]).real
    return lines < np.array([each[1] for each in sets]), lines > RSI_MIDDLE


def hold(close, sets):
    enter = pd.DataFrame(np.zeros((len(close), len(sets)), bool), index=close.index)
    enter.iloc[0] = True
    return enter, enter & False


SIGNALS = {"crossover": crossover, "rsi": rsi, "hold": hold}


def simulate(frame, strategy, sets):
    enter, leave = SIGNALS[strategy](frame["close"], sets)
    portfolio = vbt.Portfolio.from_signals(
        frame["close"],
        enter.vbt.signals.fshift(1),
        leave.vbt.signals.fshift(1),
        price=frame["open"],
        size=np.array([[each[0] if strategy == "hold" else 1.0 for each in sets]]),
        init_cash=1e6,
        fees=0.0,
        freq="1min",
    )
    return pd.Series(portfolio.trades.count()).sum(), pd.Series(portfolio.total_profit()).sum()


def run(columns, strategy, sets):
    index = pd.to_datetime(FIRST_MINUTE, unit="s") + pd.to_timedelta(range(len(columns["close"])), unit="min")
    frame = pd.DataFrame(columns, index=index)
    began = time.perf_counter()
    simulate(frame.iloc[:300], strategy, sets[:100])
    warm_s, began = time.perf_counter() - began, time.perf_counter()
    at_once = max(1, CELLS // len(frame))
    trades, profit = 0, 0.0
    for start in range(0, len(sets), at_once):
        more_trades, more_profit = simulate(frame, strategy, sets[start : start + at_once])
        trades, profit = trades + more_trades, profit + more_profit
        gc.collect()  # its objects refer to each other in circles
    return trades, profit, {"run_s": time.perf_counter() - began, "warm_s": warm_s}


compare(run)
