"""`--json` prints one object with exactly the documented keys, and its figures are those of the results."""

import json

import pytest

from tests.run_command import read_json, results_of, run
from tests.run_configs import FAILING, FULL, SWEEP, write_config
from tracing.reading.reader import TraceReader

KEYS = [
    "name",
    "status",
    "output",
    "plan_hash",
    "containers",
    "bars",
    "events",
    "trades",
    "load_s",
    "sim_s",
    "total_s",
    "bars_per_s",
    "peak_rss_mb",
]


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    outcome = run(write_config(folder, FULL), "--output", folder / "out", "--json", "--progress", "none")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout.count("\n") == 1
    return json.loads(outcome.stdout), folder / "out"


def test_the_object_has_the_documented_keys_in_order(full):
    shown, tree = full
    assert list(shown) == KEYS
    counts = {"total": 7, "running": 0, "completed": 7, "failed": 0, "interrupted": 0}  # the root is the run itself
    assert shown["containers"] == counts == read_json(tree / "run.json")["containers"]
    assert (shown["name"], shown["status"], shown["output"]) == ("full", "completed", str(tree))


def test_its_figures_are_those_of_the_tree(full):
    shown, tree = full
    record, results = read_json(tree / "run.json"), results_of(tree)
    assert shown["plan_hash"] == record["plan_hash"]
    assert shown["trades"] == results["root_container"]["metrics"]["total_trades"] > 0
    assert shown["bars"] == 300
    assert (shown["load_s"], shown["sim_s"]) == (record["timings"]["load_s"], record["timings"]["sim_s"])
    assert record["status"] == "completed"


def test_events_counts_what_was_built_and_published(full):
    shown, tree = full
    assert shown["events"] >= len({event["event_id"] for event in TraceReader(tree / "signal_analyzer")})


def test_its_times_and_memory_make_sense(full):
    shown, _ = full
    assert 0 < shown["sim_s"] + shown["load_s"] < shown["total_s"]
    assert shown["bars_per_s"] == pytest.approx(300 * 2 / shown["sim_s"], rel=0.01)
    assert 10 < shown["peak_rss_mb"] < 4096


def test_a_sweep_counts_its_bars_once_and_its_speed_for_each_portfolio(tmp_path):
    outcome = run(write_config(tmp_path, SWEEP), "--output", tmp_path / "out", "--json", "--quiet")
    shown = json.loads(outcome.stdout)
    assert shown["bars"] == 300
    assert shown["bars_per_s"] == pytest.approx(300 * 22 / shown["sim_s"], rel=0.01)


def test_quiet_prints_the_object_and_nothing_else(tmp_path):
    outcome = run(write_config(tmp_path), "--output", tmp_path / "out", "--json", "--quiet")
    assert list(json.loads(outcome.stdout)) == KEYS
    assert outcome.stderr == ""


def test_failed_containers_are_counted(tmp_path):
    outcome = run(write_config(tmp_path, FAILING), "--output", tmp_path / "out", "--json", "--progress", "none")
    shown = json.loads(outcome.stdout)
    statuses = [result["status"] for id_, result in results_of(tmp_path / "out").items() if id_ != "root_container"]
    assert outcome.exit_code == 1
    assert shown["status"] == "failed"
    kinds = ("running", "completed", "failed", "interrupted")
    counted = {"total": len(statuses), **{status: statuses.count(status) for status in kinds}}
    assert shown["containers"] == counted == read_json(tmp_path / "out" / "run.json")["containers"]
    totals = read_json(tmp_path / "out" / "root_container" / "metrics.json")["metrics"]
    assert counted == {"total": totals["containers"], **{status: totals[status] for status in kinds}}
