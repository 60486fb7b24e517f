"""Built-in strategies against a plain reading of their rules (rules Y1, Y2)."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.buy_and_hold import BuyAndHold
from engine.strategies.columns import hold_since
from engine.strategies.crossover import Crossover
from engine.strategies.targets import BadTargetsError, checked_targets
from tests.building import crossing, data, features, make_bars, own, play, portfolio, sma, strategy, walk

values = st.one_of(st.sampled_from([1.0, 2.0, 3.0, float("nan")]), st.floats(0, 5))
columns = st.lists(st.tuples(values, values), max_size=30)


def traded(run, id_):
    """The metrics of a portfolio but for its events: bars that decide nothing, and features of its own, make more of those."""
    return {name: value for name, value in run.metrics(id_).items() if not name.startswith("events_")}


def read_plainly(pairs, direction):
    """Rule Y2, word by word."""
    targets, target, before = [], 0, None
    for fast, slow in pairs:
        comparable = not (isnan(fast) or isnan(slow))
        if comparable and before is not None:
            up = before[0] <= before[1] and fast > slow
            down = before[0] >= before[1] and fast < slow
            if up:
                target = {"long": 1, "short": 0, "both": 1}[direction]
            elif down:
                target = {"long": 0, "short": -1, "both": -1}[direction]
        targets.append(target)
        before = (fast, slow) if comparable else None
    return targets


@given(columns, st.sampled_from(["long", "short", "both"]))
def test_y2_crossover_is_what_the_rule_says(pairs, direction):
    fast, slow = (np.array([pair[k] for pair in pairs], np.float64) for k in (0, 1))
    targets = Crossover(fast="a", slow="b", direction=direction).targets({"a": fast, "b": slow})
    assert targets.dtype == np.int8
    assert targets.tolist() == read_plainly(pairs, direction)


@given(columns)
def test_y2_short_is_long_mirrored(pairs):
    fast, slow = (np.array([pair[k] for pair in pairs], np.float64) for k in (0, 1))
    long = Crossover(fast="a", slow="b", direction="long").targets({"a": fast, "b": slow})
    short = Crossover(fast="a", slow="b", direction="short").targets({"a": slow, "b": fast})
    mirrored = Crossover(fast="a", slow="b", direction="short").targets({"a": fast, "b": slow})
    assert np.array_equal(long, read_plainly(pairs, "long"))
    assert np.array_equal(mirrored, read_plainly(pairs, "short"))
    assert np.array_equal(short, -long)


def test_y2_the_first_comparable_bar_never_signals():
    nan = float("nan")
    column = {"a": np.array([nan, nan, 5.0, 6.0]), "b": np.array([1.0, 2.0, 3.0, 4.0])}
    assert Crossover(fast="a", slow="b").targets(column).tolist() == [0, 0, 0, 0]


def test_y2_touching_from_below_and_rising_is_a_cross_up():
    column = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([2.0, 2.0, 2.0])}
    assert Crossover(fast="a", slow="b").targets(column).tolist() == [0, 0, 1]


def test_y2_a_crossover_reads_any_two_columns():
    bars = make_bars([3, 2, 1, 2, 3, 4], mood=[2, 2, 2, 2, 2, 2])
    run = play([data(), portfolio(strategy=Crossover(fast="close", slow="mood"))], bars)
    signals = run.events("portfolio_1", "SIGNAL")
    assert [(event.direction, event.causation_id) for event in signals] == [("long", "data_x:BAR:5")]


@pytest.mark.parametrize("direction", ["long", "short", "both"])
def test_y2_whole_runs_of_columns_and_of_bars_make_the_same_trades(direction):
    """The built-in crossover and a bar strategy that does the same, over the same features."""
    mean = {"fast": sma(2), "slow": sma(4)}
    run = play(
        [
            data(),
            crossing("portfolio_1", direction=direction),
            portfolio("portfolio_2", features=mean, strategy=own("Cross", direction=direction)),
        ],
        walk(200),
    )
    first, second = (
        [
            (e.timestamp, e.type, e.side, e.quantity, e.entry_price)
            for e in run.events(id_, "POSITION_OPEN", "POSITION_CLOSE")
        ]
        for id_ in ("portfolio_1", "portfolio_2")
    )
    assert len(first) > 20
    assert first == second
    assert traded(run, "portfolio_1") == traded(run, "portfolio_2")


@pytest.mark.parametrize("direction", ["long", "short", "both"])
def test_y2_signals_of_a_run_stand_where_the_plain_reading_changes(direction):
    bars = walk(120)
    run = play([data(), crossing(direction=direction)], bars)
    closes = bars.close.tolist()

    def mean(n, i):
        return sum(closes[i - n + 1 : i + 1]) / n if i >= n - 1 else float("nan")

    targets = [0, *read_plainly([(mean(2, i), mean(4, i)) for i in range(len(closes))], direction)]
    names = {1: "long", 0: "flat", -1: "short"}
    changed = [
        (int(bars.timestamps[i]), names[targets[i + 1]]) for i in range(len(closes)) if targets[i + 1] != targets[i]
    ]
    assert [(e.timestamp, e.direction) for e in run.events("portfolio_1", "SIGNAL")] == changed


def test_buy_and_hold_buys_once_and_holds_to_the_end():
    run = play([data(), portfolio(strategy=BuyAndHold())], make_bars([10, 11, 12, 15], opens=[10, 10.5, 11, 12]))
    (closed,) = run.events("portfolio_1", "POSITION_CLOSE")
    assert (closed.entry_price, closed.exit_price, closed.bars_held) == (10.5, 15.0, 2)


def test_a_shared_strategy_and_an_own_one_make_the_same_trades():
    mean = {"fast": sma(2), "slow": sma(4)}
    crossover = Crossover(fast="fast", slow="slow", direction="both")
    run = play(
        [
            data(),
            features(**mean),
            strategy(inputs=("features_1",), strategy=crossover),
            portfolio("portfolio_1", ("strategy_1",)),
            portfolio("portfolio_2", ("data_x",), features=mean, strategy=crossover),
        ],
        walk(100),
    )
    assert traded(run, "portfolio_1") == traded(run, "portfolio_2")
    assert run.metrics("portfolio_1")["total_trades"] > 5


@given(st.lists(st.booleans(), max_size=20), st.data())
def test_hold_since_repeats_the_last_change(changed, drawn):
    wanted = [drawn.draw(st.integers(-1, 1)) for _ in changed]
    held, expected = 0, []
    for change, value in zip(changed, wanted, strict=True):
        held = value if change else held
        expected.append(held)
    assert hold_since(np.array(changed, np.bool_), np.array(wanted, np.int8)).tolist() == expected


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ([0, 1], r"shape \(2,\): expected one target per bar, \(3,\)"),
        ([[0], [1], [1]], r"shape \(3, 1\)"),
        ([0.0, float("nan"), 1.0], "nan at bar 1: expected"),
        ([0, 1, 2], "2 at bar 2"),
        ([0, 0.5, 1], "0.5 at bar 1"),
        (["a", "b", "c"], "values: expected"),
        ([None, 1, 0], "values: expected"),
        (np.ma.array([1, 1, 0], mask=[0, 1, 1]), "a masked value at bar 1"),
    ],
)
def test_y1_wrong_targets_are_named_with_the_first_bar(returned, message):
    with pytest.raises(BadTargetsError, match=message):
        checked_targets(returned, 3)


@pytest.mark.parametrize("returned", [[0, 1, -1], np.array([0.0, 1.0, -1.0]), np.array([0, 1, -1], np.int64)])
def test_y1_targets_of_any_number_type_become_int8(returned):
    targets = checked_targets(returned, 3)
    assert (targets.dtype, targets.tolist()) == (np.int8, [0, 1, -1])
    assert checked_targets(np.ma.array([1, 0, 1]), 3).tolist() == [1, 0, 1]
    assert checked_targets([True, False, True], 3).tolist() == [1, 0, 1]


@given(st.lists(st.tuples(values, values), max_size=30), st.integers(0, 30), st.sampled_from(["long", "short", "both"]))
def test_y2_turns_of_two_stretches_are_those_of_the_whole(pairs, cut, direction):
    fast, slow = (np.array([pair[k] for pair in pairs], np.float64) for k in (0, 1))
    crossover, cut = Crossover(fast="f", slow="s", direction=direction), min(cut, len(pairs))
    whole, targets = crossover.turns({"f": fast, "s": slow})
    rows, wanted = crossover.turns({"f": fast[:cut], "s": slow[:cut]})
    before, start = (wanted.item(-1) if len(wanted) else 0), max(cut - 1, 0)
    later, then = crossover.turns({"f": fast[start:], "s": slow[start:]}, before)
    assert [*rows.tolist(), *(later + start).tolist()] == whole.tolist()
    assert [*wanted.tolist(), *then.tolist()] == targets.tolist()
