"""Events kept in memory are written when a run is interrupted, and as far as a full disk or a kill lets them be (rule K8)."""

import json
import os
import signal
import time

import pytest

from tests.fault.long_runs import started
from tests.fault.test_run_disk import Disk
from tests.run_command import files_of, results_of, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

KEPT = """
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: {bars}, bar_length: 1m}}}}
  - id: "portfolio_{{n}}"
    type: portfolio
    inputs: [data_x]
    sweep: {{n: [5, 6]}}
    features: {{mean: {{indicator: SMA, timeperiod: "{{n}}"}}}}
    strategy: {{name: crossover, fast: close, slow: mean, direction: both}}
    event_tracing: {{events_to_trace: ALL, {own}}}
  - {{id: quiet, type: portfolio, inputs: [data_x], strategy: {{name: buy_and_hold}}}}
"""
SECONDS_TO_END = 60.0


def window_of(tree, id_, *, torn=False):
    """The numbers of the events in a window; `torn`: its tail may be."""
    reader = TraceReader(tree / id_, "events.window")
    numbers = [event["seq"] for event in reader]
    assert reader.damage is None or (torn and "ends inside a gzip member" in reader.damage.reason)
    return numbers


@pytest.mark.parametrize("path", ["event", "kernel"])
def test_2_an_interrupted_run_leaves_the_last_that_was_kept(tmp_path, path):
    config = write_config(tmp_path, KEPT.format(bars=300_000, own="retention_policy: sliding_window, max_events: 77"))
    options = ("--progress", "json", "--json", "--workers", "1", "--path", path)
    with started(config, tmp_path / "out", *options) as process:
        assert json.loads(process.stderr.readline())["step"] < 300_000
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + signal.SIGINT
    results = results_of(tmp_path / "out")
    for id_ in ("portfolio_5", "portfolio_6"):
        tracing = results[id_]["tracing"]
        assert (results[id_]["status"], tracing["window"]) == ("interrupted", 77)
        assert window_of(tmp_path / "out", id_) == [*range(tracing["evicted"], tracing["seen"])]
    assert not (tmp_path / "out" / "quiet" / "events.window.jsonl.gz").exists()


@pytest.mark.parametrize("fail_at", [1, 2, 4])
def test_3_a_full_disk_costs_the_container_whose_window_it_was(tmp_path, monkeypatch, fail_at):
    config = write_config(tmp_path, KEPT.format(bars=1000, own="retention_policy: all"))
    assert run(config, "--output", tmp_path / "whole", "--quiet").exit_code == 0
    monkeypatch.setattr(os, "write", Disk(fail_at, for_good=False))
    outcome = run(config, "--output", tmp_path / "out", "--quiet", "--workers", 1)
    monkeypatch.undo()
    assert outcome.exit_code == 3
    results = results_of(tmp_path / "out")
    (failed,) = (id_ for id_, result in results.items() if result["status"] == "failed" and id_ != "root_container")
    assert results[failed]["error"].startswith("disk_full: ")
    assert "events.window.jsonl.gz" in results[failed]["error"]
    numbers = window_of(tmp_path / "out", failed)
    assert numbers == [*range(results[failed]["tracing"]["window"])]
    assert len(numbers) < results[failed]["memory_usage"]["events_in_memory"]
    whole = files_of(tmp_path / "whole")
    for name, content in files_of(tmp_path / "out", without=["run.json"]).items():
        if not name.startswith((failed, "root_container")):
            assert content == whole[name]


@pytest.mark.slow
def test_2_a_run_that_is_killed_while_it_writes_a_window_leaves_its_beginning(tmp_path):
    config = write_config(tmp_path, KEPT.format(bars=15_000, own="retention_policy: all"))
    with started(config, tmp_path / "out", "--quiet", "--workers", "1") as process:
        while not list(tmp_path.glob("out/portfolio_5/events.window*")):
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        process.communicate(timeout=SECONDS_TO_END)
    numbers = window_of(tmp_path / "out", "portfolio_5", torn=True)
    assert numbers == [*range(len(numbers))]
    assert run(config, "--output", tmp_path / "out", "--overwrite", "--quiet").exit_code == 0
    assert len(window_of(tmp_path / "out", "portfolio_5")) > len(numbers)
