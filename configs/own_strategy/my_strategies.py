"""Strategies of one's own, in each of the three forms that admf takes."""

import numpy as np

from engine.strategies.decision import Decision


def busy_dips(columns, busier_than=0.9):
    """Over columns: long after a day that fell on high volume in a rising market, until a close above the day before.

    `columns` are arrays, one value a bar; the result is +1, 0 or -1 for each bar, decided at its close. A comparison with
    NaN is false, so nothing happens while `trend` and `busy` warm up.
    """
    close = columns["close"]
    before = np.append(np.nan, close[:-1])
    enters = (close < before) & (close > columns["trend"]) & (columns["busy"] > busier_than)
    leaves = close > before
    targets, holding = [], 0
    for enter, leave in zip(enters, leaves, strict=True):
        holding = 1 if enter else 0 if leave else holding
        targets.append(holding)
    return targets


def stronger(markets, bars=60):
    """Over all symbols at once: long the one that rose most in the last `bars` bars that all of them have.

    `markets` maps symbols to columns over the same moments, NaN where a symbol has no bar; the result maps symbols to targets.
    """
    closes = np.stack([columns["close"] for columns in markets.values()])
    common = np.flatnonzero(~np.isnan(closes).any(axis=0))
    targets = {symbol: np.zeros(closes.shape[1], np.int8) for symbol in markets}
    grown = closes[:, common[bars:]] / closes[:, common[:-bars]]
    best = np.full(closes.shape[1], -1)
    best[common[bars:]] = grown.argmax(axis=0)
    for moment in range(1, len(best)):
        if best[moment] < 0:
            best[moment] = best[moment - 1]
    for number, wanted in enumerate(targets.values()):
        wanted[best == number] = 1
    return targets


class Patient:
    """Bar by bar: in while the average rises, out at a loss, and then no more entries for twenty bars."""

    def __init__(self, stop_percent: float = 5.0):
        self.stop = 1 - stop_percent / 100
        self.rest = 0

    def on_bar(self, bar, features, position):
        self.rest = max(0, self.rest - 1)
        rising = features["trend"] > features["before"]
        if position.quantity == 0:
            return "long" if rising and not self.rest else None
        if bar.close < position.entry_price * self.stop:
            self.rest = 20
            return Decision("flat", reason=f"stop: {bar.close:g} after {position.entry_price:g}")
        return None if rising else "flat"
