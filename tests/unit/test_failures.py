"""Failures: who fails with whom, what is told of it, and storms (rules L9, E5, E6)."""

import pytest

from engine.orchestration.failures import Failures
from engine.strategies.decision import Decision
from engine.trading.sizing import FixedQuantity
from tests.building import (
    CASH,
    Recording,
    analysis,
    crossing,
    data,
    execution,
    features,
    make_bars,
    play,
    portfolio,
    sma,
    stage,
    strategy,
    walk,
    wishing,
)

BARS = walk(60)
TRADE_TYPES = ("SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE")


def lanes(n, **settings):
    return [crossing(f"portfolio_{k}", fast=2 + k % 3, slow=5 + k, **settings) for k in range(n)]


def fail_at(id_, event_type, number=3):
    """Has the container's handler raise at the n-th event of a type."""

    def prepare(containers):
        met = []

        def handle(event):
            met.append(event)
            if len(met) == number:
                raise ZeroDivisionError("on purpose")

        containers[id_].event_bus.subscribe(event_type, handle)

    return prepare


def assert_failed_alone(run, whole, failed, others):
    assert [run[id_].status for id_ in failed] == ["failed"] * len(failed)
    for id_ in others:
        assert run[id_].status == "completed"
        assert run.events(id_) == whole.events(id_), id_
        assert run.metrics(id_) == whole.metrics(id_), id_


@pytest.mark.parametrize(
    "event_type", ["BAR", "FEATURES", "PORTFOLIO_UPDATE", "SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_CLOSE"]
)
def test_e6_a_handler_that_raises_fails_its_lane_and_no_other_byte(event_type):
    containers = [data(), execution(), *lanes(3)]
    whole, run = play(containers, BARS), play(containers, BARS, prepare=fail_at("portfolio_1", event_type))
    assert_failed_alone(run, whole, ["portfolio_1"], ["portfolio_0", "portfolio_2"])
    assert run["portfolio_1"].error == "on purpose"
    assert isinstance(run["portfolio_1"].exception, ZeroDivisionError)
    events = run.events("portfolio_1")
    assert events[:-1] == whole.events("portfolio_1")[: len(events) - 1]
    assert (events[-1].type, events[-1].message, events[-1].exception) == ("ERROR", "on purpose", "ZeroDivisionError")
    assert events[-1].where.endswith("in handle")
    assert run["execution_1"].status == run["data_x"].status == "completed"


def test_e6_the_root_hears_of_the_error_and_of_the_status():
    run = play([data(), *lanes(2)], BARS, prepare=fail_at("portfolio_1", "BAR"))
    root = run.events("root_container")
    assert [e.source for e in root if e.type == "ERROR"] == ["portfolio_1"]
    statuses = [(e.id, e.status) for e in root if e.type == "CONTAINER_STATUS" and e.status != "running"]
    assert statuses[0] == ("portfolio_1", "failed")
    assert ("portfolio_0", "completed") in statuses
    assert (root[-1].type, root[-1].status, run["root_container"].status) == ("RUN_END", "failed", "failed")
    assert run.metrics("root_container")["failed"] == 1


def test_e6_an_observer_that_raises_fails_its_container_like_a_handler():
    class Breaks(Recording):
        def observe(self, event):
            if len(self.events) == 5:
                raise OSError("disk full")
            self.events.append(event)

    containers = [data(), *lanes(3)]
    whole = play(containers, BARS)
    run = play(containers, BARS, prepare=lambda made: made["portfolio_1"].event_bus.attach_observer(Breaks()))
    assert_failed_alone(run, whole, ["portfolio_1"], ["portfolio_0", "portfolio_2"])
    assert run["portfolio_1"].error == "disk full"


@pytest.mark.parametrize("event_type", ["BAR", "FILL", "POSITION_CLOSE", "SIGNAL"])
def test_l9_an_analysis_container_fails_only_itself(event_type):
    containers = [data(), *lanes(3), analysis(inputs=("data_x", "portfolio_0", "portfolio_1")), analysis("second")]
    whole, run = play(containers, BARS), play(containers, BARS, prepare=fail_at("analysis_1", event_type))
    assert_failed_alone(run, whole, ["analysis_1"], ["portfolio_0", "portfolio_1", "portfolio_2", "second"])
    events = run.events("analysis_1")
    assert [e.type for e in events].count("ERROR") == 1
    assert events[-1].type == "ERROR"


def test_l9_an_analysis_container_whose_observer_fails_at_an_end_fails_only_itself():
    class Breaks(Recording):
        def ended(self, correlation_id):
            raise OSError(f"disk full at {correlation_id}")

    containers = [data(), *lanes(2), analysis(inputs=("portfolio_0", "portfolio_1"))]
    whole = play(containers, BARS)
    run = play(containers, BARS, prepare=lambda made: made["analysis_1"].event_bus.attach_observer(Breaks()))
    assert_failed_alone(run, whole, ["analysis_1"], ["portfolio_0", "portfolio_1"])


@pytest.mark.parametrize("shared", ["features_1", "strategy_1"])
def test_l9_a_shared_container_takes_along_who_depends_on_it(shared):
    containers = [
        data(),
        features(fast=sma(2), slow=sma(4)),
        strategy(inputs=("features_1",), strategy=crossing().strategy),
        portfolio("portfolio_1", ("strategy_1",)),
        portfolio("portfolio_2", ("strategy_1",)),
        crossing("portfolio_3"),
    ]
    event_type = "FEATURES" if shared == "features_1" else "SIGNAL"
    whole, run = play(containers, BARS), play(containers, BARS, prepare=fail_at(shared, event_type))
    assert_failed_alone(run, whole, [shared, "portfolio_1", "portfolio_2"], ["portfolio_3"])
    assert run["portfolio_1"].error == f"{shared} failed: on purpose"
    assert [e.source for e in run.events("root_container", "ERROR")] == [shared]


def test_l9_data_take_along_everybody_who_reads_them():
    bars = {"data_x": BARS, "data_y": walk(60, seed=9, symbol="Y")}
    containers = [data(), data("data_y", "Y"), crossing("portfolio_1"), crossing("portfolio_2", inputs=("data_y",))]
    whole, run = play(containers, bars), play(containers, bars, prepare=fail_at("data_x", "BAR"))
    assert_failed_alone(run, whole, ["data_x", "portfolio_1"], ["portfolio_2", "data_y"])


def test_l9_an_execution_container_takes_along_its_clients_and_nobody_else():
    containers = [
        data(),
        execution("execution_1"),
        execution("execution_2"),
        crossing("portfolio_1", execution="execution_1"),
        crossing("portfolio_2", execution="execution_1", slow=5),
        crossing("portfolio_3", execution="execution_2"),
    ]
    whole, run = play(containers, BARS), play(containers, BARS, prepare=fail_at("execution_1", "ORDER_REQUEST"))
    assert_failed_alone(run, whole, ["execution_1", "portfolio_1", "portfolio_2"], ["portfolio_3", "execution_2"])


def test_l9_two_lanes_that_fail_in_one_step_are_both_told():
    def prepare(containers):
        for id_ in ("portfolio_0", "portfolio_2"):
            fail_at(id_, "BAR")(containers)

    containers = [data(), *lanes(4)]
    whole, run = play(containers, BARS), play(containers, BARS, prepare=prepare)
    assert_failed_alone(run, whole, ["portfolio_0", "portfolio_2"], ["portfolio_1", "portfolio_3"])
    assert [e.source for e in run.events("root_container", "ERROR")] == ["portfolio_0", "portfolio_2"]


@pytest.mark.parametrize("block_size", [1, 2, 65_536])
def test_l9_an_equity_beyond_all_numbers_fails_its_lane_and_not_the_run(block_size):
    bars = make_bars([1.0, 1.0, 1e300, 1e300, 1e300, 1e300], wishes=[1, 1, 1, 0, 1, 1])
    beyond = wishing("portfolio_1", cash=1e11, sizing=FixedQuantity(quantity=1e10))
    calm = wishing("portfolio_1", cash=1e11, sizing=FixedQuantity(quantity=1.0))
    others = [data(), wishing("portfolio_0", cash=CASH), wishing("portfolio_2", cash=CASH)]
    listen = ["portfolio_0", "portfolio_2", "root_container"]
    whole = play([*others, calm], bars, listen=listen, block_size=block_size)
    run = play([*others, beyond], bars, listen=listen, block_size=block_size)
    assert_failed_alone(run, whole, ["portfolio_1"], ["portfolio_0", "portfolio_2"])
    assert "no longer a finite amount at bar 3" in run["portfolio_1"].error
    root = run.events("root_container")
    assert [e.source for e in root if e.type == "ERROR"] == ["portfolio_1"]
    assert (root[-1].type, root[-1].status) == ("RUN_END", "failed")


@pytest.mark.parametrize("block_size", [1, 7])
def test_l6_where_an_observer_fails_does_not_depend_on_blocks(block_size):
    """Its 50th event is an update in the middle of a quiet stretch."""

    class Breaks(Recording):
        def observe(self, event):
            self.events.append(event)
            if len(self.events) == 50:
                raise OSError("disk full")

    def run(**settings):
        containers = [data(), *lanes(2), analysis(inputs=("portfolio_0", "portfolio_1"))]
        return play(
            containers,
            walk(2_000),
            prepare=lambda made: made["portfolio_1"].event_bus.attach_observer(Breaks()),
            **settings,
        )

    one, other = run(), run(block_size=block_size)
    for id_ in ("portfolio_1", "analysis_1", "root_container"):
        assert one.events(id_) == other.events(id_), id_
    assert one.metrics("portfolio_1") == other.metrics("portfolio_1")


def test_l9_the_events_of_a_failed_lane_stay_in_shared_traces_up_to_its_error():
    containers = [data(), *lanes(2), analysis(inputs=("portfolio_0", "portfolio_1"))]
    whole, run = play(containers, BARS), play(containers, BARS, prepare=fail_at("portfolio_1", "POSITION_CLOSE"))
    theirs = [e for e in run.events("analysis_1") if e.event_id.startswith("portfolio_1:")]
    before = [e for e in whole.events("analysis_1") if e.event_id.startswith("portfolio_1:")]
    assert theirs[-1].type == "ERROR"
    assert theirs[:-1] == before[: len(theirs) - 1]
    assert [e for e in run.events("analysis_1") if e.source == "portfolio_0"] == [
        e for e in whole.events("analysis_1") if e.source == "portfolio_0"
    ]


def test_e5_a_storm_ends_the_lane_and_no_other():
    """A handler that answers every signal with the opposite one would never come to an end."""

    def prepare(containers):
        lane = containers["portfolio_1"]

        def answer(event):
            opposite = {"long": "short", "short": "long", "flat": "long"}[event.direction]
            lane.decide(0, Decision(opposite), event.event_id)

        lane.event_bus.subscribe("SIGNAL", answer)

    containers = [data(), *lanes(3)]
    whole, run = play(containers, BARS), play(containers, BARS, prepare=prepare)
    assert_failed_alone(run, whole, ["portfolio_1"], ["portfolio_0", "portfolio_2"])
    assert run["portfolio_1"].error.startswith("event_storm: more than 10000 events from portfolio_1")
    storm = run.events("portfolio_1", "SIGNAL")
    assert len({e.timestamp for e in storm}) == 1
    assert 9_990 <= len(storm) <= 10_000


@pytest.mark.parametrize("listen", [[], ["portfolio_0"]])
@pytest.mark.parametrize(("n", "status"), [(9_990, "completed"), (10_001, "failed")])
def test_e5_a_storm_does_not_depend_on_who_listens(listen, n, status):
    """At its first fill the lane makes n decisions: n SIGNALs of one source in one step, built or not."""

    def prepare(containers):
        lane, met = containers["portfolio_0"], []

        def decide(event):
            met.append(event)
            for k in range(n if len(met) == 1 else 0):
                lane.decide(0, Decision("flat" if k % 2 else "long"), event.event_id)

        lane.event_bus.subscribe("FILL", decide)

    run = play([data(), *lanes(2)], BARS, listen=listen, prepare=prepare)
    assert run["portfolio_0"].status == status
    assert run["portfolio_1"].status == "completed"
    if status == "failed":
        assert run["portfolio_0"].error.startswith("event_storm: more than 10000 events from portfolio_0")


def test_e5_a_storm_of_events_published_without_asking_for_an_id_ends_too():
    """A handler that publishes the event it got, again and again."""

    def prepare(containers):
        lane = containers["portfolio_1"]
        lane.event_bus.subscribe("SIGNAL", lambda event: lane.outlet.publish(4, event))

    containers = [data(), *lanes(2)]
    simulation = stage(containers, {"data_x": BARS}, prepare=prepare)
    lane, heard = simulation.containers["portfolio_1"], []

    def give_up(event):
        heard.append(event)
        if len(heard) > 20_000:
            raise KeyboardInterrupt

    lane.event_bus.subscribe("SIGNAL", give_up)
    try:
        simulation.run(lambda: None)
    except KeyboardInterrupt:
        pytest.fail("the storm went on for 20,000 events")
    assert lane.error.startswith("event_storm")


def test_an_error_while_reporting_an_error_is_not_hidden(monkeypatch):
    def breaks(*_):
        raise RuntimeError("the report itself")

    monkeypatch.setattr(Failures, "_report", breaks)
    with pytest.raises(RuntimeError, match="the report itself"):
        play([data(), *lanes(1)], BARS, prepare=fail_at("portfolio_0", "BAR"))
