"""`admf init` writes a project that runs as it stands, and never over anything."""

from typer.testing import CliRunner

from cli.app import app
from tests.run_command import results_of, run

FILES = ["README.md", "config.yaml", "data/sp500_daily_2009_2018.csv", "my_strategy.py"]


def init(*arguments):
    return CliRunner().invoke(app, ["init", *map(str, arguments)])


def written(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_project_runs_and_its_own_strategy_trades(tmp_path):
    outcome = init(tmp_path / "new" / "project")
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[-1] == f"Next: admf run {tmp_path / 'new' / 'project' / 'config.yaml'}"
    assert written(tmp_path / "new" / "project") == FILES
    ran = run(tmp_path / "new" / "project" / "config.yaml", "--output", tmp_path / "out", "--progress", "none")
    assert (ran.exit_code, ran.stderr) == (0, "")
    results = results_of(tmp_path / "out")
    assert {result["status"] for result in results.values()} == {"completed"}
    own = [result["metrics"]["total_trades"] for id_, result in results.items() if id_.startswith("portfolio_own_")]
    assert len(own) == 3
    assert min(own) > 10


def test_the_current_folder_is_the_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    outcome = init()
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[-1] == "Next: admf run config.yaml"
    assert written(tmp_path) == sorted([*FILES, "notes.txt"])


def test_a_file_of_the_project_is_never_replaced(tmp_path):
    (tmp_path / "config.yaml").write_text("mine")
    outcome = init(tmp_path)
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        f"{tmp_path} already has config.yaml: nothing was written; name another folder: admf init FOLDER\n"
    )
    assert written(tmp_path) == ["config.yaml"]


def test_a_file_in_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "project").write_text("mine")
    outcome = init(tmp_path / "project")
    assert outcome.exit_code == 2
    assert str(tmp_path / "project") in outcome.stderr
