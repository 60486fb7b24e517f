"""The metrics of a portfolio beside a benchmark, of which `benchmark:` names the data."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engine.metrics.benchmark import Comparison
from engine.metrics.daily import ROUNDING
from engine.metrics.metric import Metric, Undefined, Value

NO_MOVE = Undefined("the benchmark's daily returns do not differ from one another")
NO_DIFFERENCE = Undefined("the return beyond the benchmark's does not differ from day to day")
TOO_LARGE = Undefined("a return made in few days is too large to be stated per year")


def benchmark_return(pair: Comparison) -> Value:
    """What the benchmark gained, bought at its first open and held: the `buy_and_hold_return` of these bars.

    Formula: product(1 + b) - 1, b the benchmark's daily returns, the first of them from its open.
    Null: without a benchmark, or if it has no return on any day of the lane.
    """
    return _lacking(pair, 1) or _growth(pair.other) - 1.0


def beta(pair: Comparison) -> Value:
    """How much of the benchmark's movement the portfolio shares: the slope of its returns on the benchmark's.

    Formula: sum((r - mean(r)) (b - mean(b))) / sum((b - mean(b))^2), r and b the returns of both.
    Null: as benchmark_return, with fewer than two days, or if b does not vary beyond rounding.
    Source: W. F. Sharpe, Capital Asset Prices, Journal of Finance 19(3), 1964.
    """
    if lacking := _lacking(pair, 2):
        return lacking
    return pair.products / pair.other_squares if _varies(pair) else NO_MOVE


def alpha(pair: Comparison) -> Value:
    """What the portfolio returned per year beyond what its beta explains.

    Formula: ((mean(r) - f) - beta x (mean(b) - f)) x pairs_per_year, f = risk_free_rate / pairs_per_year: the intercept
    of the regression of r - f on b - f, scaled to a year without compounding.
    Null: as beta.
    Source: M. C. Jensen, The Performance of Mutual Funds in the Period 1945-1964, Journal of Finance 23(2), 1968.
    """
    slope = beta(pair)
    if isinstance(slope, Undefined):
        return slope
    free = pair.free
    return ((pair.own_mean - free) - slope * (pair.other_mean - free)) * pair.per_year


def tracking_error(pair: Comparison) -> Value:
    """How widely the returns stray from the benchmark's, scaled to a year.

    Formula: s x sqrt(pairs_per_year), s the sample standard deviation (n - 1) of r - b.
    Null: as benchmark_return, or with fewer than two days.
    Source: R. C. Grinold and R. N. Kahn, Active Portfolio Management, 2nd edition, 1999.
    """
    return _lacking(pair, 2) or pair.active_deviation * sqrt(pair.per_year)


def information_ratio(pair: Comparison) -> Value:
    """Return beyond the benchmark's for each unit of tracking error, per year.

    Formula: mean(r - b) / s x sqrt(pairs_per_year), s as for tracking_error.
    Null: as tracking_error, or if r - b does not vary beyond rounding.
    Source: T. H. Goodwin, The Information Ratio, Financial Analysts Journal 54(4), 1998.
    """
    if lacking := _lacking(pair, 2):
        return lacking
    if pair.active_deviation <= pair.daily.noise:
        return NO_DIFFERENCE
    return pair.active_mean / pair.active_deviation * sqrt(pair.per_year)


def up_capture(pair: Comparison) -> Value:
    """The portfolio's yearly growth over the days on which the benchmark rose, for each unit of the benchmark's.

    Formula: g(r where b > 0) / g(b where b > 0), g(x) = product(1 + x) ^ (pairs_per_year / n) - 1.
    Null: as benchmark_return, if b never rose, or if the growth is beyond what a number can hold.
    Source: Morningstar, Upside and Downside Capture Ratios, methodology paper.
    """
    return _capture(pair, pair.other > 0.0, "the benchmark rose on no day")


def down_capture(pair: Comparison) -> Value:
    """The portfolio's yearly growth over the days on which the benchmark fell, for each unit of the benchmark's.

    Formula: g(r where b < 0) / g(b where b < 0), g as for up_capture. Below 1 it lost less than the benchmark did.
    Null: as benchmark_return, if b never fell, or if the growth is beyond what a number can hold.
    Source: Morningstar, Upside and Downside Capture Ratios, methodology paper.
    """
    return _capture(pair, pair.other < 0.0, "the benchmark fell on no day")


def _capture(pair: Comparison, chosen: NDArray[np.bool_], otherwise: str) -> Value:
    if lacking := _lacking(pair, 1):
        return lacking
    count = int(np.count_nonzero(chosen))
    if not count:
        return Undefined(otherwise)
    years = pair.per_year / count
    own, other = _growth(pair.own[chosen]), _growth(pair.other[chosen])
    if own < 0.0:
        return Undefined("equity was lost on these days")
    try:
        return float(own**years - 1.0) / float(other**years - 1.0)
    except OverflowError:
        return TOO_LARGE


def _growth(returns: NDArray[np.float64]) -> float:
    """What one unit becomes; the factors are multiplied in order."""
    return float(np.multiply.accumulate(1.0 + returns)[-1])


def _varies(pair: Comparison) -> bool:
    """Whether the benchmark's returns spread more than rounding alone would make them."""
    spread = sqrt(pair.other_squares / (pair.days - 1))
    return spread > ROUNDING * float(np.abs(pair.other).max(initial=1.0))


def _lacking(pair: Comparison, needed: int) -> Undefined | None:
    if pair.flaw:
        return Undefined(pair.flaw)
    if pair.days < needed:
        return Undefined(f"{needed} days with the benchmark's return are needed and there is {pair.days}")
    return None


BENCHMARK_METRICS: tuple[Metric[Comparison], ...] = (
    Metric(benchmark_return, "fraction"),
    Metric(alpha, "fraction per year"),
    Metric(beta, "ratio"),
    Metric(tracking_error, "fraction per year"),
    Metric(information_ratio, "ratio per year"),
    Metric(up_capture, "ratio"),
    Metric(down_capture, "ratio"),
)
