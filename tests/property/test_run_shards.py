"""Into which shards a run is split changes no byte of its results (rules Z1 to Z3)."""

import shutil
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.containers.desk import Desk
from engine.orchestration.shards import Shard, parcel
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
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    taken = Desk.take

    def refuse(desk, request):
        if request.timestamp >= CLOSING_TIME:
            raise RuntimeError("the broker is closed")
        return taken(desk, request)

    monkeypatch.setattr(Desk, "take", refuse)
    with monkeypatch.context() as patch:
        patch.setattr("engine.orchestration.run.parcel", lambda *_: [])
        whole = tree(config, tmp_path / "out")
    split(monkeypatch, [1])
    assert tree(config, tmp_path / "out") == whole
    assert b"the broker is closed" in whole[2]["broker/metrics.json"]


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
