"""The crossover in backtesting.py's own idiom: another engine's answer to the same question."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from backtesting import Backtest, Strategy
    from backtesting.lib import crossover

CASH = 1_000_000.0


class Trade(NamedTuple):
    """A closed trade; `entered` and `left` are ns since epoch, UTC."""

    side: str
    entered: int
    left: int
    entry_price: float
    exit_price: float
    profit: float


def average(values, period):
    """A simple moving average."""
    return pd.Series(values).rolling(period).mean()


class Crossing(Strategy):
    """Long, or both ways, by the crossings of two averages of the close."""

    fast, slow, both = 10, 50, False

    def init(self):
        self.quick = self.I(average, self.data.Close, self.fast)
        self.calm = self.I(average, self.data.Close, self.slow)

    def next(self):
        if crossover(self.quick, self.calm):
            self.turn(self.buy)
        elif crossover(self.calm, self.quick):
            self.turn(self.sell if self.both else None)

    def turn(self, enter):
        """Leaves what is held, and enters if asked."""
        self.position.close()
        if enter is not None:
            enter(size=1)


def frame(timestamps, columns):
    """Bars as backtesting.py reads them; `columns` by their names in lower case."""
    index = pd.DatetimeIndex(np.asarray(timestamps, "datetime64[ns]"))
    return pd.DataFrame({name.title(): np.asarray(column, np.float64) for name, column in columns.items()}, index=index)


def backtest(bars, **terms):
    """A backtest of a frame with much cash, ready to run; without `terms` there are no costs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Backtest(bars, Crossing, cash=CASH, finalize_trades=True, **{"commission": 0, **terms})


def trades_of(ready, bars, **parameters):
    """The trades of a backtest of `bars` in order of entry, and the final equity.

    What is open at the end it closes at the open of the last bar; here that is the last close, as rule L1 has it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stats = ready.run(**parameters)
    table = stats["_trades"].sort_values("EntryTime", kind="stable")
    columns = (table[name] for name in ("Size", "EntryTime", "ExitTime", "EntryPrice", "ExitPrice", "PnL"))
    trades = [
        Trade("long" if size > 0 else "short", entered.value, left.value, entry, exit_, profit)
        for size, entered, left, entry, exit_, profit in zip(*columns, strict=True)
    ]
    equity = float(stats["Equity Final [$]"])
    if trades and trades[-1].left == bars.index[-1].value:
        last = _at_close(trades.pop(), bars)
        equity += last.profit - float(table["PnL"].iloc[-1])
        trades.append(last)
    return trades, equity


def _at_close(trade, bars):
    close = float(bars["Close"].iloc[-1])
    sign = 1.0 if trade.side == "long" else -1.0
    assert trade.exit_price == bars["Open"].iloc[-1]
    return trade._replace(exit_price=close, profit=sign * (close - trade.entry_price))
