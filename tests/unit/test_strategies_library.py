"""Every strategy that comes with the product against a plain reading of its words, bar by bar, and against pandas."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from engine.config.schema import RunConfig
from engine.features.spec import FeatureSpec
from engine.orchestration.lookahead import look_ahead
from engine.orchestration.planning import make_plan
from engine.strategies.all_of import AllOf
from engine.strategies.any_of import AnyOf
from engine.strategies.average_envelope import AverageEnvelope
from engine.strategies.bollinger_reversion import BollingerReversion
from engine.strategies.builtin import BUILTIN
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.calendar import Calendar
from engine.strategies.combinator import Combinator
from engine.strategies.cool_down import CoolDown
from engine.strategies.crossover import Crossover
from engine.strategies.donchian_breakout import DonchianBreakout
from engine.strategies.hold_for import HoldFor
from engine.strategies.invert import Invert
from engine.strategies.pair_spread import PairSpread, z_score
from engine.strategies.rsi_reversion import RsiReversion
from engine.strategies.time_series_momentum import TimeSeriesMomentum
from engine.strategies.volatility_breakout import VolatilityBreakout
from engine.strategies.vote import Vote
from tests.building import DAY, HERE, cut, data, make_bars, play, portfolio, walk

BARS = walk(400)
CLOSE, HIGH, LOW = BARS.close, BARS.high, BARS.low
SIDES = ("long", "short", "both")


def machine(n, enter_long, leave_long, enter_short, leave_short, direction):  # noqa: PLR0917 - two pairs
    """Two positions kept by hand: each question is asked bar by bar, entering wins, what cannot be told is no."""
    targets, long, short = [], False, False
    for i in range(n):
        long = bool(enter_long(i)) or (long and not leave_long(i))
        short = bool(enter_short(i)) or (short and not leave_short(i))
        targets.append(int(long and direction != "short") - int(short and direction != "long"))
    return targets


def follower(n, up, down, direction):
    """The last break counts."""
    targets, target = [], 0
    for i in range(n):
        if up(i):
            target = {"long": 1, "short": 0, "both": 1}[direction]
        elif down(i):
            target = {"long": 0, "short": -1, "both": -1}[direction]
        targets.append(target)
    return targets


@pytest.mark.parametrize("direction", SIDES)
def test_rsi_reversion(direction):
    rsi = talib.RSI(CLOSE.copy(), 5)
    strategy = RsiReversion(rsi="rsi", low=25, high=75, middle=50, direction=direction)
    targets = strategy.targets({"rsi": rsi}).tolist()
    assert targets == machine(
        len(rsi),
        lambda i: rsi[i] < 25,
        lambda i: rsi[i] > 50,
        lambda i: rsi[i] > 75,
        lambda i: rsi[i] < 50,
        direction,
    )
    assert len(set(targets)) == (3 if direction == "both" else 2)


@pytest.mark.parametrize("direction", SIDES)
def test_bollinger_reversion_with_the_bands_of_pandas(direction):
    close = pd.Series(CLOSE)
    middle, spread = close.rolling(20).mean(), close.rolling(20).std(ddof=0)
    upper, lower = (middle + 1.5 * spread).to_numpy(), (middle - 1.5 * spread).to_numpy()
    mid = middle.to_numpy()
    columns = {"close": CLOSE, "b.upper": upper, "b.middle": mid, "b.lower": lower}
    targets = BollingerReversion(bands="b", direction=direction).targets(columns).tolist()
    assert targets == machine(
        len(CLOSE),
        lambda i: CLOSE[i] < lower[i],
        lambda i: CLOSE[i] >= mid[i],
        lambda i: CLOSE[i] > upper[i],
        lambda i: CLOSE[i] <= mid[i],
        direction,
    )
    assert len(set(targets)) == (3 if direction == "both" else 2)


@pytest.mark.parametrize("direction", SIDES)
def test_donchian_breakout_looks_at_the_channel_of_the_bars_before(direction):
    columns = {"close": CLOSE, "up": talib.MAX(HIGH.copy(), 20), "down": talib.MIN(LOW.copy(), 10)}
    targets = DonchianBreakout(upper="up", lower="down", direction=direction).targets(columns).tolist()
    assert targets == follower(
        len(CLOSE),
        lambda i: i >= 20 and CLOSE[i] > max(HIGH[i - 20 : i]),
        lambda i: i >= 10 and CLOSE[i] < min(LOW[i - 10 : i]),
        direction,
    )
    assert len(set(targets)) > 1


@pytest.mark.parametrize("direction", SIDES)
@pytest.mark.parametrize(("lookback", "skip"), [(1, 0), (60, 5)])
def test_time_series_momentum(direction, lookback, skip):
    targets = TimeSeriesMomentum(lookback=lookback, skip=skip, direction=direction).targets({"close": CLOSE})
    moved = pd.Series(CLOSE).shift(skip) - pd.Series(CLOSE).shift(skip + lookback)
    assert targets.tolist() == follower(len(CLOSE), lambda i: moved[i] > 0, lambda i: moved[i] < 0, direction)
    assert not targets[: lookback + skip].any()


@pytest.mark.parametrize("direction", SIDES)
@pytest.mark.parametrize("mode", ["revert", "follow"])
def test_average_envelope(direction, mode):
    average = pd.Series(CLOSE).rolling(15).mean().to_numpy()
    strategy = AverageEnvelope(average="a", percent=3, mode=mode, direction=direction)
    below, above = (lambda i: CLOSE[i] < average[i] * 0.97), (lambda i: CLOSE[i] > average[i] * 1.03)
    over, under = (lambda i: CLOSE[i] >= average[i]), (lambda i: CLOSE[i] <= average[i])
    questions = (below, over, above, under) if mode == "revert" else (above, under, below, over)
    targets = strategy.targets({"close": CLOSE, "a": average}).tolist()
    assert targets == machine(len(CLOSE), *questions, direction)
    assert len(set(targets)) > 1


@pytest.mark.parametrize("direction", SIDES)
def test_volatility_breakout_measures_with_the_range_of_the_bar_before(direction):
    atr = talib.ATR(HIGH.copy(), LOW.copy(), CLOSE.copy(), 10)
    strategy = VolatilityBreakout(range="atr", multiple=0.9, direction=direction)
    targets = strategy.targets({"close": CLOSE, "atr": atr}).tolist()
    assert targets == follower(
        len(CLOSE),
        lambda i: i and CLOSE[i] - CLOSE[i - 1] > 0.9 * atr[i - 1],
        lambda i: i and CLOSE[i] - CLOSE[i - 1] < -0.9 * atr[i - 1],
        direction,
    )
    assert len(set(targets)) > 1


@given(st.lists(st.floats(0.5, 2.0), min_size=1, max_size=60), st.integers(2, 20))
@pytest.mark.examples(15, 50)
def test_the_z_score_is_that_of_pandas(values, window):
    rolling = pd.Series(values).rolling(window)
    theirs = ((pd.Series(values) - rolling.mean()) / rolling.std(ddof=0)).to_numpy()
    plain = [np.ptp(values[max(0, i - window + 1) : i + 1]) > 1e-3 for i in range(len(values))]
    mine = z_score(np.array(values), window)
    assert np.isnan(mine[: window - 1]).all()
    assert np.allclose(mine[plain], theirs[plain], equal_nan=True, rtol=1e-4, atol=1e-6)


def test_pair_spread_in_a_run_of_two_symbols_whose_days_differ():
    """M4: where one has no bar nothing is decided, and the legs are always opposite."""
    days = [day for day in range(300) if day % 17]
    first, second = walk(300, seed=1, symbol="A"), walk(len(days), seed=2, symbol="B", days=days)
    strategy = PairSpread(first="A", second="B", window=20, enter=1.5, leave=0.25)
    run = play(
        [data("data_a", "A"), data("data_b", "B"), portfolio(inputs=("data_a", "data_b"), strategy=strategy)],
        {"data_a": first, "data_b": second},
    )
    ratio = pd.Series([first.close[day] / second.close[k] for k, day in enumerate(days)])
    score = ((ratio - ratio.rolling(20).mean()) / ratio.rolling(20).std(ddof=0)).to_numpy()
    spread = machine(
        len(days),
        lambda i: score[i] < -1.5,
        lambda i: score[i] >= -0.25,
        lambda i: score[i] > 1.5,
        lambda i: score[i] <= 0.25,
        "both",
    )
    names = {1: "long", 0: "flat", -1: "short"}
    expected = [
        (int(first.timestamps[0]) + days[i] * DAY, symbol, names[sign * spread[i]])
        for i in range(len(days))
        if spread[i] != (spread[i - 1] if i else 0)
        for symbol, sign in (("A", 1), ("B", -1))
    ]
    assert len(expected) > 10
    assert [(e.timestamp, e.symbol, e.direction) for e in run.events("portfolio_1", "SIGNAL")] == expected


def business_days(moment):
    """The weekdays of the month of a date, Monday to Friday, in order."""
    days = [moment.replace(day=1) + timedelta(n) for n in range(31)]
    return [day for day in days if day.month == moment.month and day.weekday() < 5]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_calendar_counts_the_weekdays_of_a_month_in_the_zone(zone):
    stamps = np.arange(0, 400 * 24, 7, dtype=np.int64) * 3_600 * 10**9 + 1_577_836_800 * 10**9
    strategy = Calendar(weekdays=("tuesday",), month_start=2, month_end=3, timezone=zone, direction="short")
    expected = []
    for stamp in stamps.tolist():
        local = datetime.fromtimestamp(stamp / 1e9, UTC).astimezone(ZoneInfo(zone)).date()
        inside = business_days(local)
        expected.append(-int(local.weekday() == 1 or local in inside[:2] or local in inside[-3:]))
    assert strategy.targets({"timestamp": stamps}).tolist() == expected


def test_calendar_does_not_know_which_bar_is_the_last_of_its_month():
    """Friday the 31st is a holiday in this data; Thursday still is the last but one."""
    friday = (date(2020, 1, 31) - date(2020, 1, 1)).days
    bars = make_bars(np.arange(100.0, 160.0), days=[day for day in range(61) if day != friday])
    targets = Calendar(month_end=1).targets({"timestamp": bars.timestamps})
    assert targets[friday - 1] == 0
    assert targets[(date(2020, 2, 28) - date(2020, 1, 1)).days - 1] == 1


def specs():
    """A strategy of each kind with the features it reads."""
    rsi = FeatureSpec(indicator="RSI", parameters=(("timeperiod", 5),))
    bands = FeatureSpec(
        indicator="BBANDS", parameters=(("timeperiod", 10), ("nbdevup", 1.5), ("nbdevdn", 1.5), ("matype", 0))
    )
    average = FeatureSpec(indicator="SMA", parameters=(("timeperiod", 10),))
    atr = FeatureSpec(indicator="ATR", parameters=(("timeperiod", 5),))
    upper = FeatureSpec(indicator="MAX", input=("high",), parameters=(("timeperiod", 10),))
    lower = FeatureSpec(indicator="MIN", input=("low",), parameters=(("timeperiod", 10),))
    return [
        (RsiReversion(rsi="f", direction="both"), {"f": rsi}),
        (BollingerReversion(bands="f", direction="both"), {"f": bands}),
        (DonchianBreakout(upper="f", lower="g", direction="both"), {"f": upper, "g": lower}),
        (TimeSeriesMomentum(lookback=20, direction="both"), {}),
        (AverageEnvelope(average="f", percent=2, direction="both"), {"f": average}),
        (VolatilityBreakout(range="f", multiple=0.7, direction="both"), {"f": atr}),
        (Calendar(weekdays=("monday", "thursday"), month_end=2), {}),
    ]


def test_every_strategy_is_looked_at():
    tried = {type(strategy) for strategy, _ in specs()} | {PairSpread}
    left = {cls.__name__ for cls in BUILTIN if not issubclass(cls, Combinator) and cls not in tried}
    assert left == {"Crossover", "BuyAndHold"}  # tests of their own


@pytest.mark.parametrize(("strategy", "features"), specs(), ids=lambda each: getattr(each, "name", ""))
def test_l4_m6_whole_runs_trade_and_a_cut_run_is_the_beginning_of_the_whole(strategy, features):
    def signals(bars):
        run = play([data(), portfolio(strategy=strategy, features=features)], bars)
        assert run.metrics()["total_trades"] > 0
        return [(e.timestamp, e.direction) for e in run.events("portfolio_1", "SIGNAL")]

    bars = walk(300)
    whole, part = signals(bars), signals(cut(bars, int(bars.timestamps[200])))
    assert whole[: len(part)] == part
    assert len(whole) > len(part) > 3


def all_kinds():
    """Those above, those that have tests of their own, and the combinators around a crossover and a momentum."""
    means = {name: FeatureSpec(indicator="SMA", parameters=(("timeperiod", n),)) for name, n in (("f", 3), ("g", 9))}
    cross, momentum = Crossover(fast="f", slow="g", direction="both"), TimeSeriesMomentum(lookback=5, direction="both")
    both = (cross, momentum)
    yield from specs()
    yield from ((strategy, means) for strategy in (cross, BuyAndHold(), AllOf(of=both), AnyOf(of=both)))
    yield from ((strategy, means) for strategy in (Vote(of=(*both, BuyAndHold())), Invert(of=cross)))
    yield from ((strategy, means) for strategy in (HoldFor(of=cross, bars=4), CoolDown(of=cross, bars=4)))
    yield PairSpread(first="X", second="Y", window=20, enter=1.0, leave=0.2), {}


def test_all_kinds_are_all():
    assert {type(strategy) for strategy, _ in all_kinds()} == set(BUILTIN)


@pytest.mark.parametrize(("strategy", "features"), list(all_kinds()), ids=lambda each: getattr(each, "name", ""))
def test_l4_no_strategy_is_moved_by_what_comes_after(strategy, features):
    """No bars, and noise; at bars behind decisions, and at others."""
    bars = {"data_x": walk(300), "data_y": walk(300, seed=9, symbol="Y")}
    heard = list(bars)[: 2 if isinstance(strategy, PairSpread) else 1]
    traded = portfolio(inputs=heard, strategy=strategy, features=features)
    plan = make_plan(RunConfig(containers=[data(), data("data_y", "Y"), traded]), HERE)
    assert look_ahead(plan, bars, "portfolio_1", 6).verdict == "ok"


@pytest.mark.parametrize("strategy", [s for s, f in specs() if f], ids=lambda each: each.name)
def test_m6_nothing_is_decided_where_features_are_null(strategy):
    """A gap of nulls leaves the target as it was."""
    n = 60
    draw = np.random.default_rng(3)
    columns = {name: 100 + np.cumsum(draw.normal(0, 3, n)) for name in strategy.columns()}
    columns["timestamp"] = BARS.timestamps[:n]
    for name in set(columns) - {"close", "timestamp"}:
        columns[name] = columns[name].copy()
        columns[name][20:30] = math.nan
    targets = strategy.targets(columns)
    assert targets.dtype == np.int8
    assert len(set(targets[21:30].tolist()) - {targets[20]}) == 0
