"""Gaps in columns: an indicator is null while its window holds one, and starts again after it (rules M6, L6)."""

import zlib

import numpy as np
import pytest
import talib
import talib.abstract

from engine.features.blocks import compute_in_blocks
from engine.features.columns import FeatureStore
from engine.features.indicators import check_indicator, compute, indicator_names
from engine.features.own_indicators import OWN
from engine.features.spec import FeatureSpec, resolved
from engine.market.column_file import ColumnFile
from tests.building import data, make_bars, own, play, portfolio, walk

N = 320
BARS = walk(N, seed=3)
COLUMNS = {name: getattr(BARS, name) for name in ("open", "high", "low", "close", "volume")}
OUTSIDE = {"ACOS", "ASIN"}  # defined on -1..1 only
COUNTING = {"MAXINDEX", "MININDEX", "MINMAXINDEX"}
NAN = float("nan")


def reads(name):
    """The columns that an indicator reads by default."""
    return list(dict.fromkeys(check_indicator(name).inputs))


def layouts(name):
    """Rows without a value, by column: in one input, in several, at both ends, everywhere, next to one another."""
    chance = np.random.default_rng(zlib.crc32(name.encode()))
    first, *others = reads(name)
    yield {first: [130]}
    yield {first: [0, 1, N - 1], (others or [first])[-1]: [150, 151, 155, 156, 157]}
    yield {column: chance.integers(0, N, 3).tolist() for column in (first, *others)}
    yield {first: np.flatnonzero(chance.random(N) < 0.3).tolist()}
    yield {(others or [first])[0]: list(range(N))}


def with_gaps(layout, value=NAN):
    columns = {name: column.copy() for name, column in COLUMNS.items()}
    for name, rows in layout.items():
        columns[name][rows] = value
    return columns


def stretches(columns, names):
    """(first, beyond) of the rows at which all of these columns have a value, one by one."""
    known = np.logical_and.reduce([np.isfinite(columns[name]) for name in names]).tolist()
    begun = None
    for row, is_known in enumerate([*known, False]):
        if is_known and begun is None:
            begun = row
        if not is_known and begun is not None:
            yield begun, row
            begun = None


def by_stretch(name, columns):
    """What TA-Lib gives for each stretch that it sees alone, and how many of its bars are warm-up."""
    function = talib.abstract.Function(name)
    outputs = np.full((len(check_indicator(name).outputs), N), np.nan)
    for first, beyond in stretches(columns, reads(name)):
        found = function({key: column[first:beyond].copy() for key, column in columns.items()})
        for place, output in enumerate(found if isinstance(found, list | tuple) else [found]):
            values = output + (float(first) if name in COUNTING else 0.0)  # and no -0.0
            values[: function.lookback] = np.nan
            outputs[place, first:beyond] = values
    return outputs, function.lookback


def by_window(name, columns):
    """LAG and RANK by their definitions, bar by bar."""
    column, value = columns["close"], OWN[name].default
    for row in range(N):
        window = column[max(0, row - value + 1) : row + 1]
        if name == "LAG":
            yield column[row - value] if row >= value else NAN
        elif len(window) < value or not np.isfinite(window).all():
            yield NAN
        else:
            yield ((window < window[-1]).sum() + ((window == window[-1]).sum() + 1) / 2) / value


@pytest.mark.parametrize("name", indicator_names())
def test_m6_after_a_gap_an_indicator_is_what_it_is_over_the_bars_since_alone(name):
    for layout in layouts(name):
        columns = with_gaps(layout)
        mine = compute(name, {}, columns, ())
        if name in OWN:
            assert np.array_equal(mine[0], list(by_window(name, columns)), equal_nan=True)
        else:
            theirs, lookback = by_stretch(name, columns)
            assert all(one.tobytes() == other.tobytes() for one, other in zip(mine, theirs, strict=True))
            due = [row for a, b in stretches(columns, reads(name)) for row in range(a + lookback, b)]
            known = np.flatnonzero(np.isfinite(mine[0]))
            assert known.tolist() == due or name in OUTSIDE, "null too long, or not long enough"


@pytest.mark.parametrize("name", indicator_names())
def test_l6_gaps_and_blocks_of_any_size_change_no_bit(name):
    for layout, block in zip(layouts(name), (100, 1, 7, 33, N), strict=True):
        columns = with_gaps(layout)
        parts = zip(*compute_in_blocks(name, {}, columns, (), block), strict=True)
        whole = compute(name, {}, columns, ())
        assert [np.concatenate(each).tobytes() for each in parts] == [each.tobytes() for each in whole]


@pytest.mark.parametrize("name", ["SMA", "EMA", "MAXINDEX", "RANK"])
def test_m6_infinity_is_a_gap_too(name):
    wanted = compute(name, {"timeperiod": 5}, with_gaps({"close": [100]}), ())
    found = compute(name, {"timeperiod": 5}, with_gaps({"close": [100]}, np.inf), ())
    assert np.array_equal(found[0], wanted[0], equal_nan=True)


def test_m6_a_gap_passes_through_features_of_features():
    mood = np.arange(1.0, 31.0)
    mood[10] = np.nan
    mean = FeatureSpec(indicator="SMA", input=("mood",), parameters=(("timeperiod", 3),))
    smooth = FeatureSpec(indicator="EMA", input=("mean",), parameters=(("timeperiod", 2),))
    bars = make_bars(np.full(30, 5.0), mood=mood)
    found = FeatureStore(ColumnFile()).named(bars, resolved({"mean": mean, "smooth": smooth}, {}))
    for column, unknown in ((found["mean"], [0, 1, 10, 11, 12]), (found["smooth"], [0, 1, 2, 10, 11, 12, 13])):
        assert np.flatnonzero(np.isnan(column)).tolist() == unknown
    assert found["mean"][13:15].tolist() == [13.0, 14.0]


def test_m6_a_strategy_decides_again_once_the_window_is_behind_the_gap():
    """A mean of three over a column whose fifth value is missing: known again three bars later."""
    mood = [6.0, 7, 8, 9, NAN, 11, 12, 13, 14]
    feature = FeatureSpec(indicator="SMA", input=("mood",), parameters=(("timeperiod", 3),))
    configs = [data(), portfolio(strategy=own("Above", price=1.0), features={"m": feature})]
    run = play(configs, make_bars(np.full(9, 5.0), mood=mood))
    told = run.events("portfolio_1", "FEATURES")
    values = [event.values["m"] for event in told if "m" in event.values]
    assert values == [None, None, 7.0, 8.0, None, None, None, 12.0, 13.0]
    asked = [run.simulation.timeline.searchsorted(event.timestamp) for event in run.events("portfolio_1", "SIGNAL")]
    assert asked == [2, 3, 7, 8], "with a bar and a feature, but the gap itself was no value either"
