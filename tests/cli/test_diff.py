"""`admf diff`: the first metric and the first event that differ, container by container."""

import json
import shutil

import msgspec
import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT, read_json, run
from tracing.reading.reader import TraceReader


def diff(*arguments):
    """The result of `admf diff`: exit_code, stdout and stderr. Fails on a traceback."""
    outcome = CliRunner().invoke(app, ["diff", *map(str, arguments)], env={"COLUMNS": None})
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The smoke run with another cost: it differs from the first fill on."""
    tree = tmp_path_factory.mktemp("other") / "results"
    cheap = "containers.portfolio_both.sizing.notional=10001"
    assert run(ROOT / "configs/smoke.yaml", "--output", tree, "--quiet", "--set", cheap).exit_code == 0
    return tree


def rewrite(path, lines):
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def test_a_run_does_not_differ_from_itself(finished):
    tree = finished("smoke").tree
    outcome = diff(tree, tree)
    assert (outcome.exit_code, outcome.stdout) == (0, "no difference in 8 containers\n")


def test_the_first_metric_and_the_first_event_are_named(finished, other):
    tree = finished("smoke").tree
    outcome = diff(tree, other, "--json")
    assert outcome.exit_code == 1
    found = json.loads(outcome.stdout)
    assert [each["container_id"] for each in found["differing"]] == [
        "portfolio_both",
        "execution_default",
        "root_container",
    ]
    event = found["differing"][0]["event"]
    pairs = zip(TraceReader(tree / "portfolio_both"), TraceReader(other / "portfolio_both"), strict=True)
    first = next((a, b) for a, b in pairs if a != b)
    assert (event["seq"], event["event_a"]) == (first[0]["seq"], first[0]["event_id"])
    assert event["field"] == {"name": "quantity", "a": first[0]["quantity"], "b": first[1]["quantity"]}
    metric = found["differing"][0]["metric"]
    results = [read_json(root / "portfolio_both" / "metrics.json")["metrics"] for root in (tree, other)]
    name = next(name for name in results[0] if results[0][name] != results[1][name])
    assert metric == {"name": name, "a": results[0][name], "b": results[1][name]}
    text = diff(tree, other).stdout
    assert f"quantity of {event['event_a']}, seq {event['seq']}" in text
    assert text.endswith("3 of 8 containers differ\n")


def test_containers_of_one_run_only_are_differences(finished):
    outcome = diff(finished("smoke").tree, finished("quickstart").tree, "--json")
    found = {each["container_id"]: each["only_in"] for each in json.loads(outcome.stdout)["differing"]}
    assert (outcome.exit_code, found["portfolio_both"], found["portfolio_trend"]) == (1, "A", "B")


def test_a_trace_that_ends_early_and_one_that_is_not_there(finished, tmp_path):
    tree = finished("smoke").tree
    copy = shutil.copytree(tree, tmp_path / "results")
    events = list(TraceReader(tree / "portfolio_both"))
    (copy / "portfolio_both" / "events.jsonl.gz").unlink()
    rewrite(
        copy / "portfolio_both" / "events.jsonl", [*events, {**events[-1], "seq": len(events), "event_id": "x:BAR:1"}]
    )
    found = json.loads(diff(tree, copy, "--json").stdout)["differing"]
    assert found[0]["event"] == {"seq": len(events), "event_a": None, "event_b": "x:BAR:1", "field": None}
    (copy / "portfolio_both" / "events.jsonl").unlink()
    result = read_json(copy / "portfolio_both" / "metrics.json")
    result["tracing"]["written"] = 0
    (copy / "portfolio_both" / "metrics.json").write_bytes(msgspec.json.encode(result))
    outcome = diff(tree, copy)
    assert (outcome.exit_code, "portfolio_both: events were written in A only" in outcome.stdout) == (0, True)


def test_what_is_damaged_is_said_and_fails(finished, tmp_path):
    copy = shutil.copytree(finished("smoke").tree, tmp_path / "results")
    path = copy / "portfolio_both" / "events.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    (copy / "portfolio_average_7" / "metrics.json").write_text("[")
    outcome = diff(finished("smoke").tree, copy)
    assert outcome.exit_code == 1
    assert "ends inside a gzip member" in outcome.stderr
    assert "portfolio_average_7/metrics.json: damaged" in outcome.stderr


def test_a_folder_without_a_run_is_refused(finished, tmp_path):
    assert diff(finished("smoke").tree, tmp_path).exit_code == 2
