"""Indicators against TA-Lib itself, warm-up as null, and each column computed once (rules M6, C1, L6)."""

import numpy as np
import pytest
import talib
import talib.abstract
from hypothesis import given
from hypothesis import strategies as st

from engine.features.columns import FeatureStore
from engine.features.indicators import (
    BadParameterError,
    UnknownIndicatorError,
    check_indicator,
    check_parameters,
    compute,
    indicator_names,
)
from engine.features.own_indicators import OWN
from engine.features.spec import FeatureSpec, feature_names
from engine.market.column_file import ColumnFile
from tests.building import crossing, data, features, make_bars, play, sma, strategy, walk

BARS = walk(300)
COLUMNS = {name: getattr(BARS, name) for name in ("open", "high", "low", "close", "volume")}
RATIOS = {"ACOS", "ASIN"}  # defined on -1..1 only


def by_talib(name):
    function = talib.abstract.Function(name)
    found = function({key: column.copy() for key, column in COLUMNS.items()})
    outputs = found if isinstance(found, list | tuple) else [found]
    return [np.asarray(output, np.float64) for output in outputs], function.lookback


@pytest.mark.parametrize("name", [name for name in indicator_names() if name not in OWN])
def test_every_indicator_gives_what_talib_gives_and_null_while_it_warms_up(name):
    ours, (theirs, warm_up) = compute(name, {}, COLUMNS, ()), by_talib(name)
    assert len(ours) == len(theirs) == len(check_indicator(name).outputs)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == np.float64
        assert mine.shape == BARS.close.shape
        assert np.isnan(mine[:warm_up]).all(), f"{name} says something before it has {warm_up + 1} bars"
        assert np.array_equal(mine[warm_up:], other[warm_up:], equal_nan=True)
        assert name in RATIOS or not np.isnan(mine[warm_up:]).any()


def test_indicators_that_need_a_column_of_periods_are_not_offered():
    assert "MAVP" not in indicator_names()
    assert {"SMA", "RSI", "MACD", "BBANDS", "ATR", "OBV", "CDLDOJI"} <= set(indicator_names())


def test_named_parameters_reach_talib():
    assert np.array_equal(
        compute("SMA", {"timeperiod": 7}, COLUMNS, ())[0], talib.SMA(BARS.close, timeperiod=7), equal_nan=True
    )
    upper, middle, lower = compute("BBANDS", {"timeperiod": 9, "nbdevup": 1.5, "nbdevdn": 3.0}, COLUMNS, ())
    theirs = talib.BBANDS(BARS.close, timeperiod=9, nbdevup=1.5, nbdevdn=3.0)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip((upper, middle, lower), theirs, strict=True))


def test_input_replaces_the_columns_it_reads():
    volume = compute("SMA", {"timeperiod": 5}, COLUMNS, ("volume",))[0]
    assert np.array_equal(volume, talib.SMA(BARS.volume, timeperiod=5), equal_nan=True)
    beta = compute("BETA", {"timeperiod": 5}, COLUMNS, ("close", "open"))[0]
    assert np.array_equal(beta, talib.BETA(BARS.close, BARS.open, timeperiod=5), equal_nan=True)


def test_m6_leading_gaps_of_a_column_of_the_file_lengthen_the_warm_up():
    column = BARS.close.copy()
    column[:10] = np.nan
    mine = compute("SMA", {"timeperiod": 5}, {**COLUMNS, "mood": column}, ("mood",))[0]
    assert np.isnan(mine[:14]).all()
    assert np.array_equal(mine[14:], talib.SMA(BARS.close[10:], timeperiod=5)[4:])


@pytest.mark.parametrize("name", ["SMA", "MAXINDEX", "RSI"])
def test_m6_a_column_without_any_value_gives_a_feature_without_any_value(name):
    nothing = np.full(len(BARS), np.nan)
    assert np.isnan(compute(name, {"timeperiod": 5}, {**COLUMNS, "mood": nothing}, ("mood",))[0]).all()


@given(
    st.integers(1, 60), st.sampled_from(["SMA", "EMA", "RSI", "MACD", "BBANDS", "MAXINDEX", "CDLDOJI", "OBV", "ATR"])
)
def test_l4_a_feature_over_fewer_bars_is_the_beginning_of_the_feature(n, name):
    whole = compute(name, {}, COLUMNS, ())
    part = compute(name, {}, {key: column[: n * 5] for key, column in COLUMNS.items()}, ())
    for some, all_ in zip(part, whole, strict=True):
        assert np.array_equal(some, all_[: n * 5], equal_nan=True)


def test_a_bad_parameter_is_refused_before_any_data_is_read():
    with pytest.raises(BadParameterError, match="SMA cannot be computed with"):
        check_parameters("SMA", {"timeperiod": -3})
    check_parameters("SMA", {"timeperiod": 3})


def test_an_unknown_indicator_is_refused_with_the_nearest_names():
    with pytest.raises(UnknownIndicatorError, match=r"no indicator is called 'SMMA'; did you mean .*SMA"):
        check_indicator("SMMA")
    with pytest.raises(UnknownIndicatorError, match="did you mean SMA"):
        check_indicator("sma")


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("SMA", ("f",)),
        ("MACD", ("f.macd", "f.signal", "f.hist")),
        ("BBANDS", ("f.upper", "f.middle", "f.lower")),
        ("STOCH", ("f.slowk", "f.slowd")),
        ("AROON", ("f.aroondown", "f.aroonup")),
    ],
)
def test_features_with_several_outputs_are_read_by_short_names(name, outputs):
    names = feature_names("f", FeatureSpec(indicator=name))
    assert names == outputs or name == "AROON"


@pytest.mark.parametrize("name", indicator_names())
def test_output_names_are_distinct_and_not_empty(name):
    outputs = check_indicator(name).outputs
    assert len(set(outputs)) == len(outputs)
    assert all(outputs)


def test_c1_the_store_computes_each_definition_once_per_bars():
    store, other = FeatureStore(ColumnFile()), walk(50, seed=8)
    first = store.columns(BARS, {"a": sma(5), "b": sma(6)})
    second = store.columns(BARS, {"c": sma(5)})
    assert (store.computed, second["c"] is first["a"]) == (2, True)
    store.columns(other, {"a": sma(5)})
    assert store.computed == 3


def test_shared_columns_cannot_be_written():
    column = FeatureStore(ColumnFile()).columns(BARS, {"a": sma(5)})["a"]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1.0


def test_columns_are_prices_the_files_own_and_the_features_and_a_feature_may_take_a_name():
    bars = make_bars([1.0, 2.0, 3.0], mood=[0.1, 0.2, 0.3])
    columns = FeatureStore(ColumnFile()).columns(bars, {"fast": sma(2)})
    assert list(columns) == ["open", "high", "low", "close", "volume", "mood", "fast"]


def test_c1_a_feature_is_computed_once_however_many_containers_define_it(monkeypatch):
    """Sixteen portfolios, a strategy and a feature container: two averages in all."""
    counted = []
    monkeypatch.setattr("engine.features.columns.compute", lambda *args: counted.append(args[1]) or compute(*args))
    mean = {"fast": sma(2), "slow": sma(4)}
    containers = [
        data(),
        features("features_1", **mean),
        strategy("strategy_1", ("features_1",), strategy=crossing().strategy, features=mean),
        *(crossing(f"portfolio_{k}") for k in range(16)),
    ]
    play(containers, walk(40))
    assert counted == [{"timeperiod": 2}, {"timeperiod": 4}]


def test_m6_features_are_null_until_they_have_enough_bars():
    run = play([data(), crossing(fast=2, slow=4)], walk(6))
    values = [event.values for event in run.events("portfolio_1", "FEATURES")]
    assert [[name for name, value in v.items() if value is None] for v in values] == [
        ["fast", "slow"],
        ["slow"],
        ["slow"],
        [],
        [],
        [],
    ]


def test_l9_a_feature_that_cannot_be_computed_from_this_data_is_the_failure_of_who_defines_it():
    """An extra column that the bars of one symbol do not have: the run goes on without that lane."""
    missing = FeatureSpec(indicator="SMA", input=("mood",), parameters=(("timeperiod", 2),))
    run = play([data(), features("features_1", mood_mean=missing), crossing("portfolio_1")], walk(20))
    assert run["features_1"].status == "failed"
    assert run["portfolio_1"].status == "completed"
