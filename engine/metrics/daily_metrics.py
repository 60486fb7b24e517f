"""The metrics of the daily vector (rule T2): growth, risk, and the shape of the daily returns."""

from math import sqrt

import numpy as np

from engine.metrics.account_metrics import NO_TIME
from engine.metrics.daily import DailyReturns
from engine.metrics.metric import Metric, Undefined, Value

NO_DAY = Undefined("the lane has no day")
NO_SPREAD = Undefined("the daily returns do not differ from one another")
NO_EXCESS = Undefined("no daily return differs from the risk-free rate")
NO_SHORTFALL = Undefined("no daily return fell below the risk-free rate", unlimited=True)
NO_GROWTH = Undefined("no day ended above or below an earlier one")
NO_DRAWDOWN = Undefined("no day ended below an earlier one", unlimited=True)


def days(daily: DailyReturns) -> Value:
    """Days that have a bar: not the calendar days of the run, and of monthly bars one for each month.

    Formula: the number of daily values, the initial equity not counted. A day ends where `day_zone` in `metric_notes`
    says.
    """
    return daily.days


def cagr(daily: DailyReturns) -> Value:
    """Compound annual growth rate: the yearly return that would give the same result.

    Formula: (final_equity / initial_equity) ^ (1 / years) - 1, years the calendar days from the first bar's timestamp to the
    last one's / 365.25.
    Null: without a day, if no time passed, if the equity ended below zero, or if it grows beyond what a number can hold.
    """
    if daily.days == 0:
        return NO_DAY
    if not daily.years:
        return NO_TIME
    growth = float(daily.values[-1]) / float(daily.values[0])
    if growth < 0:
        return Undefined("equity ended below zero")
    try:
        return float(growth ** (1.0 / daily.years)) - 1.0
    except OverflowError:
        return Undefined(f"a return made in {daily.days} days is too large to be stated per year")


def volatility(daily: DailyReturns) -> Value:
    """How widely the daily returns spread, scaled to a year.

    Formula: s x sqrt(days_per_year), s the sample standard deviation (n - 1) of the daily returns.
    Null: with fewer than two days, or if the equity was wiped out before the last.
    """
    return _lacking(daily, 2) or daily.deviation * sqrt(daily.days_per_year)


def sharpe(daily: DailyReturns) -> Value:
    """Return above the risk-free rate for each unit of volatility, per year.

    Formula: (mean(r) - f) / s x sqrt(days_per_year), r the daily returns, f = risk_free_rate / days_per_year and s the
    sample standard deviation (n - 1).
    Null: as volatility, or if the returns do not differ beyond rounding.
    Source: W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21(1), 1994.
    """
    if lacking := _lacking(daily, 2):
        return lacking
    if daily.deviation <= daily.noise:
        return NO_SPREAD
    return (daily.mean - daily.daily_risk_free_rate) / daily.deviation * sqrt(daily.days_per_year)


def sortino(daily: DailyReturns) -> Value:
    """Return above the risk-free rate for each unit of downside deviation, per year.

    Formula: (mean(r) - f) / d x sqrt(days_per_year), d = sqrt(sum(min(r - f, 0)^2) / days), f as for sharpe.
    Null: without a day, if the equity was wiped out before the last, or if no return fell below f beyond rounding:
    infinite then, if one rose above it.
    Source: F. A. Sortino and L. N. Price, Performance Measurement in a Downside Risk Framework, Journal of Investing
    3(3), 1994.
    """
    if lacking := _lacking(daily, 1):
        return lacking
    if daily.downside_deviation <= daily.noise:
        return NO_SHORTFALL if daily.mean - daily.daily_risk_free_rate > daily.noise else NO_EXCESS
    return (daily.mean - daily.daily_risk_free_rate) / daily.downside_deviation * sqrt(daily.days_per_year)


def calmar(daily: DailyReturns) -> Value:
    """Yearly growth for each unit of the deepest drawdown between days.

    Formula: cagr / -min(value / highest value so far - 1) over the daily values. max_drawdown sees every mark and may
    be deeper.
    Null: as cagr, or if no day ended below an earlier one beyond rounding: infinite then, if the equity grew.
    Source: T. W. Young, Calmar Ratio: A Smoother Tool, Futures 20(1), 1991 (there over 36 months, here over the run).
    """
    growth = cagr(daily)
    if isinstance(growth, Undefined):
        return growth
    if -daily.deepest_drawdown > daily.noise:
        return growth / -daily.deepest_drawdown
    return NO_DRAWDOWN if growth > 0.0 else NO_GROWTH


def skew(daily: DailyReturns) -> Value:
    """The asymmetry of the daily returns: negative when the rare large moves are losses.

    Formula: n / ((n - 1)(n - 2)) x sum((r - mean(r))^3) / s^3, the adjusted Fisher-Pearson coefficient G1.
    Null: with fewer than three days, as volatility, or if the returns do not differ beyond rounding.
    Source: D. N. Joanes and C. A. Gill, Comparing measures of sample skewness and kurtosis, The Statistician 47(1), 1998.
    """
    if lacking := _lacking(daily, 3):
        return lacking
    if daily.deviation <= daily.noise:
        return NO_SPREAD
    n, s = daily.days, daily.deviation
    return n / ((n - 1) * (n - 2)) * (daily.moment_sum(3) / (s * s * s))


def kurtosis(daily: DailyReturns) -> Value:
    """How heavy the tails of the daily returns are, beyond those of a normal distribution, which has 0.

    Formula: n(n + 1) / ((n - 1)(n - 2)(n - 3)) x sum((r - mean(r))^4) / s^4 - 3(n - 1)^2 / ((n - 2)(n - 3)), the
    excess coefficient G2.
    Null: with fewer than four days, as volatility, or if the returns do not differ beyond rounding.
    Source: D. N. Joanes and C. A. Gill, Comparing measures of sample skewness and kurtosis, The Statistician 47(1), 1998.
    """
    if lacking := _lacking(daily, 4):
        return lacking
    if daily.deviation <= daily.noise:
        return NO_SPREAD
    n, s = daily.days, daily.deviation
    tails = daily.moment_sum(4) / (s * s * s * s)
    scale = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3))
    return scale * tails - 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3))


def value_at_risk_95(daily: DailyReturns) -> Value:
    """The daily return that one day in twenty fell below: usually negative.

    Formula: the 5th percentile of the daily returns themselves, between two of them by linear interpolation (historical
    simulation, no normal distribution assumed).
    Null: without a day, or if the equity was wiped out before the last.
    Source: P. Jorion, Value at Risk, 3rd edition, 2006, chapter 10.
    """
    if lacking := _lacking(daily, 1):
        return lacking
    below, part = divmod(daily.days - 1, 20)
    ordered = np.sort(daily.returns)
    low = float(ordered[below])
    high = float(ordered[min(below + 1, daily.days - 1)])
    return low + (high - low) * (part / 20)


def best_day(daily: DailyReturns) -> Value:
    """The highest daily return.

    Formula: max(r).
    Null: without a day, or if the equity was wiped out before the last.
    """
    return _lacking(daily, 1) or float(daily.returns.max())


def worst_day(daily: DailyReturns) -> Value:
    """The lowest daily return.

    Formula: min(r).
    Null: without a day, or if the equity was wiped out before the last.
    """
    return _lacking(daily, 1) or float(daily.returns.min())


def _lacking(daily: DailyReturns, needed: int) -> Undefined | None:
    if daily.days == 0:
        return NO_DAY
    if daily.days < needed:
        return Undefined(f"{needed} days are needed and there {'is' if daily.days == 1 else 'are'} {daily.days}")
    return Undefined(daily.flaw) if daily.flaw else None


DAILY_METRICS: tuple[Metric[DailyReturns], ...] = (
    Metric(days, "days"),
    Metric(cagr, "fraction per year"),
    Metric(volatility, "fraction per year"),
    Metric(sharpe, "ratio per year"),
    Metric(sortino, "ratio per year"),
    Metric(calmar, "ratio"),
    Metric(skew, "number"),
    Metric(kurtosis, "number"),
    Metric(value_at_risk_95, "fraction per day"),
    Metric(best_day, "fraction per day"),
    Metric(worst_day, "fraction per day"),
)
