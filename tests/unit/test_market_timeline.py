"""Time: the union of timestamps and each lane's own clock (rules M4, L1)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.market.timeline import Clock, Feed, union
from tests.building import make_bars

day_sets = st.sets(st.integers(0, 20), min_size=1).map(sorted)


def feeds(*days):
    columns = [np.array(d, np.int64) for d in days]
    timeline = union(columns)
    return timeline, [
        Feed(f"data_{k}", f"S{k}", make_bars(np.array(d) + 1.0 + 100 * k, days=d), timeline.searchsorted(column))
        for k, (d, column) in enumerate(zip(days, columns, strict=True))
    ]


@given(st.lists(day_sets, min_size=1, max_size=3))
def test_m4_a_clock_has_the_union_of_days_and_at_each_the_bars_that_are_new(days):
    timeline, made = feeds(*days)
    clock = Clock(made)
    assert timeline[clock.steps].tolist() == sorted(set().union(*days))
    for index, step in enumerate(clock.steps):
        day = timeline[step]
        expected = [(k, d.index(day)) for k, d in enumerate(days) if day in d]
        assert clock.fresh(index) == expected
        for k, d in enumerate(days):
            past = [x for x in d if x <= day]
            assert clock.closes[k][index] == (past[-1] + 1.0 + 100 * k if past else 0.0)


@given(st.lists(day_sets, min_size=2, max_size=3))
def test_e1_ordinals_count_all_bars_of_a_clock_in_order(days):
    _, made = feeds(*days)
    clock = Clock(made)
    seen = [clock.ordinal(k, row) for index in range(len(clock)) for k, row in clock.fresh(index)]
    assert seen == list(range(1, sum(len(d) for d in days) + 1))


@given(st.lists(day_sets, min_size=2, max_size=3))
def test_the_index_at_a_step_is_that_of_the_latest_bar_even_before_the_first_and_after_the_last(days):
    timeline, made = feeds(*days)
    clock = Clock(made[:1])
    for step in range(-1, len(timeline)):
        expected = sum(1 for s in clock.steps if s <= step) - 1
        assert clock.index_at(step) == expected


def test_the_next_row_is_after_the_step():
    _, (first, _) = feeds([1, 3, 5], [2, 4])
    assert [first.next_row(step) for step in range(-1, 5)] == [0, 1, 1, 2, 2, None]


def test_one_symbol_needs_no_copy():
    days = np.array([1, 2, 3], np.int64)
    assert union([days]) is days


@given(st.lists(day_sets, min_size=1, max_size=3), st.integers(1, 5))
def test_reading_by_the_stretch_gives_every_bar_once(days, stretch):
    """`marks` of a clock against the columns themselves, however long a stretch is."""
    _, made = feeds(*days)
    clock = Clock(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.market.timeline.STRETCH", stretch)
        marks = list(clock.marks())
    assert marks == [
        (step, index, *(column[index] for column in clock.closes)) for index, step in enumerate(clock.steps.tolist())
    ]


@given(st.lists(day_sets, min_size=1, max_size=3))
def test_the_bar_behind_a_mark_is_the_last_one_of_its_step(days):
    _, made = feeds(*days)
    clock = Clock(made)
    for index in range(len(clock)):
        feed_number, row = clock.fresh(index)[-1]
        assert clock.bar_id(index) == f"data_{feed_number}:BAR:{row + 1}"
