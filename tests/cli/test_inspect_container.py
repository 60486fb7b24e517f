"""One container whole, and the hint where nothing was traced."""

import json

import pytest

from tests.cli.inspect_command import inspect
from tests.cli.inspect_trees import (
    FULL,
    MINIMAL,
    OFF,
    result,
    trade_events,
    write_json,
    write_run,
    write_trace,
    write_tree,
)
from tracing.settings import TraceSettings


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "results")


def fields(outcome):
    """The name and the rest of each line that has both."""
    return {
        line.split()[0]: " ".join(line.split()[1:]) for line in outcome.stdout.splitlines() if line.startswith("  ")
    }


def test_everything_of_metrics_json_is_shown(tree):
    outcome = inspect(tree, "portfolio_1")
    shown = fields(outcome)
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[0] == "portfolio_1"
    assert (shown["type"], shown["status"]) == ("portfolio", "completed")
    assert (shown["total_trades"], shown["total_return"], shown["final_equity"]) == ("2", "1.25%", "1,012.50")
    assert (shown["seen"], shown["events_in_memory"]) == ("0", "0")


def test_a_null_metric_says_why_and_conventions_stand_apart(tree):
    shown = fields(inspect(tree, "portfolio_1"))
    assert shown["sharpe"] == "- fewer than two daily returns"
    assert shown["days_per_year"] == "252"


def test_the_error_of_a_failed_container_is_shown(tree):
    write_json(tree / "portfolio_1" / "metrics.json", result("portfolio_1", status="failed", error="ValueError: why"))
    assert fields(inspect(tree, "portfolio_1"))["error"] == "ValueError: why"


def test_its_files_are_listed(tree):
    write_trace(tree, "portfolio_1", trade_events(), folder="traces/one", trace_settings=_stored_at("traces/one"))
    (tree / "portfolio_1" / "trades.jsonl.gz").write_bytes(b"12345")
    shown = fields(inspect(tree, "portfolio_1"))
    assert shown["portfolio_1/trades.jsonl.gz"] == "5 bytes"
    assert "traces/one/events.jsonl.gz" in shown


def test_json_is_a_list_of_the_one_file(tree):
    outcome = inspect(tree, "portfolio_1", "--json")
    assert json.loads(outcome.stdout) == [json.loads((tree / "portfolio_1" / "metrics.json").read_bytes())]


KEY = "`event_tracing: {mode: full}`"
HINTS = {
    "in memory": (MINIMAL, "traced in memory only"),
    "not at all": (OFF, "nothing was traced"),
    "no type": (TraceSettings(enabled=True, events_to_trace=(), storage_backend="disk"), "for no type of event"),
}


@pytest.mark.parametrize(("settings", "why"), HINTS.values(), ids=HINTS)
def test_where_no_events_were_written_the_key_that_would_is_named(tree, settings, why):
    write_json(tree / "portfolio_1" / "metrics.json", result("portfolio_1", trace_settings=settings))
    outcome = inspect(tree, "portfolio_1")
    hint = outcome.stdout.splitlines()[-1]
    assert why in hint
    assert KEY in hint
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    for question in (("portfolio_1", "--events"), ("--trade", "portfolio_1#1"), ("portfolio_1", "--trade", "x")):
        refused = inspect(tree, *question)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert refused.stderr == f"{hint}\n"


def test_of_a_container_that_is_not_declared_the_key_stands_elsewhere(tree):
    outcome = inspect(tree, "root_container", "--events")
    assert outcome.exit_code == 2
    assert "`trace_settings: {container_settings: {root_container: {mode: full}}}`" in outcome.stderr


def test_traced_types_that_never_occurred_are_no_fault(tree):
    settings = TraceSettings(enabled=True, events_to_trace=("RISK_BREACH",), storage_backend="disk")
    write_json(tree / "portfolio_1" / "metrics.json", result("portfolio_1", trace_settings=settings))
    outcome = inspect(tree, "portfolio_1")
    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines()[-1] == (
        "portfolio_1: events of RISK_BREACH were to be written, but none occurred"
    )


def test_an_event_file_that_is_gone_is_damage(tree):
    write_json(tree / "portfolio_1" / "metrics.json", result("portfolio_1", trace_settings=FULL, written=9))
    outcome = inspect(tree, "portfolio_1")
    assert outcome.exit_code == 1
    assert outcome.stderr == "portfolio_1: 9 events were written, but there is no event file\n"


def test_a_damaged_container_is_told_in_one_line(tree):
    path = tree / "portfolio_1" / "metrics.json"
    path.write_bytes(b"{")
    for arguments in (("portfolio_1",), ("portfolio_1", "--json")):
        outcome = inspect(tree, *arguments)
        assert outcome.exit_code == 1
        assert outcome.stderr.startswith(f"{path}: damaged: it is not whole JSON")
        assert len(outcome.stderr.splitlines()) == 1


def test_a_container_without_results_yet_is_told_so(tree):
    write_run(tree, {"portfolio_1": "portfolio"}, status="running")
    (tree / "portfolio_1" / "metrics.json").unlink()
    outcome = inspect(tree, "portfolio_1")
    assert outcome.exit_code == 2
    assert outcome.stderr == "portfolio_1 has no results yet: the run is still at work, or was killed\n"


def _stored_at(folder):
    return TraceSettings(enabled=True, storage_backend="disk", storage_path=folder)
