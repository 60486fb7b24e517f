"""The parameters of a sweep among the results: in metrics.json and run.json, and by name in every question."""

import csv
import json
from io import StringIO

import duckdb
import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import read_json, results_of, run
from tests.run_configs import write_config

SWEPT = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 200}}
  - {id: "feats_{n}", type: feature, inputs: [data_x], sweep: {n: [3, 5]},
     features: {quick: {indicator: SMA, timeperiod: "{n}"}}}
  - {id: "strategy_{slow}", type: strategy, inputs: [feats_5], sweep: {slow: [20, 30]},
     features: {slow: {indicator: SMA, timeperiod: "{slow}"}}, strategy: {name: crossover, fast: quick, slow: slow}}
  - {id: "broker_{bps}", type: execution, sweep: {bps: [1, 2.5]}, slippage: {name: basis_points, bps: "{bps}"}}
  - {id: by_hand, type: portfolio, inputs: [strategy_30], execution: broker_1}
  - {id: hears_both, type: portfolio, inputs: ["strategy_*"], execution: broker_2.5}
  - id: "p_{slow}_{sharpe}_{word}"
    type: portfolio
    inputs: ["strategy_{slow}"]
    execution: broker_1
    sweep: {word: [aa, "7"], slow: [20, 30], sharpe: [0.5]}
    sizing: {name: percent_of_equity, percent: "{sharpe}"}
  - {id: ears, type: analysis, inputs: [strategy_20]}
results: {trades: true}
"""
OF_ALL = {
    "data_x": {},
    "feats_3": {"n": 3},
    "feats_5": {"n": 5},
    "strategy_20": {"slow": 20, "n": 5},
    "strategy_30": {"slow": 30, "n": 5},
    "broker_1": {"bps": 1},
    "broker_2.5": {"bps": 2.5},
    "by_hand": {"slow": 30, "n": 5, "bps": 1},
    "hears_both": {"n": 5, "bps": 2.5},
    "p_20_0.5_aa": {"word": "aa", "slow": 20, "sharpe": 0.5, "n": 5, "bps": 1},
    "p_30_0.5_aa": {"word": "aa", "slow": 30, "sharpe": 0.5, "n": 5, "bps": 1},
    "p_20_0.5_7": {"word": "7", "slow": 20, "sharpe": 0.5, "n": 5, "bps": 1},
    "p_30_0.5_7": {"word": "7", "slow": 30, "sharpe": 0.5, "n": 5, "bps": 1},
    "ears": {},
    "root_container": {},
}


def ask(*arguments, form="--json"):
    outcome = CliRunner().invoke(app, [*map(str, arguments), *([form] if form else [])], env={"COLUMNS": "200"})
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return json.loads(outcome.stdout) if form == "--json" else outcome.stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    home = tmp_path_factory.mktemp("swept")
    assert run(write_config(home, SWEPT), "--output", home / "out", "--quiet").exit_code == 0
    return home / "out"


@pytest.mark.parametrize("options", [(), ("--path", "event"), ("--workers", 2)])
def test_each_container_says_its_parameters_and_those_it_works_with(tmp_path, options):
    assert run(write_config(tmp_path, SWEPT), "--output", tmp_path / "out", "--quiet", *options).exit_code == 0
    found = {id_: result["parameters"] for id_, result in results_of(tmp_path / "out").items()}
    assert found == OF_ALL
    assert {id_: list(each) for id_, each in found.items()} == {id_: list(each) for id_, each in OF_ALL.items()}
    stated = read_json(tmp_path / "out" / "run.json")["parameters"]
    assert stated == {id_: each for id_, each in OF_ALL.items() if each}


def test_inspect_knows_them_by_name(results):
    rows = ask("inspect", results, "--where", "slow == 20 and bps < 2", "--columns", "id,slow,parameters.sharpe,word")
    assert rows == [
        {"id": "p_20_0.5_aa", "slow": 20, "parameters.sharpe": 0.5, "word": "aa"},
        {"id": "p_20_0.5_7", "slow": 20, "parameters.sharpe": 0.5, "word": "7"},
    ]
    assert ask("inspect", results, "--where", 'word == "7" and parameters.slow > 20', "--columns", "word") == [
        {"id": "p_30_0.5_7", "word": "7"}
    ]
    by_word = ask("inspect", results, "--where", "parameters.sharpe > 0", "--sort", "word", "--columns", "word")
    assert [row["word"] for row in by_word] == ["7", "7", "aa", "aa"]
    assert ask("inspect", results, "--sort", "slow", "--top", 1, "--columns", "slow")[0]["slow"] == 30
    table = ask("inspect", results, "--where", "bps > 2", "--columns", "bps,n", form=None)
    assert table.splitlines()[1:] == [
        "container   bps  n",
        "broker_2.5  2.5  -",
        "hears_both  2.5  5",
    ]


def test_the_name_of_a_metric_means_the_metric_and_parameters_means_the_parameter(results):
    (row,) = ask("inspect", results, "--where", 'id == "p_20_0.5_7"', "--columns", "sharpe,parameters.sharpe")
    assert row["sharpe"] == read_json(results / "p_20_0.5_7" / "metrics.json")["metrics"]["sharpe"]
    assert row["parameters.sharpe"] == 0.5
    columns = list(csv.DictReader(StringIO(ask("inspect", results, form="--csv"))))
    assert {"parameters.sharpe", "parameters.slow", "sharpe"} <= set(columns[0])


def test_inspect_shows_them_of_one_container(results):
    shown = ask("inspect", results, "by_hand", form=None)
    assert (
        "\nparameters\n  slow                    30\n  n                       5\n  bps                     1\n"
        in shown
    )
    assert "\nparameters\n" not in ask("inspect", results, "data_x", form=None)


def test_sql_knows_them_as_columns_of_metrics_and_as_a_view(results):
    asked = "SELECT slow, word, sharpe, parameters.sharpe AS share FROM metrics WHERE container_id = 'p_20_0.5_7'"
    (row,) = ask("query", results, asked)
    assert (row["slow"], row["word"], row["share"]) == (20, "7", 0.5)
    assert row["sharpe"] != row["share"]
    joined = "SELECT word, count(*) AS trades FROM trades JOIN parameters USING (container_id) WHERE slow = 20 GROUP BY ALL ORDER BY ALL"
    assert [row["word"] for row in ask("query", results, joined)] == ["7", "aa"]
    kinds = {row["column_name"]: row["column_type"] for row in ask("query", results, "DESCRIBE parameters")}
    assert kinds == {
        "container_id": "VARCHAR",
        "n": "BIGINT",
        "slow": "BIGINT",
        "bps": "DOUBLE",
        "word": "VARCHAR",
        "sharpe": "DOUBLE",
    }


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_export_writes_them(results, tmp_path, form):
    ask("export", results, "--output", tmp_path, "--format", form)
    for name in ("parameters", "metrics"):
        rows = (
            duckdb.read_parquet(str(tmp_path / f"{name}.parquet"))
            if form == "parquet"
            else duckdb.read_csv(str(tmp_path / f"{name}.csv"))
        )
        assert rows.filter("container_id = 'by_hand'").project("slow, bps").fetchall() == [(30, 1.0)]


ODD = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 50}}
  - {id: "p_{kind}", type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold},
     sweep: {zip: {Kind: [1, b, "no", ~, true], kind: [1, 2, 3, 4, 5]}}}
"""


def test_values_of_several_kinds_and_names_that_differ_by_case_are_no_trouble(tmp_path):
    run(write_config(tmp_path, ODD), "--output", tmp_path / "out", "--quiet")
    sorted_ = ask("inspect", tmp_path / "out", "--where", "kind > 0", "--sort", "Kind", "--columns", "Kind")
    assert [row["Kind"] for row in sorted_] == [1, "b", "no", True, None]
    rows = ask("query", tmp_path / "out", "SELECT kind FROM parameters WHERE kind IS NOT NULL ORDER BY ALL")
    assert [row["Kind"] for row in rows] == ["1", "b", "no", "true"]


PLAIN = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 50}}
  - {id: p, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
"""


def test_without_a_sweep_there_are_none(tmp_path):
    config = write_config(tmp_path, PLAIN)
    run(config, "--output", tmp_path / "out", "--quiet")
    assert read_json(tmp_path / "out" / "p" / "metrics.json")["parameters"] == {}
    assert ask("query", tmp_path / "out", "FROM parameters WHERE container_id = 'p'") == [{"container_id": "p"}]
    assert ask("export", tmp_path / "out", "--output", tmp_path / "export", "--format", "csv")
