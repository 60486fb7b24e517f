"""`admf run --env --set`, `extends` and `${...}`: what each layer of a config does to a run (rule C4)."""

import json

import pytest

from tests.run_command import read_json, run, run_process

BASE = """\
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - {id: portfolio_1, type: portfolio, inputs: [data_x], cash: "${ADMF_TEST_CASH:-1000}", strategy: {name: buy_and_hold}}
"""
CONFIG = """\
name: layered
extends: shared/base.yaml
environment: test
test: {results: {trades: true}}
production: {results: {equity: true}}
"""
BARS = "timestamp,open,high,low,close,volume\n2020-01-01,1,2,1,2,9\n2020-01-02,2,3,2,3,9\n2020-01-03,3,4,3,4,9\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "base.yaml").write_text(BASE)
    (tmp_path / "shared" / "bars.csv").write_text(BARS)
    (tmp_path / "c.yaml").write_text(CONFIG)
    return tmp_path


def planned(folder, *options):
    """What a dry run prints."""
    outcome = run(folder / "c.yaml", "--output", folder / "out", "--dry-run", "--json", *options)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return json.loads(outcome.stdout)


def refused(folder, *options):
    outcome = run(folder / "c.yaml", "--output", folder / "out", *options)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert not (folder / "out").exists()
    return outcome.stderr


def test_data_of_an_extended_file_is_found_beside_it_and_both_layers_count(folder):
    outcome = run(folder / "c.yaml", "--output", folder / "out", "--progress", "none")
    assert outcome.exit_code == 0
    document = read_json(folder / "out" / "run.json")
    assert document["name"] == "layered"
    assert (folder / "out" / "portfolio_1" / "trades.jsonl.gz").exists()
    assert not (folder / "out" / "portfolio_1" / "equity.jsonl.gz").exists()


def test_env_chooses_the_block(folder):
    assert (
        run(folder / "c.yaml", "--output", folder / "out", "--env", "production", "--progress", "none").exit_code == 0
    )
    assert (folder / "out" / "portfolio_1" / "equity.jsonl.gz").exists()
    assert not (folder / "out" / "portfolio_1" / "trades.jsonl.gz").exists()


def test_set_reaches_the_results_and_the_last_one_wins(folder):
    options = ("--set", "containers.portfolio_1.cash=5", "--set", "containers.1.cash=7", "--progress", "none")
    assert run(folder / "c.yaml", "--output", folder / "out", *options).exit_code == 0
    document = read_json(folder / "out" / "run.json")
    (portfolio,) = [each for each in document["config"]["containers"] if each["id"] == "portfolio_1"]
    assert portfolio["cash"] == 7


def test_the_plan_is_the_same_whichever_layer_a_value_comes_from(folder, monkeypatch):
    plain = planned(folder)["plan_hash"]
    assert planned(folder, "--set", "containers.portfolio_1.cash=1000")["plan_hash"] == plain
    changed = planned(folder, "--set", "containers.portfolio_1.cash=7")["plan_hash"]
    assert changed != plain
    monkeypatch.setenv("ADMF_TEST_CASH", "7")
    assert planned(folder)["plan_hash"] == changed


def test_the_later_file_decides_between_patterns_that_are_as_specific(folder):
    base = 'trace_settings: {container_settings: {"portfolio_?": {events_to_trace: [BAR]}}}\n'
    (folder / "shared" / "base.yaml").write_text("\n" * 20 + base + BASE)
    (folder / "c.yaml").write_text(CONFIG + 'trace_settings: {container_settings: {"?ortfolio_1": {enabled: false}}}\n')
    assert planned(folder)["traced"] == []
    (folder / "c.yaml").write_text(CONFIG)
    assert planned(folder, "--set", "trace_settings.container_settings.?ortfolio_1.enabled=false")["traced"] == []


def test_bad_data_of_an_extended_file_is_named_by_a_path_that_leads_there(folder):
    (folder / "shared" / "bars.csv").write_text(BARS.replace("2,3,2,3", "2,1,2,3"))
    assert refused(folder).startswith("shared/bars.csv:3: ")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--env", "prodution"), "--env prodution: environment: prodution: no such environment; did you mean 'production'?"),
        (("--set", "containers.portfolio_1.csh=5"), "--set containers.portfolio_1.csh=5: containers.1.csh: unknown key; did you mean 'cash'?"),
        (("--set", "containers.data_x.source.path=none.csv"), "--set containers.data_x.source.path=none.csv: none.csv: there is no such file"),
        (("--set", "containers.portfolio_1.strategy={name: my.Own}"), "--set containers.portfolio_1.strategy={name: my.Own}: containers.1.strategy"),
    ],
)  # fmt: skip
def test_what_the_command_line_gets_wrong_is_located_there(folder, options, line):
    assert refused(folder, *options).startswith(line)


def test_an_option_without_its_value_is_wrong_usage(folder):
    for option in ("--set", "--env"):
        assert "requires an argument" in refused(folder, option)


def test_a_variable_of_the_process_counts(folder):
    wrong = run_process(folder / "c.yaml", "--dry-run", ADMF_TEST_CASH="none")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"{folder}/shared/base.yaml:3:64: containers.1.cash: none: expected a number")
