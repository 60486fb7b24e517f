"""Questions `admf inspect` cannot answer: one line on stderr, exit 2; and what it never does (promise 25)."""

import subprocess
import sys

import pytest

from tests.cli.inspect_command import ROOT, inspect, inspect_process
from tests.cli.inspect_trees import trade_events, write_trace, write_tree


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "results", ("portfolio_1", "portfolio_2"))


def refused(*arguments):
    outcome = inspect(*arguments)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    return line


def test_no_such_folder(tmp_path):
    assert refused(tmp_path / "no") == f"there is no folder {tmp_path / 'no'}"


def test_an_id_in_the_place_of_the_folder(tree, monkeypatch):
    monkeypatch.chdir(tree.parent)
    assert refused("portfolio_1") == "there is no folder portfolio_1; did you mean: admf inspect results portfolio_1"


def test_a_file_in_the_place_of_the_folder(tree):
    assert "is not a folder" in refused(tree / "run.json")


def test_a_folder_without_a_run(tmp_path):
    assert refused(tmp_path) == f"{tmp_path} holds no run: there is no run.json in it"


def test_the_folder_of_a_container(tree):
    folder = tree / "portfolio_1"
    assert refused(folder) == f"{folder} is the folder of one container: admf inspect {tree} portfolio_1"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("portfolio_", "portfolio_1"), ("PORTFOLIO_2", "portfolio_2"), ("dataX", "data_x"), ("zz", None)],
)
def test_no_such_container(tree, typed, meant):
    hint = f"; did you mean {meant!r}?" if meant else ""
    for options in ((), ("--json",), ("--events",), ("--trade", "x")):
        assert refused(tree, typed, *options) == f"{tree} has no container {typed!r}{hint}"


def test_a_path_is_no_id(tree):
    assert "has no container '../results/portfolio_1'" in refused(tree, "../results/portfolio_1")


@pytest.mark.parametrize("option", [("--type", "FILL"), ("--head", "1"), ("--tail", "1")])
def test_what_chooses_among_events_is_never_ignored(tree, option):
    assert refused(tree, "portfolio_1", *option) == f"{option[0]} chooses among events: it needs --events"


def test_events_need_a_container(tree):
    assert "--events needs the id of a container" in refused(tree, "--events")


def test_two_questions_at_a_time(tree):
    assert "ask one at a time" in refused(tree, "portfolio_1", "--events", "--trade", "x")


def test_escapes_in_what_was_typed_are_shown(tree):
    assert refused(tree, "\x1b[2J") == f"{tree} has no container " + r"'\x1b[2J'"


def test_nothing_heavy_and_nothing_of_the_users_is_imported(tree):
    write_trace(tree, "portfolio_1", trade_events())
    code = (
        "import sys; from pathlib import Path; from cli.inspecting import Request, inspect_results;"
        f"ask = lambda id_, e, t: inspect_results(Request(Path({str(tree)!r}), id_, e, t, (), None, None, False));"
        "ask(None, False, None); ask('portfolio_1', False, None); ask('portfolio_1', True, None);"
        "ask(None, False, 'portfolio_1#1');"
        "heavy = {'numpy', 'duckdb', 'talib', 'yaml', 'engine', 'psutil', 'asyncio'} & {n.partition('.')[0] for n in sys.modules};"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "POSITION_CLOSE" in done.stdout


def test_nothing_is_written(tree):
    before = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}
    for arguments in ((), ("portfolio_1",), ("--json",), ("portfolio_1", "--events"), ("--trade", "x")):
        inspect(tree, *arguments)
    assert {path: path.stat().st_mtime_ns for path in tree.rglob("*")} == before


def test_help_shows_an_example():
    outcome = inspect_process("--help")
    assert outcome.returncode == 0
    assert "Example: admf inspect" in outcome.stdout
