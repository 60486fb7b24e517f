"""The daily returns of an account beside those of a benchmark, and what its metrics share.

Everything here runs once per lane, over its days; sums run in order (B3).
"""

from functools import cached_property
from math import sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.metrics.daily import DailyReturns, ordered_sum


class Benchmark(Protocol):
    """What an account is measured against."""

    @property
    def name(self) -> str:
        """What it is called in the notes."""

    def closes(self, bars: int) -> NDArray[np.float64]:
        """Its value at each daily value of an account that has been marked at `bars` bars; NaN where it is not known."""


class Comparison:
    """An account's daily returns paired with a benchmark's, on the days for which both are known.

    `closes`: the benchmark's value at each of the account's daily values, float64 of the same shape, above zero or NaN
    where it was not known yet; None if the portfolio has no benchmark. `own`, `other`: the paired returns, float64 of shape
    (days,). `flaw` says why there are none, None if there are some.
    """

    def __init__(self, daily: DailyReturns, closes: NDArray[np.float64] | None) -> None:
        self.daily = daily
        self.own = self.other = np.empty(0)
        self.flaw = "no benchmark is set" if closes is None else daily.flaw
        if closes is None or self.flaw:
            return
        returns = closes[1:] / closes[:-1] - 1.0
        known = np.isfinite(returns)
        self.own, self.other = daily.returns[known], returns[known]
        if not len(self.own):
            self.flaw = "the benchmark has no return on any day of the lane"

    @property
    def days(self) -> int:
        """Days for which both returns are known."""
        return len(self.own)

    @cached_property
    def own_mean(self) -> float:
        """The account's average daily return on these days."""
        return ordered_sum(self.own) / self.days

    @cached_property
    def other_mean(self) -> float:
        """The benchmark's average daily return."""
        return ordered_sum(self.other) / self.days

    @cached_property
    def other_squares(self) -> float:
        """The sum of the squared differences of the benchmark's returns from their mean."""
        difference = self.other - self.other_mean
        return ordered_sum(difference * difference)

    @cached_property
    def products(self) -> float:
        """The sum of the products of both returns' differences from their means."""
        return ordered_sum((self.own - self.own_mean) * (self.other - self.other_mean))

    @cached_property
    def active_mean(self) -> float:
        """The average daily return beyond the benchmark's."""
        return ordered_sum(self.own - self.other) / self.days

    @cached_property
    def active_deviation(self) -> float:
        """The sample standard deviation (n - 1) of the return beyond the benchmark's; two days are needed."""
        difference = (self.own - self.other) - self.active_mean
        return sqrt(ordered_sum(difference * difference) / (self.days - 1))
