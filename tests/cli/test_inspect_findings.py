"""`admf inspect` across traces: causes that others traced (E3), orphans, counts by day."""

import csv
import gzip
import json
import shutil
from collections import Counter
from io import StringIO

import pytest

from tests.cli.inspect_command import inspect
from tests.run_command import read_json, run
from tests.run_configs import FULL, write_config
from tracing.reading.reader import TraceReader

QUIET = "containers.portfolio_1.event_tracing.storage_backend=disk"


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """portfolio_1 writes fills and positions only, the analysis container everything."""
    home = tmp_path_factory.mktemp("watched")
    config = write_config(home, FULL)
    assert run(config, "--output", home / "results", "--quiet", "--set", QUIET).exit_code == 0
    return home / "results"


@pytest.fixture
def copied(watched, tmp_path):
    return shutil.copytree(watched, tmp_path / "results")


def without(tree, id_, *event_ids):
    """Takes events out of a trace, and numbers the rest anew."""
    path = tree / id_ / "events.jsonl.gz"
    left = [event for event in TraceReader(tree / id_) if event["event_id"] not in event_ids]
    lines = [json.dumps({**event, "seq": seq}) for seq, event in enumerate(left)]
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    result = read_json(tree / id_ / "metrics.json")
    result["tracing"]["written"] = len(left)
    (tree / id_ / "metrics.json").write_text(json.dumps(result))


def trade(tree, *arguments):
    outcome = inspect(tree, *arguments, "--json")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return json.loads(outcome.stdout)


def test_e3_causes_are_followed_into_the_traces_of_others_up_to_the_bar(watched):
    found = trade(watched, "portfolio_1", "--trade", "portfolio_1#1")
    events = {event["event_id"]: event for event in found["events"]}
    chain, event = [], next(event for event in events.values() if event["type"] == "POSITION_CLOSE")
    while event is not None:
        chain.append(event["type"])
        event = events.get(event["causation_id"])
    assert chain == ["POSITION_CLOSE", "FILL", "ORDER", "ORDER_REQUEST", "SIGNAL", "SIGNAL", "FEATURES", "BAR"]
    own = {event["event_id"] for event in TraceReader(watched / "portfolio_1")}
    assert found["traced_in"] == {id_: "signal_analyzer" for id_ in events if id_ not in own}
    assert found["not_traced"] == []
    text = inspect(watched, "--trade", "portfolio_1#1").stdout
    assert "BAR" in text
    assert "from data_x, traced in signal_analyzer" in text


def test_e3_the_trace_of_the_source_comes_first_and_what_nobody_traced_is_said(copied):
    shutil.rmtree(copied / "signal_analyzer")
    assert trade(copied, "portfolio_1", "--trade", "portfolio_1#1")["not_traced"]
    shutil.copytree(copied / "portfolio_2", copied / "signal_analyzer")
    assert "not traced" in inspect(copied, "--trade", "portfolio_1#1").stdout


def test_e3_damage_in_the_trace_of_another_is_reported(copied):
    path = copied / "signal_analyzer" / "events.jsonl.gz"
    path.write_bytes(path.read_bytes()[:2000])
    outcome = inspect(copied, "portfolio_1", "--trade", "portfolio_1#1")
    assert outcome.exit_code == 1
    assert "signal_analyzer" in outcome.stderr
    assert "POSITION_CLOSE" in outcome.stdout


def test_counts_by_day_and_type(watched):
    expected = {}
    for event in TraceReader(watched / "portfolio_2"):
        expected.setdefault(event["timestamp"][:10], Counter())[event["type"]] += 1
    rows = json.loads(inspect(watched, "portfolio_2", "--by-day", "--json").stdout)
    assert [row["day"] for row in rows] == list(expected)
    for row in rows:
        counts = {name: count for name, count in row.items() if name not in {"day", "all"} and count}
        assert counts == expected[row["day"]]
        assert row["all"] == expected[row["day"]].total()
    table = list(csv.DictReader(StringIO(inspect(watched, "portfolio_2", "--by-day", "--csv").stdout)))
    assert [int(row["all"]) for row in table] == [row["all"] for row in rows]
    assert inspect(watched, "portfolio_2", "--by-day").stdout.splitlines()[0].split()[0] == "day"


def test_a_whole_run_has_no_orphans(watched):
    outcome = inspect(watched, "--orphans")
    assert (outcome.exit_code, outcome.stdout.splitlines()[0]) == (0, "traces read: 2; no orphan in them")
    assert "orders without an end cannot be told from 1 of them" in outcome.stdout
    assert json.loads(inspect(watched, "--orphans", "--json").stdout) == []


def test_what_never_ended_is_listed_in_the_order_of_its_beginning(copied):
    events = list(TraceReader(copied / "portfolio_2"))
    of = {kind: [event for event in events if event["type"] == kind] for kind in ("ORDER", "FILL", "POSITION_CLOSE")}
    gone = [of["ORDER"][4], of["FILL"][2], of["POSITION_CLOSE"][1]]
    without(copied, "portfolio_2", *(event["event_id"] for event in gone))
    found = json.loads(inspect(copied, "portfolio_2", "--orphans", "--json").stdout)
    assert {(orphan["what"], orphan["id"]) for orphan in found} == {
        ("request without an answer", gone[0]["causation_id"]),
        ("order without an end", gone[1]["order_id"]),
        ("trade never closed", gone[2]["correlation_id"]),
    }
    assert [orphan["seq"] for orphan in found] == sorted(orphan["seq"] for orphan in found)
    table = inspect(copied, "--orphans").stdout
    assert all(orphan["id"] in table for orphan in found)


def test_questions_that_contradict_one_another_are_refused(watched, finished):
    assert inspect(watched, "--by-day").exit_code == 2
    assert inspect(watched, "portfolio_1", "--by-day", "--orphans").exit_code == 2
    assert inspect(watched, "portfolio_1", "--orphans", "--head", 3).exit_code == 2
    outcome = inspect(finished("sweep").tree, "--orphans")
    assert (outcome.exit_code, "mode: full" in outcome.stderr) == (2, True)
