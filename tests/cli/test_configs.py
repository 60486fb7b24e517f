"""Every config that is shipped runs, trades, says in its comments how to run it, and stands in the docs."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT, results_of, run

CONFIGS = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "configs").rglob("*.yaml"))}
NEW = [
    "configs/portfolios.yaml",
    "configs/pairs.yaml",
    "configs/multi_asset.yaml",
    "configs/orders.yaml",
    "configs/own_strategy/own_strategy.yaml",
]
DOCS = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_there_are_configs_to_look_at():
    assert set(NEW) <= set(CONFIGS)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_says_how_to_run_it_and_stands_in_the_docs(name):
    text = CONFIGS[name].read_text(encoding="utf-8")
    assert f"#   admf run {name}" in text
    assert Path(name).name in DOCS


@pytest.mark.parametrize("name", NEW)
def test_a_config_runs_without_a_word_and_every_portfolio_trades(name, tmp_path):
    outcome = run(CONFIGS[name], "--output", tmp_path / "out", "--progress", "none")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    results = results_of(tmp_path / "out")
    portfolios = {id_: each["metrics"] for id_, each in results.items() if each["type"] == "portfolio"}
    assert portfolios
    for id_, metrics in portfolios.items():
        assert metrics["total_trades"] > 2, id_
        assert metrics["rejected_orders"] == 0, id_


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_l4_no_portfolio_of_a_config_looks_ahead(name):
    arguments = ["check", str(CONFIGS[name]), "--lookahead", "--points", "2"]
    outcome = CliRunner().invoke(app, arguments, env={"COLUMNS": None})
    assert outcome.exit_code == 0, outcome.output
    *portfolios, last = outcome.stdout.splitlines()
    assert last.startswith("not seen: code that reads files itself")
    assert len(re.findall(r"  ok: 2 cuts, [12] with events", outcome.stdout)) == len(portfolios)
