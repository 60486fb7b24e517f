"""Strategies as a user would write them, named by dotted path in the tests."""

# ruff: noqa: ARG002 - on_bar has the parameters that it is called with

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.strategies.decision import Decision


def wish(columns):
    """Targets that stand in the data."""
    return columns["wish"]


def column(columns, of):
    """Targets that stand in a column of the data."""
    return columns[of]


def lean(columns, size=1):
    """A constant target."""
    return np.full(len(columns["close"]), size)


def short_by_one(columns):
    """One target too few."""
    return np.zeros(len(columns["close"]) - 1)


def unknown(columns):
    """NaN is no target."""
    return np.full(len(columns["close"]), np.nan)


def breaks(columns):
    """Raises as soon as it is asked."""
    raise ZeroDivisionError("a column strategy breaks")


def spoils(columns):
    """Writes into what belongs to everybody."""
    columns["close"][:] = 0.0
    return np.zeros(len(columns["close"]))


class Holds:
    """A class that works on columns."""

    def __init__(self, target=1):
        self.target = target

    def targets(self, columns):
        return np.full(len(columns["close"]), self.target)


class Above:
    """A bar strategy: long above a price, flat below it."""

    def __init__(self, price):
        self.price = price

    def on_bar(self, bar, features, position):
        return Decision("long" if bar.close > self.price else "flat", 0.5, f"close {bar.close}")


class Cross:
    """A bar strategy with a memory: what the built-in crossover does, bar by bar."""

    def __init__(self, direction="long"):
        self.direction = direction
        self.before = None

    def on_bar(self, bar, features, position):
        before, self.before = self.before, (features["fast"], features["slow"])
        if before is None:
            return None
        up = before[0] <= before[1] and features["fast"] > features["slow"]
        down = before[0] >= before[1] and features["fast"] < features["slow"]
        if up:
            return {"long": "long", "short": "flat", "both": "long"}[self.direction]
        return {"long": "flat", "short": "short", "both": "short"}[self.direction] if down else None


class Script:
    """A bar strategy that reads its answers from a text, one word a bar."""

    def __init__(self, words):
        self.words = iter(words.split())

    def on_bar(self, bar, features, position):
        word = next(self.words, "none")
        if word == "raise":
            raise ZeroDivisionError("a bar strategy breaks")
        return {"none": None, "nan": float("nan"), "+1": 1, "-1": -1, "0": 0}.get(word, word)


class Watcher:
    """A bar strategy that keeps what it was shown in a list of the class."""

    seen: ClassVar[list] = []

    def on_bar(self, bar, features, position):
        self.seen.append((bar, dict(features), position))
        return "long" if position is not None and position.quantity == 0 else None


class Mute:
    """No strategy at all."""


CONSTANT = 3


def opposite(markets, leader):
    """Follows the wish of one symbol with it, and against it with all the others."""
    wish = np.nan_to_num(markets[leader]["wish"])
    return {symbol: wish if symbol == leader else -wish for symbol in markets}


class Ranked:
    """A class over all symbols: long the one with the highest close, where all have a bar."""

    def targets(self, markets):
        closes = np.stack([columns["close"] for columns in markets.values()])
        best = np.where(np.isnan(closes).any(axis=0), -1, np.nan_to_num(closes).argmax(axis=0))
        return {symbol: best == place for place, symbol in enumerate(markets)}


def not_a_dict(markets):
    """Targets, but of nobody."""
    return np.zeros(3)


def of_a_stranger(markets):
    """Targets of a symbol that is not there."""
    return {"STRANGE": np.zeros(3)}


class OnBoth:
    """Over two lengths of bars: asks for the long symbol D when the close of the short one passes 130."""

    def targets(self, markets):
        close = np.nan_to_num(markets["H"]["close"])
        return {"D": np.maximum.accumulate(close >= 130)}


class Tells:
    """Publishes the close of each bar as an event of its own; with `then`, something that is wrong."""

    event_types = ("market.mood", "REGIME_CHANGE")

    def __init__(self, then=None, known=1.0):
        self.then, self.known = then, known

    def on_bar(self, bar, features, position, publish):
        publish("market.mood", close=bar.close, unknown=float("nan"))
        if self.then is not None:
            publish(self.then, known=self.known)


class Classifies:
    """Says in which regime the market is, and decides nothing."""

    event_types = ("REGIME_CHANGE",)
    current = None

    def on_bar(self, bar, features, position, publish):
        current = "high" if bar.close > 11 else "low"
        if current != self.current:
            publish("REGIME_CHANGE", previous=self.current, current=current, probability=0.5)
        self.current = current


class Hears:
    """Is in the market in the regime that a classifier calls high, and was told so before it was asked at that bar."""

    regime = None

    def on_event(self, event):
        self.regime = event.current

    def on_bar(self, bar, features, position):
        assert self.regime == ("high" if bar.close > 11 else "low")
        return "long" if self.regime == "high" else "flat"


class Sends:
    """Long one symbol from the first bar on at which the column `wish` of another is 1."""

    def __init__(self, of, to, **more):
        self.of, self.to, self.more, self.sent = of, to, more, False

    def on_bar(self, bar, features, position):
        if bar.symbol != self.of or not features["wish"] or self.sent:
            return None
        self.sent = True
        return Decision("long", symbol=self.to, **self.more)


class Passes:
    """At each bar of a symbol, what its column `wish` says of the next symbol in a ring of them."""

    def __init__(self, ring):
        self.ring = ring

    def on_bar(self, bar, features, position):
        to = self.ring[(self.ring.index(bar.symbol) + 1) % len(self.ring)]
        return Decision({1: "long", 0: "flat", -1: "short"}[int(features["wish"])], symbol=to)
