"""Features of features, lags and ranks: against pandas, equal by meaning, never in a circle (rules C1, M6, L4)."""

import msgspec
import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.config_file import read_config
from engine.config.errors import ConfigErrors
from engine.features.columns import FeatureStore
from engine.features.indicators import BadParameterError, check_indicator, compute
from engine.features.own_indicators import lag, rank
from engine.features.spec import CircularFeatureError, FeatureSpec, outputs_of, resolved
from engine.market.column_file import ColumnFile
from engine.orchestration.planning import make_plan
from engine.orchestration.tracing_setup import resolve_traces
from engine.orchestration.unused import unused
from engine.strategies.crossover import Crossover
from tests.building import HERE, cut, data, features, make_bars, play, portfolio, sma, walk

BARS = walk(300)
gappy = st.lists(st.one_of(st.sampled_from([1.0, 2.0, float("nan")]), st.floats(-5, 5)), min_size=1, max_size=50)


def of(indicator, *inputs, **parameters):
    return FeatureSpec(indicator=indicator, input=inputs, parameters=tuple(parameters.items()))


def columns(defined, bars=BARS):
    """The columns of features given by name, resolved among themselves."""
    return FeatureStore(ColumnFile()).named(bars, resolved(defined, {}))


def same(mine, theirs):
    return np.allclose(mine, np.asarray(theirs, np.float64), equal_nan=True, rtol=1e-9, atol=1e-12)


@given(gappy, st.integers(2, 12))
@settings(max_examples=80)
def test_rank_is_that_of_pandas(values, window):
    assert same(rank(np.array(values), window), pd.Series(values).rolling(window).rank(pct=True))


@given(gappy, st.integers(1, 12))
def test_lag_is_that_of_pandas(values, bars):
    assert same(lag(np.array(values), bars), pd.Series(values).shift(bars))


@given(gappy, st.integers(2, 12), st.integers(1, 50))
def test_l4_ranks_of_fewer_bars_are_the_beginning_of_the_ranks(values, window, n):
    assert np.array_equal(rank(np.array(values)[:n], window), rank(np.array(values), window)[:n], equal_nan=True)


def test_features_of_several_outputs_of_volume_of_lags_and_of_ranks():
    found = columns(
        {
            "macd": of("MACD", fastperiod=5, slowperiod=10, signalperiod=4),
            "smooth": of("SMA", "macd.signal", timeperiod=3),
            "busy": of("RANK", "volume_mean", timeperiod=20),
            "volume_mean": of("EMA", "volume", timeperiod=5),
            "before": of("LAG", "smooth", bars=2),
            "rel": of("CORREL", "close", "before", timeperiod=10),
        }
    )
    _, signal, _ = talib.MACD(BARS.close.copy(), 5, 10, 4)
    smooth = talib.SMA(signal, 3)
    volume = pd.Series(talib.EMA(BARS.volume.copy(), 5))
    assert list(found) == ["macd.macd", "macd.signal", "macd.hist", "smooth", "busy", "volume_mean", "before", "rel"]
    assert same(found["smooth"], smooth)
    assert same(found["before"], pd.Series(smooth).shift(2))
    assert same(found["busy"], volume.rolling(20).rank(pct=True))
    assert same(found["rel"], talib.CORREL(BARS.close.copy(), pd.Series(smooth).shift(2).to_numpy(), 10))


def test_c1_features_that_mean_the_same_are_computed_once_whatever_they_are_called():
    store = FeatureStore(ColumnFile())
    one = resolved({"a": sma(5), "b": of("RSI", "a", timeperiod=7)}, {})
    other = resolved({"x": of("RSI", "mean", timeperiod=7), "mean": sma(5)}, {})
    first, second = store.columns(BARS, one), store.columns(BARS, other)
    assert store.computed == 2
    assert first["b"] is second["x"]


def test_a_name_means_the_own_feature_before_one_that_is_heard():
    heard = outputs_of({"mean": sma(9), "other": sma(4)})
    found = resolved({"mean": sma(3), "twice": of("SMA", "mean"), "far": of("SMA", "other")}, heard)
    assert found["twice"].input[0].feature == sma(3)
    assert found["far"].input[0].feature == sma(4)


def test_l4_features_of_features_over_fewer_bars_are_the_beginning():
    defined = {"a": of("EMA", timeperiod=9), "b": of("RANK", "a", timeperiod=30), "c": of("LAG", "b", bars=3)}
    whole, part = columns(defined), columns(defined, cut(BARS, int(BARS.timestamps[200])))
    for name, column in part.items():
        assert np.array_equal(column, whole[name][:200], equal_nan=True)


def test_features_of_a_feature_container_are_read_by_those_who_hear_it():
    """M6: the crossover of a lagged average waits for both."""
    own = {"before": of("LAG", "mean", bars=3)}
    strategy = Crossover(fast="mean", slow="before")
    run = play(
        [data(), features(mean=sma(4)), portfolio(inputs=("features_1",), features=own, strategy=strategy)], walk(80)
    )
    events = [event for event in run.events("portfolio_1", "FEATURES") if event.source == "portfolio_1"]
    known = [msgspec.structs.asdict(event)["values"]["before"] for event in events]
    assert known[:6] == [None] * 6
    assert known[6] == pytest.approx(walk(80).close[:4].mean())
    assert run.metrics()["total_trades"] > 3


def test_m6_a_files_own_column_with_gaps_may_be_lagged_and_ranked():
    nan = float("nan")
    bars = make_bars(np.arange(1.0, 8.0), mood=[nan, 1, 2, nan, 4, 3, 5])
    found = columns({"before": of("LAG", "mood", bars=1), "high": of("RANK", "mood", timeperiod=3)}, bars)
    assert same(found["before"], [nan, nan, 1, 2, nan, 4, 3])
    assert same(found["high"], [nan] * 6 + [1.0])


@pytest.mark.parametrize(("name", "parameter"), [("LAG", "bars"), ("RANK", "timeperiod")])
def test_parameters_out_of_range_are_refused(name, parameter):
    assert list(check_indicator(name).parameters) == [parameter]
    with pytest.raises(BadParameterError, match="at least"):
        compute(name, {parameter: 0}, {"close": BARS.close}, ())


def test_a_circle_is_refused_also_by_hand():
    with pytest.raises(CircularFeatureError, match="a -> b -> a"):
        resolved({"a": of("SMA", "b"), "b": of("SMA", "a")}, {})


CONFIG = """\
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: 50}}}}
  - {{id: features_1, type: feature, inputs: [data_x], features: {{far: {{indicator: SMA}}, twice: {{indicator: SMA}}}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [features_1]
    strategy: {{name: buy_and_hold}}
    features:
      twice: {{indicator: EMA}}
      macd: {{indicator: MACD}}
      {feature}
"""
RIGHT = [
    "f: {indicator: SMA, input: macd.signal}",
    "f: {indicator: RANK, input: volume, timeperiod: 50}",
    "f: {indicator: LAG, input: far, bars: 2}",
    "f: {indicator: BETA, input: [far, macd.hist]}",
    "f: {indicator: SMA, input: g}\n      g: {indicator: SMA, input: h}\n      h: {indicator: RSI}",
]
WRONG = [
    ("f: {indicator: SMA, input: macd}", "f.input: macd: no feature or column of this name arrives here"),
    ("f: {indicator: SMA, input: macd.singal}", "f.input: macd.singal: no feature or column of this name arrives here; did you mean 'macd.signal'?"),
    ("f: {indicator: SMA, input: twice}", "f.input: twice: features_1 and this container both define this feature"),
    ("f: {indicator: SMA, input: f}", "f.input: f: features read one another in a circle: f -> f"),
    ("f: {indicator: SMA, input: g}\n      g: {indicator: RSI, input: h}\n      h: {indicator: BETA, input: [close, f]}", "f.input: g: features read one another in a circle: f -> g -> h -> f"),
    ("f: {indicator: LAG, bars: 0}", "f.bars: 0: out of the range that LAG takes: at least 1"),
    ("f: {indicator: RANK, window: 9}", "f.window: unknown key; known here: indicator, input, timeperiod"),
    ("f: {indicator: LAGG}", "f.indicator: LAGG: no such indicator; did you mean 'LAG'?"),
    ("timestamp: {indicator: SMA}", "timestamp: this is the name of a column of the data: choose another"),
]  # fmt: skip


def read(tmp_path, feature):
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG.format(feature=feature), encoding="utf-8")
    return read_config(file, "c.yaml").config


@pytest.mark.parametrize("feature", RIGHT)
def test_what_a_feature_may_read(tmp_path, feature):
    plan = make_plan(read(tmp_path, feature), HERE)
    assert "f" in plan.features("portfolio_1")


@pytest.mark.parametrize(("feature", "message"), WRONG)
def test_what_a_feature_may_not_read_is_answered_with_its_place(tmp_path, feature, message):
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, feature)
    (line,) = str(caught.value).split("\n")
    assert line.startswith("c.yaml:11:")
    assert f"containers.2.features.{message}" in line


def test_a_feature_that_another_reads_is_no_unused_one(tmp_path):
    file = tmp_path / "c.yaml"
    text = CONFIG.format(feature="f: {indicator: SMA, input: macd.signal}\n      h: {indicator: SMA, input: far}")
    file.write_text(text.replace("{name: buy_and_hold}", "{name: crossover, fast: f, slow: close}"))
    loaded = read_config(file, "c.yaml")
    plan = make_plan(loaded.config, HERE)
    odd = [str(each) for each in unused(plan, resolve_traces(plan, loaded.locations), loaded.locations)]
    assert sorted(line.split(": ")[1] for line in odd) == [
        "containers.1.features.far",
        "containers.1.features.twice",
        "containers.2.features.h",
        "containers.2.features.twice",
    ]
