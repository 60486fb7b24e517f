"""A strategy that fails takes its own lane along, and nobody else (rules E6, L9; promise 10)."""

import re

import pytest

from tests.run_command import files_of, read_json, results_of, run
from tests.run_configs import FAILING, write_config
from tracing.reading.reader import TraceReader

ERRORS = {
    "raises": "ValueError: the market is closed, at strategies_of_a_user.py:12\nand the rest of it \x1b[31m",
    "returns_nan": "BadTargetsError: strategies_of_a_user.nothing_known returned nan at bar 0: expected +1, 0 or -1",
    "babbles": "BadDecisionError: on_bar returned 'sideways': expected",
}


@pytest.fixture
def failing(finished):
    return finished("failing")


def test_the_exit_code_is_1_and_each_failure_is_one_line(failing):
    outcome, _ = failing
    assert outcome.exit_code == 1
    lines = outcome.stderr.splitlines()
    assert len(lines) == len(ERRORS)
    for line, (id_, error) in zip(lines, ERRORS.items(), strict=True):
        assert line.startswith(f"{id_} failed: {error.splitlines()[0]}")
        assert line.isprintable()


def test_the_table_lists_the_failed_last_and_tells_them_apart(failing):
    outcome, tree = failing
    rows = [line.split() for line in outcome.stdout.splitlines() if line.endswith(("completed", "failed"))]
    assert (rows[0][0], rows[0][-1]) == ("holds", "completed")
    assert {row[0]: row[-1] for row in rows[1:]} == dict.fromkeys(ERRORS, "failed")
    assert outcome.stdout.startswith("failing: failed, 6 containers, 3 failed, ")
    assert outcome.stdout.splitlines()[-1] == f"Next: admf inspect {tree} raises"


def test_the_whole_message_stands_in_metrics_json(failing):
    results = results_of(failing.tree)
    for id_, error in ERRORS.items():
        assert results[id_]["status"] == "failed"
        assert results[id_]["error"].startswith(error)
    assert results["holds"]["status"] == "completed"
    assert results["root_container"]["metrics"]["failed"] == len(ERRORS)
    assert read_json(failing.tree / "run.json")["status"] == "failed"


def test_the_error_is_the_last_event_of_the_lane(failing):
    *_, last = TraceReader(failing.tree / "raises")
    assert (last["type"], last["exception"], last["message"]) == (
        "ERROR",
        "ValueError",
        "the market is closed\nand the rest of it \x1b[31m",
    )
    assert re.fullmatch(r"strategies_of_a_user.py:\d+ in on_bar", last["where"])


def test_l6_the_figures_of_a_failed_lane_end_where_it_failed(failing):
    *_, update, _ = TraceReader(failing.tree / "raises")
    metrics = results_of(failing.tree)["raises"]["metrics"]
    assert metrics["days"] == 61
    assert metrics["final_equity"] == update["equity"]


@pytest.mark.parametrize("block_size", [1, 7])
def test_l6_they_do_not_depend_on_the_size_of_blocks(failing, tmp_path, block_size):
    config = write_config(tmp_path, f"block_size: {block_size}\n{FAILING}", "failing.yaml")
    run(config, "--output", tmp_path / "out", "--quiet")
    assert files_of(tmp_path / "out", without=["run.json"]) == files_of(failing.tree, without=["run.json"])


def test_e6_the_others_are_byte_identical_to_a_run_in_which_nobody_fails(failing, tmp_path):
    text = FAILING.replace("strategies_of_a_user.Raises, at: 60", "buy_and_hold")
    text = re.sub(r"strategies_of_a_user\.\w+", "buy_and_hold", text)
    assert run(write_config(tmp_path, text), "--output", tmp_path / "out", "--quiet").exit_code == 0
    others = ("data_x", "holds")  # the execution container and the root add up what all of them did
    whole, struck = (
        {name: content for name, content in files_of(tree).items() if name.startswith(others)}
        for tree in (tmp_path / "out", failing.tree)
    )
    ids = [re.search(rb"run-[0-9a-f]{16}", files["holds/metrics.json"])[0] for files in (whole, struck)]
    assert {name: content.replace(*ids) for name, content in whole.items()} == struck


def test_many_failures_are_not_all_told(tmp_path):
    sweep = FAILING.split("  - {id: holds")[0] + (
        '  - id: "p_{n}"\n    type: portfolio\n    inputs: [data_x]\n'
        "    sweep: {n: {range: {from: 1, to: 25, step: 1}}}\n"
        "    strategy: {name: strategies_of_a_user.Babbles}\n"
    )
    outcome = run(write_config(tmp_path, sweep), "--output", tmp_path / "out", "--progress", "none")
    lines = outcome.stderr.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "... and 5 more: their metrics.json say why"
