"""Users' code that does what it should not costs its own lane at most (rules E6, L9; promises 9, 10)."""

import json
import signal
import time

import pytest

from tests.fault.long_runs import started
from tests.run_command import files_of, read_json, results_of, run
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
