"""Users' code that does what it should not costs its own lane at most (rules E6, L9; promises 9, 10)."""

import json
import shlex
import signal
import subprocess
import time

import pytest

from cli.config_file import read_config
from engine.orchestration.prepare import prepare
from engine.orchestration.results_folder import ResultsFolder
from engine.orchestration.run import Run
from tests.fault.long_runs import started
from tests.run_command import COMMAND, ROOT, changed, files_of, read_json, results_of, run, run_process
from tests.run_configs import write_config

RAISING = """

class Mute(Exception):
    def __str__(self):
        raise KeyboardInterrupt


class Unseen:
    def __repr__(self):
        raise KeyboardInterrupt


class Stopping:
    def on_bar(self, bar, features, position):
        raise KeyboardInterrupt


class Nameless:
    def on_bar(self, bar, features, position):
        raise Mute


class Halved:
    def on_bar(self, bar, features, position):
        raise ValueError("a\\ud800b")


class Odd:
    def on_bar(self, bar, features, position):
        return Unseen()


class Addressed:
    def on_bar(self, bar, features, position):
        return lambda: object()


def columns_stop(columns):
    raise KeyboardInterrupt


def size_stops(entry):
    raise KeyboardInterrupt


def cost_stops(deal):
    raise KeyboardInterrupt
"""
ERRORS = {
    "stopping": "KeyboardInterrupt, at hostile.py:15",
    "nameless": "Mute, at hostile.py:20",
    "halved": "ValueError: a\\ud800b, at hostile.py:25",
    "odd": "BadDecisionError: on_bar returned of type Unseen: expected a Decision",
    "addressed": "BadDecisionError: on_bar returned <function Addressed.on_bar.<locals>.<lambda>>: expected",
    "columns_stop": "KeyboardInterrupt, at hostile.py:39",
    "sized": "KeyboardInterrupt, at hostile.py:43",
    "charged": "KeyboardInterrupt, at hostile.py:47",
}
CONFIG = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 60}}
  - {id: dear, type: execution, commission: {name: hostile.cost_stops}}
  - {id: free, type: execution}
  - {id: before, type: portfolio, inputs: [data_x], execution: free, strategy: {name: buy_and_hold}}
  - {id: stopping, type: portfolio, inputs: [data_x], execution: free, strategy: {name: hostile.Stopping}}
  - {id: nameless, type: portfolio, inputs: [data_x], execution: free, strategy: {name: hostile.Nameless}}
  - {id: halved, type: portfolio, inputs: [data_x], execution: free, strategy: {name: hostile.Halved}}
  - {id: odd, type: portfolio, inputs: [data_x], execution: free, strategy: {name: hostile.Odd}}
  - {id: addressed, type: portfolio, inputs: [data_x], execution: free, strategy: {name: hostile.Addressed}}
  - {id: columns_stop, type: portfolio, inputs: [data_x], execution: free, strategy: {name: hostile.columns_stop}}
  - id: sized
    type: portfolio
    inputs: [data_x]
    execution: free
    strategy: {name: buy_and_hold}
    sizing: {name: hostile.size_stops}
  - {id: charged, type: portfolio, inputs: [data_x], execution: dear, strategy: {name: buy_and_hold}}
  - {id: after, type: portfolio, inputs: [data_x], execution: free, strategy: {name: buy_and_hold}}
trace_settings: {mode: full}
"""


def written(folder, config, code):
    (folder / "hostile.py").write_text(code)
    return write_config(folder, config)


def test_e6_whatever_users_code_raises_costs_its_lane_alone(tmp_path):
    config = written(tmp_path, CONFIG, RAISING)
    trees = []
    for number, options in enumerate((["--workers", "1"], ["--workers", "2"], ["--path", "event"])):
        out = tmp_path / f"out{number}"
        assert run(config, "--output", out, "--quiet", *options).exit_code == 1
        trees.append(files_of(out, without=["run.json"]))
    assert trees[0] == trees[1] == trees[2]
    results = results_of(tmp_path / "out0")
    for id_, error in ERRORS.items():
        assert results[id_]["error"].startswith(error)
    assert [results[id_]["status"] for id_ in ("before", "after", "data_x", "free")] == ["completed"] * 4
    assert read_json(tmp_path / "out0" / "run.json")["status"] == "failed"


SLOW = """
import time
from pathlib import Path


def slow(columns, n):
    Path(__file__).with_name(f"asked_{n}").touch()
    time.sleep(1.0)
    return [1] * len(columns["close"])
"""
SWEPT = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 60}}
  - {id: "slow_{n}", type: portfolio, inputs: [data_x], sweep: {n: [1, 2, 3, 4]}, strategy: {name: hostile.slow, n: "{n}"}}
"""


@pytest.mark.parametrize("path", ["auto", "event"])
def test_2_a_signal_while_columns_are_computed_ends_the_run_before_the_next(tmp_path, path):
    config = written(tmp_path, SWEPT, SLOW)
    with started(config, tmp_path / "out", "--workers", "1", "--path", path, "--json", "--progress", "none") as process:
        while not (tmp_path / "asked_1").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert json.loads(stdout)["status"] == "interrupted"
    assert not (tmp_path / "asked_3").exists()
    results = results_of(tmp_path / "out")
    assert {result["status"] for result in results.values()} == {"interrupted"}
    assert len(results) == 7
    assert read_json(tmp_path / "out" / "run.json")["status"] == "interrupted"


MEDDLING = """
import decimal
import os
import signal
import sys
import tempfile

import numpy as np

np.seterr(invalid="raise")
sys.path.clear()


def ring(*_):
    raise RuntimeError("rung")


class Once:
    bars = 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        if self.bars == 2:
            self.meddle()
        return "long" if self.bars == 1 else None

    def meddle(self):
        pass


class Goes(Once):
    def meddle(self):
        os.chdir(tempfile.gettempdir())


class Forgets(Once):
    def meddle(self):
        sys.path.clear()


class Shallow(Once):
    def meddle(self):
        sys.setrecursionlimit(depth() + 12)


class Rings(Once):
    def meddle(self):
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.001)


class Strict(Once):
    def meddle(self):
        np.seterr(all="raise")
        decimal.getcontext().prec = 1


class Mutes(Once):
    def meddle(self):
        sys.stderr.close()
        sys.stdout.close()


def depth():
    frame, count = sys._getframe(), 0
    while frame := frame.f_back:
        count += 1
    return count


class Looks:
    # What it finds at every bar, as a failure if anything is not as it should be.
    def on_bar(self, bar, features, position):
        assert np.geterr() == {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "raise"}, np.geterr()
        assert decimal.getcontext().prec == 28
        assert sys.getrecursionlimit() >= 1000
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def columns(columns):
    assert np.geterr()["under"] == "ignore"
    np.seterr(all="raise")
    return [1] * len(columns["close"])
"""
MEDDLERS = ("Goes", "Forgets", "Shallow", "Rings", "Strict", "Mutes", "columns", "Looks", "columns")


def meddled():
    lines = [
        f"  - {{id: p{number}_{name}, type: portfolio, inputs: [data_x], strategy: {{name: hostile.{name}}}}}"
        for number, name in enumerate(MEDDLERS)
    ]
    data = "  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 60}}"
    last = "  - {id: last, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}"
    return "\n".join(["containers:", data, *lines, last, "trace_settings: {mode: full}", ""])


@pytest.mark.parametrize("workers", [1, 2])
def test_l9_what_users_code_does_to_the_process_touches_no_other_lane(tmp_path, workers):
    config = written(tmp_path, meddled(), MEDDLING)
    options = ("--output", "out", "--workers", workers, "--progress", "plain")
    outcome = run_process(config, *options, cwd=tmp_path, COLUMNS="80")
    assert outcome.returncode == 0, outcome.stderr
    results = results_of(tmp_path / "out")
    assert len(results) == len(MEDDLERS) + 4
    assert {result["status"] for result in results.values()} == {"completed"}
    assert read_json(tmp_path / "out" / "run.json")["status"] == "completed"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_6_a_closed_stdout_or_stderr_keeps_no_run_from_its_end(tmp_path, closed):
    config = written(tmp_path, CONFIG, RAISING)
    command = shlex.join([*COMMAND, str(config), "--output", str(tmp_path / "out")])
    outcome = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], cwd=ROOT, env=changed({}), capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 1
    assert "Traceback" not in outcome.stderr
    assert ("charged failed: " in outcome.stderr) == ("2>&-" not in closed)
    assert read_json(tmp_path / "out" / "run.json")["status"] == "failed"
    assert results_of(tmp_path / "out")["after"]["status"] == "completed"


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("path", ["auto", "event"])
def test_2_a_run_that_is_stopped_while_it_is_set_up_writes_what_there_is(tmp_path, path, workers):
    config = written(tmp_path, SWEPT, SLOW)
    loaded = read_config(config, str(config))
    prepared = prepare(loaded.config, loaded.locations, loaded.base_folder, path=path)
    with ResultsFolder(tmp_path / "out", prepared.folders, overwrite=False) as folder:
        stopped = Run(prepared, folder, {}, pytest.fail, workers)
        stopped.stop()
        outcome = stopped.execute(lambda: None)
        stopped.finish(outcome)
    assert outcome.status == "interrupted"
    results = results_of(tmp_path / "out")
    assert {result["status"] for result in results.values()} == {"interrupted"}
    assert {results[f"slow_{n}"]["metrics"]["days"] for n in (1, 2, 3, 4)} == {0}
    assert len(results) == 7
    assert not list(tmp_path.glob("asked_*"))
