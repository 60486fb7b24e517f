"""The equity curve by example: what a person would count on their fingers (T2, T4)."""

import sys
import tracemalloc

import numpy as np
import pytest

from engine.metrics.equity import EquityCurve

NO_ROWS = np.empty(0, dtype=np.intp)


def curve_of(*marks, days=0):
    curve = EquityCurve(100.0, days)
    for equity in marks:
        curve.mark(equity, in_market=False, day_end=False)
    return curve


def block_of(*marks):
    return np.array(marks, dtype=np.float64), np.zeros(len(marks), dtype=np.bool_), NO_ROWS


def test_before_the_first_step_the_curve_is_its_initial_mark():
    curve = EquityCurve(100.0, 3)
    assert (curve.final_equity, curve.peak, curve.max_drawdown, curve.drawdown, curve.bars) == (100.0, 100.0, 0, 0, 0)
    assert (curve.longest_drawdown_bars, curve.recovery_bars) == (0, None)
    assert curve.daily_values().tolist() == [100.0]


def test_the_peak_starts_at_the_initial_cash():
    curve = curve_of(80.0, 90.0)
    assert curve.max_drawdown == 80.0 / 100.0 - 1.0
    assert curve.drawdown == 90.0 / 100.0 - 1.0


def test_the_longest_time_under_water_need_not_be_the_deepest():
    curve = curve_of(50.0, 100.0, 99.0, 99.5, 99.9, 101.0)
    assert curve.max_drawdown == -0.5
    assert curve.longest_drawdown_bars == 3
    assert curve.recovery_bars == 1


def test_reaching_the_peak_exactly_is_recovery():
    assert curve_of(90.0, 95.0, 100.0).recovery_bars == 2


def test_of_two_equal_troughs_the_first_counts():
    assert curve_of(90.0, 95.0, 90.0, 100.0).recovery_bars == 3


def test_a_deeper_drawdown_takes_the_recovery_back():
    curve = curve_of(90.0, 100.0)
    assert curve.recovery_bars == 1
    curve.mark(80.0, in_market=False, day_end=False)
    assert curve.recovery_bars is None


def test_a_drawdown_that_is_not_over_counts_as_far_as_it_went():
    curve = curve_of(110.0, 100.0, 101.0)
    assert (curve.longest_drawdown_bars, curve.recovery_bars) == (2, None)


def test_the_final_mark_is_a_mark_and_no_bar():
    curve = EquityCurve(100.0, 1)
    curve.mark(110.0, in_market=True, day_end=True)
    curve.final_mark(99.0)
    assert (curve.bars, curve.bars_in_market, curve.max_drawdown) == (1, 1, 99.0 / 110.0 - 1.0)
    assert curve.longest_drawdown_bars == 0
    assert curve.daily_values().tolist() == [100.0, 99.0]


def test_a_day_still_under_way_is_in_the_daily_vector_with_its_last_mark():
    curve = EquityCurve(100.0, 2)
    curve.mark(101.0, in_market=False, day_end=True)
    curve.mark(102.0, in_market=False, day_end=False)
    curve.mark(103.0, in_market=False, day_end=False)
    assert curve.daily_values().tolist() == [100.0, 101.0, 103.0]


@pytest.mark.parametrize("cash", [0.0, -1.0, float("nan"), float("inf")])
def test_initial_equity_must_be_an_amount_above_zero(cash):
    with pytest.raises(ValueError, match="is not a finite amount above zero"):
        EquityCurve(cash, 1)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_an_equity_that_is_no_number_is_refused_and_changes_nothing(bad):
    curve = curve_of(90.0, 110.0, 105.0)
    untouched = curve_of(90.0, 110.0, 105.0)
    with pytest.raises(OverflowError, match="no longer a finite amount at bar 4"):
        curve.mark(bad, in_market=True, day_end=False)
    with pytest.raises(OverflowError, match="no longer a finite amount at bar 3"):
        curve.final_mark(bad)
    for name in EquityCurve.__slots__:
        if name != "_daily":
            assert getattr(curve, name) == getattr(untouched, name)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_block_that_breaks_off_leaves_the_marks_before_it(bad):
    """L6: a lane that fails has the same figures whatever the blocks were."""
    curve = EquityCurve(100.0, 3)
    marks = np.array([90.0, 110.0, bad, 130.0, bad])
    with pytest.raises(OverflowError, match="no longer a finite amount at bar 3"):
        curve.mark_block(marks, np.ones(5, dtype=np.bool_), np.array([0, 1, 2]))
    assert (curve.bars, curve.bars_in_market, curve.peak, curve.recovery_bars) == (2, 2, 110.0, 1)
    assert curve.daily_values().tolist() == [100.0, 90.0, 110.0]


def test_an_empty_block_changes_nothing():
    curve = curve_of(90.0)
    curve.mark_block(*block_of())
    assert (curve.bars, curve.final_equity) == (1, 90.0)


def test_more_day_ends_than_days_are_an_error_and_not_lost():
    curve = EquityCurve(100.0, 1)
    curve.mark(1.0, in_market=False, day_end=True)
    with pytest.raises(IndexError):
        curve.mark(1.0, in_market=False, day_end=True)


def test_memory_is_eight_bytes_a_day_however_many_bars_there_are():
    """T4: the curve of 250,000 bars in 1,000 days holds 8,000 bytes and a constant."""
    days = 1000
    equity = np.linspace(100.0, 200.0, 250)
    in_market = np.zeros(250, dtype=np.bool_)
    last_row = np.array([249])
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    curve = EquityCurve(100.0, days)
    for _ in range(days):
        curve.mark_block(equity, in_market, last_row)
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert curve.bars == 250_000
    assert kept < 8 * days + sys.getsizeof(curve) + 1500
