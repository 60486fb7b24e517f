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


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("portfolio_1", "--type", "FILL"), "--type chooses among events: it needs --events"),
        (("portfolio_1", "--head", "1"), "--head chooses among events or trades: it needs --events or --trades"),
        (("--tail", "1"), "--tail chooses among events or trades: it needs --events or --trades"),
        (("portfolio_1", "--top", "1"), "--top arranges a table"),
        (("portfolio_1", "--events", "--where", "trades > 1"), "--where arranges a table"),
        (("--trade", "x", "--sort", "sharpe"), "--sort arranges a table"),
        (("portfolio_1", "--csv"), "--csv prints tables"),
        (("--trades",), "--trades needs the id of a container"),
        (("--sort", "shape"), "--sort: no such name: 'shape'; did you mean 'sharpe'?"),
        (("--columns", "sharpe,trade"), "--columns: no such name: 'trade'; did you mean 'trades'?"),
        (("--where", "sharpe ** 2 > 1"), "--where, column 9: "),
        (("--where", "sharp > 1"), "--where, column 1: no such name: sharp; did you mean 'sharpe'?"),
    ],
)
def test_no_option_is_ignored(tree, options, reason):
    assert refused(tree, *options).startswith(reason)


def test_one_form_at_a_time(tree):
    outcome = inspect(tree, "--json", "--csv")
    assert outcome.exit_code == 2
    assert "ask for one" in outcome.stderr


def test_events_need_a_container(tree):
    assert "--events needs the id of a container" in refused(tree, "--events")


def test_two_questions_at_a_time(tree):
    assert "ask one at a time" in refused(tree, "portfolio_1", "--events", "--trade", "x")


def test_escapes_in_what_was_typed_are_shown(tree):
    assert refused(tree, "\x1b[2J") == f"{tree} has no container " + r"'\x1b[2J'"


def test_nothing_heavy_and_nothing_of_the_users_is_imported(tree):
    write_trace(tree, "portfolio_1", trade_events())
    code = (
        "import sys; from pathlib import Path; from cli.inspecting import inspect_results;"
        "from cli.questions import Request;"
        f"ask = lambda *id_, **asked: inspect_results(Request(Path({str(tree)!r}), *id_, **asked));"
        "ask(); ask('portfolio_1'); ask('portfolio_1', events=True); ask('portfolio_1', trades=True);"
        "ask(trade='portfolio_1#1');"
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
