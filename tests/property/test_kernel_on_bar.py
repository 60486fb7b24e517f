"""A class that is asked bar by bar sees, decides and comes to the same on the kernel and on the event path (rules E2, L5, M6, Y1)."""

from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.schema import UserComponent
from engine.kernel.library import INTERPRETED
from engine.lanes.configure import RECORD_ROOM
from engine.orchestration import wiring
from engine.order_terms import ExitTerms, OrderTerms
from engine.strategies.decision import Decision
from tests.building import data, execution, features, play, portfolio, sma
from tests.kernel_lanes import assert_same_lines, lines
from tests.property.test_kernel_named_orders import cases
from tests.property.test_two_orders import CASH
from tests.scenarios.reading import bars_of

TRACED = [None, ["FILL", "POSITION_CLOSE"], ["SIGNAL", "ORDER"], ["BAR", "FEATURES", "PORTFOLIO_UPDATE"]]
BARE = {None: None, "long": "long", "flat": 0, "short": -1}


class Follows:
    """Decides what stands under the symbol and the number of its bar, and notes all that it sees."""

    decisions: ClassVar = {}
    fails_at: ClassVar = 0
    seen: ClassVar = []

    def __init__(self):
        self.counts = dict.fromkeys(Follows.decisions, 0)
        self.calls = 0
        Follows.seen = []

    def on_bar(self, bar, features, position):
        self.calls += 1
        self.counts[bar.symbol] += 1
        Follows.seen.append((bar, dict(features), list(features), position))
        if self.calls == Follows.fails_at:
            return features["no such name"]
        decision = Follows.decisions[bar.symbol].get(self.counts[bar.symbol])
        if decision is None or decision.names_orders or decision.symbol or decision.reason:
            return decision
        return BARE[decision.direction]


@st.composite
def asked(draw):
    """A case of named orders, some on another symbol than that of the bar or on one without data; where it fails, and what is seen."""
    of_symbols, days, said, lane, costs = draw(cases())
    later = draw(st.sampled_from([0, 0, 2, 5]))
    days = {symbol: [day + later * number for day in days[symbol]] for number, symbol in enumerate(of_symbols)}
    targets = st.sampled_from([None, None, None, *of_symbols, "nowhere"])
    for of_symbol in said.values():
        for number, decision in of_symbol.items():
            if decision is not None and (symbol := draw(targets)) is not None:
                of_symbol[number] = replace(decision, symbol=symbol)
    has_features = draw(st.booleans())
    return of_symbols, days, said, lane, costs, draw(st.sampled_from([0, 0, 3, 9])), has_features


def played(case, types, listen=("portfolio_1",), **how):
    """A portfolio that follows the decisions of a case, and what its class saw."""
    of_symbols, days, said, lane, costs, fails_at, has_features = case
    Follows.decisions, Follows.fails_at = said, fails_at
    containers = [data(f"data_{symbol}", symbol) for symbol in of_symbols]
    inputs = [each.id for each in containers]
    if has_features:
        containers.append(features("features_1", inputs, shared=sma(3), both=sma(2)))
        lane = {**lane, "features": {"own": sma(2), "both": sma(1)}}
        inputs = ["features_1"]
    strategy = UserComponent(name=f"{__name__}.Follows", parameters={})
    config = portfolio(inputs=inputs, cash=CASH, strategy=strategy, **lane)
    by_id = {f"data_{each}": bars_of(lines, symbol=each, days=days[each]) for each, lines in of_symbols.items()}
    run = play([*containers, execution("execution_1", **costs), config], by_id, types=types, listen=listen, **how)
    return run, Follows.seen


def came_to(run):
    """What is to be the same of a run."""
    container, ends = run["portfolio_1"], [heard.ends for heard in run.heard.values()]
    return container.status, container.error, container.metrics(), ends, container.first_rejection


def assert_alike(case):
    """Asserts that a case comes to the same on both paths, and returns the run on the kernel."""
    (expected, seen), (run, seen_on_kernel) = played(case, None), played(case, None, on_kernel=["portfolio_1"])
    assert seen_on_kernel == seen
    assert came_to(run) == came_to(expected)
    assert_same_lines(lines(run.events()), lines(expected.events()))
    return run


@pytest.mark.examples(25, 300)
@given(asked(), st.sampled_from(TRACED))
def test_a_class_does_the_same_on_both_paths(case, types):
    expected, expected_seen = played(case, types)
    run, seen = played(case, types, on_kernel=["portfolio_1"])
    assert seen == expected_seen
    assert came_to(run) == came_to(expected)
    assert_same_lines(lines(run.events()), lines(expected.events()))
    unheard, seen = played(case, types, (), on_kernel=["portfolio_1"])
    assert seen == expected_seen
    assert came_to(unheard) == came_to(played(case, types, ())[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "load_kernel", lambda: INTERPRETED)
        interpreted, seen = played(case, types, on_kernel=["portfolio_1"])
    assert seen == expected_seen
    assert came_to(interpreted) == came_to(expected)
    assert_same_lines(lines(interpreted.events()), lines(expected.events()))


LATE = {
    "x": {2: Decision("long"), 5: Decision("flat", symbol="nowhere"), 9: Decision("flat")},
}


def test_a_symbol_without_data_is_refused_by_its_name():
    bars = {"x": ["10 11 9 10 1000"] * 12}
    case = (bars, {"x": range(12)}, LATE, {}, {}, 0, False)
    run, _ = played(case, None, on_kernel=["portfolio_1"])
    assert run["portfolio_1"].first_rejection == "no data for symbol 'nowhere'"
    rejected = [event for event in run.events("portfolio_1", "ORDER") if event.status == "rejected"]
    assert [(each.symbol, each.reason) for each in rejected] == [("nowhere", "no data for symbol 'nowhere'")]


def test_a_second_decision_of_a_bar_goes_by_the_first():
    """Exits on the wrong side are a mistake of what enters: here the other symbol's bar has decided to enter before."""
    bars = {each: ["10 11 9 10 1000"] * 6 for each in "xy"}
    said = {
        "x": {2: Decision("long", symbol="y")},
        "y": {2: Decision("long", exits=ExitTerms(stop_loss=10.5)), 4: Decision("flat")},
    }
    run = assert_alike((bars, {each: range(6) for each in bars}, said, {}, {}, 0, False))
    assert run["portfolio_1"].status == "completed"


def test_an_entry_in_a_symbol_that_has_no_bar_yet_is_rejected():
    bars = {"x": ["10 11 9 10 1000"] * 6, "y": ["10 11 9 10 1000"] * 3}
    entries = [OrderTerms(order_type="limit", limit_price=9.0), OrderTerms(quantity=2.0), None]
    said = {"x": {n: Decision("long", symbol="y", order=each) for n, each in enumerate(entries, 1)}, "y": {}}
    run = assert_alike((bars, {"x": range(6), "y": range(3, 6)}, said, {}, {}, 0, False))
    because = "quantity nan is not a positive number of units: there is no bar of y yet"
    assert run["portfolio_1"].first_rejection == because


def test_a_full_journal_is_emptied_between_two_bars():
    """Some ten records a bar fill it within a block."""
    said = {n: Decision("long" if n % 2 else "short", exits=ExitTerms(trail_percent=50.0)) for n in range(600)}
    run = assert_alike(({"x": ["10 11 9 10 1000"] * 600}, {"x": range(600)}, {"x": said}, {}, {}, 0, False))
    assert len([event for event in run.events() if event.type not in ("BAR", "PORTFOLIO_UPDATE")]) > 2 * RECORD_ROOM


def test_exits_in_force_outlast_later_orders():
    """A fill that makes the position larger is protected by the exits of the decision that began it, two orders later too."""
    add = OrderTerms(order_type="limit", limit_price=9.5, quantity=2.0)
    said = {
        2: Decision("long", exits=ExitTerms(stop_loss=8.0)),
        4: Decision("long", order=OrderTerms(order_type="limit", limit_price=9.2, quantity=1.0)),
        5: Decision("long", order=add),
        6: Decision("long", order=add),
    }
    bars = ["10 11 9.8 10 1000"] * 6 + ["10 11 9 10 1000", "10 11 7 9 1000", "9 10 8 9 1000"]
    run = assert_alike(({"x": bars}, {"x": range(9)}, {"x": said}, {}, {}, 0, False))
    assert [event.price for event in run.events("portfolio_1", "FILL")] == [10.0, 9.5, 8.0]


@pytest.mark.parametrize("bars", [511, 512, 513, 1025])
def test_blocks_of_bars_have_no_seams(bars):
    """A limit that waits from one block to the next, repeated decisions, and a failure in a later block."""
    lines_of = [f"10 {11 + n % 2} {9 - n % 3} 10 1000" for n in range(bars)]
    order = OrderTerms(order_type="limit", limit_price=7.5)
    kinds = [Decision("long"), None, Decision("short", order=order), Decision("flat")]
    said = {n: kinds[n // 7 % 4] for n in range(bars)}
    for fails_at in (0, bars - 2):  # two bars have no average yet
        run = assert_alike(({"x": lines_of}, {"x": range(bars)}, {"x": said}, {}, {}, fails_at, True))
        assert (run["portfolio_1"].status == "failed") == bool(fails_at)
