"""Rule M5: made-up bars."""

import numpy as np
import pytest

from engine.market.bars import PRICES
from engine.market.sources import Regime, SyntheticSource
from engine.market.synthetic import synthetic_bars


def made(run_seed=0, **keys):
    return synthetic_bars(SyntheticSource(**{"symbol": "X", "bars": 5000, "bar_length": "1h"} | keys), run_seed)


def same(one, other):
    return bool((one.close == other.close).all())


def test_m5_the_same_seed_gives_the_same_bars_and_another_gives_others():
    assert same(made(seed=7), made(seed=7))
    assert not same(made(seed=7), made(seed=8))


def test_m5_without_a_seed_the_run_s_seed_and_the_symbol_decide():
    assert same(made(3), made(3))
    assert not same(made(3), made(4))
    assert not same(made(3), made(3, symbol="Y"))
    assert same(made(3, seed=7), made(4, seed=7))
    assert made(-1).fingerprint != made(1).fingerprint


def test_m5_prices_have_four_decimals_and_make_sound_bars():
    bars = made(volatility=0.8)
    for name in PRICES:
        values = getattr(bars, name)
        assert (values == np.array([float(f"{value:.4f}") for value in values])).all()
        assert (values > 0).all()
        assert not values.flags.writeable
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.open[1:] == bars.close[:-1]).all()
    assert bars.open[0] == 100.0


def test_m5_bars_follow_each_other_from_the_start():
    bars = made(start="2021-06-01T09:30+02:00", bar_length="5m", bars=3)
    assert bars.timestamps.view("M8[ns]").astype("M8[m]").astype(str).tolist() == [
        *("2021-06-01T07:30", "2021-06-01T07:35", "2021-06-01T07:40")
    ]
    assert bars.bar_length == 300 * 10**9


def test_m5_drift_and_volatility_are_per_year():
    bars = made(bars=200_000, volatility=0.3, drift=0.5, initial_price=10_000.0, seed=1)
    returns = np.diff(np.log(bars.close))
    per_year = 365 * 24
    assert np.std(returns) * np.sqrt(per_year) == pytest.approx(0.3, rel=0.01)
    assert np.mean(returns) * per_year == pytest.approx(0.5 - 0.3**2 / 2, abs=4 * 0.3 / np.sqrt(200_000 / per_year))


def test_m5_without_volatility_the_price_grows_by_the_drift_alone():
    bars = made(bars=366, bar_length="1d", volatility=0.0, drift=0.1)
    assert bars.close[364] == pytest.approx(100 * np.exp(0.1), abs=1e-3)
    assert (bars.high == np.maximum(bars.open, bars.close)).all()


def test_m5_regimes_take_turns_with_their_mean_length():
    regimes = [Regime(drift=0.0, volatility=0.1, mean_bars=200), Regime(drift=0.0, volatility=1.0, mean_bars=50)]
    bars = made(bars=100_000, regimes=regimes, initial_price=10_000.0, seed=2)
    moves = np.abs(np.diff(np.log(bars.close)))
    wild = np.mean(moves**2) * 365 * 24
    assert wild == pytest.approx(0.8 * 0.1**2 + 0.2 * 1.0**2, rel=0.2)


def test_m5_a_price_never_rounds_to_nothing():
    bars = made(bars=2000, initial_price=0.001, volatility=5.0, bar_length="1d")
    assert bars.low.min() >= 0.0001


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"bars": 1_000_000, "bar_length": "1d"}, "reach beyond the year 2261"),
        ({"bar_length": "1y"}, "is not a length of time"),
        ({"start": "soon"}, "is not a date or a time"),
        ({"drift": 1e9}, "grow beyond what a number can hold"),
    ],
)
def test_m5_parameters_that_cannot_be(keys, message):
    with pytest.raises(ValueError, match=message):
        made(**keys)
