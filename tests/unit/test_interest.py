"""Cost follows interest: what nobody wants is not built, and what is wanted is counted (rules L8, E7, L5)."""

import sys
from collections import Counter

import pytest

import engine.orchestration.run  # noqa: F401 - so that every module that builds events is there
from engine.events import EVENT_CLASSES
from engine.features.spec import FeatureSpec
from engine.trading.accounts import MarginAccount
from tests.building import (
    Recording,
    analysis,
    crossing,
    data,
    features,
    play,
    portfolio,
    record,
    sma,
    stage,
    strategy,
    walk,
)
from tracing.storage.disk import DiskStorage
from tracing.tracer import EventTracer

BARS = walk(500)
LOANS = MarginAccount(borrow_percent=20.0)


@pytest.fixture
def built(monkeypatch):
    """Counts the events that the containers construct, by type."""
    counts = Counter()
    for name, module in list(sys.modules.items()):
        if name.startswith(("engine.containers", "engine.orchestration")):
            for cls in EVENT_CLASSES:
                if getattr(module, cls.__name__, None) is cls:
                    monkeypatch.setattr(module, cls.__name__, counting(cls, counts))
    return counts


def counting(cls, counts):
    class Counted(type(cls)):
        __struct_fields__ = cls.__struct_fields__

        def __call__(self, *args, **kwargs):
            counts[cls.type] += 1
            return cls(*args, **kwargs)

        def __instancecheck__(self, instance):
            return isinstance(instance, cls)

    return Counted(cls.__name__, (), {"type": cls.type})


def test_l8_what_nobody_wants_is_never_built(built):
    run = play([data(), crossing()], BARS, listen=[])
    metrics = run.metrics()
    assert metrics["total_trades"] > 20
    assert set(built) == {"ORDER_REQUEST", "ORDER", "FILL", "POSITION_CLOSE"}  # on which portfolios themselves act
    assert built["FILL"] == metrics["fills"] == 2 * built["POSITION_CLOSE"]
    assert built["ORDER"] == built["ORDER_REQUEST"] == metrics["orders"]


@pytest.mark.parametrize(
    "wanted",
    ["BAR", "FEATURES", "PORTFOLIO_UPDATE", "SIGNAL", "POSITION_OPEN", "RUN_START", "CONTAINER_STATUS", "RUN_END"],
)
def test_l8_one_listener_has_one_type_built_and_nothing_else(built, wanted):
    play([data(), crossing()], BARS, listen=[])
    without = Counter(built)
    built.clear()
    where = "root_container" if wanted.startswith(("RUN", "CONTAINER")) else "portfolio_1"
    run = play([data(), crossing()], BARS, listen=[where], types=[wanted])
    assert built - without == {wanted: len(run.events(where))}
    assert len(run.events(where)) > 0


def test_l8_a_failure_nobody_listens_to_builds_no_error(built):
    containers = [data(), crossing("portfolio_1"), crossing("portfolio_2")]

    def prepare(made):
        made["portfolio_1"].event_bus.subscribe("FILL", lambda _: 1 / 0)

    run = play(containers, BARS, listen=[], prepare=prepare)
    assert run["portfolio_1"].status == "failed"
    assert built["ERROR"] == 0


def test_l8_features_that_nobody_hears_are_not_published_though_they_are_computed(built):
    containers = [
        data(),
        features(fast=sma(2), slow=sma(4)),
        strategy(inputs=("features_1",), strategy=crossing().strategy),
        portfolio("portfolio_1", ("strategy_1",)),
    ]
    play(containers, BARS, listen=[])
    assert built["FEATURES"] == built["BAR"] == 0
    assert built["SIGNAL"] > 0


def test_the_number_of_events_of_a_run_is_what_was_published(built):
    run = play([data(), crossing()], BARS, listen=["portfolio_1"])
    assert run.simulation.events == len(run.events()) == sum(built.values())


def test_undoing_an_observer_before_the_run_leaves_no_trace_of_it(built):
    containers, undone = [data(), crossing(), analysis()], []
    play(containers, BARS, listen=[])
    without = Counter(built)
    built.clear()

    def prepare(made):
        for container in made.values():
            undone.append(Recording())
            container.event_bus.attach_observer(undone[-1])()

    play(containers, BARS, listen=[], prepare=prepare)
    assert built == without
    assert all(recording.events == recording.ends == [] for recording in undone)


@pytest.mark.parametrize("n", [1_000, 4_000])
def test_l5_a_lane_nobody_looks_at_sleeps_between_its_signals(n):
    """Work is counted, not time: it goes with the trades, whatever the number of bars."""
    run = play([data(), crossing(fast=10, slow=50)], walk(n), listen=[])
    assert 0 < run.simulation.events <= 5 * run.metrics()["fills"] < n / 4


@pytest.mark.parametrize("n", [60, 500])
def test_e7_the_events_of_the_crossover_example_are_counted_exactly(n):
    """N BAR, n FEATURES (null while warming up) and n + 2 PORTFOLIO_UPDATE on the portfolio's bus, and the trades."""
    run = play([data(), crossing(fast=10, slow=50)], walk(n))
    counts, metrics = Counter(run.heard["portfolio_1"].types()), run.metrics()
    assert (counts["BAR"], counts["FEATURES"], counts["PORTFOLIO_UPDATE"]) == (n, n, n + 2)
    nulls = [sum(value is None for value in e.values.values()) for e in run.events("portfolio_1", "FEATURES")]
    assert nulls == [2] * 9 + [1] * 40 + [0] * (n - 49)
    trades = metrics["total_trades"]
    assert counts["POSITION_OPEN"] == counts["POSITION_CLOSE"] == trades
    assert (
        counts["FILL"] == counts["ORDER"] == counts["ORDER_REQUEST"] == 2 * trades or counts["ORDER"] > counts["FILL"]
    )
    updates = run.events("portfolio_1", "PORTFOLIO_UPDATE")
    assert [e.event_id for e in updates] == [f"portfolio_1:PORTFOLIO_UPDATE:{k + 1}" for k in range(n + 2)]
    days = BARS.timestamps[:n].tolist()
    assert [e.timestamp for e in updates] == [days[0], *days, days[-1]]
    assert updates[-1].equity == metrics["final_equity"]


def test_l8_observers_attached_after_the_wiring_are_heard_from_the_first_event():
    simulation = stage([data(), crossing()], {"data_x": BARS})
    heard = record(simulation.containers["portfolio_1"])
    simulation.run(lambda: None)
    assert heard.events[0].event_id == "portfolio_1:PORTFOLIO_UPDATE:1"


def several():
    """Portfolios beside each other, and someone who hears all of them."""
    return [
        data(),
        crossing("portfolio_1", fast=10, slow=50),
        features(rsi=FeatureSpec(indicator="RSI")),
        crossing("portfolio_2", fast=20, slow=80, direction="both", account=LOANS, close_at_end=False),
        analysis(inputs=("features_1", "portfolio_2", "portfolio_1")),
    ]


def slow_down(made):
    """A handler that does nothing forbids to work in bulk."""
    made["data_x"].event_bus.subscribe("BAR", lambda _: None)


@pytest.mark.parametrize("listen", [["portfolio_1"], ["analysis_1", "data_x"], None])
def test_l6_long_quiet_stretches_are_the_same_done_in_bulk_and_one_by_one(listen):
    containers, bars = several(), walk(3_000)
    fast, slow = play(containers, bars, listen=listen), play(containers, bars, listen=listen, prepare=slow_down)
    for id_ in fast.simulation.containers:
        assert fast[id_].metrics() == slow[id_].metrics(), id_
    for id_, recording in fast.heard.items():
        assert recording.events == slow.events(id_), id_
        assert recording.ends == slow.heard[id_].ends, id_


@pytest.mark.parametrize("traced", [["portfolio_1"], ["analysis_1", "portfolio_2", "data_x"]])
def test_l6_event_files_are_the_same_from_columns_and_from_events(traced, tmp_path):
    """Where only tracers look, quiet stretches become lines without becoming events."""

    def run(name, *more):
        def prepare(made):
            for id_ in traced:
                made[id_].attach(EventTracer(id_, DiskStorage(tmp_path / name / id_), retention_policy="none"))
            for each in more:
                each(made)

        played = play(several(), walk(3_000), listen=[], prepare=prepare)
        for id_ in traced:
            played[id_].tracer.close()
        return {path.parent.name: path.read_bytes() for path in (tmp_path / name).glob("*/events.jsonl.gz")}

    fast = run("fast")
    assert fast == run("slow", slow_down)
    assert fast.keys() == {*traced}


def test_l8_what_is_only_written_down_is_never_built(built, tmp_path):
    def prepare(made):
        made["portfolio_1"].attach(EventTracer("p", DiskStorage(tmp_path), retention_policy="trade_complete"))

    run = play([data(), crossing()], BARS, listen=[], prepare=prepare)
    assert run["portfolio_1"].tracer.accounting()["seen"] > 3 * len(BARS)
    assert built["BAR"] == built["FEATURES"] == 0
    assert built["PORTFOLIO_UPDATE"] == 2  # before the first bar and after the last
    assert built["FILL"] > 40
