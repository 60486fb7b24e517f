"""Partial results while a run is at work (S12), files that survive the loss of power (S6), a bound on memory (promise 7)."""

import errno
import json
import os
from itertools import pairwise
from types import SimpleNamespace

import psutil
import pytest
from typer.testing import CliRunner

from cli.app import app
from engine.orchestration.results_folder import write_metrics
from tests.fault.long_runs import check_tree
from tests.run_command import files_of, read_json, results_of, run, run_process
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

TRADING = """
name: trading
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 400, seed: 3, volatility: 0.6}}
  - id: often
    type: portfolio
    inputs: [data_x]
    features: {mean: {indicator: SMA, timeperiod: 5}}
    strategy: {name: crossover, fast: close, slow: mean, direction: both}
    event_tracing: {events_to_trace: ALL, retention_policy: all, storage_backend: disk}
  - {id: holds, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
results: {equity: true, trades: true, snapshot_every: 7}
"""
EVENT = ("--path", "event")
"""Portfolios in columns do all of so short a run in its last step."""


@pytest.fixture
def written(monkeypatch):
    """Every metrics.json that a run writes, in order: (container id, what is in it)."""
    taken = []

    def write_and_note(root, id_, metrics, *, durable):
        write_metrics(root, id_, metrics, durable=durable)
        taken.append((id_, read_json(root / id_ / "metrics.json")))

    monkeypatch.setattr("engine.orchestration.part.write_metrics", write_and_note)
    return taken


def test_s12_results_are_rewritten_every_so_many_trades(tmp_path, written):
    assert run(write_config(tmp_path, TRADING), "--output", tmp_path / "out", *EVENT, "--quiet").exit_code == 0
    often = [result for id_, result in written if id_ == "often"]
    *partial, last = often
    assert last["status"] == "completed"
    assert {result["status"] for result in partial} == {"running"}
    trades = [result["metrics"]["total_trades"] for result in partial]
    assert trades == list(range(7, last["metrics"]["total_trades"] + 1, 7))
    assert len(trades) > 5
    for result in partial:
        assert result.keys() == last.keys()
        assert result["metrics"].keys() == last["metrics"].keys()
        assert 0 < result["tracing"]["seen"] < last["tracing"]["seen"]
    assert [result["status"] for id_, result in written if id_ == "holds"] == ["completed"]


def test_s12_a_portfolio_in_columns_that_is_observed_has_snapshots_whenever_it_tells(tmp_path, written, monkeypatch):
    monkeypatch.setattr("engine.lanes.portfolio.SHOWN_AT_ONCE", 50)
    config = write_config(tmp_path, TRADING.replace("equity: true, trades: true, ", ""))
    assert run(config, "--output", tmp_path / "out", "--quiet", "--path", "kernel", "--strict").exit_code == 0
    *partial, last = (result for id_, result in written if id_ == "often")
    assert {result["status"] for result in partial} == {"running"}
    assert 5 < len(partial) <= 15  # two portfolios tell after 25 bars of each
    assert last["status"] == "completed"
    trades = [result["metrics"]["total_trades"] for result in (*partial, last)]
    assert all(later - earlier >= 7 for earlier, later in pairwise(trades[:-1]))
    for result in partial:
        assert 0 < result["tracing"]["seen"] == result["memory_usage"]["events_in_memory"] < last["tracing"]["seen"]
    by_event = tmp_path / "event"
    assert run(config, "--output", by_event, "--quiet", "--path", "event").exit_code == 0
    assert files_of(by_event, without=["run.json"]) == files_of(tmp_path / "out", without=["run.json"])


@pytest.mark.parametrize("every", [0, 1, 50])
def test_s12_the_final_bytes_do_not_depend_on_snapshots(tmp_path, written, every):
    config = write_config(tmp_path, TRADING)
    assert run(config, "--output", tmp_path / "a", *EVENT, "--quiet").exit_code == 0
    before = len(written)
    assert (
        run(config, "--output", tmp_path / "b", *EVENT, "--quiet", "--set", f"results.snapshot_every={every}").exit_code
        == 0
    )
    assert files_of(tmp_path / "a", without=["run.json"]) == files_of(tmp_path / "b", without=["run.json"])
    snapshots = sum(id_ == "often" and result["status"] == "running" for id_, result in written[before:])
    assert snapshots == (results_of(tmp_path / "b")["often"]["metrics"]["total_trades"] // every if every else 0)


def test_s12_a_snapshot_clears_what_is_kept_of_ended_trades_if_asked(tmp_path, written):
    config = write_config(tmp_path, TRADING)
    clearing = ("--set", "results.clear_on_snapshot=true")
    assert run(config, "--output", tmp_path / "kept", *EVENT, "--quiet").exit_code == 0
    assert run(config, "--output", tmp_path / "cleared", *EVENT, "--quiet", *clearing).exit_code == 0
    kept, cleared = (results_of(tmp_path / name)["often"] for name in ("kept", "cleared"))
    assert cleared["metrics"] == kept["metrics"]
    assert kept["memory_usage"]["events_in_memory"] == kept["tracing"]["seen"]
    assert cleared["tracing"]["peak_in_memory"] < kept["tracing"]["peak_in_memory"] / 4
    for result in (result for id_, result in written if id_ == "often"):
        counts = result["tracing"]
        assert counts["seen"] == counts["filtered"] + counts["kept"] + counts["refused"]
        assert counts["kept"] == counts["pruned"] + counts["evicted"] + result["memory_usage"]["events_in_memory"]
    assert files_of(tmp_path / "kept" / "often", without=["metrics.json"]) == files_of(
        tmp_path / "cleared" / "often", without=["metrics.json"]
    )


@pytest.mark.parametrize(
    "setting", ["snapshot_every=-1", "snapshot_every=often", "clear_on_snapshot=7", "durable=maybe"]
)
def test_c4_mistakes_in_results_are_refused(tmp_path, setting):
    outcome = run(write_config(tmp_path, TRADING), "--output", tmp_path / "out", "--set", f"results.{setting}")
    assert outcome.exit_code == 2
    assert f"results.{setting.partition('=')[0]}" in outcome.stderr
    assert not (tmp_path / "out").exists()


class Disk:
    """Stands for os.fsync: counts, and fails at the k-th call, once or for good."""

    def __init__(self, fail_at=0, *, for_good=False):
        self.calls, self.fail_at, self.for_good = 0, fail_at, for_good

    def __call__(self, _):
        self.calls += 1
        if self.calls == self.fail_at or (self.for_good and self.calls > self.fail_at > 0):
            raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_s6_durable_waits_for_every_file_and_folder_and_changes_no_byte(tmp_path, monkeypatch):
    config = write_config(tmp_path, TRADING)
    disk = Disk()
    monkeypatch.setattr(os, "fsync", disk)
    assert run(config, "--output", tmp_path / "plain", *EVENT, "--quiet").exit_code == 0
    assert disk.calls == 0
    assert run(config, "--output", tmp_path / "sure", *EVENT, "--quiet", "--set", "results.durable=true").exit_code == 0
    assert files_of(tmp_path / "plain", without=["run.json"]) == files_of(tmp_path / "sure", without=["run.json"])
    results = results_of(tmp_path / "sure")
    json_files = len(results) + 2 + results["often"]["metrics"]["total_trades"] // 7
    members = [path.read_bytes().count(b"\x1f\x8b\x08") for path in (tmp_path / "sure").rglob("*.jsonl.gz")]
    folders = 1 + len(results)
    assert disk.calls == 2 * json_files + sum(members) + len(members) + folders


@pytest.mark.parametrize("for_good", [True, False])
@pytest.mark.parametrize("fail_at", [1, 3, 5, 9, 12, 30, 40])
def test_4_a_failed_fsync_is_fatal_and_leaves_whole_files(tmp_path, monkeypatch, fail_at, for_good):
    config = write_config(tmp_path, TRADING)
    disk = Disk(fail_at, for_good=for_good)
    monkeypatch.setattr(os, "fsync", disk)
    outcome = run(config, "--output", tmp_path / "out", *EVENT, "--quiet", "--set", "results.durable=true")
    monkeypatch.undo()
    assert disk.calls >= fail_at
    assert outcome.exit_code == 3
    assert "Input/output error" in outcome.stderr
    check_tree(tmp_path / "out")
    assert not [name for name in files_of(tmp_path / "out") if "/." in f"/{name}"]


def test_7_a_run_that_would_need_too_much_memory_is_refused_and_nothing_is_written(tmp_path):
    config = write_config(tmp_path, TRADING)
    asked = [("--max-memory-mb", "20"), ("--set", "memory_mb=20")]
    for option in asked:
        outcome = run(config, "--output", tmp_path / "out", *option)
        assert outcome.exit_code == 2
        assert outcome.stderr.startswith(f"{' '.join(option)}: memory_mb: 20: the run needs at least ")
    write_config(tmp_path, TRADING + "memory_mb: 20\n")
    assert run(config, "--output", tmp_path / "out").exit_code == 2
    explained = CliRunner().invoke(app, ["explain", str(config)])
    assert explained.exit_code == 0
    assert "memory_mb: 20: the run needs at least " in explained.stderr
    assert CliRunner().invoke(app, ["explain", str(config), "--strict"]).exit_code == 2
    assert not (tmp_path / "out").exists()
    assert run(config, "--output", tmp_path / "out", "--quiet", "--max-memory-mb", "4000").exit_code == 0


def test_7_a_run_that_fits_is_never_refused(tmp_path):
    """What it takes at most is an upper bound: below that it is warned of, and ended only if it comes to hold more."""
    config = write_config(tmp_path, TRADING)
    needs = json.loads(CliRunner().invoke(app, ["explain", str(config), "--json"]).stdout)["estimate"]
    takes = run_process(config, "--output", tmp_path / "first", "--quiet", "--json")
    held = json.loads(takes.stdout)["peak_rss_mb"]
    assert needs["least_memory_mb"] < held < needs["memory_mb"]
    limit = str(held + 4)  # no two processes hold just as much
    assert held + 4 < needs["memory_mb"]
    done = run_process(config, "--output", tmp_path / "out", "--progress", "none", "--max-memory-mb", limit)
    assert done.returncode == 0
    said = f"the run may need up to {needs['memory_mb']:,.1f} MiB, and is ended if it comes to hold more than this"
    assert said in done.stderr
    assert said in CliRunner().invoke(app, ["explain", str(config), "--set", f"memory_mb={limit}"]).stderr


@pytest.mark.parametrize("text", ["0", "-1", "much"])
def test_7_a_bound_on_memory_is_a_number_above_zero(tmp_path, text):
    outcome = run(write_config(tmp_path, TRADING), "--output", tmp_path / "out", "--max-memory-mb", text)
    assert outcome.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_7_a_run_that_comes_to_hold_too_much_ends_cleanly_with_what_was_finished(tmp_path, monkeypatch):
    config = write_config(tmp_path, TRADING)
    assert run(config, "--output", tmp_path / "whole", *EVENT, "--quiet").exit_code == 0
    looks = iter([100 << 20] * 100)
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: SimpleNamespace(rss=next(looks, 5000 << 20)))
    outcome = run(config, "--output", tmp_path / "out", *EVENT, "--quiet", "--max-memory-mb", "4000")
    monkeypatch.undo()
    assert outcome.exit_code == 3
    assert outcome.stderr == "out of memory: 5,000.0 MiB are held, memory_mb allows 4,000: the run was broken off\n"
    results = check_tree(tmp_path / "out")
    assert {result["status"] for result in results.values()} == {"interrupted"}
    assert read_json(tmp_path / "out" / "run.json")["status"] == "interrupted"
    assert 5 < results["often"]["metrics"]["total_trades"] < 100
    events, whole = (list(TraceReader(tmp_path / name / "often")) for name in ("out", "whole"))
    assert events == whole[: len(events)]
    assert len(events) > 500
