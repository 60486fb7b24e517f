"""`admf inspect --follow`: a run is watched while it is at work (S12)."""

import json
import os
import pty
import subprocess
import sys

import pytest

from cli.results import following
from tests.cli.inspect_command import inspect
from tests.fault.long_runs import LONG, started
from tests.run_command import ROOT, changed, read_json, run
from tests.run_configs import write_config

TRADING = """
name: trading
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 200, seed: 3, volatility: 0.6}}
  - id: often
    type: portfolio
    inputs: [data_x]
    features: {mean: {indicator: SMA, timeperiod: 5}}
    strategy: {name: crossover, fast: close, slow: mean, direction: both}
  - {id: holds, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
"""


@pytest.fixture
def tree(tmp_path):
    """The results of a run, made to look as while this process was at it: two portfolios have a snapshot each."""
    folder = tmp_path / "out"
    assert run(write_config(tmp_path, TRADING), "--output", folder, "--quiet").exit_code == 0
    rewrite(folder / "run.json", status="running", pid=os.getpid())
    for id_ in ("data_x", "execution_default", "root_container"):
        (folder / id_ / "metrics.json").unlink()
    for id_ in ("often", "holds"):
        rewrite(folder / id_ / "metrics.json", status="running")
    return folder


def rewrite(path, **fields):
    temporary = path.with_name(".new")
    temporary.write_text(json.dumps({**read_json(path), **fields}))
    temporary.replace(path)


def meanwhile(monkeypatch, *works):
    """Has each of `works` done in one of the pauses between the looks; then the test fails."""
    pending = list(works)
    monkeypatch.setattr(following, "sleep", lambda _: pending.pop(0)() if pending else pytest.fail("it does not end"))


def finish(tree):
    for id_ in ("often", "holds"):
        rewrite(tree / id_ / "metrics.json", status="completed")
    rewrite(tree / "run.json", status="completed")


def test_s12_each_change_is_a_line_and_the_end_is_the_table(tree, monkeypatch):
    def trade():
        metrics = read_json(tree / "often" / "metrics.json")["metrics"]
        rewrite(tree / "often" / "metrics.json", metrics={**metrics, "total_trades": 777})

    meanwhile(monkeypatch, trade, lambda: None, lambda: finish(tree))
    outcome = inspect(tree, "--follow")
    lines = outcome.stdout.splitlines()
    ids = [line.split()[:2] for line in lines[:5]]
    assert ids == [
        ["often", "running"],
        ["holds", "running"],
        ["often", "running"],
        *[["often", "completed"]],
        ["holds", "completed"],
    ]
    assert "777 trades, net profit" in lines[2]
    assert lines[5].startswith("trading: completed, 4 containers")
    assert len(lines) == 5 + 1 + 1 + 5
    assert outcome.exit_code == 1  # this tree was robbed of three files: a run that ended should have them
    assert outcome.stderr.count("it is missing") == 3


def test_s12_one_container_alone_and_as_json(tree, monkeypatch):
    meanwhile(monkeypatch, lambda: rewrite(tree / "holds" / "metrics.json", error=None), lambda: finish(tree))
    outcome = inspect(tree, "often", "--follow", "--json")
    assert outcome.exit_code == 0
    told = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [(result["container_id"], result["status"]) for result in told] == [
        ("often", "running"),
        ("often", "completed"),
    ]
    assert told[-1] == read_json(tree / "often" / "metrics.json")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_s12_a_run_that_has_ended_is_shown_at_once(tmp_path, options):
    assert run(write_config(tmp_path, TRADING), "--output", tmp_path / "out", "--quiet").exit_code == 0
    outcome = inspect(tmp_path / "out", "--follow", *options)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "often" in outcome.stdout


def dead_process():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_s12_a_run_that_was_killed_does_not_keep_anybody_waiting(tree, monkeypatch):
    meanwhile(monkeypatch)
    rewrite(tree / "run.json", pid=dead_process())
    outcome = inspect(tree, "--follow")
    assert outcome.exit_code == 1
    assert "it did not come to its end" in outcome.stderr
    assert "trading: running, 4 containers: 4 running, 0 done" in outcome.stdout
    looked = inspect(tree)
    assert looked.exit_code == 0
    assert looked.stderr.count("it did not come to its end") == outcome.stderr.count("it did not come to its end") == 1


def test_s12_a_process_that_bears_the_number_of_a_dead_one_is_not_the_run(tree, monkeypatch):
    meanwhile(monkeypatch)
    os.utime(tree / "run.json", (1_000_000_000, 1_000_000_000))
    assert "it did not come to its end" in inspect(tree, "--follow").stderr


@pytest.mark.parametrize("options", [("often", "--events"), ("--trade", "often#1")])
def test_follow_watches_containers_and_nothing_else(tree, options):
    outcome = inspect(tree, *options, "--follow")
    assert outcome.exit_code == 2
    assert "--follow watches what containers come to" in outcome.stderr


def test_s12_a_run_that_has_not_begun_is_waited_for(tree, tmp_path, monkeypatch):
    later = tmp_path / "later"

    def begin():
        swapped(later)
        tree.rename(later)
        finish(later)

    meanwhile(monkeypatch, later.mkdir, (later / ".admf").touch, begin)
    outcome = inspect(later, "--follow")
    assert outcome.stderr.splitlines()[0] == f"{later}: no run has begun there: waiting 60 s for one"
    assert "trading: completed" in outcome.stdout


def swapped(folder):
    """The folder, which is not there any more."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return folder


def test_follow_refuses_what_is_not_there(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(following, "sleep", lambda _: None)
    outcome = inspect(tmp_path / "nowhere", "--follow")
    assert outcome.exit_code == 2
    assert outcome.stderr.splitlines()[1:] == [f"there is no folder {tmp_path / 'nowhere'}"]
    outcome = inspect(tree, "oftn", "--follow")
    assert outcome.exit_code == 2
    assert "did you mean 'often'?" in outcome.stderr


@pytest.mark.slow
@pytest.mark.parametrize("terminal", [True, False])
def test_s12_a_real_run_is_followed_to_its_end(tmp_path, terminal):
    tree = tmp_path / "out"
    with started(write_config(tmp_path, LONG.format(bars=40_000)), tree, "--quiet") as process:
        while not (tree / "run.json").exists():
            assert process.poll() is None
        shown, code = watched(tree) if terminal else piped(tree)
        assert process.wait(20) == 0
    assert code == 0
    assert "running" in shown
    assert "long: completed, 4 containers" in shown


def piped(tree):
    done = subprocess.run(command(tree), cwd=ROOT, env=changed({}), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout, done.returncode


def watched(tree):
    """What a terminal gets to see."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(tree), cwd=ROOT, env=changed({"TERM": "xterm"}), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:  # the end, on Linux
            pass
        os.close(ours)
    assert b"\x1b[" in shown
    return shown.decode(), process.returncode


def command(tree):
    return [sys.executable, "-m", "cli", "inspect", str(tree), "--follow"]
