"""vectorbt: averages over all periods at once, signals a bar later, filled at the open, a column a portfolio."""

import time
import warnings

import pandas as pd
import vectorbt as vbt
from work import FIRST_MINUTE, compare

warnings.filterwarnings("ignore")


def simulate(frame, pairs):
    fast = vbt.MA.run(frame["close"], window=[pair[0] for pair in pairs], short_name="fast")
    slow = vbt.MA.run(frame["close"], window=[pair[1] for pair in pairs], short_name="slow")
    enter = fast.ma_crossed_above(slow).vbt.signals.fshift(1)
    leave = fast.ma_crossed_below(slow).vbt.signals.fshift(1)
    portfolio = vbt.Portfolio.from_signals(
        frame["close"], enter, leave, price=frame["open"], size=1.0, init_cash=1e6, fees=0.0, freq="1min"
    )
    return portfolio.trades.count(), portfolio.total_profit()


def run(columns, pairs):
    index = pd.to_datetime(FIRST_MINUTE, unit="s") + pd.to_timedelta(range(len(columns["close"])), unit="min")
    frame = pd.DataFrame(columns, index=index)
    began = time.perf_counter()
    simulate(frame.iloc[:300], pairs)
    warm_s, began = time.perf_counter() - began, time.perf_counter()
    trades, profit = simulate(frame, pairs)
    seconds = time.perf_counter() - began
    return pd.Series(trades).sum(), pd.Series(profit).sum(), {"run_s": seconds, "warm_s": warm_s}


compare(run)
