"""`admf explain` says of every value, not of trace settings alone, which layer and line it comes from (C4)."""

import json
import re

import pytest

from cli.config_file import read_config
from engine.config.written import values_of_container, values_of_run
from tests.cli.test_explain import explain

BASE = """\
seed: 3
results: {trades: true}
trace_settings: {default: {max_events: 9}}
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 20}}
  - id: "p_{n}"
    type: portfolio
    inputs: [data_x]
    cash: 500
    sweep: {n: [2, 3]}
    features: {a: {indicator: SMA, timeperiod: "{n}"}}
    strategy: {name: crossover, fast: close, slow: a}
"""
CONFIG = """\
extends: shared/base.yaml
environment: staging
block_size: 7
portfolio_settings: {retention_policy: none}
staging:
  results: {equity: true}
  block_size: 8
"""
CASES = {
    "seed": ("3", "extends", "shared/base.yaml:1"),
    "block_size": ("8", "environment staging", "c.yaml:7"),
    "environment": ("staging", "file", "c.yaml:2"),
    "results.trades": ("true", "extends", "shared/base.yaml:2"),
    "results.equity": ("true", "environment staging", "c.yaml:6"),
    "memory_mb": (None, "default", None),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "base.yaml").write_text(BASE)
    (tmp_path / "c.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(values):
    places = {
        each.path: each.at and (each.at.path if each.at.is_option else f"{each.at.path}:{each.at.line}")
        for each in values
    }
    return {each.path: (each.value, each.layer, places[each.path]) for each in values}


def loaded(folder, *assignments, environment=None):
    return read_config(folder / "c.yaml", "c.yaml", assignments=assignments, environment=environment)


def test_c4_every_value_of_the_run_says_its_layer_and_line(folder):
    config = loaded(folder)
    found = told(values_of_run(config.config, config.locations))
    assert {path: found[path] for path in CASES} == CASES


def test_c4_options_are_layers_of_their_own(folder):
    config = loaded(folder, "seed=5", environment="production")
    found = told(values_of_run(config.config, config.locations))
    assert found["seed"] == ("5", "--set seed=5", "--set seed=5")
    assert found["environment"] == ("production", "--env production", "--env production")
    assert found["block_size"] == ("7", "file", "c.yaml:3")
    assert "results.equity" not in found


def test_c4_every_value_of_a_container_says_its_layer_and_line(folder):
    config = loaded(folder, "containers.p_3.cash=7")
    first, second = (told(values_of_container(config.config.containers[k], k, config.locations)) for k in (1, 2))
    assert first["cash"] == ("500", "extends", "shared/base.yaml:9")
    assert second["cash"] == ("7", "--set containers.p_3.cash=7", "--set containers.p_3.cash=7")
    assert [each["features.a.timeperiod"][0] for each in (first, second)] == ["2", "3"]
    assert first["sizing"] == ("{name: all_in}", "default", None)
    assert {"id", "type", "inputs", "event_tracing"}.isdisjoint(first)


def test_every_field_of_a_container_is_told_once(folder):
    config = loaded(folder)
    container = config.config.containers[1]
    paths = [each.path.partition(".")[0] for each in values_of_container(container, 1, config.locations)]
    assert set(paths) == set(container.__struct_fields__) - {"id", "inputs", "event_tracing"}


def test_the_text_has_them_a_sweep_once(folder):
    text = explain("c.yaml").stdout
    assert re.search(r"\n  seed +3  <- extends, shared/base.yaml:1\n", text)
    assert re.search(r"\n  results.equity +true  <- environment staging, c.yaml:6\n", text)
    assert text.count("\nsettings of p_2, p_3\n") == 1
    assert re.search(r"\n  cash +500  <- extends, shared/base.yaml:9\n", text)
    assert "\n  not set: execution" in text
    assert "settings of the run" not in explain("c.yaml", "p_2").stdout
    assert "--set seed=4\n" in explain("c.yaml", "--set", "seed=4").stdout


def test_the_json_names_the_file_of_a_line_that_is_not_the_configs_own(folder):
    """Decision 020."""
    containers = json.loads(explain("c.yaml", "p_2", "--json").stdout)["containers"]
    trace = containers[0]["trace"]
    assert trace["max_events"] == {
        "value": 9,
        "layer": "trace_settings.default",
        "pattern": None,
        "line": 3,
        "file": "shared/base.yaml",
    }
    assert list(trace["retention_policy"]) == ["value", "layer", "pattern", "line"]
    assert trace["retention_policy"]["line"] == 4
