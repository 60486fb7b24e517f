"""What the pages show runs: docs/strategies.md as a whole, the Python of docs/tracing.md."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(python|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    """The code blocks of a page in one language, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [code for found, code in BLOCK.findall(text) if found == language]


def run(*arguments):
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


def metrics(results, id_):
    return json.loads((results / id_ / "metrics.json").read_text())["metrics"]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder with the files of the page: each block says in its first line what it is called."""
    folder = tmp_path_factory.mktemp("own")
    for code in (*blocks("strategies.md", "python"), *blocks("strategies.md", "yaml")):
        name = re.match(r"# (\S+)\n", code)[1]
        (folder / name).write_text(code, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(own):
    outcome = run(own / "own.yaml", "--output", own / "results", "--progress", "none")
    assert outcome.exit_code == 0, outcome.output
    return own / "results"


def test_the_page_shows_both_styles(own):
    assert {path.name for path in own.glob("*.*")} >= {"my_strategies.py", "my_bar_strategies.py", "own.yaml"}


@pytest.mark.parametrize(
    "id_",
    [
        *(f"portfolio_momentum_{bars}" for bars in (10, 20, 40)),
        "portfolio_breakout",
        "portfolio_pullback",
        "portfolio_stronger",
        "portfolio_only_calm",
        "portfolio_ten_bars",
    ],
)
def test_every_strategy_of_the_page_trades(results, id_):
    figures = metrics(results, id_)
    assert figures["total_trades"] > 1
    assert figures["rejected_orders"] == 0


def test_the_combined_strategy_of_the_page_trades(own):
    outcome = run(own / "combined.yaml", "--output", own / "combined", "--progress", "none")
    assert (outcome.exit_code, metrics(own / "combined", "portfolio_combined")["total_trades"] > 1) == (0, True)


def test_the_look_ahead_of_the_page_is_caught_in_the_words_of_the_page(own, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    outcome = CliRunner().invoke(app, ["check", str(own / "peek.yaml"), "--lookahead"])
    assert outcome.exit_code == 1
    assert outcome.stdout in (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


def test_the_sweep_of_the_page_gives_different_strategies(results):
    assert len({metrics(results, f"portfolio_momentum_{bars}")["total_pnl"] for bars in (10, 20, 40)}) == 3


def test_the_reason_of_a_decision_is_in_the_trace(results):
    outcome = CliRunner().invoke(app, ["inspect", str(results), "portfolio_pullback", "--events", "--type", "SIGNAL"])
    assert "reason stop: " in " ".join(outcome.stdout.split())


def test_the_refusal_of_the_page_is_the_one_that_is_given(own, monkeypatch, tmp_path):
    shutil.copytree(own, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("results"))
    config = tmp_path / "own.yaml"
    config.write_text(config.read_text().replace("my_strategies.momentum", "my_strategies.momentun"))
    monkeypatch.chdir(tmp_path)
    outcome = run("own.yaml")
    page = " ".join((ROOT / "docs" / "strategies.md").read_text(encoding="utf-8").split())
    assert outcome.exit_code == 2
    assert outcome.stderr.splitlines()[0] in page


def test_the_tracer_by_hand_does_what_the_page_says(results, monkeypatch):
    """K6: also the lines that read a file, against the results of the other page."""
    reading, *by_hand = blocks("tracing.md", "python")
    assert len(by_hand) == 2
    for block in by_hand:
        exec(compile(block, "tracing.md", "exec"), {})  # noqa: S102 - our own page
    monkeypatch.chdir(results.parent)
    names = {}
    exec(compile(reading.replace("portfolio_trend", "portfolio_pullback"), "tracing.md", "exec"), names)  # noqa: S102
    assert len(names["fills"]) == metrics(results, "portfolio_pullback")["fills"]
