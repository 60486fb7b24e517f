"""Disks that fill up or break: what is there stays whole, the rest is reported, exit code 3 (promises 3 and 4)."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from tests.fault.long_runs import check_tree
from tests.run_command import files_of, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

TRACED = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 3000, bar_length: 1h}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    features: {slow: {indicator: SMA, timeperiod: 9}}
    strategy: {name: crossover, fast: close, slow: slow, direction: both}
    event_tracing: {mode: full}
  - {id: portfolio_2, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
results: {trades: true}
"""
WRITES = range(1, 21)
QUICK = {1, 18, 20}
"""The first write, and two of those made when files are closed; the others are tried in CI."""
FULL_DISK = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Disk:
    """Stands for os.write: from the k-th write on, once or for good, there is no room."""

    def __init__(self, fail_at, *, for_good):
        self.calls, self.fail_at, self.for_good = 0, fail_at, for_good
        self.write = os.write

    def __call__(self, descriptor, data):
        self.calls += 1
        if self.calls == self.fail_at or (self.for_good and self.calls > self.fail_at):
            self.write(descriptor, data[: len(data) // 2])
            raise FULL_DISK
        return self.write(descriptor, data)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert run(write_config(folder, TRACED), "--output", folder / "out", "--quiet").exit_code == 0
    return folder / "out"


def writes_of_events(tree):
    """How many writes a run makes for its event and trade files."""
    return sum(path.read_bytes().count(b"\x1f\x8b\x08") for path in tree.rglob("*.jsonl.gz"))


@pytest.mark.parametrize("for_good", [True, False])
@pytest.mark.parametrize("fail_at", [pytest.param(k, marks=() if k in QUICK else pytest.mark.slow) for k in WRITES])
def test_3_a_full_disk_fails_the_container_that_meets_it(tmp_path, monkeypatch, whole, fail_at, for_good):
    config = write_config(tmp_path, TRACED)
    monkeypatch.setattr(os, "write", Disk(fail_at, for_good=for_good))
    outcome = run(config, "--output", tmp_path / "out", "--quiet")
    monkeypatch.undo()
    assert outcome.exit_code == 3
    results = check_tree(tmp_path / "out")
    events = list(TraceReader(tmp_path / "out" / "portfolio_1"))
    assert events == list(TraceReader(whole / "portfolio_1"))[: len(events)]
    failed = {id_ for id_, result in results.items() if result["status"] == "failed"} - {"root_container"}
    assert failed
    for id_ in failed:
        assert "disk_full" in results[id_]["error"]
        assert "bytes free" in results[id_]["error"]
        assert f"{id_} failed: " in outcome.stderr
    intact = [id_ for id_ in ("portfolio_1", "portfolio_2", "data_x") if id_ not in failed]
    for id_ in intact:
        assert files_of(tmp_path / "out" / id_) == files_of(whole / id_)


def test_3_every_write_is_covered_by_the_test_above(whole):
    assert writes_of_events(whole) == len(WRITES)


@pytest.mark.parametrize("operation", ["write_bytes", "replace"])
@pytest.mark.parametrize("fail_at", [1, 2, 3, 6, 7])
def test_4_a_json_file_is_the_old_or_the_new_one_and_no_temporary_file_stays(
    tmp_path, monkeypatch, whole, operation, fail_at
):
    tree = tmp_path / "out"
    shutil.copytree(whole, tree)
    config = write_config(tmp_path, TRACED)
    calls, work = iter(range(1, 1000)), getattr(Path, operation)

    def failing(path, *arguments):
        if next(calls) == fail_at:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return work(path, *arguments)

    monkeypatch.setattr(Path, operation, failing)
    outcome = run(config, "--output", tree, "--quiet", "--overwrite")
    monkeypatch.undo()
    assert next(calls) > fail_at
    assert outcome.exit_code == 3
    assert "Input/output error" in outcome.stderr
    assert str(tree) in outcome.stderr
    check_tree(tree)
    assert not [name for name in files_of(tree) if "/." in f"/{name}"]


def test_5_no_memory_is_the_machine_s_fault(tmp_path, monkeypatch):
    def none_left(*_, **__):
        raise MemoryError

    monkeypatch.setattr("cli.running.prepare", none_left)
    outcome = run(write_config(tmp_path, TRACED), "--output", tmp_path / "out")
    assert (outcome.exit_code, outcome.stderr) == (3, "out of memory\n")
