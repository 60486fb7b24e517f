"""The table of containers: what stands in it, and what it does with damage (promises 13, 16, 24)."""

import json
import os

import msgspec
import pytest

from cli.results.json_file import NEWEST_SCHEMA
from engine.orchestration.run import SCHEMA_VERSION
from tests.cli.inspect_command import inspect
from tests.cli.inspect_trees import FULL, result, write_json, write_run, write_tree


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "results", ("portfolio_2", "portfolio_10"))


def first_words(outcome):
    """The first word of each line under the header."""
    return [line.split()[0] for line in outcome.stdout.splitlines()[2:]]


def row(outcome, id_):
    return next(line.split() for line in outcome.stdout.splitlines() if line.split()[0] == id_)


def test_containers_stand_in_the_order_of_declaration_and_the_root_last(tree):
    outcome = inspect(tree)
    assert outcome.exit_code == 0
    assert outcome.stderr == ""
    assert outcome.stdout.splitlines()[0] == "cross: completed, 3 containers, 2020-01-01 to 2020-01-07"
    assert first_words(outcome) == ["data_x", "portfolio_2", "portfolio_10", "root_container"]


def test_a_row_shows_the_figures_of_metrics_json(tree):
    assert row(inspect(tree), "portfolio_2") == [
        *("portfolio_2", "portfolio", "completed", "2", "50.00%", "12.50", "1.25%", "-2.34%"),
    ]


def test_events_on_disk_are_counted(tree):
    write_json(tree / "portfolio_2" / "metrics.json", result("portfolio_2", written=1234, trace_settings=FULL))
    assert row(inspect(tree), "portfolio_2")[-1] == "1,234"


def test_an_execution_container_that_was_not_declared_is_there_too(tree):
    write_run(tree, {"data_x": "data"}, folders=["data_x", "execution_default", "root_container"])
    write_json(tree / "execution_default" / "metrics.json", result("execution_default", "execution"))
    assert first_words(inspect(tree)) == ["data_x", "execution_default", "root_container"]


def test_json_is_the_list_of_the_metrics_files(tree):
    outcome = inspect(tree, "--json")
    files = [tree / id_ / "metrics.json" for id_ in ("data_x", "portfolio_2", "portfolio_10", "root_container")]
    assert json.loads(outcome.stdout) == [json.loads(path.read_bytes()) for path in files]


def test_a_container_that_failed_is_named_with_its_error(tree):
    failed = result("portfolio_2", status="failed", error="ValueError: no such feature")
    write_json(tree / "portfolio_2" / "metrics.json", failed)
    outcome = inspect(tree)
    assert row(outcome, "portfolio_2")[2] == "failed"
    assert outcome.stderr == "portfolio_2 failed: ValueError: no such feature\n"
    assert outcome.exit_code == 0


DAMAGE = {
    "empty": (b"", "it is empty"),
    "half": (b'{"schema_version": 1, "container_id": "portf', "it is not whole JSON"),
    "not UTF-8": (b'{"schema_version": 1, "container_id": "\xff"}', "it is not UTF-8 from byte 39 on"),
    "another form": (b'{"schema_version": 1, "container_id": 7}', "it is not what a run writes"),
    "newer": (b'{"schema_version": 2, "id": 1}', "a newer admf wrote it (schema_version 2; this one reads up to 1)"),
    "deeply nested": (b'{"schema_version": 1, "x": ' + b"[" * 100_000, "it is not whole JSON"),
    "huge": (b" " * (16 * 1024 * 1024 + 1), "it is larger than 16 MiB"),
    "swapped": (msgspec.json.encode(result("portfolio_10")), "it holds the results of 'portfolio_10'"),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_shown_as_damaged_and_the_rest_is_listed(tree, content, reason):
    path = tree / "portfolio_2" / "metrics.json"
    path.write_bytes(content)
    outcome = inspect(tree)
    assert outcome.exit_code == 1
    assert row(outcome, "portfolio_2")[2] == "damaged"
    assert row(outcome, "portfolio_10")[2] == "completed"
    (message,) = outcome.stderr.splitlines()
    assert message.startswith(f"{path}: damaged: {reason}")


@pytest.mark.parametrize(("content", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_json_leaves_a_damaged_file_out_and_says_so(tree, content, reason):
    (tree / "portfolio_2" / "metrics.json").write_bytes(content)
    outcome = inspect(tree, "--json")
    assert outcome.exit_code == 1
    assert [one["container_id"] for one in json.loads(outcome.stdout)] == ["data_x", "portfolio_10", "root_container"]
    assert reason in outcome.stderr


def test_a_missing_file_is_damage_once_the_run_is_over(tree):
    (tree / "portfolio_2" / "metrics.json").unlink()
    outcome = inspect(tree)
    assert outcome.exit_code == 1
    assert row(outcome, "portfolio_2")[2] == "damaged"
    assert outcome.stderr.endswith("damaged: it is missing\n")


def test_a_missing_file_is_none_while_the_run_is_at_work(tree):
    write_run(tree, {"data_x": "data", "portfolio_2": "portfolio"}, status="running", pid=os.getpid())
    (tree / "portfolio_2" / "metrics.json").unlink()
    outcome = inspect(tree)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert row(outcome, "portfolio_2")[2] == "unfinished"
    assert [one["container_id"] for one in json.loads(inspect(tree, "--json").stdout)] == ["data_x", "root_container"]


def test_a_folder_in_the_place_of_the_file_is_damage(tree):
    path = tree / "portfolio_2" / "metrics.json"
    path.unlink()
    path.mkdir()
    assert "damaged: this is not a file" in inspect(tree).stderr


def test_of_much_damage_the_first_twenty_are_reported(tmp_path):
    tree = write_tree(tmp_path, tuple(f"portfolio_{number}" for number in range(30)))
    for number in range(30):
        (tree / f"portfolio_{number}" / "metrics.json").write_bytes(b"")
    outcome = inspect(tree)
    assert len(outcome.stderr.splitlines()) == 21
    assert outcome.stderr.splitlines()[-1] == "... and 10 more"


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema_version": 1}'])
def test_without_a_usable_run_json_the_folders_are_listed_2_before_10(tree, content):
    (tree / "run.json").write_bytes(content)
    outcome = inspect(tree)
    assert outcome.exit_code == 1
    assert first_words(outcome) == ["data_x", "portfolio_2", "portfolio_10", "root_container"]
    assert row(outcome, "portfolio_2")[1] == "portfolio"
    assert "run.json: damaged: " in outcome.stderr


@pytest.mark.parametrize("id_", ["../outside", "/etc", ".hidden", "", "nul\0"])
def test_an_id_that_leads_out_of_the_results_is_not_followed(tmp_path, id_):
    tree = write_tree(tmp_path / "results")
    write_json(tmp_path / "outside" / "metrics.json", result("../outside"))
    write_run(tree, {id_: "portfolio", "portfolio_1": "portfolio"})
    outcome = inspect(tree)
    assert outcome.exit_code == 1
    assert "cannot be the id of a container" in outcome.stderr
    assert first_words(outcome) == ["data_x", "portfolio_1", "root_container"]


def test_control_characters_and_markup_from_files_are_shown_escaped(tree):
    hostile = result("portfolio_2", status="failed", error="\x1b[31m[bold]\u202e", type_="port\nfolio")
    write_json(tree / "portfolio_2" / "metrics.json", hostile)
    write_run(tree, {"portfolio_2": "portfolio"}, name="\x9b2J[red]")
    for arguments in ((), ("--json",), ("portfolio_2",), ("portfolio_2", "--json")):
        outcome = inspect(tree, *arguments)
        assert all(letter.isprintable() or letter == "\n" for letter in outcome.stdout + outcome.stderr)
    assert inspect(tree).stderr == r"portfolio_2 failed: \x1b[31m[bold]\u202e" + "\n"
    assert r"\x9b2J[red]: completed" in inspect(tree).stdout


def test_the_version_that_is_read_is_the_version_that_is_written():
    assert NEWEST_SCHEMA == SCHEMA_VERSION
