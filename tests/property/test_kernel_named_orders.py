"""Orders that decisions name, on the kernel as on the event path, to the bit (rules E2, X1 to X6, Y3)."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.schema import UserComponent
from engine.kernel.lane import state
from engine.lanes.journal_events import Decided
from engine.order_terms import ExitTerms, OrderTerms
from engine.strategies.decision import SIGNS, Decision
from engine.trading.distances import Distance
from engine.trading.order_forms import ExitForm, LimitForm, MarketForm, TrailingForm
from engine.trading.risk import MaxDrawdown, MaxOpenPositions, Stop
from tests.building import DAY, FIRST, data, execution, play, portfolio, strategy
from tests.kernel_lanes import (
    TYPES,
    Says,
    assert_lane_is,
    assert_same_lines,
    lines,
    names_of,
    of_lane,
    run_lane,
    terms_of,
)
from tests.kernel_modules import kernels
from tests.property.test_two_orders import CASH, STEP, SYMBOLS, bars, lanes, terms
from tests.scenarios.reading import bars_of

NAME = "tests.kernel_lanes.Says"
exits = st.builds(
    ExitForm,
    on_signal=st.sampled_from([MarketForm(), MarketForm(), LimitForm(limit=STEP), TrailingForm(trail=STEP)]),
    stop_loss=st.sampled_from([None, STEP, Distance(percent=15.0)]),
    take_profit=st.sampled_from([None, STEP]),
    trailing_stop=st.sampled_from([None, STEP, Distance(percent=12.0)]),
)
risks = st.lists(
    st.sampled_from(
        [
            Stop(loss=STEP, cool_down=2),
            MaxDrawdown(percent=5.0, action="flatten"),
            MaxDrawdown(percent=4.0),
            MaxOpenPositions(count=1),
        ]
    ),
    max_size=1,
)
often = st.integers(0, 19).map(bool)


@st.composite
def prices(draw, close, *, above):
    """A price above a close or below it, on the grid; seldom none at all."""
    if draw(often):
        return max(close + (1 if above else -1) * draw(st.integers(0, 3)), 1.0)
    return draw(st.sampled_from([nan, 0.0, -1.0, 10_000.0]))


@st.composite
def named_orders(draw, close, sign, moment):
    """An order of any type and time in force, with units of its own or without."""
    kind = draw(st.sampled_from(["market", "limit", "limit", "stop", "stop", "stop_limit", "trailing_stop"]))
    prices_of = {"limit": {"limit_price": -sign}, "stop": {"stop_price": sign}}
    prices_of["stop_limit"] = {"stop_price": sign, "limit_price": sign}
    asked = {name: draw(prices(close, above=side > 0)) for name, side in prices_of.get(kind, {}).items()}
    if kind == "trailing_stop":
        asked |= draw(st.sampled_from([{"trail_amount": 1.0}, {"trail_amount": 2.0}, {"trail_percent": 10.0}]))
        if not draw(often):
            asked[next(iter(asked))] = draw(st.sampled_from([0.0, -1.0, nan]))
        if draw(st.booleans()):
            asked["stop_price"] = draw(prices(close, above=sign > 0))
    life = draw(st.sampled_from(["gtc", "gtc", "gtc", "day", "ioc", "gtd"]))
    till = {"good_till": FIRST + (moment + draw(st.integers(0, 3))) * DAY} if life == "gtd" else {}
    units = draw(st.sampled_from([{}, {}, {"quantity": 3.0}, {"quantity": 1 / 3}, {"quantity": 0.0}]))
    return OrderTerms(order_type=kind, time_in_force=life, **asked, **till, **units)


@st.composite
def named_exits(draw, close, sign):
    """Exits of a position, mostly on their sides of the close."""
    exits = {}
    if draw(st.booleans()):
        exits["stop_loss"] = draw(prices(close, above=sign < 0))
    if draw(st.booleans()):
        exits["take_profit"] = draw(prices(close, above=sign > 0))
    trails = [{}, {}, {"trail_amount": 1.0}, {"trail_percent": 12.0}, {"trail_amount": 2.0}]
    return ExitTerms(**exits, **(draw(st.sampled_from(trails)) if draw(often) else {"trail_percent": -1.0}))


@st.composite
def decisions(draw, line, moment):
    """A decision at a bar, or none."""
    close = float(line.split()[3])
    direction = draw(st.sampled_from([None, None, "long", "long", "short", "flat"]))
    if direction is None:
        return None
    sign = SIGNS[direction]
    named = {}
    if draw(st.booleans()):
        named["order"] = draw(named_orders(close, sign or draw(st.sampled_from([1, -1])), moment))
    if sign and draw(st.booleans()):
        named["exits"] = draw(named_exits(close, sign))
    if sign and not draw(st.integers(0, 3)):
        named["otherwise"] = draw(named_orders(close, -sign, moment))
    return Decision(direction, draw(st.sampled_from([1.0, 0.5])), draw(st.sampled_from(["", "why"])), **named)


@st.composite
def cases(draw):
    """Bars of one symbol or two on some days, what is decided at each, and the portfolio."""
    symbols = SYMBOLS[: draw(st.integers(1, 2))]
    of_symbols = {symbol: draw(bars(draw(st.integers(4, 14)))) for symbol in symbols}
    days = {symbol: [*range(len(of_symbols[symbol]))] for symbol in symbols}
    if draw(st.booleans()):
        gaps = {symbol: draw(st.lists(st.integers(1, 3), min_size=14, max_size=14)) for symbol in symbols}
        days = {symbol: [sum(gaps[symbol][:place]) for place in days[symbol]] for symbol in symbols}
    said = {
        symbol: {number: draw(decisions(line, number)) for number, line in enumerate(of_symbol, 1)}
        for symbol, of_symbol in of_symbols.items()
    }
    return of_symbols, days, said, draw(lanes) | {"risk": draw(risks), "exit": draw(exits)}, draw(terms)


@pytest.mark.examples(15, 150)
@given(cases(), st.sampled_from([None, 1, 7]))
def test_random_orders_of_decisions_do_the_same(case, block):
    assert_same(case, block)


MISTAKEN = {
    "an entry that works on keeps its exits": {
        1: Decision("long", order=OrderTerms(order_type="limit", limit_price=8.0), exits=ExitTerms(stop_loss=6.0)),
        2: Decision("long", order=OrderTerms(quantity=0.0), exits=ExitTerms(stop_loss=7.0)),
    },
    "of exits one of which is rejected the others hold for what is bought later too": {
        1: Decision("long", order=OrderTerms(quantity=2.0), exits=ExitTerms(stop_loss=6.0, trail_amount=5.0)),
        2: Decision("long", exits=ExitTerms(stop_loss=8.0, take_profit=9.5)),
        3: Decision("long", order=OrderTerms(quantity=1.0)),
    },
    "exits of the config hold on where all that is named is rejected": {
        1: Decision("long", order=OrderTerms(quantity=2.0)),
        2: Decision("long", exits=ExitTerms(stop_loss=10.5, take_profit=9.5)),
        3: Decision("long", order=OrderTerms(quantity=1.0)),
    },
    "what is not named goes": {
        1: Decision("long", order=OrderTerms(quantity=2.0), exits=ExitTerms(stop_loss=6.0, take_profit=14.0)),
        2: Decision("long", exits=ExitTerms(trail_amount=2.0)),
        3: Decision("long", order=OrderTerms(quantity=1.0)),
    },
    "exits without any take those of the config away from an entry": {
        1: Decision("long", order=OrderTerms(order_type="limit", limit_price=9.5), exits=ExitTerms()),
        4: Decision("long", order=OrderTerms(quantity=1.0)),
    },
    "exits without any take those away that work": {
        1: Decision("long", order=OrderTerms(quantity=2.0)),
        3: Decision("long", exits=ExitTerms()),
    },
}


@pytest.mark.parametrize("said", MISTAKEN.values(), ids=MISTAKEN)
def test_a_mistaken_decision_leaves_what_works(said):
    lines = [f"10 11 {low} 10 1000" for low in (9, 9, 9, 9, 9, 7, 9, 9)]
    exit_ = ExitForm(stop_loss=Distance(percent=35.0), take_profit=STEP)
    assert_same(({"x": lines}, {"x": range(8)}, {"x": said}, {"exit": exit_}, {}), None)


def assert_same(case, block):
    """Asserts that a lane does with the decisions of a case what the event path does."""
    of_symbols, days, said, lane, costs = case
    Says.decisions = said
    containers = [data(f"data_{symbol}", symbol) for symbol in of_symbols]
    for symbol in of_symbols:
        own = UserComponent(name=NAME, parameters={"key": symbol})
        containers.append(strategy(f"s_{symbol}", (f"data_{symbol}",), strategy=own))
    config = portfolio(inputs=[f"s_{symbol}" for symbol in of_symbols], cash=CASH, **lane)
    by_id = {f"data_{each}": bars_of(lines, symbol=each, days=days[each]) for each, lines in of_symbols.items()}
    run = play([*containers, execution("execution_1", **costs), config], by_id, types=TYPES, listen=["portfolio_1"])
    wanted, decided = decided_by(said, days)
    names = names_of(run["portfolio_1"].clock, "", None, decided)
    asked = {"terms": terms_of(costs), "wanted": wanted, "names": names, "block": block}
    if run["portfolio_1"].status == "failed":
        assert_fails_alike(run, config, asked)
    else:
        assert_lane_is(run, config, **asked)


def decided_by(said, days):
    """What a lane is made with, and what was decided by the place among its changes."""
    found, moments = [], sorted({day for of_symbol in days.values() for day in of_symbol})
    for number, (symbol, of_bars) in enumerate(said.items()):
        made = [(bar, decision) for bar, decision in of_bars.items() if decision is not None]
        found += [
            (moments.index(days[symbol][bar - 1]), number, decision, f"s_{symbol}:SIGNAL:{ordinal}")
            for ordinal, (bar, decision) in enumerate(made, 1)
        ]
    found.sort(key=lambda each: each[:2])
    wanted = {
        "rows": [row for row, *_ in found],
        "symbols": [number for _, number, *_ in found],
        "targets": [SIGNS[decision.direction] for _, _, decision, _ in found],
        "decisions": [decision for _, _, decision, _ in found],
    }
    return wanted, lambda place: Decided(found[place][2], found[place][3], NAME)


def assert_fails_alike(run, config, asked):
    """A decision whose exits would leave at once what it enters fails both; what was said in its step may not have been heard."""
    assert "at which the order enters" in run["portfolio_1"].error
    heard = of_lane(run)
    for kernel in kernels():
        lane, events, _, _ = run_lane(kernel, run["portfolio_1"].clock, config, **asked)
        assert lane.status == state.WRONG_SIDE
        assert_same_lines(lines(events[: len(heard)]), lines(heard))
        assert {event.type for event in events[len(heard) :]} <= {"SIGNAL", "RISK_BREACH"}
