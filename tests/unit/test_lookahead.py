"""What `check --lookahead` finds, and what it leaves in peace (rule L4)."""

import inspect
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.config.schema import OwnModel, RunConfig, UserComponent
from engine.features.indicators import compute, indicator_names
from engine.market.durations import HOUR
from engine.market.planted import FUTURES, Planted
from engine.orchestration.bar_lengths import time_bars
from engine.orchestration.lookahead import look_ahead
from engine.orchestration.planning import make_plan
from engine.orchestration.targets_ahead import BUDGET, LEAST
from engine.trading.sizing import PercentOfEquity, VolatilityTarget
from tests import strategies_that_peek as peeking
from tests.building import FIRST, HERE, crossing, cut, data, make_bars, portfolio, read_only, sma, strategy, walk

NAN = float("nan")
MOODS = [NAN if k % 50 in (7, 8, 30) else float(k // 3 % 2) for k in range(2000)]
VOLUMES = np.random.default_rng(1).uniform(500, 1500, 2000)
BARS = replace(walk(2000, seed=11, mood=MOODS), volume=read_only(VOLUMES))
SHORT = replace(walk(300, seed=11, mood=MOODS[:300]), volume=read_only(VOLUMES[:300].copy()))
RARE = ["at_five_bars", "at_five_bars_of_two_thousand_only", "around_quiet_days"]
TEXT = inspect.getsource(peeking)
PEEKS, HONEST = (
    [name for name, value in vars(peeking).items() if f"\ndef {name}(columns)" in part or f"\nclass {name}:" in part]
    for part in TEXT.split("# --- what")[1:]
)


def peek(name):
    return UserComponent(name=f"tests.strategies_that_peek.{name}", parameters={})


def look(bars, *containers, points=10, id_="portfolio_1"):
    """What the check finds of a portfolio."""
    given = bars if isinstance(bars, dict) else {"data_x": bars}
    plan = make_plan(
        RunConfig(containers=[*(data(key, each.symbol) for key, each in given.items()), *containers]), HERE
    )
    return look_ahead(plan, given, id_, points)


def with_features(name):
    return portfolio(strategy=peek(name), features={"fast": sma(3), "slow": sma(9)})


@pytest.mark.parametrize("name", [name for name in PEEKS if name not in {"Keeps", *RARE}])
def test_l4_what_peeks_is_found_by_default(name):
    found = look(SHORT, with_features(name))
    assert found.verdict == "looks_ahead"
    assert found.moment <= found.cut
    assert found.whole != found.part


@pytest.mark.parametrize("name", RARE)
def test_l4_a_peek_at_a_few_bars_of_two_thousand_needs_to_be_asked_at_every_bar(name):
    """Where the whole portfolio alone is given other futures, at two bars, nothing shows."""
    assert look(BARS, with_features(name), points=2).verdict == "looks_ahead"


def test_l4_a_peek_behind_a_shared_strategy_is_found_with_the_symbol_and_the_strategy():
    shared = strategy("strategy_1", strategy=peek("at_five_bars"))
    found = look(BARS, shared, portfolio(inputs=("strategy_1",)), points=1)
    assert found.verdict == "looks_ahead"
    said = found.whole or found.part
    assert (said.symbol, (found.moment - FIRST) // (86_400 * 10**9) in peeking.ROWS) == ("X", True)


def test_l4_a_peek_from_one_symbol_to_another_is_found():
    bars = {"data_x": SHORT, "data_y": walk(300, seed=12, symbol="Y")}
    assert look(bars, portfolio(inputs=("data_x", "data_y"), strategy=peek("of_the_other"))).verdict == "looks_ahead"


def test_l4_between_symbols_with_shifted_stamps_a_peek_is_found_and_honest_code_left_in_peace():
    other = walk(300, seed=12, symbol="Y")
    bars = {"data_x": SHORT, "data_y": replace(other, timestamps=read_only(other.timestamps + 5 * HOUR))}
    both = [
        data("data_x"),
        data("data_y", "Y"),
        portfolio(inputs=("data_x", "data_y"), strategy=peek("of_the_other_bar_under_way")),
    ]
    shifted = dict(time_bars(make_plan(RunConfig(containers=both), HERE), bars).bars)
    assert all(each.decided_until is not None and not each.at_close for each in shifted.values())
    assert look(shifted, both[2]).verdict == "looks_ahead"
    assert look(shifted, crossing(inputs=("data_x", "data_y"))).verdict == "ok"


def test_l4_sizing_code_that_knows_tomorrow_is_found():
    sizing = OwnModel(name="tests.strategies_that_peek.sizes_by_tomorrow")
    found = look(SHORT, portfolio(strategy=peek("Keeps"), sizing=sizing))
    assert (found.verdict, found.whole.type) == ("looks_ahead", "ORDER_REQUEST")


@pytest.mark.parametrize("name", [name for name in HONEST if name != "drawn_by_one_generator_for_all"])
def test_l4_honest_code_is_left_in_peace(name):
    bars = cut(SHORT, SHORT.timestamps.item(150))
    found = look(bars, with_features(name), points=2)
    assert (found.verdict, found.error) == ("ok", "")
    assert found.asked == (0 if name in {"Draws", "refuses_leaps"} else len(bars) - 1)


def test_l4_a_generator_that_all_calls_share_is_said_to_be_one():
    assert look(SHORT, with_features("drawn_by_one_generator_for_all")).verdict == "not_repeatable"


def test_the_lists_of_strategies_are_whole():
    assert (len(PEEKS), len(HONEST)) == (21, 13)


@pytest.mark.parametrize("sizing", [VolatilityTarget(percent=5, bars=3), PercentOfEquity(percent=50)])
def test_l4_what_is_inferred_of_a_year_from_all_data_is_no_look_ahead_of_the_sizing(sizing):
    """A market that opens at weekends from its hundredth day on."""
    days = [day for day in range(300) if day > 150 or (day + 2) % 7 < 5]
    bars = walk(len(days), seed=4, days=days)
    assert look(bars, crossing(sizing=sizing), points=12).verdict == "ok"


def test_l4_long_data_is_asked_at_fewer_bars_those_where_targets_change_first():
    n = BUDGET // 3 // 25
    stamps = FIRST + np.arange(n) * 60_000_000_000
    wish = np.zeros(n)
    wish[[1000, 50_000, 70_001]] = 1
    bars = replace(make_bars(np.full(2, 1.0)), timestamps=read_only(stamps), bar_length=60_000_000_000)
    close = read_only(100 + np.sin(np.arange(n)))
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), close)
    bars = replace(bars, **columns, extras={"wish": read_only(wish)})
    found = look(
        bars, portfolio(strategy=UserComponent(name="tests.strategies_for_tests.wish", parameters={})), points=1
    )
    assert LEAST < found.asked < 30
    assert found.verdict == "ok"


def test_l4_futures_keep_what_came_before_and_lead_nowhere():
    planted, cut = Planted(BARS), BARS.timestamps.item(700)
    for future in FUTURES:
        found = planted.at(cut, future)
        rows = len(found)
        assert rows == (701 if future == "none" else 2000)
        for name in ("open", "high", "low", "close", "volume"):
            column, before = getattr(found, name), getattr(BARS, name)
            assert np.array_equal(column[:701], before[:701])
            assert column.base is None
            assert not np.array_equal(column[701:], before[701:rows]) or future == "none"
        assert np.array_equal(found.timestamps, BARS.timestamps[:rows])
        assert (found.high >= np.maximum(found.open, found.close)).all()
        assert (found.low <= np.minimum(found.open, found.close)).all()
        assert found.low.min() > 0
        mood, whole = found.extras["mood"], BARS.extras["mood"]
        assert np.array_equal(np.isnan(mood), np.isnan(whole[:rows]))
        assert set(mood[~np.isnan(mood)]) <= {0.0, 1.0}
    high, low = (planted.at(cut, future).close[701] / BARS.close[700] for future in ("high", "low"))
    assert 1.15 < high < 1.5
    assert 0.6 < low < 0.8


@cache
def columns_of_futures():
    """The columns of SHORT, and of the same with other futures after the first 201 bars."""
    others = (Planted(SHORT).at(SHORT.timestamps.item(200), future) for future in FUTURES)
    names = ("open", "high", "low", "close", "volume")
    return [{name: getattr(bars, name) for name in names} for bars in (SHORT, *others)]


@pytest.mark.parametrize("name", indicator_names())
def test_l4_no_indicator_knows_what_comes_after(name):
    whole, *others = (compute(name, {}, each, ()) for each in columns_of_futures())
    for other in others:
        for one, two in zip(whole, other, strict=True):
            assert one[:201].tobytes() == two[:201].tobytes()
