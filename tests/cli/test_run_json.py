"""`--json` prints one object with exactly the documented keys, and its figures are those of the results."""

import json
import shlex
import subprocess
import sys
import time

import pytest

from tests.run_command import COMMAND, ROOT, changed, read_json, results_of, run, run_process
from tests.run_configs import FAILING, FULL, SWEEP, write_config
from tracing.reading.reader import TraceReader

A_TICK = 0.02
"""Seconds by which clocks may differ."""
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
    "warnings",
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


BUSY = """import sys, time
while time.process_time() < 0.7:
    pass
from cli.app import main
sys.exit(main())"""


def test_total_s_is_the_time_of_the_whole_process(tmp_path):
    """Between what certainly passed in the process, also before the product was imported, and what passed outside of it."""
    config = write_config(tmp_path)
    command = [sys.executable, "-c", BUSY, "run", str(config), "--output", str(tmp_path / "out"), "--quiet", "--json"]
    began = time.monotonic()
    done = subprocess.run(command, env=changed({}), cwd=ROOT, capture_output=True, text=True, check=True)
    passed = time.monotonic() - began
    shown, record = json.loads(done.stdout), read_json(tmp_path / "out" / "run.json")
    assert 0.7 + shown["load_s"] + shown["sim_s"] <= shown["total_s"] <= passed + A_TICK
    assert record["timings"]["total_s"] == shown["total_s"]


def test_total_s_leaves_out_what_a_shell_did_before_it_became_the_run(tmp_path):
    config = write_config(tmp_path)
    run_it = shlex.join([*COMMAND, str(config), "--output", str(tmp_path / "out"), "--quiet", "--json"])
    began = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", f"sleep 3; exec {run_it}"], env=changed({}), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["total_s"] <= time.monotonic() - began - 3


def test_the_closing_table_says_the_same_seconds_as_run_json(tmp_path):
    done = run_process(write_config(tmp_path), "--output", tmp_path / "out")
    total_s = read_json(tmp_path / "out" / "run.json")["timings"]["total_s"]
    assert f"{total_s:.2f} s" in done.stdout.splitlines()[0]


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
