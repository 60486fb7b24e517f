"""`admf list`: what a config may name, with parameters, units and defaults, read off the code."""

import json
import sys

import msgspec
import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.commands.list import Kind
from engine.config.catalogue import catalogue
from engine.config.schema import CONTAINER_TYPES
from engine.events import EVENT_TYPES
from engine.features.indicators import indicator_names
from engine.metrics.container_metrics import CONTAINER_METRICS
from engine.metrics.definitions import METRICS
from engine.strategies.crossover import Crossover

STRATEGIES = '''
def lagged(columns, bars: int, ratio: float = 1.5, side: str = "long", *, quick: bool = False):
    """Follows the close of some bars ago."""
    return (columns["close"] > 0) * 1


class NotOne:
    """Has neither style."""


PLAIN = 5
'''
POINTS = """
[admf.strategies]
lagged = package_of_strategies:lagged
crossover = package_of_strategies:lagged
broken = package_of_strategies:missing
dotted.name = package_of_strategies:lagged
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package that registers strategies, some of them wrongly."""
    site = tmp_path / "site"
    info = site / "package_of_strategies-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: package-of-strategies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (site / "package_of_strategies.py").write_text(STRATEGIES)
    monkeypatch.syspath_prepend(str(site))
    yield site
    sys.modules.pop("package_of_strategies", None)


def list_(*arguments, columns=None):
    environment = {"COLUMNS": None if columns is None else str(columns)}
    outcome = CliRunner().invoke(app, ["list", *arguments], env=environment)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def listed(*arguments):
    return {entry["name"]: entry for entry in json.loads(list_(*arguments, "--json").stdout)}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_listed_and_says_what_each_is(kind):
    entries = catalogue(kind.value)
    assert entries
    assert [entry.name for entry in entries if not entry.summary] == []
    assert [entry.name for entry in entries if "(rule" in entry.summary] == []


@pytest.mark.parametrize("kind", Kind)
def test_the_text_names_each_and_fits_the_terminal(kind):
    text = list_(kind.value, columns=80).stdout
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    for entry in catalogue(kind.value):
        assert any(line.startswith(entry.name) for line in lines)
        assert [key.name for key in entry.parameters if f"    {key.name}: " not in text] == []


def test_a_parameter_says_what_it_takes_its_default_and_its_unit():
    keys = {key["name"]: key for key in listed("commissions")["per_share"]["parameters"]}
    assert keys["amount"] == {
        "name": "amount",
        "takes": "a number of at least 0",
        "required": True,
        "default": None,
        "description": "quote currency per unit",
    }
    assert keys["minimum"]["default"] == "0"
    assert keys["maximum"]["default"] is None


def test_the_parameters_are_those_of_the_structs():
    names = [key["name"] for key in listed("strategies")["crossover"]["parameters"]]
    assert names == [field.name for field in msgspec.structs.fields(Crossover)]


def test_names_are_those_of_the_code():
    assert list(listed("indicators")) == list(indicator_names())
    names, of_portfolios = list(listed("metrics")), [metric.name for metric in METRICS]
    assert names[: len(of_portfolios)] == of_portfolios
    others = {metric.name for metric in CONTAINER_METRICS}
    assert set(names) == {*of_portfolios, *others}
    assert len(set(names)) == len(names)
    assert list(listed("events")) == list(EVENT_TYPES)
    assert list(listed("containers")) == list(CONTAINER_TYPES)


def test_indicators_metrics_and_events_say_what_else_there_is_to_know():
    assert listed("indicators")["MACD"]["facts"] == {"reads": "close", "gives": "macd, signal, hist"}
    assert listed("metrics")["win_rate"]["facts"] == {"unit": "fraction"}
    assert listed("events")["POSITION_OPEN"]["facts"]["fields"].startswith("symbol, side, quantity")


def test_one_name_is_listed_alone_and_a_wrong_one_refused():
    assert list(listed("sizings", "all_in")) == ["all_in"]
    outcome = list_("sizings", "al_in")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == "'al_in' is not among the sizings; did you mean 'all_in'?\n"


def test_a_kind_that_is_not_there_is_refused():
    assert list_("colours").exit_code == 2


def test_strategies_of_packages_are_listed_with_parameters_of_their_signature(package):
    entry = listed("strategies")["lagged"]
    assert entry["summary"] == "Follows the close of some bars ago."
    assert entry["facts"] == {"package": "package-of-strategies"}
    assert [(key["name"], key["takes"], key["default"]) for key in entry["parameters"]] == [
        ("bars", "a whole number", None),
        ("ratio", "a number", "1.5"),
        ("side", "text", "long"),
        ("quick", "true or false", "false"),
    ]


def test_what_cannot_be_registered_or_imported_is_said(package):
    outcome = list_("strategies", "--json")
    entries = [entry["name"] for entry in json.loads(outcome.stdout)]
    assert entries.count("crossover") == 1
    assert "dotted.name" not in entries
    assert "fault" in listed("strategies")["broken"]["facts"]
    assert outcome.exit_code == 0
    assert outcome.stderr.splitlines() == [
        "warning: package package-of-strategies registers the strategy 'crossover', which is the name of a built-in one",
        "warning: package package-of-strategies registers the strategy 'dotted.name': a name with a dot would be read as a dotted path",
    ]
