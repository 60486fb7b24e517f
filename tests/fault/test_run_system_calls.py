"""Every system call that a run writes its results with fails once (promises 3 and 4, rules S4, S6).

Whichever it was, the run ends with exit code 3 and one line that names a file, and what is on disk is whole.
"""

import errno
import os
from pathlib import Path

import pytest

from tests.fault.long_runs import check_tree
from tests.run_command import files_of, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

CONFIG = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300, bar_length: 1h}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    features: {slow: {indicator: SMA, timeperiod: 9}}
    strategy: {name: crossover, fast: close, slow: slow, direction: both}
    event_tracing: {mode: full, storage_config: {max_file_size_mb: 0.02}}
  - {id: portfolio_2, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
results: {trades: true, durable: true, snapshot_every: 20}
"""
FEW = {"open": (5, 8), "fstat": (2,), "write": (2,), "fsync": (5, 7), "close": (4, 7), "replace": (2,), "mkdir": (2,)}
"""Of the first part of the events, of its folder, of a next part, of metrics.json. All of them are tried in CI."""
MANY = {"open": 30, "fstat": 4, "write": 4, "fsync": 30, "close": 30, "replace": 7, "mkdir": 5}
"""A run makes at least so many event by event; in columns it is too short for snapshots."""
WATCHED = ("open", "fstat", "write", "fsync", "close", "replace", "mkdir", "truncate", "unlink")


class Calls:
    """Stands for functions of os: the k-th call of one of them that concerns `folder` fails, those in `always` ever."""

    def __init__(self, monkeypatch, folder, operation, fail_at=0, always=()):
        self.folder, self.operation, self.fail_at, self.always = str(folder), operation, fail_at, always
        self.descriptors, self.calls = set(), 0
        for name in WATCHED:
            monkeypatch.setattr(os, name, self.watched(name, getattr(os, name)))

    def watched(self, name, work):
        def call(target, *arguments, **more):
            ours = target in self.descriptors if isinstance(target, int) else self.concerns(name, target)
            if name == "close":
                self.descriptors.discard(target)
            if ours and self.fails(name):
                if name == "close":
                    work(target)
                raise OSError(errno.EIO, os.strerror(errno.EIO), *([] if isinstance(target, int) else [str(target)]))
            done = work(target, *arguments, **more)
            if ours and name == "open" and not arguments[0] & os.O_DIRECTORY:  # which is the lock, used to no other end
                self.descriptors.add(done)
            return done

        return call

    def concerns(self, name, target):
        """A folder that is there need not be made."""
        return str(target).startswith(self.folder) and not (name == "mkdir" and Path(target).is_dir())

    def fails(self, name):
        self.calls += name == self.operation
        return name in self.always or (name == self.operation and self.calls == self.fail_at)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    config = write_config(folder, CONFIG)
    assert run(config, "--output", folder / "out", "--quiet").exit_code == 0
    return folder / "out"


def check(outcome, out, whole):
    """One line that names a file, code 3, no temporary file, and every trace the beginning of the undisturbed one."""
    (line,) = outcome.stderr.splitlines()
    assert outcome.exit_code == 3
    assert str(out) in line
    assert "Input/output error" in line
    assert "Errno" not in line
    if not out.exists():
        return
    for id_, result in check_tree(out).items():
        events = [event for event in TraceReader(out / id_) if event["type"] != "ERROR"]
        assert events == list(TraceReader(whole / id_))[: len(events)]
        if result["status"] == "failed" and id_ != "root_container":
            assert line == f"{id_} failed: {result['error']}"
    assert not [name for name in files_of(out) if "/." in f"/{name}"]


def disturbed(folder, monkeypatch, whole, operation, fail_at, *, path="auto"):
    """Whether a run was, by the failure of that call; if it was, how it ended is checked."""
    config, out = write_config(folder, CONFIG), folder / f"out_{fail_at}"
    calls = Calls(monkeypatch, out, operation, fail_at)
    outcome = run(config, "--output", out, "--quiet", "--path", path)
    monkeypatch.undo()
    if calls.calls < fail_at:
        return False
    check(outcome, out, whole)
    return True


@pytest.mark.parametrize("operation", FEW)
def test_3_4_a_call_that_fails_ends_in_one_line_and_whole_files(tmp_path, monkeypatch, whole, operation):
    for fail_at in FEW[operation]:
        assert disturbed(tmp_path, monkeypatch, whole, operation, fail_at)


@pytest.mark.slow
@pytest.mark.parametrize("operation", MANY)
@pytest.mark.parametrize("path", ["event", "kernel"])
def test_3_4_so_does_any_other(tmp_path, monkeypatch, whole, operation, path):
    fail_at = 1
    while disturbed(tmp_path, monkeypatch, whole, operation, fail_at, path=path):
        fail_at += 1
    assert fail_at > (MANY[operation] if path == "event" else min(MANY[operation], 25))


@pytest.mark.parametrize("fail_at", [1, 3])
def test_s4_a_file_that_cannot_even_be_cut_back_is_read_up_to_there(tmp_path, monkeypatch, whole, fail_at):
    config, out = (
        write_config(tmp_path, CONFIG.replace("0.02", "100").replace("bars: 300", "bars: 3000")),
        tmp_path / "out",
    )
    writing = os.write

    def half(descriptor, data):
        return writing(descriptor, data[: len(data) // 2] if calls.calls == fail_at else data)

    monkeypatch.setattr(os, "write", half)
    calls = Calls(monkeypatch, out, "write", always=("truncate", "unlink"))
    outcome = run(config, "--output", out, "--quiet")
    monkeypatch.undo()
    assert outcome.exit_code == 3
    assert "bytes could be written" in outcome.stderr
    written = check_tree(out, torn=True)["portfolio_1"]["tracing"]["written"]
    assert (written > 0) == (fail_at > 1)
    reader = TraceReader(out / "portfolio_1")
    assert len(list(reader)) == written
    assert "ends inside a gzip member" in reader.damage.reason


def test_4_failed_containers_are_told_of_even_if_run_json_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "wrong.py").write_text(
        "class Wrong:\n    def on_bar(self, bar, features, position):\n        raise ValueError('no')\n"
    )
    config = write_config(tmp_path, CONFIG.replace("{name: buy_and_hold}", "{name: wrong.Wrong}"))
    replace, renamed = Path.replace, []

    def failing(path, target):
        renamed.append(Path(target).name)
        if renamed.count("run.json") == 2:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    outcome = run(config, "--output", tmp_path / "out", "--quiet")
    failure, unwritten = outcome.stderr.splitlines()
    assert outcome.exit_code == 3
    assert failure.startswith("portfolio_2 failed: ValueError: no")
    assert unwritten.startswith(f"{tmp_path / 'out' / 'run.json'}: Input/output error")
