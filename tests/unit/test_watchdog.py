"""A lane that takes too long fails alone (promise 9)."""

import signal
import time
from types import SimpleNamespace

import pytest

from engine.orchestration.watchdog import LaneTimeoutError, Watchdog
from tests.run_command import files_of, results_of, run
from tests.run_configs import CROSS, write_config

SLOW = """
import time


class Hangs:
    bars = 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        while self.bars == 40:
            try:
                time.sleep(60)
            except Exception:
                pass


class Stubborn(Hangs):
    def on_bar(self, bar, features, position):
        while True:
            try:
                time.sleep(60)
            except:
                if self.bars:
                    raise
                self.bars = 1
"""
HANGING = """
  - {id: hangs, type: portfolio, inputs: [data_x], strategy: {name: slow.Hangs}, event_tracing: {mode: full}}
"""
SHARED = """
  - {id: decides, type: strategy, inputs: [data_x], strategy: {name: slow.Stubborn}}
  - {id: hears, type: portfolio, inputs: [decides]}
  - {id: hears_too, type: portfolio, inputs: [decides]}
"""


def ran(folder, more="", limit="timeout_s: 0.3\n"):
    """A run of CROSS with more containers."""
    config = write_config(folder, CROSS + more + limit)
    (folder / "slow.py").write_text(SLOW)
    return run(config, "--output", folder / "out", "--progress", "none", "--quiet")


def test_9_a_strategy_that_never_returns_fails_alone(tmp_path):
    outcome = ran(tmp_path, HANGING)
    assert outcome.exit_code == 1
    assert outcome.stderr == "hangs failed: timeout: more than 0.3 s of its own, at slow.py:12\n"
    results = results_of(tmp_path / "out")
    assert results["hangs"]["status"] == "failed"
    assert results["hangs"]["error"].startswith("timeout: ")
    assert results["hangs"]["metrics"]["days"] == 40
    assert results["portfolio_1"]["status"] == "completed"
    assert ran(tmp_path / "without", limit="").exit_code == 0
    beside, alone = (files_of(folder / "out" / "portfolio_1") for folder in (tmp_path, tmp_path / "without"))
    ids = (b'"correlation_id"', b'"run-')
    for name, content in beside.items():
        lines = zip(content.splitlines(), alone[name].splitlines(), strict=True)
        assert all(one == other or one.lstrip().startswith(ids) for one, other in lines)


def test_9_who_shares_a_strategy_that_never_returns_fails_with_it(tmp_path):
    assert ran(tmp_path, SHARED).exit_code == 1
    statuses = {id_: result["status"] for id_, result in results_of(tmp_path / "out").items()}
    failed = {id_ for id_, status in statuses.items() if status == "failed"}
    assert failed == {"decides", "hears", "hears_too", "root_container"}


def test_9_the_time_of_a_lane_adds_up_and_that_of_the_shared_does_not():
    def work(_):
        time.sleep(0.25)

    with Watchdog(0.4) as watchdog:
        for _ in range(2):
            watchdog(0, work, None)
        watchdog(1, work, None)
        watchdog(2, work, None)
        with pytest.raises(LaneTimeoutError, match=r"^timeout: more than 0.4 s of its own, at test_watchdog.py:"):
            watchdog(1, work, None)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_9_an_error_of_the_work_is_passed_on():
    with Watchdog(5.0) as watchdog, pytest.raises(ZeroDivisionError):
        watchdog(1, lambda _: 1 / 0, None)


def test_timeout_s_is_no_part_of_what_a_run_is(tmp_path):
    """Nothing it writes depends on the limit while nobody exceeds it."""
    trees = []
    for name, limit in {"with": "timeout_s: 100\n", "without": ""}.items():
        assert ran(tmp_path / name, limit=limit).exit_code == 0
        trees.append(files_of(tmp_path / name / "out", without=["run.json"]))
    assert trees[0] == trees[1]


def test_9_what_is_said_of_a_lane_whose_time_is_up_is_not_interrupted():
    def work_on():
        while True:
            watchdog(1, time.sleep, 0.05)

    with Watchdog(1.0) as watchdog:
        with pytest.raises(LaneTimeoutError):
            work_on()  # each takes little, so next to nothing was left when the last began
        watchdog(1, time.sleep, 0.2)


@pytest.mark.parametrize(("line", "place"), [(7, "test_watchdog.py:7"), (None, "test_watchdog.py")])
def test_9_a_place_that_has_no_line_is_named_without(line, place):
    frame = SimpleNamespace(f_code=SimpleNamespace(co_filename=__file__), f_lineno=line)
    with Watchdog(5.0) as watchdog, pytest.raises(LaneTimeoutError, match=f" at {place}$"):
        watchdog(1, lambda _: watchdog._ring(0, frame), None)


@pytest.mark.parametrize("after", ["pass", "raise ValueError from None"])
def test_9_an_alarm_that_the_users_code_catches_is_its_failure_all_the_same(tmp_path, after):
    code = f"""
import time


class Catches:
    def on_bar(self, bar, features, position):
        try:
            time.sleep(60)
        except BaseException:
            {after}


def whole(columns):
    time.sleep(60)
"""
    text = CROSS
    for id_, name in {"bars": "Catches", "columns": "whole"}.items():
        text += f"  - {{id: {id_}, type: portfolio, inputs: [data_x], strategy: {{name: catching.{name}}}}}\n"
    config = write_config(tmp_path, f"{text}timeout_s: 0.3\n")
    (tmp_path / "catching.py").write_text(code)
    outcome = run(config, "--output", tmp_path / "out", "--progress", "none", "--quiet", "--workers", "1")
    assert outcome.stderr.splitlines() == [
        "bars failed: timeout: more than 0.3 s of its own, at catching.py:8",
        "columns failed: timeout: more than 0.3 s of its own, at catching.py:14",
    ]
    assert results_of(tmp_path / "out")["portfolio_1"]["status"] == "completed"
