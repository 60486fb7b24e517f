"""The run as a whole: its root, a stop in the middle, and figures asked for on the way (rule L10)."""

import pytest

from tests.building import (
    analysis,
    crossing,
    data,
    own,
    play,
    portfolio,
    record,
    stage,
    strategy,
    walk,
)

BARS = walk(60)
TRADE_TYPES = ("SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE")


def lanes(n, **settings):
    return [crossing(f"portfolio_{k}", fast=2 + k % 3, slow=5 + k, **settings) for k in range(n)]


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
        lane.event_bus.subscribe("FILL", lambda _: asked.append(lane.get_results()["metrics"]["fills"]))

    whole = play([data(), *lanes(1)], BARS)
    run = play([data(), *lanes(1)], BARS, prepare=prepare)
    assert asked[-1] > asked[0]
    assert run.metrics("portfolio_0") == whole.metrics("portfolio_0")
    assert run["portfolio_0"].get_results()["status"] == "completed"


def test_e5_what_the_root_says_of_many_containers_is_no_storm(monkeypatch):
    """Each container's status at the first step and at the last: with ten thousand of them more than anybody may say."""
    monkeypatch.setattr("engine.containers.outlet.STORM_LIMIT", 20)
    run = play([data(), *lanes(30)], {"data_x": BARS})
    assert run["root_container"].status == "completed"
    assert len(run.events("root_container", "CONTAINER_STATUS")) == 2 * 32
