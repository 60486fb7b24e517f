"""Isolation: who hears what of whom, and who fails with whom (rules L7, L9, E6, L10, K3)."""

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
    own,
    play,
    portfolio,
    record,
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


@pytest.mark.parametrize("n", [1, 4, 16])
@pytest.mark.parametrize("terms", [(), (execution(),)], ids=["default execution", "declared execution"])
def test_l7_no_lane_hears_of_another_and_deliveries_grow_linearly(n, terms):
    """Each portfolio: n_bars BAR and FEATURES, n_bars + 2 updates, its own trade events once, nothing else."""
    run = play([data(), *terms, *lanes(n)], BARS)
    executing = "execution_1" if terms else "execution_default"
    asked = 0
    for k in range(n):
        id_ = f"portfolio_{k}"
        events, metrics = run.events(id_), run.metrics(id_)
        assert {e.source for e in events} == {"data_x", executing, id_}
        foreign = [e for e in events if e.source == executing and not e.correlation_id.startswith(f"{id_}#")]
        assert foreign == []
        assert len({e.event_id for e in events}) == len(events)
        counts = {t: len(run.events(id_, t)) for t in ("BAR", "FEATURES", "PORTFOLIO_UPDATE", *TRADE_TYPES)}
        trades, fills = metrics["total_trades"], metrics["fills"]
        assert trades > 0
        assert (counts["BAR"], counts["FEATURES"], counts["PORTFOLIO_UPDATE"]) == (60, 60, 62)
        assert (counts["FILL"], counts["POSITION_OPEN"], counts["POSITION_CLOSE"]) == (fills, trades, trades)
        assert sum(counts.values()) == len(events)
        asked += sum(counts[t] for t in ("ORDER_REQUEST", "ORDER", "FILL"))
    assert len(run.events(executing)) == asked
    assert len(run.events("data_x")) == 60


def test_l7_sixteen_lanes_deliver_sixteen_times_what_one_delivers():
    """The same portfolio once and sixteen times: handlers and observers are called exactly that often."""
    calls = []

    class Counting(Recording):
        def observe(self, event):
            calls.append(event.type)

    def count(n):
        calls.clear()
        alike = [crossing(f"portfolio_{k}") for k in range(n)]

        def prepare(made):
            for id_, container in made.items():
                if id_.startswith("portfolio"):
                    container.event_bus.attach_observer(Counting())

        play([data(), *alike], BARS, listen=[], prepare=prepare)
        return len(calls)

    one = count(1)
    assert [count(4), count(16)] == [4 * one, 16 * one]


def test_l7_a_portfolio_alone_and_among_others_is_the_same_to_the_last_event():
    alone = play([data(), execution(), *lanes(1), portfolio("idle", strategy=own("lean", size=0))], BARS)
    among = play([data(), execution(), *lanes(16)], BARS)
    assert alone.events("portfolio_0") == among.events("portfolio_0")
    assert alone.metrics("portfolio_0") == among.metrics("portfolio_0")


def test_l7_each_event_reaches_a_container_once_although_several_routes_lead_there():
    containers = [
        data(),
        features(fast=sma(2), slow=sma(4)),
        strategy(inputs=("features_1", "data_x"), strategy=crossing().strategy),
        portfolio("portfolio_1", ("strategy_1", "features_1", "data_x")),
        portfolio("portfolio_2", ("strategy_1",)),
        analysis("inner", ("portfolio_1", "strategy_1", "data_x")),
        analysis("outer", ("data_x", "features_1", "strategy_1", "portfolio_1", "portfolio_2", "inner")),
    ]
    run = play(containers, BARS)
    for id_ in ("portfolio_1", "portfolio_2", "inner", "outer"):
        ids = [e.event_id for e in run.events(id_)]
        assert len(set(ids)) == len(ids)
        assert len(run.events(id_, "BAR")) == len(run.events(id_, "FEATURES")) == 60
    everybody = {e.event_id for id_ in run.heard if id_ != "root_container" for e in run.events(id_)}
    assert {e.event_id for e in run.events("outer")} == everybody
    assert {e.source for e in run.events("inner")} == {
        "data_x",
        "features_1",
        "strategy_1",
        "portfolio_1",
        "execution_default",
    }


def test_l7_a_portfolio_hears_the_data_behind_its_strategy_without_being_told():
    containers = [
        data(),
        features(fast=sma(2), slow=sma(4)),
        strategy(inputs=("features_1",), strategy=crossing().strategy),
        portfolio("portfolio_1", ("strategy_1",)),
    ]
    run = play(containers, BARS)
    assert len(run.events("portfolio_1", "BAR")) == 60
    assert run.metrics("portfolio_1")["total_trades"] > 3


def test_l8_observers_hear_only_what_they_declared_in_a_whole_run():
    full = play([data(), crossing()], BARS)
    some = play([data(), crossing()], BARS, listen=["portfolio_1"], types=["POSITION_OPEN", "POSITION_CLOSE"])
    assert some.events() == full.events("portfolio_1", "POSITION_OPEN", "POSITION_CLOSE")
    assert some.metrics() == full.metrics()
    assert some.heard["portfolio_1"].ends == full.heard["portfolio_1"].ends


def test_k3_ends_are_told_to_every_observer_once_for_each_trade():
    run = play([data(), crossing(), analysis(inputs=("portfolio_1",))], BARS, types=[])
    trades = [f"portfolio_1#{k + 1}" for k in range(run.metrics()["total_trades"])]
    assert run.heard["portfolio_1"].ends == run.heard["analysis_1"].ends == trades
    assert run.heard["data_x"].ends == run.heard["root_container"].ends == []


# --- failures -------------------------------------------------------------------------------------------------------


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
            raise OSError("disk full")

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


@pytest.mark.parametrize("block_size", [1, 65_536])
def test_l9_an_equity_beyond_all_numbers_fails_its_lane_and_not_the_run(block_size):
    bars = make_bars([1.0, 1.0, 1e300, 1e300, 1e300], wishes=[1, 1, 1, 1, 1])
    run = play(
        [
            data(),
            wishing("portfolio_1", cash=1e11, sizing=FixedQuantity(quantity=1e10)),
            wishing("portfolio_2", cash=CASH),
        ],
        bars,
        listen=["root_container"],
        block_size=block_size,
    )
    assert [run[id_].status for id_ in ("portfolio_1", "portfolio_2")] == ["failed", "completed"]
    assert "no longer a finite amount" in run["portfolio_1"].error


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


def test_l10_the_root_carries_the_run_from_start_to_end():
    run = play([data(), *lanes(2), analysis(inputs=("portfolio_0",))], BARS)
    root = run.events("root_container")
    ids = ["data_x", "portfolio_0", "portfolio_1", "analysis_1", "execution_default"]
    assert {e.type for e in root} == {"RUN_START", "CONTAINER_STATUS", "RUN_END"}
    assert [root[0].type, root[-1].type] == ["RUN_START", "RUN_END"]
    assert [(e.id, e.status) for e in root[1:6]] == [(id_, "running") for id_ in ids]
    assert sorted(e.id for e in root[6:-1]) == sorted(ids)
    assert {e.status for e in root[6:-1]} == {"completed"}
    assert (root[0].timestamp, root[-1].timestamp) == (BARS.timestamps[0], BARS.timestamps[-1])
    assert root[-1].status == "completed"


def test_l10_the_metrics_of_the_root_are_totals():
    run = play([data(), *lanes(3)], BARS)
    totals, parts = run.metrics("root_container"), [run.metrics(f"portfolio_{k}") for k in range(3)]
    assert (totals["containers"], totals["portfolios"], totals["completed"], totals["failed"]) == (5, 3, 5, 0)
    for name in ("total_trades", "orders", "fills"):
        assert totals[name] == sum(part[name] for part in parts) > 0
    assert totals["total_pnl"] == pytest.approx(sum(part["total_pnl"] for part in parts))


def test_l10_run_start_comes_before_anything_that_can_fail():
    run = play(
        [
            data(),
            strategy(strategy=own("breaks")),
            portfolio("p_1", ("strategy_1",)),
            portfolio("p_2", ("strategy_1",)),
        ],
        BARS,
    )
    root = run.events("root_container")
    assert root[0].type == "RUN_START"
    told = [(e.id, e.status) for e in root if e.type == "CONTAINER_STATUS" and e.id == "strategy_1"]
    assert told == [("strategy_1", "running"), ("strategy_1", "failed")]


@pytest.mark.parametrize("step", [0, 17, 59])
def test_a_stop_ends_with_the_step_and_marks_what_was_running(step):
    simulation = stage([data(), *lanes(2)], {"data_x": BARS})
    heard = record(simulation.containers["portfolio_0"])
    simulation.containers["portfolio_1"].event_bus.subscribe(
        "BAR", lambda event: simulation.stop() if event.timestamp == BARS.timestamps[step] else None
    )
    simulation.run(lambda: None)
    whole = play([data(), *lanes(2)], BARS).events("portfolio_0")
    done = [e for e in whole if e.timestamp <= BARS.timestamps[step]]
    assert heard.events == done
    status = "completed" if step == 59 else "interrupted"
    assert {c.status for c in simulation.containers.values()} == {status}
    assert simulation.containers["portfolio_1"].metrics()[0]["days"] == step + 1


def test_metrics_asked_for_in_the_middle_do_not_stay():
    asked = []

    def prepare(containers):
        lane = containers["portfolio_0"]
        lane.event_bus.subscribe("FILL", lambda event: asked.append(lane.get_results()["metrics"]["fills"]))

    whole = play([data(), *lanes(1)], BARS)
    run = play([data(), *lanes(1)], BARS, prepare=prepare)
    assert asked[-1] > asked[0]
    assert run.metrics("portfolio_0") == whole.metrics("portfolio_0")
    assert run["portfolio_0"].get_results()["status"] == "completed"


def test_an_error_while_reporting_an_error_is_not_hidden(monkeypatch):
    def breaks(*_):
        raise RuntimeError("the report itself")

    monkeypatch.setattr(Failures, "_report", breaks)
    with pytest.raises(RuntimeError, match="the report itself"):
        play([data(), *lanes(1)], BARS, prepare=fail_at("portfolio_0", "BAR"))
