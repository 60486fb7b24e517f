"""Strategies of installed packages: names beside the built-in ones, parameters typed by annotations (design 3)."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from engine.strategies.parameters import BadValueError, parameters_of, typed
from engine.strategies.registered import registered_strategies

PACKAGE = '''
def every(columns, bars: int, ratio: float = 0.5, side: str = "long", quick: bool = False):
    """Long every so many bars."""
    assert type(bars) is int and type(ratio) is float and type(side) is str and type(quick) is bool
    return [1 if index % bars == 0 else 0 for index in range(len(columns["close"]))]


class Holder:
    """Long whenever it is asked."""

    def __init__(self, wait: "int | None" = None):
        self.wait = wait

    def on_bar(self, bar, features, position):
        return "long"
'''
CONFIG = """\
containers:
  - id: data_x
    type: data
    source: {{name: synthetic, symbol: X, bars: 50}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {strategy}
"""


def install(site, module, points, name="strategies-kit"):
    """A package as an installer leaves it."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "\n".join(f"{key} = {value}" for key, value in points.items())
    (info / "entry_points.txt").write_text(f"[admf.strategies]\n{lines}\n")
    if module:
        (site / "strategies_kit.py").write_text(module)


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    install(folder, PACKAGE, {"every": "strategies_kit:every", "holder": "strategies_kit:Holder"})
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(tmp_path)
    yield folder
    sys.modules.pop("strategies_kit", None)


def run(strategy, *arguments, command="run"):
    Path("run.yaml").write_text(CONFIG.format(strategy=strategy))
    outcome = CliRunner().invoke(app, [command, "run.yaml", *arguments])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


@pytest.mark.parametrize("strategy", ["{name: every, bars: 10, ratio: 2, quick: true}", "{name: holder, wait: 3}"])
def test_a_registered_name_runs_like_a_built_in_one(site, strategy):
    outcome = run(strategy, "--quiet")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    metrics = json.loads(Path("results/portfolio_1/metrics.json").read_text())
    assert metrics["metrics"]["total_trades"] >= 1


@pytest.mark.parametrize(
    ("strategy", "key", "said"),
    [
        ("{name: every, bars: ten}", "bars: ten", "expected a whole number"),
        ("{name: every, bars: 2.5}", "bars: 2.5", "expected a whole number"),
        ("{name: every, bars: 2, quick: 1}", "quick: 1", "expected true or false"),
        ("{name: every, bars: 2, side: 3}", "side: 3", "expected text: quote it if it is meant as text"),
        ("{name: every}", "name: every", "missing a required argument: 'bars'"),
        ("{name: every, bars: 2, odd: 3}", "odd: 3", "got an unexpected keyword argument 'odd'"),
    ],
)
def test_parameters_of_another_type_are_refused_where_they_stand(site, strategy, key, said):
    outcome = run(strategy)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("run.yaml:8:")
    assert f"containers.1.strategy.{key}: " in outcome.stderr
    assert said in outcome.stderr
    assert not Path("results").exists()


def test_a_name_nobody_registers_is_refused_with_the_nearest(site):
    outcome = run("{name: evry, bars: 2}")
    assert outcome.exit_code == 2
    assert "no such strategy; did you mean 'every'?" in outcome.stderr


def test_a_built_in_name_is_never_looked_up_and_never_replaced(site):
    install(site, "", {"buy_and_hold": "strategies_kit:every"}, name="rude-kit")
    assert run("{name: buy_and_hold}", "--quiet").exit_code == 0
    registered_strategies.__globals__["_registered"].cache_clear()
    assert "buy_and_hold" in registered_strategies().refused


def test_two_packages_of_one_name_are_refused(site):
    install(site, "", {"every": "strategies_kit:Holder"}, name="other-kit")
    registered_strategies.__globals__["_registered"].cache_clear()
    outcome = run("{name: every, bars: 2}")
    assert outcome.exit_code == 2
    assert "registered more than once, by package other-kit and strategies-kit" in outcome.stderr


def test_a_package_that_cannot_be_imported_is_refused_in_one_line(site):
    (site / "strategies_kit.py").write_text("raise RuntimeError('no')\n")
    outcome = run("{name: every, bars: 2}")
    assert outcome.exit_code == 2
    assert outcome.stderr.count("\n") == 1
    assert "importing 'every' of package strategies-kit failed: RuntimeError: no" in outcome.stderr


def test_explain_names_the_package_and_does_not_import_it(site):
    (site / "strategies_kit.py").write_text("raise RuntimeError('imported')\n")
    outcome = run("{name: every, bars: 2}", command="explain")
    assert outcome.exit_code == 0
    assert "a run imports: every (package strategies-kit), by portfolio_1" in outcome.stdout


def test_annotations_that_cannot_be_checked_take_anything():
    def strategy(columns, a, b: list, c: "list[int]", *, d: "int | str" = 1, **rest):
        """Some."""

    assert [each.types for each in parameters_of(strategy)] == [(), (), (), (int, str)]
    assert typed(strategy, {"a": 1, "b": 2, "c": "x", "d": "y", "other": 5}) == {
        "a": 1,
        "b": 2,
        "c": "x",
        "d": "y",
        "other": 5,
    }
    with pytest.raises(BadValueError, match="expected a whole number or text"):
        typed(strategy, {"d": True})


def test_numbers_become_what_is_wanted():
    def strategy(columns, whole: int, number: float):
        """Some."""

    assert [(value, type(value)) for value in typed(strategy, {"whole": 10.0, "number": 2}).values()] == [
        (10, int),
        (2.0, float),
    ]
