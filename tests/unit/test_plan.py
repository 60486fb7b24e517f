"""The plan: lanes, who is behind whom, whose desk fills what, and what planning refuses (rules L7, L9, C1, E1)."""

import numpy as np
import pytest

from engine.config.schema import RunConfig
from engine.orchestration.planning import make_plan
from engine.orchestration.problems import PlanError
from engine.strategies.buy_and_hold import BuyAndHold
from tests import strategies_for_tests
from tests.building import (
    HERE,
    analysis,
    crossing,
    data,
    execution,
    features,
    make_bars,
    own,
    play,
    portfolio,
    sma,
    strategy,
    walk,
)


def plan_of(*containers):
    return make_plan(RunConfig(name="test", containers=list(containers)), HERE)


FULL = (
    data(),
    features(fast=sma(2), slow=sma(4)),
    strategy("shared", ("features_1",), strategy=BuyAndHold()),
    strategy("alone", ("features_1",), strategy=BuyAndHold()),
    execution("terms_1"),
    execution("terms_2"),
    portfolio("p_1", ("shared",), execution="terms_1"),
    portfolio("p_2", ("shared",), execution="terms_1"),
    portfolio("p_3", ("alone",), execution="terms_2"),
    analysis("ears", ("shared", "p_3")),
)


def test_a_lane_is_a_portfolio_with_what_serves_it_alone():
    lanes = {planned.id: planned.lane for planned in plan_of(*FULL).containers.values()}
    assert lanes == {
        "data_x": 0,
        "features_1": 0,
        "shared": 0,
        "alone": 3,
        "terms_1": 0,
        "terms_2": 3,
        "p_1": 1,
        "p_2": 2,
        "p_3": 3,
        "ears": 0,
        "root_container": 0,
    }


def test_ranks_follow_the_declaration_and_the_root_comes_last():
    plan = plan_of(*FULL)
    assert [planned.rank for planned in plan.containers.values()] == list(range(len(FULL) + 1))
    assert [*plan.containers] == [*(container.id for container in FULL), "root_container"]


def test_who_stands_behind_a_container_nearest_first():
    plan = plan_of(*FULL)
    assert plan.behind["p_1"] == ("shared", "features_1", "data_x")
    assert plan.behind["ears"] == ("shared", "p_3", "features_1", "alone", "data_x")
    assert plan.behind["data_x"] == ()
    assert plan.data_of["p_3"] == ("data_x",)


def test_l9_who_fails_with_whom():
    lanes_of = plan_of(*FULL).lanes_of
    assert lanes_of["data_x"] == lanes_of["features_1"] == ("p_1", "p_2", "p_3")
    assert lanes_of["shared"] == lanes_of["terms_1"] == ("p_1", "p_2")
    assert lanes_of["alone"] == lanes_of["terms_2"] == ("p_3",)
    assert "ears" not in lanes_of


def test_data_come_in_the_order_of_their_declaration_not_of_the_inputs():
    plan = plan_of(data("b", "B"), data("a", "A"), portfolio("p", ("a", "b")))
    assert plan.data_of["p"] == ("b", "a")


@pytest.mark.parametrize(
    ("declared", "chosen", "expected"),
    [
        ((), None, "execution_default"),
        (("terms_1",), None, "terms_1"),
        (("terms_1", "terms_2"), "terms_2", "terms_2"),
    ],
)
def test_c1_who_fills_the_orders(declared, chosen, expected):
    plan = plan_of(data(), *(execution(id_) for id_ in declared), portfolio("p", execution=chosen))
    assert plan.execution_of == {"p": expected}
    assert ("execution_default" in plan.containers) == (not declared)


@pytest.mark.parametrize(("n", "label"), [(1, "execution_1"), (2, "execution_1/portfolio_0")])
def test_e1_ids_of_an_execution_container_name_the_portfolio_where_it_serves_several(n, label):
    run = play([data(), execution(), *(crossing(f"portfolio_{k}") for k in range(n))], walk(40))
    fills = run.events("portfolio_0", "FILL")
    assert [e.event_id for e in fills] == [f"{label}:FILL:{k + 1}" for k in range(len(fills))]
    assert {e.source for e in fills} == {"execution_1"}


def test_a_portfolio_with_two_data_containers_of_one_symbol_is_refused():
    """Orders and signals name a symbol: nobody could tell which of the two they mean."""
    with pytest.raises(PlanError, match="symbol"):
        plan_of(data("data_1", "X"), data("data_2", "X"), portfolio("p", ("data_1", "data_2")))
    plan_of(data("data_1", "X"), data("data_2", "X"), portfolio("p", ("data_1",)), portfolio("q", ("data_2",)))


def test_a_benchmark_of_a_symbol_that_is_traded_from_elsewhere_is_refused():
    with pytest.raises(PlanError, match="symbol of its own"):
        plan_of(data("data_1", "X"), data("data_2", "X"), portfolio("p", ("data_1",), benchmark="data_2"))
    plan_of(data("data_1", "X"), portfolio("p", ("data_1",), benchmark="data_1"))


def test_of_two_features_of_one_name_both_styles_of_strategy_read_the_same(monkeypatch):
    """Nearest first, then in the order of the inputs."""
    read = []

    def keep(columns):
        read.append(columns["fast"])
        return np.zeros(len(columns["close"]))

    monkeypatch.setattr(strategies_for_tests, "wish", keep)
    strategies_for_tests.Watcher.seen.clear()
    mean = [features("features_a", fast=sma(2)), features("features_b", fast=sma(3))]
    inputs = ("features_a", "features_b")
    bars = make_bars([1, 2, 4, 8, 16, 32])
    play([data(), *mean, *(portfolio(f"p_{s}", inputs, strategy=own(s)) for s in ("wish", "Watcher"))], bars)
    seen = {bar.timestamp: shown["fast"] for bar, shown, _ in strategies_for_tests.Watcher.seen}
    (column,) = read
    expected = {t: v for t, v in zip(bars.timestamps.tolist(), column.tolist(), strict=True) if t in seen}
    assert len(seen) >= 4
    assert seen == expected
