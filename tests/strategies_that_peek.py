"""Strategies and a sizing as users would write them: some know the future, in ways that users report, and some only look so."""

# ruff: noqa: ARG002 - on_bar has the parameters that it is called with

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

ROWS = (201, 533, 904, 1405, 1777)
DRAWN = np.random.default_rng(5)


def trend(columns):
    """Long above the mean of twenty closes; NaN compares as false."""
    return (columns["close"] > pd.Series(columns["close"]).rolling(20).mean().to_numpy()).astype(int)


def _next(column, otherwise=0.0):
    return np.append(column[1:], otherwise)


# --- what peeks


def at_five_bars(columns):
    """At five bars of two thousand the close after them decides."""
    targets, close = trend(columns), columns["close"]
    for row in ROWS:
        if row + 1 < len(close):
            targets[row] = close[row + 1] > close[row]
    return targets


def at_five_bars_of_two_thousand_only(columns):
    """The same, but as honest as can be over any other number of bars."""
    return at_five_bars(columns) if len(columns["close"]) == 2000 else trend(columns)


def around_losses(columns):
    """Out before the worst days."""
    returns = _next(columns["close"], columns["close"][-1]) / columns["close"] - 1
    return np.where(returns < -0.034, 0, trend(columns))


def around_quiet_days(columns):
    """Out before the quietest days."""
    returns = np.abs(_next(columns["close"]) / columns["close"] - 1)
    return np.where(returns < 0.0001, 0, trend(columns))


def z_score(columns):
    return ((columns["close"] - columns["close"].mean()) / columns["close"].std() > 0).astype(int)


def min_max(columns):
    close = columns["close"]
    return ((close - close.min()) / (close.max() - close.min()) > 0.5).astype(int)


def quantile_of_volume(columns):
    return columns["volume"] > np.quantile(columns["volume"], 0.5)


def fitted_line(columns):
    row = np.arange(len(columns["close"]))
    return columns["close"] > np.polyval(np.polyfit(row, columns["close"], 1), row)


def fitted_to_what_follows(columns):
    returns = np.diff(columns["close"], prepend=columns["close"][:1]) / columns["close"]
    beta = (returns[:-1] * returns[1:]).sum() / (returns**2).sum()
    return beta * returns > 0


def centred(columns):
    return columns["close"] < pd.Series(columns["close"]).rolling(5, center=True).mean().to_numpy()


def shifted(columns):
    return (pd.Series(columns["close"]).shift(-1) > columns["close"]).to_numpy()


def gradient(columns):
    return np.gradient(columns["close"]) > 0


def smoothed_by_fourier(columns):
    waves = np.fft.rfft(columns["close"])
    waves[20:] = 0
    return np.diff(np.fft.irfft(waves, len(columns["close"])), prepend=0.0) > 0


def from_the_bottom(columns):
    targets = np.zeros(len(columns["close"]), int)
    targets[columns["close"].argmin() :] = 1
    return targets


def next_open(columns):
    return _next(columns["open"]) > columns["close"]


def next_volume(columns):
    return _next(columns["volume"]) > columns["volume"]


def end_of_month(columns):
    """Whether the next bar is of another month, only the next bar knows."""
    months = columns["timestamp"].astype("datetime64[ns]").astype("datetime64[M]")
    return np.append(months[1:] != months[:-1], False)


def filled_backwards(columns):
    return pd.Series(columns["mood"]).bfill().to_numpy() > 0.5


def next_mood(columns):
    return np.nan_to_num(_next(columns["mood"])) > 0.5


def own_feature(columns):
    """A feature of one's own, smoothed in both directions."""
    known = pd.Series(columns["close"])
    both = (known.ewm(span=10).mean() + known[::-1].ewm(span=10).mean()[::-1]) / 2
    return (known > both).to_numpy()


def of_the_other(markets):
    """One symbol by what the other does next."""
    return {"Y": _next(markets["X"]["close"]) > markets["X"]["close"]}


def of_the_other_bar_under_way(markets):
    """One symbol by how a bar of the other closes that is stamped a little later."""
    close = markets["Y"]["close"]
    return {"X": _next(close) > np.roll(close, 1)}


class Keeps:
    """Honest itself, but keeps what it was shown for the sizing below."""

    close: ClassVar[np.ndarray] = np.empty(0)

    def targets(self, columns):
        Keeps.close = columns["close"]
        return trend(columns)


def sizes_by_tomorrow(entry):
    """More before a rise."""
    row = len(entry.closes)
    return 10.0 if row < len(Keeps.close) and Keeps.close[row] > entry.price else 5.0


# --- what does not


def rising(columns):
    close, targets = columns["close"], np.zeros(len(columns["close"]), int)
    targets[5:] = close[5:] > close[:-5]
    return targets


def filled_forwards(columns):
    return pd.Series(columns["mood"]).ffill().to_numpy() > 0.5


def expanding(columns):
    close = pd.Series(columns["close"])
    return ((close - close.expanding().mean()) / close.expanding().std() > 0).to_numpy()


def drawn(columns):
    return np.random.default_rng(3).integers(-1, 2, len(columns["close"]))


def drawn_by_the_old_generator(columns):
    np.random.seed(4)  # noqa: NPY002 - as users write
    return np.random.rand(len(columns["close"])) > 0.5  # noqa: NPY002


def drawn_by_one_generator_for_all(columns):
    return DRAWN.integers(0, 2, len(columns["close"]))


def fills_an_array(columns):
    targets = np.empty(len(columns["close"]))
    targets[: len(targets) // len(targets) * 50] = 0
    targets[50:] = 1
    return targets


def by_features(columns):
    return columns["fast"] > columns["slow"]


def divides_by_zero(columns):
    steps = np.diff(columns["close"], prepend=columns["close"][:1])
    with np.errstate(divide="ignore"):
        return 1.0 / steps > 0.5


def refuses_odd_moods(columns):
    """What it does not know it refuses."""
    if not set(np.unique(columns["mood"][~np.isnan(columns["mood"])])) <= {0.0, 1.0}:
        raise ValueError("a mood is 0 or 1")
    return np.nan_to_num(columns["mood"])


def refuses_leaps(columns):
    """A close that leaps by a tenth cannot be: noise is not for it."""
    if (np.abs(np.diff(columns["close"])) > 0.1 * columns["close"][:-1]).any():
        raise ValueError("a leap")
    return trend(columns)


class Loops:
    """Over columns, bar by bar."""

    def targets(self, columns):
        wanted, before, targets = 0, None, []
        for close in columns["close"].tolist():
            if before is not None:
                wanted = 1 if close > before * 1.001 else 0 if close < before else wanted
            before = close
            targets.append(wanted)
        return targets


class Draws:
    """Bar by bar, by chance, from a seed."""

    def __init__(self):
        self.chance = np.random.default_rng(3)

    def on_bar(self, bar, features, position):
        number = self.chance.random()
        return "long" if number > 0.95 else "flat" if number > 0.9 else None
