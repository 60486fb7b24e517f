"""The marks of many lanes at once are those of marking every bar of each, to the bit (rules L5, B3)."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import engine.metrics.stretches as room
from engine.metrics.equity import EquityCurve
from engine.metrics.stretches import Holdings, stretches

closes_of = st.lists(st.sampled_from([0.3, 0.7, 40.0, 99.0, 100.0, 100.5, 120.0, 1.7e308]), min_size=1, max_size=60)
units = st.sampled_from([0.0, 0.0, 1.0, 3.0, -1.0, -2.5, 0.1])
cash = st.sampled_from([0.3, 100.0, 100.1, 250.0, 1000.0])
lanes_of = st.lists(
    st.tuples(cash, st.lists(st.tuples(st.integers(0, 200), units, cash), max_size=12)), min_size=1, max_size=6
)


def states_of(lane, bars):
    """Rows from which a lane holds something, with cash and units; the first at row 0."""
    initial, changes = lane
    rows = sorted(row % bars for row, _, _ in changes)
    return [(0, initial, 0.0), *((row, money, held) for row, (_, held, money) in zip(rows, changes, strict=True))]


def figures(curve):
    return [getattr(curve, name) for name in EquityCurve.__slots__ if name != "_daily"]


def marked_singly(initial, states, closes):
    """The curve of one lane, or None if its equity does not stay finite."""
    curve = EquityCurve(initial, 0)
    try:
        for row, close in enumerate(closes):
            _, money, held = [state for state in states if state[0] <= row][-1]
            curve.mark(held * close + money, in_market=held != 0.0, day_end=False)
    except OverflowError:
        return None
    return curve


class Noting(EquityCurve):
    """A curve that keeps what a block of marks came to."""

    def add_stretch(self, stretch, day_values, last_day_row):
        self.noted = stretch
        super().add_stretch(stretch, day_values, last_day_row)


def marked_in_a_block(initial, states, closes):
    """What the marks of one lane come to, taken together."""
    held_at = [[state for state in states if state[0] <= row][-1] for row in range(len(closes))]
    money, units_held = (np.array([state[place] for state in held_at]) for place in (1, 2))
    curve = Noting(initial, 0)
    curve.mark_block(units_held * np.array(closes) + money, units_held != 0.0, np.empty(0, np.intp))
    return curve.noted


@example([1.7e308], [(0.3, [(0, -1.0, 0.3)])], 128)  # a drawdown that no float holds
@given(closes_of, lanes_of, st.sampled_from([1, 4, 128]))
def test_b3_marks_by_pieces_are_those_of_every_bar(closes, lanes, chunk):
    states = [states_of(lane, len(closes)) for lane in lanes]
    rows, money, held = zip(*(state for each in states for state in each), strict=True)
    holdings = Holdings(np.array([*map(len, states)]), np.array(rows), np.array(money), np.array(held))
    peaks = np.array([initial for initial, _ in lanes])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "CHUNK", chunk)
        patch.setattr(room, "_AT_ONCE", 3)
        found = stretches(np.array(closes), holdings, peaks)
    for (initial, _), each, stretch in zip(lanes, states, found, strict=True):
        expected = marked_singly(initial, each, closes)
        assert (stretch is None) == (expected is None)
        if stretch is not None:
            curve = EquityCurve(initial, 0)
            curve.add_stretch(stretch, np.empty(0), -1)
            assert figures(curve) == figures(expected)
            assert stretch == marked_in_a_block(initial, each, closes)
