"""Portfolios that are computed as columns and yet observed: they tell what happened (rules B2, L9)."""

import pytest

from cli.config_file import read_config
from engine.lanes.portfolio import LanePortfolio
from engine.orchestration.prepare import prepare
from engine.orchestration.shards import parcel
from engine.strategies.crossover import Crossover
from engine.trading.costs import Percent
from tests.building import (
    Recording,
    crossing,
    data,
    execution,
    features,
    make_bars,
    play,
    portfolio,
    record,
    sma,
    stage,
    strategy,
    walk,
)
from tests.run_configs import CROSS, write_config

BARS = walk(400)
IDS = [f"portfolio_{n}" for n in range(3)]


def lanes(**settings):
    return [data(), *(crossing(id_, fast=2 + n, slow=5 + n, direction="both", **settings) for n, id_ in enumerate(IDS))]


def executions():
    some = [execution(f"execution_{n}", commission=[Percent(percent=0.1)]) for n in range(3)]
    own = [crossing(id_, fast=2 + n, execution=f"execution_{n}") for n, id_ in enumerate(IDS)]
    return [data(), *some, *own]


@pytest.mark.parametrize("containers", [lanes(), lanes(close_at_end=False), executions()])
def test_b2_who_observes_a_lane_and_its_execution_hears_the_same_on_both_paths(containers):
    heard = [id_ for id_ in ("execution_0", "execution_2", *IDS) if id_ in {each.id for each in containers}]
    by_event = play(containers, BARS, listen=heard)
    in_columns = play(containers, BARS, listen=heard, on_kernel=IDS)
    assert all(isinstance(in_columns[id_], LanePortfolio) for id_ in IDS)
    for id_ in heard:
        assert in_columns.events(id_) == by_event.events(id_)
        assert in_columns.heard[id_].ends == by_event.heard[id_].ends
    assert len(by_event.events("portfolio_0", "POSITION_CLOSE")) > 20


def test_b2_only_the_execution_may_be_observed():
    by_event, in_columns = (play(executions(), BARS, listen=["execution_1"], on_kernel=batch) for batch in ([], IDS))
    assert in_columns.events("execution_1") == by_event.events("execution_1")
    assert {e.type for e in in_columns.events("execution_1")} == {"ORDER_REQUEST", "ORDER", "FILL"}
    assert in_columns["portfolio_0"]._events is None


@pytest.mark.parametrize("first", [0, 1])
def test_b2_features_come_in_the_order_of_the_config(first):
    own = portfolio("portfolio_0", inputs=["strategy_0"], features={"slowest": sma(9)})
    followed = strategy("strategy_0", features={"slow": sma(4)}, strategy=Crossover(fast="close", slow="slow"))
    containers = [data(), *[[own, followed], [followed, own]][first]]
    by_event, in_columns = (play(containers, BARS, listen=[own.id], on_kernel=batch) for batch in ([], [own.id]))
    assert [each.source for each in by_event.events(own.id, "FEATURES")[:2]] == [containers[1].id, containers[2].id]
    assert in_columns.events(own.id) == by_event.events(own.id)


def test_b2_features_that_are_shared_come_first_wherever_they_are_declared():
    some = [crossing(id_, inputs=["shared"]) for id_ in IDS[:2]]
    containers = [data(), *some, features("shared", mean=sma(9))]
    by_event, in_columns = (play(containers, BARS, listen=IDS[:1], on_kernel=batch) for batch in ([], IDS[:2]))
    assert [each.source for each in by_event.events(IDS[0], "FEATURES")[:2]] == ["shared", IDS[0]]
    assert in_columns.events(IDS[0]) == by_event.events(IDS[0])


class InItsStep(Recording):
    """It must be shown each event by itself."""

    in_place = True

    def observe_columns(self, _):
        pytest.fail("it was shown columns")


def test_b2_an_observer_that_takes_no_columns_is_shown_every_event():
    heard = []

    def attach(containers):
        heard.append(InItsStep())
        containers["portfolio_1"].event_bus.attach_observer(heard[-1])

    for batch in ([], IDS):
        play(lanes(), BARS, listen=[], prepare=attach, on_kernel=batch)
    by_event, in_columns = heard
    assert in_columns.events == by_event.events
    assert in_columns.ends == by_event.ends


def test_a_lane_tells_as_the_run_goes_on(monkeypatch):
    monkeypatch.setattr("engine.lanes.portfolio.SHOWN_AT_ONCE", 20)
    recordings = []
    simulation = stage(
        lanes(), {"data_x": BARS}, on_kernel=IDS, prepare=lambda made: recordings.append(record(made["portfolio_1"]))
    )
    for container in simulation.containers.values():
        container.start()
    bars = []
    for step in range(1, 101):
        simulation.agenda.run(step)
        bars.append(len(recordings[0].of("BAR")))
    assert bars == [20 * (step // 20) for step in range(1, 101)]


@pytest.mark.parametrize("told_at_once", [30, 1 << 9])
@pytest.mark.parametrize("failing", IDS)
def test_l9_an_observer_that_fails_costs_its_own_lane(monkeypatch, told_at_once, failing):
    monkeypatch.setattr("engine.lanes.portfolio.SHOWN_AT_ONCE", told_at_once)

    class Fails(Recording):
        def observe(self, event):
            super().observe(event)
            if len(self.events) == 500:
                raise OSError("no more room")

    def attach(containers):
        containers[failing].event_bus.attach_observer(Fails())

    others = [id_ for id_ in IDS if id_ != failing]
    whole = play(lanes(), BARS, listen=others, on_kernel=IDS)
    run = play(lanes(), BARS, listen=[*others, "root_container"], on_kernel=IDS, prepare=attach)
    assert {id_: run[id_].status for id_ in IDS} == {failing: "failed"} | dict.fromkeys(others, "completed")
    assert run[failing].error == "no more room"
    assert [error.source for error in run.events("root_container", "ERROR")] == [failing]
    assert (run[failing].bars < len(BARS)) == (told_at_once == 30)
    for id_ in others:
        assert run.events(id_) == whole.events(id_)
        assert run.metrics(id_) == whole.metrics(id_)


def test_what_is_told_is_counted_once_as_published():
    by_event, in_columns = (play(lanes(), BARS, listen=IDS, on_kernel=batch).simulation for batch in ([], IDS))
    published = {outlet.label: outlet.all_published().total for outlet in in_columns.outlets}
    assert published["data_x"] == len(BARS)
    assert {o.label: o.all_published().total for o in by_event.outlets}["data_x"] == len(BARS)


def test_of_lanes_that_are_observed_no_more_are_simulated_at_once_than_by_event():
    class Plan:
        def of_type(self, _):
            return [type("Planned", (), {"lane": lane}) for lane in range(1, 1001)]

    assert [len(shard.lanes) for shard in parcel(Plan(), 1, range(1000))] == [1000]
    assert [len(shard.lanes) for shard in parcel(Plan(), 1, range(999))] == [250] * 4


TRACED = """
  - {id: execution_1, type: execution, EXECUTION}
  - {id: execution_2, type: execution}
  - {id: portfolio_2, type: portfolio, inputs: [data_x], execution: execution_2, strategy: {name: buy_and_hold}}
"""


@pytest.mark.parametrize(
    ("execution", "told"),
    [
        ("event_tracing: {mode: full}", {"portfolio_1"}),
        ("event_tracing: {mode: minimal, enabled: true}", {"portfolio_1"}),
        ("event_tracing: {mode: full, enabled: false}", set()),
    ],
)
def test_a_portfolio_whose_execution_is_traced_makes_events(tmp_path, execution, told):
    text = CROSS.replace("cash:", "execution: execution_1\n    cash:") + TRACED.replace("EXECUTION", execution)
    loaded = read_config(write_config(tmp_path, text), "c")
    prepared = prepare(loaded.config, loaded.locations, loaded.base_folder)
    assert prepared.on_kernel == {"portfolio_1", "portfolio_2"}
    assert prepared.shown == told


def test_a_lane_of_one_bar_tells_of_it():
    by_event, in_columns = (play(lanes(), make_bars([100.0]), listen=IDS, on_kernel=batch) for batch in ([], IDS))
    for id_ in IDS:
        assert [e.type for e in in_columns.events(id_)] == ["PORTFOLIO_UPDATE", "BAR", "FEATURES"] + [
            "PORTFOLIO_UPDATE"
        ] * 2
        assert in_columns.events(id_) == by_event.events(id_)
