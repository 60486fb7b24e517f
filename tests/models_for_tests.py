"""Cost models and sizings as a user would write them, named by dotted path in the tests."""

from typing import ClassVar

import numpy as np


def stamp_duty(deal, percent: float = 0.5):
    """Charged on buys only."""
    return deal.notional * percent / 100 if deal.side == "buy" else 0.0


class Rebate:
    """Money back for each fill, a little more each time: it remembers."""

    def __init__(self, amount: float):
        self.amount = amount
        self.fills = 0

    def commission(self, _deal):
        self.fills += 1
        return -self.amount * self.fills


def half_spread(deal, spread: float):
    """Half the spread, whatever the bar."""
    return spread / 2


class Quarter:
    """A class that sizes: a quarter of the cash."""

    seen: ClassVar[list[object]] = []

    def units(self, entry):
        self.seen.append(entry)
        return entry.cash / 4 / entry.price


class Reaches:
    """A sizing that follows `closes` to the memory that it stands in, and tries to write there."""

    found: ClassVar[list[tuple[list[float], list[float]]]] = []

    def units(self, entry):
        owner = entry.closes
        while isinstance(owner, np.ndarray):
            self.write_to(owner)
            owner = owner.base
        behind = np.frombuffer(owner, np.float64)
        self.found.append((entry.closes.tolist(), behind[behind != 0].tolist()))
        return 1.0

    @staticmethod
    def write_to(array):
        try:
            array.flags.writeable = True
        except ValueError:
            return
        array[:] = 0.0


def average_of_closes(entry, bars: int = 20):
    """Units by the mean of the last closes."""
    return 100.0 / entry.closes[-bars:].mean()


def answers(asked, answer: float | str | None = None):
    """Whatever it is told to."""
    return float(answer) if answer in ("nan", "inf", "-inf") else answer


def raises(asked):
    """Fails at once."""
    raise KeyError("a model breaks")


CONSTANT = 3.0
