"""SIGINT and SIGTERM: the first ends a run cleanly, the second at once (promise 2)."""

import json
import signal
import time

import psutil
import pytest

from tests.fault.long_runs import LONG, check_tree, hanging, started
from tests.run_command import files_of, read_json, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

SECONDS_TO_END = 60.0  # then it hangs; how fast it ends is no matter for a busy machine
BARS = 200_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_2_the_first_signal_ends_the_run_with_what_was_done(tmp_path, number):
    config = write_config(tmp_path, LONG.format(bars=BARS))
    with started(config, tmp_path / "out", "--progress", "json", "--json", "--workers", "1") as process:
        look = json.loads(process.stderr.readline())
        assert 0 < look["step"] < BARS
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + number
    assert json.loads(stdout)["status"] == "interrupted"
    assert json.loads(stderr.splitlines()[-1])["running"] == 0
    results = check_tree(tmp_path / "out")
    assert set(results) == {"data_x", "traced", "holds", "execution_default", "root_container"}
    assert {result["status"] for result in results.values()} == {"interrupted"}
    assert read_json(tmp_path / "out" / "run.json")["status"] == "interrupted"
    assert not [name for name in files_of(tmp_path / "out") if "/." in f"/{name}"]
    updates = [event for event in TraceReader(tmp_path / "out" / "traced") if event["type"] == "PORTFOLIO_UPDATE"]
    assert look["step"] <= len(updates) < BARS
    assert updates[-1]["equity"] == results["traced"]["metrics"]["final_equity"]


@pytest.mark.slow
def test_2_an_interrupted_trace_is_the_beginning_of_the_whole_one(tmp_path):
    config = write_config(tmp_path, LONG.format(bars=BARS))
    with started(config, tmp_path / "out", "--progress", "json", "--quiet") as process:
        while not list(tmp_path.glob("out/traced/events*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + signal.SIGTERM
    assert run(config, "--output", tmp_path / "whole", "--quiet").exit_code == 0
    whole = iter(TraceReader(tmp_path / "whole" / "traced"))
    assert all(event == next(whole) for event in TraceReader(tmp_path / "out" / "traced"))


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_2_the_second_signal_ends_it_at_once(tmp_path, second):
    with hanging(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None  # the strategy does not return, and the step has to end
        process.send_signal(second)
        stdout, stderr = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + signal.SIGINT
    assert (stdout, stderr) == ("", "interrupted\n")
    check_tree(tmp_path / "out")
    assert read_json(tmp_path / "out" / "run.json")["status"] == "running"


def test_2_a_signal_while_data_are_read_leaves_nothing_behind(tmp_path):
    text = LONG.replace(
        "{{name: synthetic, symbol: X, bars: {bars}, bar_length: 1m}}", "{{path: big.csv, symbol: X}}"
    ).format()
    config = write_config(tmp_path, text)
    rows = "".join(f"{1_577_836_800 + 60 * n},1,1,1,1,1\n" for n in range(300_000))
    (tmp_path / "big.csv").write_text(f"timestamp,open,high,low,close,volume\n{rows}")
    with started(config, tmp_path / "out", "--quiet") as process:
        while not children(process.pid):
            assert process.poll() is None
            time.sleep(0.01)
        (reader,) = children(process.pid)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + signal.SIGTERM
    assert (stdout, stderr) == ("", "interrupted\n")
    assert not reader.is_running()
    assert not (tmp_path / "out").exists()


def children(pid):
    """The processes that a process has started."""
    return psutil.Process(pid).children()
