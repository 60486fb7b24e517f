"""The daily returns of an account and the sums over them that the daily metrics share.

Everything here runs once per lane, over its days. Sums run in order (`np.add.accumulate`), so they give the same bits
wherever they are computed (B3).
"""

from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray

ROUNDING = 2.0**-50  # a few units in the last place of a ratio near one
_FEW = 100
"""Values up to which adding them in Python costs less than asking numpy; both give the same bits."""
LARGEST_RETURN = 1e60  # its fourth power, summed over the days, still fits a float


class DailyReturns:
    """Returns from one daily value of the equity to the next.

    `values`: float64, shape (days + 1,), money, the initial equity (above zero) first. `days_per_year` scales days to
    years and `risk_free_rate` is a fraction per year; `years` is the time from the first bar to the last. `returns`:
    float64, shape (days,), fractions; it is empty and `flaw` says why when the returns mean nothing.

    Raises:
        ValueError: if `days_per_year` is not above zero.
    """

    def __init__(self, values: NDArray[np.float64], *, days_per_year: int, risk_free_rate: float, years: float) -> None:
        if days_per_year <= 0:
            raise ValueError(f"days_per_year is {days_per_year}: expected a number above zero")
        self.values = values
        self.days = len(values) - 1
        self.days_per_year = days_per_year
        self.years = years
        self.risk_free_rate = risk_free_rate
        self.daily_risk_free_rate = risk_free_rate / days_per_year
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            returns = values[1:] / values[:-1] - 1.0
        self.flaw = _flaw(values, returns)
        self.returns = np.empty(0) if self.flaw else returns

    @cached_property
    def mean(self) -> float:
        """The average daily return; at least one day is needed."""
        return ordered_sum(self.returns) / self.days

    @cached_property
    def deviation(self) -> float:
        """The sample standard deviation of the daily returns (n - 1 below the line); at least two days are needed."""
        return sqrt(self.moment_sum(2) / (self.days - 1))

    @cached_property
    def downside_deviation(self) -> float:
        """The root of the mean square of what falls short of the risk-free rate, over all days."""
        shortfall = np.minimum(self.returns - self.daily_risk_free_rate, 0.0)
        return sqrt(ordered_sum(shortfall * shortfall) / self.days)

    @cached_property
    def deepest_drawdown(self) -> float:
        """The lowest daily value over the highest one before it, minus one: 0 or negative."""
        return float((self.values / np.maximum.accumulate(self.values) - 1.0).min())

    @cached_property
    def noise(self) -> float:
        """What rounding alone may leave in a return: nothing is divided by a spread smaller than this."""
        return ROUNDING * float(np.abs(self.returns).max(initial=1.0))

    def moment_sum(self, order: int) -> float:
        """The sum of (return - mean) multiplied by itself `order` times."""
        difference = self.returns - self.mean
        power = difference
        for _ in range(order - 1):
            power = power * difference
        return ordered_sum(power)


def _flaw(values: NDArray[np.float64], returns: NDArray[np.float64]) -> str | None:
    if values[:-1].min(initial=1.0) <= 0:
        return "equity fell to zero or below, so later returns mean nothing"
    if np.abs(returns).max(initial=0.0) > LARGEST_RETURN:
        return "a daily return is too large for sums over its powers"
    return None


def ordered_sum(values: NDArray[np.float64]) -> float:
    """The sum of the values added one after the other; 0 for none."""
    if len(values) > _FEW:
        return float(np.add.accumulate(values)[-1])
    total = 0.0
    for value in values.tolist():
        total += value
    return total
