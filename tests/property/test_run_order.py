"""The order of a run, its prefixes and its blocks, over random markets (rules L2, L4, L5, L6, E1, E2, T3)."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agenda import Phase
from engine.strategies.crossover import Crossover
from engine.trading.costs import BasisPoints, Percent
from engine.trading.sizing import AllIn, FixedNotional, FixedQuantity, PercentOfEquity
from tests.building import (
    CASH,
    DAY,
    FIRST,
    analysis,
    crossing,
    cut,
    data,
    execution,
    features,
    make_bars,
    own,
    play,
    portfolio,
    sma,
    strategy,
    wishing,
)

prices = st.one_of(st.just(100.0), st.just(100.0), st.just(100.0), st.floats(50, 150))
wishes = st.sampled_from([None, None, None, 1, 0, -1])  # None: as before, so that there are quiet stretches
sizings = st.sampled_from(
    [FixedQuantity(quantity=3.0), FixedNotional(notional=2500.0), PercentOfEquity(percent=60), AllIn()]
)
terms = st.sampled_from(
    [{}, {"fill_at": "next_close"}, {"commission": Percent(percent=0.3, minimum=1.0), "slippage": BasisPoints(bps=20)}]
)
quick = pytest.mark.examples(12, 40)


def days(least=3, most=24):
    """Days with holes between them."""
    return st.sets(st.integers(0, 30), min_size=least, max_size=most).map(sorted)


@pytest.fixture(autouse=True, scope="module")
def _look_seldom():
    """A run of few steps is looked at after each of them, which leaves nothing to do in bulk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.orchestration.simulation._LOOKS", 1)
        yield


@st.composite
def markets(draw, on=None, least=2):
    """Bars of one symbol with prices and wished targets: (days, opens, closes, wishes)."""
    dates = draw(days(least)) if on is None else on
    rows = [draw(st.tuples(prices, prices, wishes)) for _ in dates]
    opens, closes, wished = zip(*rows, strict=True)
    targets = accumulate(wished, lambda held, wish: held if wish is None else wish, initial=0)
    return dates, opens, closes, list(targets)[1:]


def bars_of(market, symbol="X"):
    dates, opens, closes, wished = market
    return make_bars(closes, opens=opens, days=dates, symbol=symbol, wishes=wished)


@st.composite
def runs(draw):
    """Two symbols, shared features and strategy, own strategies of both styles, costs, all sizings.

    Where both trade on the same days and no strategy looks at every bar, the loop may work in bulk.
    """
    first = draw(days())
    second = draw(st.one_of(st.just(first), days()))
    bars = {"data_x": bars_of(draw(markets(first)), "X"), "data_y": bars_of(draw(markets(second)), "Y")}
    crossover = Crossover(fast="fast", slow="close", direction=draw(st.sampled_from(["long", "short", "both"])))
    by_bars = portfolio(
        "bars", ("data_x", "data_y"), strategy=own("Above", price=draw(prices)), cash=CASH, sizing=draw(sizings)
    )
    slow = draw(st.booleans())
    containers = [
        data("data_x", "X"),
        portfolio("both", ("strategy_1", "data_y"), cash=CASH, sizing=draw(sizings), close_at_end=draw(st.booleans())),
        features("features_1", ("data_x",), fast=sma(2)),
        execution("execution_1", **draw(terms)),
        analysis(
            "ears",
            ("data_x", "both", "features_1", "wish_xy", *(["bars"] if slow else []), "data_y", "execution_1", "cross"),
        ),
        wishing("wish_xy", inputs=("data_y", "data_x"), cash=CASH, sizing=draw(sizings)),
        data("data_y", "Y"),
        strategy("strategy_1", ("features_1",), strategy=crossover),
        *([by_bars] if slow else []),
        crossing("cross", inputs=("data_y",), fast=2, slow=3, cash=CASH, close_at_end=draw(st.booleans())),
    ]
    return containers, bars


def keys_of(containers, heard):
    """(timestamp, phase, lane) of every event heard; the lane of an execution's event is that of who asked."""
    lanes = {c.id: lane for lane, c in enumerate((c for c in containers if c.type == "portfolio"), 1)}
    updates = {e.source: e.event_id for e in heard.of("PORTFOLIO_UPDATE")}
    keys = []
    for event, (_, phase) in zip(heard.events, heard.places, strict=True):
        owner = event.event_id.split(":")[0].rpartition("/")[2]
        keys.append((event.timestamp, phase_of(event, phase, updates), lanes.get(owner, 0)))
    return keys


def phase_of(event, phase, last_updates):
    """Where the loop works in bulk the agenda cannot say it, but the event does."""
    if event.type == "PORTFOLIO_UPDATE":
        if event.event_id.endswith(":1"):
            return Phase.START
        return Phase.END if event.event_id == last_updates[event.source] else Phase.MARK
    return {"BAR": Phase.BAR, "FEATURES": Phase.FEATURES, "SIGNAL": Phase.DECIDE}.get(event.type, phase)


@quick
@given(runs())
def test_l2_who_hears_everything_hears_it_in_one_total_order(run):
    containers, bars = run
    heard = play(containers, bars, listen=["ears"]).heard["ears"]
    keys = keys_of(containers, heard)
    assert keys == sorted(keys)
    assert len({e.event_id for e in heard.events}) == len(heard.events)


@quick
@given(runs())
def test_l6_steps_done_in_bulk_and_one_by_one_are_the_same(run):
    """A handler that does nothing forbids to work in bulk."""
    containers, bars = run

    def slow_down(made):
        for container in made.values():
            container.event_bus.subscribe("BAR", lambda _: None)

    fast, slow = play(containers, bars), play(containers, bars, prepare=slow_down)
    assert everything(fast) == everything(slow)
    for id_ in fast.heard:
        assert fast[id_].metrics() == slow[id_].metrics(), id_


@quick
@given(runs(), st.integers(1, 31))
def test_l4_over_data_cut_at_any_step_the_events_are_a_prefix(run, day):
    """Every bus; phases -1 to 5 only, for at its end a shorter run closes what a longer one holds."""
    containers, bars = run
    until = FIRST + day * DAY
    shorter = {id_: cut(column, until) for id_, column in bars.items()}
    if not all(len(column) for column in shorter.values()):
        return
    whole, part = play(containers, bars), play(containers, shorter)
    for id_ in part.heard:
        if id_ != "root_container":  # whose events are not of the market
            some, all_ = before_the_end(part.heard[id_]), before_the_end(whole.heard[id_])
            assert some == all_[: len(some)], id_


def before_the_end(recording):
    return [e for e, (_, phase) in zip(recording.events, recording.places, strict=True) if phase < Phase.END]


def everything(played):
    return {id_: recording.events for id_, recording in played.heard.items()}


@quick
@given(runs(), st.sampled_from([1, 2, 3, 5, 7, 16]))
def test_l6_blocks_change_no_event_and_no_metric(run, block_size):
    containers, bars = run
    whole, parts = play(containers, bars), play(containers, bars, block_size=block_size)
    assert everything(whole) == everything(parts)
    for id_ in whole.heard:
        assert whole[id_].metrics() == parts[id_].metrics(), id_


@quick
@given(
    runs(),
    st.sampled_from([1, 4, 65_536]),
    st.sets(st.sampled_from(["both", "wish_xy", "cross", "ears", "data_x", "strategy_1"])),
)
def test_t3_and_e1_metrics_and_ids_are_the_same_whoever_listens(run, block_size, listeners):
    """A lane nobody looks at sleeps between its signals (rule L5) and is marked by the block: the same to the last bit."""
    containers, bars = run
    watched, asleep = play(containers, bars), play(containers, bars, listen=sorted(listeners), block_size=block_size)
    for id_ in watched.heard:
        assert watched[id_].metrics() == asleep[id_].metrics(), id_
    for id_ in listeners:
        assert asleep.events(id_) == watched.events(id_), id_


@quick
@given(
    runs(), st.sets(st.sampled_from(["BAR", "SIGNAL", "ORDER_REQUEST", "FILL", "POSITION_CLOSE", "PORTFOLIO_UPDATE"]))
)
def test_e1_ids_do_not_depend_on_which_types_are_traced(run, types):
    containers, bars = run
    full, some = play(containers, bars), play(containers, bars, types=types)
    for id_, recording in full.heard.items():
        assert some.events(id_) == recording.of(*types)


@quick
@given(runs())
def test_e1_ids_name_source_type_and_ordinal(run):
    containers, bars = run
    played = play(containers, bars, listen=["ears"])
    counts = {}
    for event in played.events("ears"):
        label, type_, number = event.event_id.split(":")
        assert type_ == event.type
        assert label == event.source or (event.source, label.split("/")[0]) == ("execution_1", "execution_1")
        counts[label, type_] = counts.get((label, type_), 0) + 1
        assert int(number) == counts[label, type_], event.event_id
