"""Portfolios shared out to processes: the same bytes, and a killed process costs only its lanes (rules Z1 to Z3, promise 2)."""

import signal
import time

import psutil
import pytest

from tests.fault.long_runs import started
from tests.lanes import write_lanes
from tests.run_command import files_of, read_json, results_of, run_process

pytestmark = pytest.mark.slow
SECONDS_TO_END = 20.0  # 5 are promised; the machine may be busy


def tree(config, folder, workers):
    """The exit code, the messages, and the files but for run.json."""
    outcome = run_process(config, "--output", folder, "--workers", workers, "--progress", "none", "--quiet")
    assert read_json(folder / "run.json")["how"]["workers"] == workers
    return outcome.returncode, outcome.stderr, files_of(folder, without=["run.json"])


def test_z3_one_worker_two_and_seven_write_the_same_bytes(tmp_path):
    kinds = ["hears", "crosses", "fails", "flips", "is_struck", "holds", "fails_at_once", "hears_two", "crosses"]
    config = write_lanes(tmp_path, kinds, bars=300)
    one, two, seven = (tree(config, tmp_path / f"out_{workers}", workers) for workers in (1, 2, 7))
    assert one == two
    assert one == seven
    assert "ears/events.jsonl.gz" in one[2]


def test_a_process_killed_once_costs_nothing(tmp_path):
    kinds = ["crosses", "flips", "kills", "crosses", "hears"]
    config = write_lanes(tmp_path, kinds, bars=200, mark=tmp_path / "mark")
    code, errors, files = tree(config, tmp_path / "out", 2)
    assert (code, errors) == (0, "")
    assert (tmp_path / "mark").exists()
    assert tree(config, tmp_path / "again", 1)[2] == files


def test_a_lane_that_kills_its_process_each_time_fails_alone(tmp_path):
    config = write_lanes(tmp_path, ["crosses", "flips", "kills", "crosses", "hears"], bars=200)
    code, errors, _ = tree(config, tmp_path / "out", 2)
    assert (code, errors) == (1, "kills_2 failed: worker_killed\n")
    results = results_of(tmp_path / "out")
    assert results.pop("kills_2")["error"] == "worker_killed"
    assert results["root_container"]["metrics"]["failed"] == 1
    assert {result["status"] for id_, result in results.items() if id_ != "root_container"} == {"completed"}
    alone = write_lanes(tmp_path / "alone", ["crosses", "flips", "holds", "crosses", "hears"], bars=200)
    others = results_of_run(alone, tmp_path / "alone" / "out")
    for id_ in ("crosses_0", "flips_1", "crosses_3", "hears_4"):
        assert results[id_]["metrics"] == others[id_]["metrics"]


def results_of_run(config, folder):
    run_process(config, "--output", folder, "--workers", 1, "--quiet")
    return results_of(folder)


def finished(out):
    """The lanes that have ended; those at work have snapshots."""
    files = out.glob("crosses_*/metrics.json")
    return [path.parent.name for path in files if read_json(path)["status"] == "completed"]


@pytest.fixture
def at_work(tmp_path):
    """A run of two workers, one of which has a lane that does not return."""
    config = write_lanes(tmp_path, ["hangs", *["crosses"] * 5], bars=3000)
    with started(config, tmp_path / "out", "--workers", "2", "--progress", "none") as process:
        while len(finished(tmp_path / "out")) < 2:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        yield process, psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_2_the_first_signal_ends_all_processes_and_keeps_what_was_finished(tmp_path, at_work, number):
    process, workers = at_work
    process.send_signal(number)
    process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + number
    assert read_json(tmp_path / "out" / "run.json")["status"] == "interrupted"
    statuses = {id_: result["status"] for id_, result in results_of(tmp_path / "out").items()}
    assert list(statuses.values()).count("completed") >= 2
    assert statuses["root_container"] == "interrupted"
    assert_ended(workers)
    assert not list((tmp_path / "out").glob(".*"))


def test_2_the_second_signal_ends_them_at_once(tmp_path, at_work):
    process, workers = at_work
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS_TO_END)
    assert process.returncode == 128 + signal.SIGINT
    assert errors == "interrupted\n"
    assert_ended(workers)


def test_no_worker_outlives_a_run_that_is_killed(at_work):
    process, workers = at_work
    process.kill()
    process.communicate(timeout=SECONDS_TO_END)
    assert_ended(workers)


def assert_ended(processes):
    """None of them runs on by itself."""
    _, alive = psutil.wait_procs(processes, timeout=SECONDS_TO_END)
    assert not alive
