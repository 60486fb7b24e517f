"""`--strict`, `--quiet`, `--dry-run`, `--progress`, `--debug`: each has an effect, and only its own."""

import json
import re

import pytest

from engine.kernel.library import load_kernel
from tests.run_command import files_of, read_json, run
from tests.run_configs import CROSS, FAILING, FROM_FILE, FULL, write_bars, write_config

WARNED = FROM_FILE.replace("X}", "X, timestamp_format: '%Y-%m-%dT%H:%M'}")
PLAIN = re.compile(
    r"2020-10-26 00:00  step 300 of 300  [\d,]+ steps/s  [\d,]+ events/s  3 containers: 0 running, 3 done  "
    r"0 open trades  \d+ of \d+ MiB\n"
)


@pytest.fixture
def warned(tmp_path):
    """A config whose bars have times without a zone: worth a warning, no more."""
    config = write_config(tmp_path, WARNED)
    lines = (tmp_path / "bars.csv").read_text().splitlines()
    (tmp_path / "bars.csv").write_text("\n".join([lines[0], *(re.sub("^([^,]+)", r"\1T09:30", x) for x in lines[1:])]))
    return config


def test_a_warning_is_one_line_and_stops_nothing(tmp_path, warned):
    outcome = run(warned, "--output", tmp_path / "out", "--progress", "none")
    assert outcome.exit_code == 0
    assert outcome.stderr.startswith("warning: ")
    assert "bars.csv" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_m2_strict_makes_it_a_refusal(tmp_path, warned):
    outcome = run(warned, "--output", tmp_path / "out", "--strict")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.endswith(" (refused by --strict)\n")
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_strict_refuses_patterns_that_match_nothing_and_nothing_is_made(tmp_path):
    text = CROSS + "trace_settings: {container_settings: {'portfolo_*': {mode: full}}}\n"
    config = write_config(tmp_path, text)
    outcome = run(config, "--output", tmp_path / "out", "--strict")
    assert outcome.exit_code == 2
    assert re.match(rf"{config}:\d+:\d+: .*portfolo_\*.*\(refused by --strict\)\n$", outcome.stderr)
    assert not (tmp_path / "out").exists()
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0


def test_strict_lets_a_good_config_run(tmp_path):
    assert run(write_config(tmp_path), "--output", tmp_path / "out", "--strict", "--quiet").exit_code == 0


def test_quiet_prints_nothing(tmp_path, warned):
    outcome = run(warned, "--output", tmp_path / "out", "--quiet", "--progress", "plain")
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (0, "", "")
    assert run(warned, "--quiet", "--dry-run").stdout == ""


def test_quiet_still_says_what_is_wrong(tmp_path):
    outcome = run(write_config(tmp_path, FAILING), "--output", tmp_path / "out", "--quiet")
    assert (outcome.exit_code, outcome.stdout) == (1, "")
    assert outcome.stderr.count(" failed: ") == 3


def test_a_dry_run_says_what_would_run_and_writes_nothing(tmp_path):
    config = write_config(tmp_path)
    before = files_of(tmp_path)
    outcome = run(config, "--output", tmp_path / "out", "--dry-run")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines() == [
        "cross: config and data are good; nothing was written",
        "containers: 1 data, 1 portfolio, 1 execution, 1 root",
        "data_x: 300 bars of X, 2020-01-01 to 2020-10-26",
        "traced: 1, of them to disk: 0",
        f"would write to: {tmp_path}/out",
    ]
    assert not (tmp_path / "out").exists()
    assert files_of(tmp_path) == before


def test_a_dry_run_as_json_tells_the_hash_the_run_will_have(tmp_path):
    config = write_config(tmp_path)
    planned = json.loads(run(config, "--output", tmp_path / "out", "--dry-run", "--json").stdout)
    assert (planned["status"], planned["bars"], planned["traced"]) == ("planned", {"data_x": 300}, ["portfolio_1"])
    run(config, "--output", tmp_path / "out", "--quiet")
    assert read_json(tmp_path / "out" / "run.json")["plan_hash"] == planned["plan_hash"]


def test_a_dry_run_finds_what_is_wrong_with_the_data(tmp_path):
    config = write_config(tmp_path, FROM_FILE)
    write_bars(tmp_path / "bars.csv")
    lines = (tmp_path / "bars.csv").read_text().splitlines()
    (tmp_path / "bars.csv").write_text("\n".join([*lines[:5], lines[3], *lines[5:]]))
    outcome = run(config, "--dry-run")
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("bars.csv:6: ")


@pytest.mark.parametrize("kind", ["plain", "auto"])
def test_where_no_terminal_is_progress_is_plain_lines_and_the_last_state_is_shown(tmp_path, kind):
    outcome = run(write_config(tmp_path), "--output", tmp_path / "out", "--progress", kind)
    assert PLAIN.fullmatch(outcome.stderr)


def test_progress_as_json_is_an_object_a_line(tmp_path):
    outcome = run(write_config(tmp_path), "--output", tmp_path / "out", "--progress", "json", "--json")
    looks = [json.loads(line) for line in outcome.stderr.splitlines()]
    assert looks[-1]["expected_mib"] > 20
    assert looks[-1] | dict.fromkeys(("steps_per_s", "events_per_s", "memory_mib", "expected_mib"), 0) == {
        "phase": "ended",
        "step": 300,
        "steps": 300,
        "date": "2020-10-26 00:00",
        "events": json.loads(outcome.stdout)["events"],
        "steps_per_s": 0,
        "events_per_s": 0,
        "containers": 3,
        "running": 0,
        "done": 3,
        "failed": 0,
        "interrupted": 0,
        "open_trades": 0,
        "memory_mib": 0,
        "expected_mib": 0,
        "left_s": 0.0,
    }


def test_progress_none_shows_none(tmp_path):
    outcome = run(write_config(tmp_path), "--output", tmp_path / "out", "--progress", "none")
    assert outcome.stderr == ""


@pytest.mark.parametrize("kind", ["rich", "plain", "json", "none"])
def test_progress_changes_no_result(finished, tmp_path, kind):
    run(write_config(tmp_path), "--output", tmp_path / "out", "--progress", kind)
    expected = files_of(finished("generated").tree, without=["run.json"])
    assert files_of(tmp_path / "out", without=["run.json"]) == expected


def test_debug_shows_the_traceback_of_a_refusal(tmp_path):
    config = write_config(tmp_path, CROSS.replace("cash", "cahs"))
    without, with_it = run(config), run(config, "--debug")
    assert "Traceback" not in without.stderr
    assert "Traceback (most recent call last)" in with_it.stderr
    assert with_it.stderr.endswith(without.stderr)
    assert without.exit_code == with_it.exit_code == 2


def test_debug_shows_the_traceback_of_a_strategy(tmp_path):
    outcome = run(write_config(tmp_path, FAILING), "--output", tmp_path / "out", "--debug", "--quiet")
    assert outcome.exit_code == 1
    assert "in on_bar" in outcome.stderr
    assert "ValueError: the market is closed" in outcome.stderr


@pytest.mark.parametrize(
    "option", [("--workers", "1"), ("--path", "event"), ("--path", "kernel"), ("--path", "python")]
)
def test_workers_and_path_stand_in_run_json_and_nowhere_else(finished, tmp_path, option):
    run(write_config(tmp_path), "--output", tmp_path / "out", "--quiet", *option)
    path = option[1] if option[0] == "--path" else "auto"
    kernel = "interpreted" if path == "python" else load_kernel().form
    assert read_json(tmp_path / "out" / "run.json")["how"] == {"workers": 1, "path": path, "kernel": kernel}
    expected = files_of(finished("generated").tree, without=["run.json"])
    assert files_of(tmp_path / "out", without=["run.json"]) == expected


def test_b1_path_batch_says_who_cannot_take_it(tmp_path):
    outcome = run(write_config(tmp_path, FULL), "--output", tmp_path / "out", "--path", "kernel")
    assert outcome.exit_code == 0
    lines = [line for line in outcome.stderr.splitlines() if "event by event" in line]
    assert lines == [
        "warning: portfolio_1 and 1 more: simulated event by event: signal_analyzer listens to it",
    ]
    refused = run(write_config(tmp_path, FULL), "--output", tmp_path / "not", "--path", "kernel", "--strict")
    assert refused.exit_code == 2
    assert "(refused by --strict)" in refused.stderr
    assert not (tmp_path / "not").exists()


def test_b2_an_analysis_hears_what_an_execution_says_on_either_path(tmp_path):
    containers = """
  - {id: execution_1, type: execution}
  - {id: analysis_1, type: analysis, inputs: [execution_1]}
"""
    config = write_config(tmp_path, CROSS + containers)
    for path in ("event", "kernel"):
        outcome = run(config, "--output", tmp_path / path, "--path", path)
    assert "portfolio_1: simulated event by event: analysis_1 listens to execution_1" in outcome.stderr
    assert read_json(tmp_path / "kernel" / "analysis_1" / "metrics.json")["tracing"]["written"] > 0
    by_event, in_columns = (files_of(tmp_path / path, without=["run.json"]) for path in ("event", "kernel"))
    assert in_columns == by_event
