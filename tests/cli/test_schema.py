"""`admf schema`: what loads validates, what is spoilt does not (C6)."""

import copy
import itertools
import json
import operator
import re
from functools import reduce
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from cli.app import app
from cli.config_file import read_config
from engine.config.errors import ConfigErrors
from engine.config.json_schema import config_schema
from engine.config.schema import ENVIRONMENTS

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))
VALIDATOR = Draft7Validator(config_schema())

EVERYTHING = """\
name: everything
seed: 3
environment: mine
environments: [mine]
block_size: 1_000
results: {trades: yes, equity: "${EQUITY:-false}"}
trace_settings:
  default: {enabled: false}
  events_to_trace: [FILL, BAR]
  container_settings: {"portfolio_*": {mode: minimal, max_events: 10}}
  overrides: [{pattern: "x*", retention_policy: none, storage_config: {compression: zstd, max_file_size_mb: 1e1}}]
portfolio_settings: {event_tracing: ALL, sliding_window_size: 5}
containers:
  - id: data_x
    type: data
    source: {name: synthetic, symbol: X, bars: 300, start: 2020-01-31, regimes: [{drift: 0, volatility: 0.1, mean_bars: 5}]}
  - {id: 12, type: data, source: {path: bars.csv, symbol: Y, columns: {close: Last}, on_bad_row: drop}}
  - id: features_core
    type: feature
    inputs: [data_x]
    features:
      bands: {indicator: BBANDS, timeperiod: 20, nbdevup: 2.5, input: close}
  - {id: strategy_own, type: strategy, inputs: [features_core], strategy: {name: my_code.Own, anything: 5}}
  - id: execution_1
    type: execution
    fill_at: next_close
    commission: [{name: percent, percent: .1, maximum: 5}, {name: per_share, amount: 1e-4}]
    slippage: {name: basis_points, bps: 1}
  - id: "portfolio_{period}_{side}_{cash}"
    type: portfolio
    inputs: ["features_*", data_x]
    execution: execution_1
    cash: "{cash}"
    sweep:
      period: {range: {from: 5, to: 10, step: 5}}
      side: [long, short]
      cash: [1000, 2000]
      where: period > 1
    features: {average: {indicator: SMA, timeperiod: "{period}"}}
    strategy: {name: crossover, fast: close, slow: average, direction: "{side}"}
    sizing: {name: percent_of_equity, percent: 50}
    event_tracing: [FILL]
  - {id: ears, type: analysis, inputs: ["*"], event_tracing: {mode: full, storage_path: ./results/here}}
mine:
  name: mine
  trace_settings: {enabled: true}
"""

SPOILT = {
    "unknown top-level key": ("seed: 3", "sede: 3"),
    "unknown block": ("environments: [mine]\n", ""),
    "text for a number": ("seed: 3", "seed: three"),
    "number out of range": ("seed: 3", "seed: -3"),
    "fraction for a whole number": ("bars: 300", "bars: 300.5"),
    "number for a switch": ("trades: yes", "trades: 7"),
    "unknown event": ("[FILL, BAR]", "[FILL, BARS]"),
    "unknown mode": ("mode: minimal", "mode: minimum"),
    "unknown policy": ("retention_policy: none", "retention_policy: nothing"),
    "pattern is missing": ('pattern: "x*", ', ""),
    "unknown type": ("type: analysis", "type: analyst"),
    "id is missing": ("id: ears, ", ""),
    "inputs are no list": ("inputs: [data_x]\n", "inputs: data_x\n"),
    "no inputs": ("inputs: [data_x]\n", "inputs: []\n"),
    "symbol is missing": ("path: bars.csv, symbol: Y", "path: bars.csv"),
    "unknown key of a source": ("on_bad_row: drop", "bad_row: drop"),
    "unknown indicator": ("indicator: BBANDS", "indicator: BANDS"),
    "parameter of another indicator": ("nbdevup: 2.5", "fastperiod: 2"),
    "unknown strategy": ("name: crossover", "name: crossing"),
    "parameter is missing": ("fast: close, slow: average", "fast: close"),
    "unknown direction": ('direction: "{side}"', "direction: up"),
    "unknown sizing": ("percent_of_equity", "percent_of_cash"),
    "commission as slippage": ("slippage: {name: basis_points, bps: 1}", "slippage: {name: percent, percent: 1}"),
    "range without an end": ("{from: 5, to: 10, step: 5}", "{from: 5, step: 5}"),
    "a list for a parameter": ("anything: 5", "anything: [5]"),
    "sweep of nothing": ("side: [long, short]", "side: []"),
    "unknown key of a block": ("  name: mine\n", "  nome: mine\n"),
    "a list for a mapping": ("mine:\n", "mine:\n  results: [trades]\n"),
}


class Loader(yaml.SafeLoader):
    """YAML as editors read it: a date is a text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def loaded(text):
    return yaml.load(text, Loader)  # noqa: S506 - a safe loader


def faults(config):
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(config)]


def test_the_command_prints_the_schema_and_it_is_one():
    printed = json.loads(CliRunner().invoke(app, ["schema"]).stdout)
    assert printed == config_schema()
    Draft7Validator.check_schema(printed)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_config_that_is_shipped_validates(path):
    assert faults(loaded(path.read_text())) == []


def test_every_form_validates_and_loads(tmp_path):
    assert faults(loaded(EVERYTHING)) == []
    config = tmp_path / "everything.yaml"
    config.write_text(EVERYTHING)
    assert len(read_config(config, "everything.yaml").config.containers) == 14


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_spoilt_does_not_validate_and_does_not_load(what, tmp_path):
    before, after = SPOILT[what]
    spoilt = EVERYTHING.replace(before, after, 1)
    assert spoilt != EVERYTHING
    assert faults(loaded(spoilt)) != []
    config = tmp_path / "spoilt.yaml"
    config.write_text(spoilt)
    with pytest.raises(ConfigErrors):
        read_config(config, "spoilt.yaml")


def mappings(node, path=()):
    """The paths of the mappings in a config whose keys are fixed: not those named by users."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    free = path and path[-1] in ("features", "container_settings", "columns", "sweep", "weights")
    own = isinstance(node, dict) and "." in str(node.get("name", ""))
    if isinstance(node, dict) and not free and not own and path[-2:-1] != ("sweep",):
        yield path
    for key, value in inside:
        yield from mappings(value, (*path, key))


def kind(config, path):
    """What mappings of a config are alike in: where they stand, and their keys."""
    node = reduce(operator.getitem, path, config)
    return tuple(key for key in path if isinstance(key, str)), frozenset(node), str(node.get("type", node.get("name")))


def test_a_key_that_nothing_reads_is_found_in_every_mapping():
    found = {}
    for config in map(loaded, [EVERYTHING, *(path.read_text() for path in SHIPPED)]):
        for path in mappings(config):
            found.setdefault(kind(config, path), (config, path))
    assert len(found) > 100
    for config, path in found.values():
        spoilt = copy.deepcopy(config)
        reduce(operator.getitem, path, spoilt)["no_such_key"] = 1
        assert not VALIDATOR.is_valid(spoilt), path


def test_every_key_says_what_it_means():
    """Only a mapping's own keys; what only chooses (`type`, `name`) needs no words."""
    schema = config_schema()
    everything = [schema, *schema["definitions"].values()]
    properties = itertools.chain.from_iterable(each.get("properties", {}).items() for each in everything)
    silent = {
        name
        for name, value in properties
        if "description" not in value and "const" not in value and not re.search(r"_settings$", name)
    }
    assert silent <= {"indicator", "input", "name", "results", "storage_config", "extends", *ENVIRONMENTS}
