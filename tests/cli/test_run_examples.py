"""The shipped configs and the three forms of the design run as they stand, and leave the documented tree."""

import pytest

from tests.run_command import ROOT, files_of, results_of, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

KEYS = [
    "schema_version",
    "container_id",
    "type",
    "status",
    "error",
    "correlation_id",
    "parameters",
    "metrics",
    "metric_notes",
    "tracing",
    "memory_usage",
    "trace_settings",
]
NAMES = ["quickstart", "smoke", "cross", "sweep", "full"]


REJECTED = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 60}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    cash: 5
    strategy: {name: buy_and_hold}
    sizing: {name: fixed_quantity, quantity: 1}
"""


@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_without_a_word_on_stderr(finished, name):
    outcome, _ = finished(name)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith(f"{name}: completed")


@pytest.mark.parametrize("name", NAMES)
def test_every_container_has_its_whole_metrics_json(finished, name):
    results = results_of(finished(name).tree)
    assert results["root_container"]["type"] == "root"
    for id_, result in results.items():
        assert list(result) == KEYS
        assert (result["container_id"], result["status"], result["error"]) == (id_, "completed", None)
        assert list(result["memory_usage"]) == ["events_in_memory", "open_positions"]
    assert len({result["correlation_id"] for result in results.values()}) == 1


def test_quickstart_writes_exactly_these_files(finished):
    everywhere = {"run.json", *(f"{id_}/metrics.json" for id_ in results_of(finished("quickstart").tree))}
    extracts = {
        f"{id_}/{kind}.jsonl.gz" for id_ in ("portfolio_trend", "portfolio_hold") for kind in ("trades", "equity")
    }
    assert set(files_of(finished("quickstart").tree)) == everywhere | extracts | {"portfolio_trend/events.jsonl.gz"}


def test_quickstart_extracts_agree_with_the_metrics(finished):
    tree = finished("quickstart").tree
    metrics = results_of(tree)["portfolio_trend"]["metrics"]
    trades = list(TraceReader(tree / "portfolio_trend", "trades"))
    equity = list(TraceReader(tree / "portfolio_trend", "equity"))
    assert len(trades) == metrics["total_trades"] == 9
    assert sum(trade["net_pnl"] for trade in trades) == pytest.approx(metrics["total_pnl"])
    assert equity[-1]["equity"] == metrics["final_equity"]
    assert len(equity) == 5031 + 1  # every bar, and the final mark


@pytest.mark.parametrize("name", NAMES)
def test_s9_no_lock_or_temporary_file_remains(finished, name):
    assert not [file for file in files_of(finished(name).tree) if file.split("/")[-1].startswith(".")]


def test_the_closing_table_says_what_a_run_came_to(finished):
    stdout = finished("cross").outcome.stdout
    labels = [line.split("  ")[0] for line in stdout.splitlines()]
    expected = [
        "period",
        "bars",
        "trades",
        "win rate",
        "net profit",
        "return",
        "buy and hold",
        "max drawdown",
        "Sharpe",
    ]
    assert [label for label in labels if label in {*expected, "costs", "status"}] == [*expected, "costs", "status"]
    assert "2020-01-01 to 2020-10-26" in stdout
    assert stdout.splitlines()[-1].startswith("Next: admf inspect ")


def test_of_several_portfolios_the_best_twenty_are_shown(finished):
    stdout = finished("sweep").outcome.stdout
    returns = {
        id_: result["metrics"]["total_return"]
        for id_, result in results_of(finished("sweep").tree).items()
        if result["type"] == "portfolio"
    }
    best = sorted(returns, key=lambda id_: -returns[id_])[:20]
    shown = [line.split()[0] for line in stdout.splitlines() if line.startswith("portfolio_")]
    assert f"best 20 of {len(returns)} by return" in stdout
    assert len(returns) == 5 * 5 - 3  # fast < slow leaves out 7, 8 and 9 against 7
    assert {*shown} == {*best}
    assert [returns[id_] for id_ in shown] == sorted((returns[id_] for id_ in shown), reverse=True)


def test_the_next_command_shows_events_where_some_were_written(finished):
    outcome, tree = finished("full")
    assert outcome.stdout.splitlines()[-1] == f"Next: admf inspect {tree} portfolio_2 --events"


@pytest.mark.parametrize(("name", "free"), [("quickstart", False), ("full", False), ("cross", True), ("smoke", True)])
def test_x8_trading_without_costs_comes_with_a_notice(finished, name, free):
    assert ("Notice: trading was free, no commission or slippage" in finished(name).outcome.stdout) == free


def test_full_traces_each_container_as_its_layers_say(finished):
    tree = finished("full").tree
    settings = {id_: result["trace_settings"] for id_, result in results_of(tree).items()}
    enabled = {id_ for id_, setting in settings.items() if setting["enabled"]}
    assert enabled == {"strategy_momentum", "portfolio_1", "portfolio_2", "signal_analyzer"}
    assert settings["strategy_momentum"]["max_events"] == 5
    assert results_of(tree)["strategy_momentum"]["memory_usage"]["events_in_memory"] == 5
    assert settings["portfolio_1"]["storage_backend"] == "memory"
    streamed = {file for file in files_of(tree) if "events" in file}
    assert streamed == {
        "portfolio_2/events.jsonl.gz",
        "signal_analyzer/events.jsonl.gz",
        "strategy_momentum/events.window.jsonl.gz",
    }
    types = {event["type"] for event in TraceReader(tree / "signal_analyzer")}
    assert types >= {"BAR", "FEATURES", "SIGNAL", "FILL", "POSITION_OPEN", "POSITION_CLOSE"}


@pytest.mark.parametrize("name", NAMES)
def test_k5_the_accounts_of_every_trace_add_up(finished, name):
    tree = finished(name).tree
    for id_, result in results_of(tree).items():
        account = result["tracing"]
        assert account["seen"] == account["filtered"] + account["kept"] + account["refused"]
        in_memory = result["memory_usage"]["events_in_memory"]
        assert account["kept"] == account["pruned"] + account["evicted"] + in_memory
        reader = TraceReader(tree / id_)
        assert [event["seq"] for event in reader] == list(range(account["written"]))
        assert reader.damage is None


def test_rejected_orders_are_told(tmp_path):
    """Five of cash, and an order worth a hundred: nothing can be bought."""
    config = write_config(tmp_path, REJECTED)
    outcome = run(config, "--output", tmp_path / "out", "--progress", "none")
    assert "Notice: 1 of 1 orders were rejected" in outcome.stdout


def test_the_readme_shows_the_closing_table_of_the_quick_start(tmp_path):
    """All of it but the first line, which has the seconds of the run, and the last, which has the folder."""
    outcome = run(ROOT / "configs" / "quickstart.yaml", "--output", tmp_path / "results")
    table = outcome.stdout.split("\n\n")[1]
    assert table.startswith("5,031 bars of SP500")
    assert f"\n{table}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
