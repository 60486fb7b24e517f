"""Isolation: who hears what of whom (rules L7, L8, K3)."""

import pytest

from tests.building import (
    Recording,
    analysis,
    crossing,
    data,
    execution,
    features,
    own,
    play,
    portfolio,
    sma,
    strategy,
    walk,
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
