"""Daily metrics against empyrical and scipy, and what is null for which reason (T2, T5)."""

import math

import empyrical
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics import daily_metrics as metrics
from engine.metrics.daily import DailyReturns, ordered_sum
from engine.metrics.metric import Undefined

close_to = pytest.approx


def daily_of(*values, days_per_year=252, risk_free_rate=0.0, years=None):
    """Daily returns over as many years as their number says."""
    years = (len(values) - 1) / 252 if years is None else years
    array = np.array(values, dtype=np.float64)
    return DailyReturns(array, days_per_year=days_per_year, risk_free_rate=risk_free_rate, years=years)


def random_daily(seed, days, days_per_year=252, risk_free_rate=0.0):
    moves = np.random.default_rng(seed).standard_t(4, size=days) * 0.01 + 0.0003
    values = 100_000.0 * np.cumprod(np.concatenate(([1.0], 1.0 + moves)))
    return daily_of(*values, days_per_year=days_per_year, risk_free_rate=risk_free_rate, years=days / days_per_year)


def text_of(value):
    assert isinstance(value, Undefined)
    return value.reason


CASES = pytest.mark.parametrize(
    ("seed", "days", "a_year", "rate"),
    [(1, 5, 252, 0.0), (2, 30, 365, 0.03), (3, 2520, 252, 0.02), (4, 777, 260, -0.01)],
)


@CASES
def test_empyrical_gives_the_same(seed, days, a_year, rate):
    daily = random_daily(seed, days, a_year, rate)
    returns = daily.returns
    free = rate / a_year
    assert metrics.days(daily) == days
    assert metrics.cagr(daily) == close_to(empyrical.cagr(returns, annualization=a_year), rel=1e-9)
    assert metrics.volatility(daily) == close_to(empyrical.annual_volatility(returns, annualization=a_year), rel=1e-9)
    assert metrics.sharpe(daily) == close_to(empyrical.sharpe_ratio(returns, free, annualization=a_year), rel=1e-9)
    assert metrics.sortino(daily) == close_to(empyrical.sortino_ratio(returns, free, annualization=a_year), rel=1e-9)
    assert metrics.calmar(daily) == close_to(empyrical.calmar_ratio(returns, annualization=a_year), rel=1e-9)
    assert metrics.value_at_risk_95(daily) == close_to(empyrical.value_at_risk(returns, 0.05), rel=1e-9)
    assert daily.deepest_drawdown == close_to(empyrical.max_drawdown(returns), rel=1e-9)


@CASES
def test_scipy_gives_the_same_skew_and_kurtosis(seed, days, a_year, rate):
    daily = random_daily(seed, days, a_year, rate)
    assert metrics.skew(daily) == close_to(scipy.stats.skew(daily.returns, bias=False), rel=1e-9)
    assert metrics.kurtosis(daily) == close_to(scipy.stats.kurtosis(daily.returns, bias=False), rel=1e-9)


@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=60))
def test_value_at_risk_is_the_percentile_numpy_finds(values):
    daily = daily_of(*values)
    expected = np.percentile(daily.returns, 5)
    assert metrics.value_at_risk_95(daily) == close_to(expected, rel=1e-9, abs=1e-12)
    assert metrics.worst_day(daily) == daily.returns.min() <= metrics.value_at_risk_95(daily)
    assert metrics.best_day(daily) == daily.returns.max()


def test_two_days_by_hand():
    daily = daily_of(100.0, 110.0, 99.0)
    assert metrics.cagr(daily) == close_to(0.99**126 - 1)
    assert metrics.volatility(daily) == close_to(math.sqrt(0.02) * math.sqrt(252))
    assert metrics.sharpe(daily) == close_to(0.0, abs=1e-12)
    assert metrics.calmar(daily) == close_to((0.99**126 - 1) / 0.1)
    assert (metrics.best_day(daily), metrics.worst_day(daily)) == close_to((0.1, -0.1))


def test_the_risk_free_rate_is_a_fraction_per_year():
    daily = daily_of(100.0, 110.0, 99.0, risk_free_rate=0.0252)
    assert metrics.sharpe(daily) == close_to(-0.0001 / math.sqrt(0.02) * math.sqrt(252))
    assert metrics.sortino(daily) == close_to(-0.0001 / math.sqrt(0.1001**2 / 2) * math.sqrt(252))


@pytest.mark.parametrize(
    ("days", "undefined"),
    [
        (0, {metric.name for metric in metrics.DAILY_METRICS} - {"days"}),
        (1, {"volatility", "sharpe", "sortino", "calmar", "skew", "kurtosis"}),
        (2, {"sortino", "calmar", "skew", "kurtosis"}),
        (3, {"sortino", "calmar", "kurtosis"}),
        (4, {"sortino", "calmar"}),
    ],
)
def test_a_few_rising_days_lack_what_needs_more(days, undefined):
    daily = daily_of(*[100.0, 101.0, 103.0, 106.0, 110.0][: days + 1])
    found = {metric.name for metric in metrics.DAILY_METRICS if isinstance(metric.measure(daily), Undefined)}
    assert found == undefined


def test_a_reason_names_what_is_lacking():
    assert text_of(metrics.volatility(daily_of(100.0))) == "the lane has no day"
    assert text_of(metrics.volatility(daily_of(100.0, 101.0))) == "2 days are needed and there is 1"
    assert text_of(metrics.kurtosis(daily_of(100.0, 101.0, 102.0))) == "4 days are needed and there are 2"


@pytest.mark.parametrize("growth", [1.0, 1.01, 0.99])
def test_returns_that_differ_by_rounding_alone_have_no_ratio(growth):
    values = [100_000.0]
    for _ in range(250):
        values.append(values[-1] * growth)
    daily = daily_of(*values)
    assert metrics.volatility(daily) == close_to(0.0, abs=1e-12)
    for metric in (metrics.sharpe, metrics.skew, metrics.kurtosis):
        assert text_of(metric(daily)) == "the daily returns do not differ from one another"
    if growth > 1:
        assert metrics.sortino(daily) == Undefined("no daily return fell below the risk-free rate", unlimited=True)
        assert metrics.calmar(daily) == Undefined("no day ended below an earlier one", unlimited=True)
    if growth == 1:
        assert text_of(metrics.sortino(daily)) == "no daily return differs from the risk-free rate"
        assert metrics.calmar(daily) == Undefined("no day ended above or below an earlier one")


def test_no_return_in_no_time_has_a_yearly_rate():
    assert text_of(metrics.cagr(daily_of(100.0, 110.0, years=0.0))) == "no time passed from the first bar to the last"


def test_growth_goes_by_the_calendar_and_spread_by_the_days():
    daily = daily_of(100.0, 90.0, 200.0, days_per_year=1, years=10.0)
    assert metrics.cagr(daily) == close_to(2**0.1 - 1)
    assert metrics.volatility(daily) == close_to(np.std([-0.1, 200 / 90 - 1], ddof=1))


def test_after_a_wiped_out_day_returns_mean_nothing():
    daily = daily_of(100.0, -5.0, 20.0, 30.0, 40.0)
    for name in ("volatility", "sharpe", "sortino", "skew", "kurtosis", "value_at_risk_95", "best_day", "worst_day"):
        assert text_of(getattr(metrics, name)(daily)).startswith("equity fell to zero or below")
    assert metrics.cagr(daily) == close_to(0.4**63 - 1)
    assert metrics.calmar(daily) == close_to((0.4**63 - 1) / 1.05)


def test_an_account_that_ends_at_zero_lost_everything_and_one_below_zero_has_no_yearly_rate():
    assert metrics.cagr(daily_of(100.0, 50.0, 0.0)) == -1.0
    assert metrics.worst_day(daily_of(100.0, 50.0, 0.0)) == -1.0
    assert text_of(metrics.cagr(daily_of(100.0, 50.0, -1.0))) == "equity ended below zero"
    assert text_of(metrics.calmar(daily_of(100.0, 50.0, -1.0))) == "equity ended below zero"


def test_a_rate_too_large_for_a_number_is_null():
    assert text_of(metrics.cagr(daily_of(1.0, 1000.0))) == "a return made in 1 days is too large to be stated per year"


@pytest.mark.parametrize(
    "values", [(1e-300, 1e300, 1.0, 2.0, 3.0), (1.0, 1e100, 1.0, 2.0, 3.0), (1.0, 1e300, 1e-300, 1.0, 2.0)]
)
def test_absurd_values_give_nulls_and_neither_warnings_nor_infinities(values):
    daily = daily_of(*values)
    for metric in metrics.DAILY_METRICS:
        value = metric.measure(daily)
        assert isinstance(value, Undefined) or math.isfinite(value)
    assert text_of(metrics.volatility(daily)) == "a daily return is too large for sums over its powers"


@given(st.lists(st.floats(-1e3, 1e6), max_size=12).map(lambda tail: [100.0, *tail]))
def test_no_equity_gives_nan_or_infinity(values):
    daily = daily_of(*values)
    for metric in metrics.DAILY_METRICS:
        value = metric.measure(daily)
        assert isinstance(value, Undefined) or math.isfinite(value)
        assert type(value) in {int, float, Undefined}


@pytest.mark.parametrize("days_per_year", [0, -252])
def test_a_year_must_have_days(days_per_year):
    with pytest.raises(ValueError, match="expected a number above zero"):
        daily_of(1.0, 2.0, days_per_year=days_per_year)


def test_sums_run_in_order():
    """B3: one value after the other, not in pairs."""
    values = np.random.default_rng(0).normal(size=1000)
    total = 0.0
    for value in values.tolist():
        total += value
    assert ordered_sum(values) == total
    assert ordered_sum(np.empty(0)) == 0.0
