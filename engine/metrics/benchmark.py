"""The daily returns of an account beside those of a benchmark, and what its metrics share.

Everything here runs once per lane, over its days; sums run in order (B3).
"""

from functools import cached_property
from math import sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.metrics.daily import LARGEST_RETURN, DailyReturns, ordered_sum


class Benchmark(Protocol):
    """What an account is measured against."""

    @property
    def name(self) -> str:
        """What it is called in the notes."""

    @property
    def day_zone(self) -> str:
        """The `day_zone` by which its days end."""

    def closes(self, bars: int) -> NDArray[np.float64]:
        """Its value at each daily value of an account that has been marked at `bars` bars; NaN where it has no new one."""


class Comparison:
    """An account's returns paired with a benchmark's, over the same stretches of time.

    `closes`: the benchmark's value at each of the account's daily values, float64 of the same shape, above zero, or NaN at
    the end of a day without a bar of it; None if the portfolio has no benchmark. The first is what it is bought at, on its
    first day. A pair of returns runs from one day with a bar of it to the next: those without are left out on both sides, so
    there are fewer pairs a year, `per_year`. `own`, `other`: the paired returns, float64 of shape (days,). `left_out`: days
    without. `flaw` says why there are no pairs, None if there are some.
    """

    def __init__(self, daily: DailyReturns, closes: NDArray[np.float64] | None) -> None:
        self.daily = daily
        self.own = self.other = np.empty(0)
        self.left_out = 0
        self.per_year = float(daily.days_per_year)
        self.flaw = "no benchmark is set" if closes is None else daily.flaw
        if closes is None or self.flaw:
            return
        ends = np.flatnonzero(np.isfinite(closes[1:])) + 1
        if not len(ends):
            self.flaw = "the benchmark has no return on any day of the lane"
            return
        self.left_out = daily.days - len(ends)
        starts = np.concatenate((ends[:1] - 1, ends[:-1]))
        with np.errstate(over="ignore"):
            self.own = daily.values[ends] / daily.values[starts] - 1.0
            self.other = closes[ends] / np.concatenate((closes[:1], closes[ends[:-1]])) - 1.0
        if max(self.own.max(), self.other.max()) > LARGEST_RETURN:
            self.flaw = "a return is too large for sums over its powers"
        self.per_year = daily.days_per_year * len(ends) / int(ends[-1] - starts[0])

    @property
    def days(self) -> int:
        """Days with a bar of both: as many as there are pairs."""
        return len(self.own)

    @property
    def free(self) -> float:
        """The risk-free rate of one pair."""
        return self.daily.risk_free_rate / self.per_year

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
