"""The equity curve: a plain reading of its definitions, and no trace of how the marks were cut into blocks (T2, L6, B3)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.metrics.extremes as extremes_room
from engine.metrics.equity import EquityCurve

INITIAL = 100.0

# Few distinct values make ties with the peak and with the trough likely; the others exercise the rounding.
amounts = st.sampled_from([90.0, 95.0, 100.0, 100.1, 105.0, -3.0, 0.0]) | st.floats(-1e6, 1e6)
steps = st.tuples(amounts, st.booleans(), st.booleans())
runs = st.lists(steps, max_size=30)
closes = st.none() | amounts


def blocks_of(steps, cuts):
    edges = [0, *sorted({cut % (len(steps) + 1) for cut in cuts}), len(steps)]
    return [steps[a:b] for a, b in pairwise(edges)]


def mark_singly(curve, steps):
    for equity, in_market, day_end in steps:
        curve.mark(equity, in_market=in_market, day_end=day_end)


def mark_at_once(curve, steps):
    equity = np.array([step[0] for step in steps], dtype=np.float64)
    in_market = np.array([step[1] for step in steps], dtype=np.bool_)
    rows = np.flatnonzero(np.array([step[2] for step in steps], dtype=np.bool_))
    curve.mark_block(equity, in_market, rows)


def finished(curve, close):
    if close is not None:
        curve.final_mark(close)
    return (
        curve.initial_equity.hex(),
        float(curve.final_equity).hex(),
        float(curve.peak).hex(),
        float(curve.max_drawdown).hex(),
        float(curve.drawdown).hex(),
        curve.longest_drawdown_bars,
        curve.recovery_bars,
        curve.bars,
        curve.bars_in_market,
        [value.hex() for value in curve.daily_values().tolist()],
    )


@given(runs, closes, st.lists(st.integers(0, 100), max_size=6), st.lists(st.booleans(), min_size=8, max_size=8))
def test_blocks_single_marks_and_any_mix_give_the_same_bits(steps, close, cuts, singly):
    days = sum(step[2] for step in steps)
    plain = EquityCurve(INITIAL, days)
    mark_singly(plain, steps)
    mixed = EquityCurve(INITIAL, days)
    for block, single in zip(blocks_of(steps, cuts), singly, strict=False):
        (mark_singly if single else mark_at_once)(mixed, block)
    assert finished(mixed, close) == finished(plain, close)


@given(runs)
def test_a_block_leaves_plain_python_numbers_behind(steps):
    curve = EquityCurve(INITIAL, len(steps))
    mark_at_once(curve, steps)
    figures = (curve.final_equity, curve.peak, curve.max_drawdown, curve.longest_drawdown_bars, curve.bars_in_market)
    assert {type(figure) for figure in figures} <= {int, float}
    assert type(curve.recovery_bars) in {int, type(None)}


@dataclass
class Reading:
    """The definitions of docs/metrics.md, read mark by mark over a list of (bar, equity)."""

    marks: list[tuple[int, float]]

    def peak(self, row):
        return max(equity for _, equity in self.marks[: row + 1])

    def drawdown(self, row):
        return self.marks[row][1] / self.peak(row) - 1.0

    def max_drawdown(self):
        return min(self.drawdown(row) for row in range(len(self.marks)))

    def longest_drawdown_bars(self):
        longest = 0
        for row in range(len(self.marks)):
            if self.marks[row][1] < self.peak(row):
                at_peak = max(n for n in range(row) if self.marks[n][1] == self.peak(n))
                longest = max(longest, self.marks[row][0] - self.marks[at_peak][0])
        return longest

    def recovery_bars(self):
        lowest = self.max_drawdown()
        if lowest == 0:
            return None
        trough = next(row for row in range(len(self.marks)) if self.drawdown(row) == lowest)
        regained = (bar for bar, equity in self.marks[trough + 1 :] if equity >= self.peak(trough))
        bar = next(regained, None)
        return None if bar is None else bar - self.marks[trough][0]


@given(runs, closes)
def test_figures_of_every_mark_equal_a_plain_reading(steps, close):
    curve = EquityCurve(INITIAL, len(steps))
    mark_at_once(curve, steps)
    marks = [(0, INITIAL), *((n, step[0]) for n, step in enumerate(steps, 1))]
    if close is not None:
        curve.final_mark(close)
        marks.append((len(steps), close))
    reading = Reading(marks)
    assert curve.peak == reading.peak(len(marks) - 1)
    assert curve.max_drawdown == reading.max_drawdown()
    assert curve.longest_drawdown_bars == reading.longest_drawdown_bars()
    assert curve.recovery_bars == reading.recovery_bars()
    assert curve.drawdown == reading.drawdown(len(marks) - 1)
    assert curve.final_equity == marks[-1][1]
    assert (curve.bars, curve.bars_in_market) == (len(steps), sum(step[1] for step in steps))


@given(runs, closes)
def test_the_daily_vector_has_the_last_mark_of_each_day_and_the_final_mark_replaces_the_last(steps, close):
    curve = EquityCurve(INITIAL, len(steps))
    mark_singly(curve, steps)
    days: list[list[float]] = [[]]
    for equity, _, day_end in steps:
        days[-1].append(equity)
        if day_end:
            days.append([])
    ends = [day[-1] for day in days if day]
    if close is not None:
        curve.final_mark(close)
        ends[-1:] = [close] if ends else []
    assert curve.daily_values().tolist() == [INITIAL, *ends]


@given(
    st.lists(st.sampled_from([1.0, 40.0, 99.0, 100.0, 100.5, 120.0, 0.3, 0.7]), min_size=1, max_size=80),
    st.sampled_from([0.5, 99.5, 100.0, 120.0, 500.0]),
)
def test_extremes_found_by_chunks_are_those_of_a_running_maximum(marks, peak):
    equity = np.array(marks)
    peaks = np.maximum(np.maximum.accumulate(equity), peak)
    drawdowns = equity / peaks - 1.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extremes_room, "CHUNK", 4)
        patch.setattr(extremes_room, "_FEW", 1)
        found = extremes_room.extremes(equity, extremes_room.chunks_of(equity), peak)
    assert found.peak_rows.tolist() == np.flatnonzero(equity == peaks).tolist()
    assert found.lowest == drawdowns.min()
    if found.lowest < 0.0:
        assert found.trough == drawdowns.argmin()
