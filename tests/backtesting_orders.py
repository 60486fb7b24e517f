"""The same orders for two engines: entered at crossings of two averages, with a stop and a target."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from engine.config.schema import UserComponent
from engine.order_terms import ExitTerms, OrderTerms
from engine.strategies.decision import Decision
from tests.backtesting_peer import CASH, Trade
from tests.building import data, execution, make_bars, play, portfolio

if TYPE_CHECKING:
    import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from backtesting import Backtest, Strategy


AWAY = {"market": 0.0, "limit": -0.5, "stop": 0.25}
"""How far from the close an entry is asked for, in parts of the stop's distance, the way of the trade."""


def with_crossings(table: pd.DataFrame, fast=5, slow=20):
    """The bars with a column `Wish`: +1 where the fast average of the close crosses above the slow one, -1 below, else 0."""
    quick, calm = (table["Close"].rolling(period).mean() for period in (fast, slow))
    above = (quick > calm).astype(float).where(calm.notna())
    return table.assign(Wish=above.diff().fillna(0.0))


def prices(entry, sign, close, loss, gain):
    """Entry price, stop-loss and target around a close."""
    at = close * (1 + sign * AWAY[entry] * loss)
    return at, at * (1 - sign * loss), at * (1 + sign * gain)


class Bracketed(Strategy):
    """backtesting.py: turns round at each crossing by `entry`, protected from the start."""

    entry, loss, gain = "market", 0.02, 0.03

    def init(self):
        """Nothing to prepare."""

    def next(self):
        """Takes back what waits, leaves what is held, and enters."""
        sign = self.data.Wish[-1]
        if not sign:
            return
        for order in list(self.orders):
            if not order.is_contingent:
                order.cancel()
        self.position.close()
        at, stop, target = prices(self.entry, sign, self.data.Close[-1], self.loss, self.gain)
        enter = self.buy if sign > 0 else self.sell
        enter(size=1, sl=stop, tp=target, **({} if self.entry == "market" else {self.entry: at}))


class Brackets:
    """admf: the same."""

    def __init__(self, entry, loss, gain):
        self.entry, self.loss, self.gain = entry, loss, gain

    def on_bar(self, bar, features, position):  # noqa: ARG002
        """The decision at a crossing."""
        sign = features["wish"]
        if not sign:
            return None
        at, stop, target = prices(self.entry, sign, bar.close, self.loss, self.gain)
        name = {"market": "", "limit": "limit_price", "stop": "stop_price"}[self.entry]
        order = OrderTerms(order_type=self.entry, **({name: at} if name else {}))
        direction = "long" if sign > 0 else "short"
        return Decision(direction, order=order, exits=ExitTerms(stop_loss=stop, take_profit=target))


def theirs(table: pd.DataFrame, *, commission: float, **parameters):
    """Closed trades of backtesting.py and its final equity."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ready = Backtest(table, Bracketed, cash=CASH, commission=commission, finalize_trades=True)
        stats = ready.run(**parameters)
    rows = stats["_trades"].sort_values(["EntryTime", "ExitTime"], kind="stable")
    names = ("Size", "EntryTime", "ExitTime", "EntryPrice", "ExitPrice", "PnL")
    trades = [
        Trade("long" if size > 0 else "short", entered.value, left.value, entry, exit_, pnl)
        for size, entered, left, entry, exit_, pnl in zip(*(rows[name] for name in names), strict=True)
    ]
    return [trade for trade in trades if trade.left != table.index[-1].value]


def ours(table: pd.DataFrame, *, commission, **parameters):
    """Closed trades of admf, those closed by the end of the data left out."""
    columns = {name.lower(): table[name].to_numpy() for name in table.columns}
    made = make_bars(columns["close"], opens=columns["open"], wish=columns["wish"])
    fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
    fields |= {name: columns[name] for name in ("high", "low", "volume")}
    fields["timestamps"] = np.asarray(table.index.astype("datetime64[ns]").asi8)
    code = UserComponent(name="tests.backtesting_orders.Brackets", parameters=parameters)
    run = play(
        [
            data(),
            execution(commission=commission),
            portfolio(strategy=code),
        ],
        type(made)(**fields),
        listen=["portfolio_1"],
        types=["POSITION_OPEN", "POSITION_CLOSE"],
    )
    opened = {event.correlation_id: event.timestamp for event in run.events("portfolio_1", "POSITION_OPEN")}
    closed = run.events("portfolio_1", "POSITION_CLOSE")
    trades = [
        Trade(each.side, opened[each.correlation_id], each.timestamp, each.entry_price, each.exit_price, each.net_pnl)
        for each in closed
    ]
    last = table.index[-1].value
    return [trade for trade in trades if trade.left != last]
