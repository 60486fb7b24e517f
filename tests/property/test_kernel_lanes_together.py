"""Lanes on the kernel, some together and a few bars at a time, write what each writes event by event (rules B1, B2, L9)."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.config_file import read_config
from engine.lanes.portfolio import LanePortfolio
from engine.orchestration.prepare import prepare
from tests.building import make_bars
from tests.property.test_kernel_runs import OWN_CODE, executions, portfolios, prices, strategies, trading, tree_of

FEATURES = {"fast": {"indicator": "SMA", "timeperiod": 2}, "slow": {"indicator": "SMA", "timeperiod": 4}}
NEVER = {"name": "crossover", "fast": "close", "slow": "close", "direction": "both"}
PLAIN = {"cash": 1000.0, "sizing": {"name": "fixed_quantity", "quantity": 3}, "event_tracing": {"mode": "minimal"}}

lane = st.fixed_dictionaries(
    {
        "strategy": st.one_of(strategies, st.just(NEVER)),
        # Half of them are filled at once, so that one that has to go in turn stands among others.
        "portfolio": st.one_of(portfolios, st.just(PLAIN), st.just(PLAIN | {"cash": 350.0, "close_at_end": False})),
        "execution": st.one_of(executions, st.just({})),
        "trading": trading,
    }
)


def both_ways(folder, lanes, bars, block_size, at_once=64, *, shown_at_once=512, trades=False):
    """The bytes of every file, event by event and on the kernel, so many bars `at_once`, and who was there.

    Lanes that are observed are shown their events after `shown_at_once` bars.
    """
    containers = [{"id": "data_x", "type": "data", "source": {"name": "synthetic", "symbol": "X", "bars": 2}}]
    for number, lane in enumerate(lanes):
        execution = {"id": f"execution_{number}", "type": "execution", **lane["execution"]}
        deciding = {"inputs": ["data_x"], "features": FEATURES, "strategy": lane["strategy"]}
        portfolio = {"id": f"portfolio_{number}", "type": "portfolio", "execution": execution["id"], **deciding}
        containers += [execution, {**portfolio, **lane["portfolio"], **lane.get("trading", {})}]
    (folder / "own_code.py").write_text(OWN_CODE)
    config = {"containers": containers, "block_size": block_size, "results": {"equity": True, "trades": trades}}
    (folder / "config.yaml").write_text(json.dumps(config))
    loaded = read_config(folder / "config.yaml", "c")
    trees = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.lanes.portfolio.SHOWN_AT_ONCE", shown_at_once)
        patch.setattr("engine.lanes.portfolio.BARS_AT_ONCE", {"compiled": at_once, "interpreted": at_once})
        for path in ("event", "kernel"):
            prepared = prepare(loaded.config, loaded.locations, loaded.base_folder, path=path)
            trees.append(tree_of(replace(prepared, bars={"data_x": bars}), folder / path))
    (by_event, _, _), (tree, made, _) = trees
    return by_event, tree, made


@pytest.mark.examples(10, 30)
@given(
    some=st.lists(lane, min_size=1, max_size=6),
    closes=prices,
    cut=st.tuples(st.sampled_from([1, 7, 1000]), st.sampled_from([1, 2, 64]), st.sampled_from([1, 9, 40, 512])),
    drawn=st.data(),
)
def test_b2_lanes_together_write_what_each_writes_by_event(tmp_path_factory, some, closes, cut, drawn):
    opens = drawn.draw(st.lists(st.sampled_from([99.0, 100.0, 103.0]), min_size=len(closes), max_size=len(closes)))
    folder = tmp_path_factory.mktemp("lanes")
    by_event, tree, _ = both_ways(
        folder, some, make_bars(closes, opens=opens), *cut[:2], shown_at_once=cut[2], trades=drawn.draw(st.booleans())
    )
    assert tree == by_event


@pytest.mark.parametrize("block_size", [3, 1000])
def test_p2_a_reversal_that_the_account_cannot_pay_is_the_one_order_refused(tmp_path, block_size):
    bars = make_bars([99.0, 101.0, 141.0, 100.0, 99.0, 99.0], opens=[100.0, 100.0, 140.0, 120.0, 100.0, 100.0])
    both = {"name": "crossover", "fast": "close", "slow": "open", "direction": "both"}
    some = [{"strategy": both, "portfolio": PLAIN | {"cash": cash}, "execution": {}} for cash in (300.0, 310.0, 5000.0)]
    by_event, tree, _ = both_ways(tmp_path, some, bars, block_size, 64)
    results = [json.loads(tree[f"portfolio_{n}/metrics.json"]) for n in range(3)]
    assert [result["metrics"]["rejected_orders"] for result in results] == [1, 1, 0]
    assert tree == by_event


@pytest.mark.parametrize("tracing", ["minimal", "full"])
def test_l9_a_lane_whose_equity_bursts_fails_at_that_bar_and_alone(tmp_path, tracing):
    closes = [100.0, 101.0, 99.0, 100.0, 98.0, 97.0, 1.7e308, 90.0, 120.0, 80.0]
    short = {"name": "crossover", "fast": "close", "slow": "fast", "direction": "short"}
    one = PLAIN | {"sizing": {"name": "fixed_quantity", "quantity": 1}}
    lanes = ((short, PLAIN), ({"name": "buy_and_hold"}, one), (short, PLAIN), (NEVER, PLAIN))
    some = [
        {"strategy": strategy, "portfolio": portfolio | {"event_tracing": {"mode": tracing}}, "execution": execution}
        for strategy, portfolio in lanes
        for execution in ({}, {"commission": {"name": "per_trade", "amount": 1.0}})
    ]
    trees = []
    for number, (block_size, at_once) in enumerate([(5, 64), (1000, 1), (1000, 64)]):
        (folder := tmp_path / str(number)).mkdir()
        by_event, tree, made = both_ways(folder, some, make_bars(closes), block_size, at_once)
        assert LanePortfolio in made
        results = [json.loads(tree[f"portfolio_{n}/metrics.json"]) for n in range(len(some))]
        assert [each["status"] for each in results] == (["failed"] * 2 + ["completed"] * 2) * 2
        assert [each["error"] for each in results] == [
            json.loads(by_event[f"portfolio_{n}/metrics.json"])["error"] for n in range(len(some))
        ]
        whole = [n for n, each in enumerate(results) if each["status"] == "completed"]
        names = [name for name in tree if name.startswith(tuple(f"portfolio_{n}/" for n in whole))]
        assert {name: tree[name] for name in names} == {name: by_event[name] for name in names}
        trees.append(tree)
    assert trees[0] == trees[1] == trees[2]


def test_l9_a_lane_that_the_machine_fails_fails_alone(tmp_path, monkeypatch):
    def no_room(*_):
        raise MemoryError("no room")

    monkeypatch.setattr("engine.lanes.portfolio.LanePortfolio._do", no_room)
    some = [{"strategy": {"name": "buy_and_hold"}, "portfolio": PLAIN, "execution": {}}] * 3
    _, tree, _ = both_ways(tmp_path, some, make_bars([100.0, 101.0, 102.0]), 1000, 2)
    results = [json.loads(tree[f"portfolio_{n}/metrics.json"]) for n in range(3)]
    assert all(result["error"].startswith("MemoryError: no room") for result in results)
