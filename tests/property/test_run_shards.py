"""Into which shards a run is split changes no byte of its results (rules Z1 to Z3)."""

import json
import shutil
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.containers.execution import ExecutionContainer
from engine.orchestration.shards import Shard, parcel, simulate_shard
from tests.lanes import LANES, write_lanes
from tests.run_command import files_of, read_json, run
from tests.run_configs import CROSS, write_config
from tracing.reading.reader import TraceReader

CLOSING_TIME = (1_577_836_800 + 30 * 3600) * 10**9
KINDS = [kind for kind in LANES if kind not in {"kills", "hangs"}]


def split(monkeypatch, sizes):
    """Has runs split into shards of these sizes, over and over, and simulated here."""

    def parcels(plan, workers, _batch):
        lanes = [planned.lane for planned in plan.of_type("portfolio")]
        shards, place = [], 0
        while place < len(lanes):
            size = sizes[len(shards) % len(sizes)]
            shards.append(Shard(len(shards), tuple(lanes[place : place + size])))
            place += size
        return shards

    monkeypatch.setattr("engine.orchestration.run.parcel", parcels)


def tree(config, folder):
    """What a run leaves, but for run.json; its summary, but for the time it took."""
    outcome = run(config, "--output", folder, "--workers", 1, "--progress", "none", "--json")
    files = files_of(folder, without=["run.json"])
    assert not list(folder.glob(".*"))
    record = {key: value for key, value in read_json(folder / "run.json").items() if key in {"status", "plan_hash"}}
    shutil.rmtree(folder)
    return outcome.exit_code, outcome.stderr, files, record


@example(kinds=["hears", "crosses"], sizes=[1])
@example(kinds=["holds", "fails"], sizes=[1])
@pytest.mark.examples(3, 8)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(KINDS), min_size=2, max_size=6), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_z3_shards_change_no_byte_whatever_the_lanes_share_and_whoever_fails(tmp_path, monkeypatch, kinds, sizes):
    config = write_lanes(tmp_path, kinds)
    with monkeypatch.context() as patch:
        patch.setattr("engine.orchestration.run.parcel", lambda *_: [])
        whole = tree(config, tmp_path / "out")
    with monkeypatch.context() as patch:
        split(patch, sizes)
        assert tree(config, tmp_path / "out") == whole


def test_z2_a_shared_trace_holds_the_events_of_every_lane_in_the_one_order(tmp_path, monkeypatch):
    split(monkeypatch, [1])
    config = write_lanes(tmp_path, ["crosses", "hears", "flips"])
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0
    events = list(TraceReader(tmp_path / "out" / "ears", "events"))
    assert {"crosses_0", "hears_1", "flips_2", "broker", "data_y"} <= {event["source"] for event in events}
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    assert [event["seq"] for event in events] == list(range(len(events)))


def test_l9_a_shared_container_that_fails_in_the_turn_of_a_lane_makes_the_run_one(tmp_path, monkeypatch):
    """Its lanes are in several shards, and those that did not see the event would have gone on."""
    config = write_lanes(tmp_path, ["crosses", "flips", "hears"])
    taken = ExecutionContainer._on_request

    def refuse(container, request):
        if request.timestamp >= CLOSING_TIME:
            raise RuntimeError("the broker is closed")
        return taken(container, request)

    monkeypatch.setattr(ExecutionContainer, "_on_request", refuse)
    with monkeypatch.context() as patch:
        patch.setattr("engine.orchestration.run.parcel", lambda *_: [])
        whole = tree(config, tmp_path / "out")
    split(monkeypatch, [1])
    assert tree(config, tmp_path / "out") == whole
    assert b"the broker is closed" in whole[2]["broker/metrics.json"]


RULED = """
name: ruled
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 150, bar_length: 1h}}
  - {id: data_y, type: data, source: {name: synthetic, symbol: Y, bars: 150, bar_length: 1h, start: "2020-01-02"}}
  - id: feats
    type: feature
    inputs: [data_x]
    features: {steady: {indicator: SMA, timeperiod: 7}}
  - id: shared
    type: strategy
    inputs: [feats]
    features: {quick: {indicator: SMA, timeperiod: 3}}
    strategy: {name: crossover, fast: quick, slow: steady, direction: both}
  - {id: follows, type: portfolio, inputs: [shared], benchmark: data_y}
  - id: "crosses_{n}"
    type: portfolio
    inputs: [data_x]
    sweep: {n: [2, 3, 5]}
    features: {m: {indicator: SMA, timeperiod: "{n}"}}
    strategy: {name: crossover, fast: close, slow: m, direction: both}
  - {id: ears, type: analysis, inputs: [follows, crosses_2, crosses_5], event_tracing: EARS}
trace_settings:
  container_settings:
    "[fc]*s*":
      events_to_trace: [POSITION_CLOSE]
      dynamic_rules:
        - {condition: "metrics.total_trades >= 2", action: ACTION}
        - {condition: "metrics.total_trades >= 9", action: {enabled: false}}
"""


@pytest.mark.parametrize("ears", ["{enabled: false}", "{mode: full}"])
@pytest.mark.parametrize("action", ["{mode: full}", "{events_to_trace: [BAR], storage_backend: disk}"])
def test_r5_what_a_rule_turns_on_is_there_in_every_shard(tmp_path, monkeypatch, action, ears):
    """Data, features, strategies and benchmarks that several shards hold a copy of begin to publish for a rule of one."""
    text = RULED.replace("ACTION", action).replace("EARS", ears)
    config = write_config(tmp_path, text)
    with monkeypatch.context() as patch:
        patch.setattr("engine.orchestration.run.parcel", lambda *_: [])
        whole = tree(config, tmp_path / "out")
    for sizes in ([1], [3, 1]):
        with monkeypatch.context() as patch:
            split(patch, sizes)
            assert tree(config, tmp_path / "out") == whole
    assert whole[:2] == (0, "")
    for name in ("follows", "crosses_2", "crosses_5"):
        assert json.loads(whole[2][f"{name}/metrics.json"])["tracing"]["written"] > 0


def test_r5_a_rule_begins_the_bars_of_a_benchmark_too(tmp_path):
    text = RULED.replace("ACTION", "{mode: full}").replace("EARS", "{enabled: false}")
    ruled = write_config(tmp_path, text)
    whole = write_config(tmp_path, text.replace("metrics.total_trades >= 2", "metrics.total_trades >= 0"), "whole.yaml")
    for config, out in ((ruled, "ruled"), (whole, "whole")):
        assert run(config, "--output", tmp_path / out, "--quiet").exit_code == 0
    bars = [event["event_id"] for event in TraceReader(tmp_path / "ruled" / "follows") if event["type"] == "BAR"]
    all_bars = [event["event_id"] for event in TraceReader(tmp_path / "whole" / "follows") if event["type"] == "BAR"]
    assert {event_id.split(":")[0] for event_id in bars} == {"data_x", "data_y"}
    assert bars == all_bars[-len(bars) :]


def test_a_lane_on_which_its_shard_breaks_fails_alone(tmp_path, monkeypatch):
    """Whatever is wrong with it: the portfolios beside it are simulated without it."""
    config = write_lanes(tmp_path, ["crosses", "hears", "flips", "hears"])
    with monkeypatch.context() as patch:
        patch.setattr("engine.orchestration.run.parcel", lambda *_: [])
        _, _, whole, _ = tree(config, tmp_path / "out")

    def breaks(prepared, scenery, places, shard, observe):
        result = simulate_shard(prepared, scenery, places, shard, observe)
        if 2 in shard.lanes:
            raise KeyError("data_z")
        return result

    monkeypatch.setattr("engine.orchestration.crew.simulate_shard", breaks)
    split(monkeypatch, [3])
    code, errors, files, record = tree(config, tmp_path / "out")
    assert code == 1
    assert errors.startswith("hears_1 failed: KeyError: 'data_z'")
    assert errors.count("\n") == 1
    assert record["status"] == "failed"
    assert "hears_1/events.jsonl.gz" not in files
    broken = json.loads(files["hears_1/metrics.json"])
    assert (broken["status"], broken["error"]) == ("failed", errors.removeprefix("hears_1 failed: ").strip())
    for name in ("crosses_0", "flips_2", "hears_3"):
        assert files[f"{name}/metrics.json"] == whole[f"{name}/metrics.json"]
    root = json.loads(files["root_container/metrics.json"])
    assert (root["status"], root["metrics"]["failed"]) == ("failed", 1)


def test_a_run_that_cannot_be_brought_together_says_so(tmp_path, monkeypatch):
    """The portfolios have written their files by then, and run.json does not say `running` for ever."""
    monkeypatch.setattr("engine.orchestration.split.merged", lambda *_: 1 / 0)
    split(monkeypatch, [1])
    config = write_lanes(tmp_path, ["crosses", "flips"])
    with pytest.raises(ZeroDivisionError):
        run(config, "--output", tmp_path / "out", "--quiet")
    assert read_json(tmp_path / "out" / "run.json")["status"] == "failed"
    assert read_json(tmp_path / "out" / "flips_1" / "metrics.json")["status"] == "completed"
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_z1_every_lane_is_in_one_shard(workers):
    class Plan:
        def of_type(self, _):
            return [type("Planned", (), {"lane": lane}) for lane in range(1, 1201)]

    shards = parcel(Plan(), workers)
    assert [lane for shard in shards for lane in shard.lanes] == list(range(1, 1201))
    assert len(shards) >= workers
    assert [shard.number for shard in shards] == list(range(len(shards)))


def test_a_run_of_one_portfolio_is_not_split(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.orchestration.split.Split", partial(pytest.fail, "it was split"))
    config = write_config(tmp_path, CROSS)
    assert run(config, "--output", tmp_path / "out", "--workers", 4, "--quiet").exit_code == 0
