"""A disk that really is full: what is there stays whole, and the run says where and how much was left (promise 3)."""

import os
import subprocess

import pytest

from tests.run_command import read_json, results_of, run_process
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

TRACED = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 30000, bar_length: 1m}}
  - {id: traced, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}, event_tracing: {mode: full}}
  - {id: quiet, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 KiB; only root may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_3_a_full_disk_costs_the_container_that_filled_it(tmp_path, small_disk):
    config = write_config(tmp_path, TRACED)
    done = run_process(config, "--output", small_disk / "out", "--progress", "none", "--quiet")
    assert done.returncode == 3
    results = results_of(small_disk / "out")
    assert (results["traced"]["status"], results["quiet"]["status"]) == ("failed", "completed")
    error = results["traced"]["error"]
    assert error.startswith("disk_full: ")
    assert "bytes free" in error
    assert str(small_disk / "out" / "traced" / "events.jsonl.gz") in error
    assert str(small_disk / "out") in done.stderr
    assert "bytes free" in done.stderr
    reader = TraceReader(small_disk / "out" / "traced")
    assert [event["seq"] for event in reader] == list(range(results["traced"]["tracing"]["written"]))
    assert reader.damage is None  # the torn member was cut back
    assert reader.count > 1000
    assert read_json(small_disk / "out" / "run.json")["status"] in {"failed", "running"}  # whole, if not the last
