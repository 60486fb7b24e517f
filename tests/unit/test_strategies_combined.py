"""Combinators against a plain reading of their words; strategies over several symbols at once (rules Y1, L4)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.strategies.all_of import AllOf
from engine.strategies.any_of import AnyOf
from engine.strategies.builtin import BUILTIN
from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.combinator import Combinator
from engine.strategies.cool_down import CoolDown
from engine.strategies.crossover import Crossover
from engine.strategies.hold_for import HoldFor
from engine.strategies.invert import Invert
from engine.strategies.time_series_momentum import TimeSeriesMomentum
from engine.strategies.vote import Vote
from tests.building import crossing, data, make_bars, own, play, portfolio, sma, walk

HOLD = BuyAndHold()
target_lists = st.lists(st.lists(st.integers(-1, 1), min_size=12, max_size=12), min_size=1, max_size=5)
one_list = st.lists(st.sampled_from([0, 0, 1, 1, 1, -1]), min_size=1, max_size=40)


def combined(rule, lists):
    """The rule's answer on plain lists."""
    found = rule.combined([np.array(each, np.int8) for each in lists])
    assert found.dtype == np.int8
    return found.tolist()


@given(target_lists)
def test_all_of_any_of_vote_and_invert_bar_by_bar(lists):
    several = tuple(HOLD for _ in lists)
    columns = list(zip(*lists, strict=True))
    half = len(lists) / 2

    def winner(column, enough):
        longs, shorts = column.count(1), column.count(-1)
        return int(longs >= enough and longs > shorts) - int(shorts >= enough and shorts > longs)

    assert combined(AllOf(of=several), lists) == [c[0] if len(set(c)) == 1 else 0 for c in columns]
    assert combined(AnyOf(of=several), lists) == [
        int(1 in c and -1 not in c) - int(-1 in c and 1 not in c) for c in columns
    ]
    assert combined(Vote(of=several), lists) == [int(c.count(1) > half) - int(c.count(-1) > half) for c in columns]
    assert combined(Vote(of=several, at_least=1), lists) == [winner(c, 1) for c in columns]
    assert combined(Invert(of=HOLD), lists[:1]) == [-each for each in lists[0]]


@given(one_list, st.integers(1, 6))
def test_hold_for_bar_by_bar(wanted, bars):
    expected, age, held, before = [], 0, 0, 0
    for wish in wanted:
        if held:
            age += 1
            held = held if age < bars else 0
        elif wish not in (0, before):
            held, age = wish, 0
        expected.append(held)
        before = wish
    assert combined(HoldFor(of=HOLD, bars=bars), [wanted]) == expected


@given(one_list, st.integers(1, 6))
def test_cool_down_bar_by_bar(wanted, bars):
    expected, held, pause = [], 0, 0
    for wish in wanted:
        if held and wish != held:
            held, pause = 0, bars
        if not held and not pause:
            held = wish
        pause = max(0, pause - 1)
        expected.append(held)
    assert combined(CoolDown(of=HOLD, bars=bars), [wanted]) == expected


@given(one_list, st.integers(1, 5), st.integers(1, 40))
@settings(max_examples=50)
def test_l4_a_pause_and_a_limit_of_fewer_bars_are_the_beginning_of_the_whole(wanted, bars, cut):
    for rule in (HoldFor(of=HOLD, bars=bars), CoolDown(of=HOLD, bars=bars)):
        assert combined(rule, [wanted[:cut]]) == combined(rule, [wanted])[: len(wanted[:cut])]


def test_every_combinator_is_looked_at():
    assert {cls.__name__ for cls in BUILTIN if issubclass(cls, Combinator)} == {
        "AllOf", "AnyOf", "Vote", "Invert", "HoldFor", "CoolDown",
    }  # fmt: skip


def test_a_combinator_over_built_in_and_own_strategies_inside_another():
    """Long where the average cross is long and the file's own wish is, never for more than three bars."""
    bars = walk(200, wishes=np.where(np.arange(200) % 9 < 6, 1.0, 0.0))
    cross = Crossover(fast="fast", slow="slow")
    whole = HoldFor(of=AllOf(of=(cross, own("wish"))), bars=3)
    features = {"fast": sma(2), "slow": sma(4)}
    run = play([data(), portfolio(strategy=whole, features=features)], bars)
    alone = play([data(), crossing()], bars)
    signals = [(e.timestamp, e.direction) for e in run.events("portfolio_1", "SIGNAL")]
    longest = max(e.bars_held for e in run.events("portfolio_1", "POSITION_CLOSE"))
    assert len(signals) > 10
    assert longest == 3
    inside = [e for e in run.events("portfolio_1", "SIGNAL") if e.direction == "long"]
    wishes = dict(zip(bars.timestamps.tolist(), bars.extras["wish"].tolist(), strict=True))
    assert all(wishes[e.timestamp] == 1.0 for e in inside)
    spans = [e.timestamp for e in alone.events("portfolio_1", "SIGNAL") if e.direction == "long"]
    assert {e.timestamp for e in inside} - set(spans), "the wish alone begins some"


def test_equal_combinators_are_computed_once_and_give_equal_runs():
    rule = AnyOf(of=(TimeSeriesMomentum(lookback=5), Invert(of=TimeSeriesMomentum(lookback=20))))
    run = play([data(), portfolio("a", strategy=rule), portfolio("b", strategy=rule)], walk(100))
    assert run.metrics("a") == run.metrics("b")
    assert run.metrics("a")["total_trades"] > 1


TWO = (data("data_a", "A"), data("data_b", "B"))


def two_symbols(strategy):
    """A run over A with bars on days 0 to 5, B on even days only; A's column `wish` asks for 1, 1, -1, 0, 0, 1."""
    first = make_bars([10.0, 11, 12, 11, 10, 9], symbol="A", wishes=[1, 1, -1, 0, 0, 1])
    second = make_bars([11.0, 10, 12], symbol="B", days=[0, 2, 4], wishes=[0, 0, 0])
    return play([*TWO, portfolio(inputs=("data_a", "data_b"), strategy=strategy)], {"data_a": first, "data_b": second})


def decided(run):
    first = run.simulation.timeline[0]
    return [
        (int(e.timestamp - first) // (86_400 * 10**9), e.symbol, e.direction)
        for e in run.events("portfolio_1", "SIGNAL")
    ]


def test_y1_a_function_of_markets_is_asked_once_for_all_symbols():
    """What is wanted of B on a day without a bar of B waits for its next one."""
    assert decided(two_symbols(own("opposite", leader="A"))) == [
        (0, "A", "long"),
        (0, "B", "short"),
        (2, "A", "short"),
        (2, "B", "long"),
        (3, "A", "flat"),
        (4, "B", "flat"),
        (5, "A", "long"),
    ]


def test_y1_a_class_over_markets_sees_nan_where_a_symbol_has_no_bar():
    assert decided(two_symbols(own("Ranked"))) == [
        (0, "B", "long"),
        (2, "A", "long"),
        (2, "B", "flat"),
        (3, "A", "flat"),
        (4, "B", "long"),
    ]


def test_a_strategy_over_markets_may_stand_inside_a_combinator():
    turned = decided(two_symbols(Invert(of=own("opposite", leader="A"))))
    assert turned[:2] == [(0, "A", "short"), (0, "B", "long")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("not_a_dict", "tests.strategies_for_tests.not_a_dict returned ndarray: expected targets by symbol, in a dict"),
        ("of_a_stranger", "tests.strategies_for_tests.of_a_stranger returned targets of 'STRANGE': expected of A, B"),
    ],
)
def test_y1_what_is_no_targets_by_symbol_is_named(name, message):
    run = two_symbols(own(name))
    assert run["portfolio_1"].status == "failed"
    assert message in run["portfolio_1"].error
