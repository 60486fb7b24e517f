"""`admf export`: tables that other tools read, and a trace that keeps to the published Trace Event Format."""

import csv
import json

import duckdb
import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import read_json, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

TWO_SYMBOLS = """
name: two
containers:
  - {id: data_a, type: data, source: {name: synthetic, symbol: A, bars: 90, bar_length: 1d, volatility: 0.5}}
  - {id: data_b, type: data, source: {name: synthetic, symbol: B, bars: 90, bar_length: 1d}}
  - id: strategy_1
    type: strategy
    inputs: [data_a, data_b]
    features: {fast: {indicator: SMA, timeperiod: 3}, slow: {indicator: SMA, timeperiod: 8}}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
  - {id: execution_1, type: execution}
  - &p
    id: portfolio_1
    type: portfolio
    inputs: [strategy_1]
    sizing: {name: percent_of_equity, percent: 30}
    close_at_end: false
    event_tracing: {mode: full}
  - {<<: *p, id: portfolio_2}
  - {id: watcher, type: analysis, inputs: [portfolio_1, strategy_1]}
"""
REQUIRED = {
    "M": {"name", "ph", "pid", "tid", "args"},
    "X": {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args"},
    "s": {"name", "cat", "ph", "id", "ts", "pid", "tid"},
    "f": {"name", "cat", "ph", "id", "bp", "ts", "pid", "tid"},
}
TRACED = ("portfolio_1", "portfolio_2", "watcher")


def export(*arguments):
    """The result of `admf export`: exit_code, stdout and stderr. Fails on a traceback."""
    outcome = CliRunner().invoke(app, ["export", *map(str, arguments)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    home = tmp_path_factory.mktemp("two")
    assert run(write_config(home, TWO_SYMBOLS), "--output", home / "results", "--quiet").exit_code == 0
    return home / "results"


@pytest.fixture(scope="module")
def trace(two):
    """The trace events of a run of two portfolios that share strategy and execution."""
    outcome = export(two, "--format", "perfetto", "--output", two.parent / "drawn", "--json")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    whole = json.loads((two.parent / "drawn" / "trace.json").read_text())
    assert set(whole) == {"displayTimeUnit", "traceEvents"}
    return whole["traceEvents"], next(iter(json.loads(outcome.stdout).values()))


@pytest.fixture(scope="module")
def events(two):
    """Every traced event once, by its id."""
    return {event["event_id"]: event for id_ in TRACED for event in TraceReader(two / id_)}


def of(trace, phase, category=None):
    return [event for event in trace[0] if event["ph"] == phase and category in {None, event.get("cat")}]


def test_every_trace_event_has_the_fields_of_its_phase_and_no_other(trace):
    for event in trace[0]:
        assert set(event) == REQUIRED[event["ph"]]
        assert event["pid"] == 1
        for name in ("ts", "dur", "tid", "id"):
            assert isinstance(event.get(name, 0), int)
        assert event.get("dur", 1) > 0


def test_each_container_is_a_named_track_before_anything_is_on_it(trace, two):
    names = {e["tid"]: e["args"]["name"] for e in of(trace, "M") if e["name"] == "thread_name"}
    containers = [path.parent.name for path in two.glob("*/metrics.json")]
    assert set(containers) <= set(names.values())
    assert len(set(names.values())) == len(names)
    named = {0}
    for event in trace[0]:
        if event["ph"] == "M":
            named.add(event["tid"])
        assert event["tid"] in named
    assert of(trace, "M")[0]["args"] == {"name": "two"}


def test_each_event_is_a_slice_on_the_track_of_its_source_at_its_time(trace, events):
    names = {e["tid"]: e["args"]["name"] for e in of(trace, "M") if e["name"] == "thread_name"}
    drawn = {event["args"]["event_id"]: event for event in of(trace, "X", "event")}
    assert len(drawn) == len(of(trace, "X", "event")) == trace[1]["events"]
    assert set(drawn) == set(events)
    first_day = 1_577_836_800_000_000
    for event_id, event in drawn.items():
        assert names[event["tid"]] == events[event_id]["source"]
        assert event["name"] == events[event_id]["type"]
        assert 0 <= (event["ts"] - first_day) % 86_400_000_000 < 100  # a step is drawn within microseconds of its time


def test_slices_of_a_track_lie_apart_or_one_within_the_other(trace):
    tracks = {}
    for event in of(trace, "X"):
        tracks.setdefault(event["tid"], []).append((event["ts"], -event["dur"]))
    for slices in tracks.values():
        assert len(set(slices)) == len(slices)
        open_ends = []
        for start, negative in sorted(slices):
            while open_ends and open_ends[-1] <= start:
                open_ends.pop()
            assert not open_ends or start - negative <= open_ends[-1]
            open_ends.append(start - negative)


def test_each_trade_is_a_slice_from_its_opening_to_its_close(trace, events):
    opened = {e["correlation_id"]: e for e in events.values() if e["type"] == "POSITION_OPEN"}
    closed = {e["correlation_id"]: e for e in events.values() if e["type"] == "POSITION_CLOSE"}
    slices = {event["args"]["correlation_id"]: event for event in of(trace, "X", "trade")}
    assert set(slices) == set(opened)
    assert len(opened) > len(closed) > 2
    at = {event["args"]["event_id"]: event["ts"] for event in of(trace, "X", "event")}
    for trade, drawn in slices.items():
        assert drawn["name"] == f"{opened[trade]['side']} {opened[trade]['symbol']}"
        assert drawn["ts"] == at[opened[trade]["event_id"]] - 1
        assert drawn["args"].get("still_open", False) == (trade not in closed)
        if trade in closed:
            assert drawn["ts"] + drawn["dur"] == at[closed[trade]["event_id"]] + 1


def test_each_causation_is_an_arrow_from_a_slice_to_a_later_one(trace, events):
    starts, ends = ({event["id"]: event for event in of(trace, phase)} for phase in "sf")
    assert set(starts) == set(ends)
    assert len(of(trace, "s")) == len(of(trace, "f")) == len(starts) == trace[1]["arrows"]
    at = {(event["tid"], event["ts"]): event["args"]["event_id"] for event in of(trace, "X", "event")}
    arrows = {(at[end["tid"], end["ts"]], at[starts[id_]["tid"], starts[id_]["ts"]]) for id_, end in ends.items()}
    causes = {(id_, event["causation_id"]) for id_, event in events.items() if event["causation_id"] in events}
    assert arrows == causes
    assert all(starts[id_]["ts"] < end["ts"] for id_, end in ends.items())


def test_a_trade_whose_opening_was_not_traced_begins_when_it_says(tmp_path):
    text = TWO_SYMBOLS.replace(
        "event_tracing: {mode: full}", "event_tracing: {mode: full, events_to_trace: [POSITION_CLOSE]}"
    )
    config = write_config(
        tmp_path, text.replace("  - {id: watcher, type: analysis, inputs: [portfolio_1, strategy_1]}\n", "")
    )
    assert run(config, "--output", tmp_path / "results", "--quiet").exit_code == 0
    assert export(tmp_path / "results", "portfolio_1", "--format", "perfetto", "--output", tmp_path).exit_code == 0
    drawn = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    closes = list(TraceReader(tmp_path / "results" / "portfolio_1"))
    slices = [event for event in drawn if event.get("cat") == "trade"]
    assert [round(event["dur"] / 1e6) for event in slices] == [event["duration_seconds"] for event in closes]


def test_parquet_and_csv_hold_what_the_files_hold(two, tmp_path):
    for form in ("parquet", "csv"):
        outcome = export(two, "--format", form, "--output", tmp_path, "--json")
        assert outcome.exit_code == 0
        assert {path.rpartition("/")[2] for path in json.loads(outcome.stdout)} == {
            f"{name}.{form}" for name in ("events", "trades", "equity", "metrics", "parameters")
        }
    written = [(id_, event) for id_ in TRACED for event in TraceReader(two / id_)]
    rows = duckdb.sql(
        f"SELECT container_id, seq, event_id, price, values['fast'] FROM '{tmp_path}/events.parquet'"  # noqa: S608
    ).fetchall()
    assert rows == [
        (id_, e["seq"], e["event_id"], e.get("price"), e.get("values", {}).get("fast")) for id_, e in written
    ]
    with (tmp_path / "events.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [(row["container_id"], row["event_id"]) for row in table] == [(id_, e["event_id"]) for id_, e in written]
    values = [json.loads(row["values"]) for row in table if row["values"]]
    assert values == [event["values"] for _, event in written if "values" in event]
    metrics = duckdb.sql(
        f"SELECT container_id, total_pnl FROM '{tmp_path}/metrics.parquet' WHERE type = 'portfolio'"  # noqa: S608
    ).fetchall()
    assert metrics == [(id_, read_json(two / id_ / "metrics.json")["metrics"]["total_pnl"]) for id_ in TRACED[:2]]


def test_files_that_are_there_are_not_replaced_unasked(two, tmp_path):
    assert export(two, "--output", tmp_path).exit_code == 0
    outcome = export(two, "--output", tmp_path)
    assert (outcome.exit_code, "--overwrite" in outcome.stderr) == (2, True)
    assert export(two, "--output", tmp_path, "--overwrite").exit_code == 0
    assert not list(tmp_path.glob(".*"))


def test_where_there_is_nothing_to_draw_it_says_what_would_be(finished, tmp_path):
    outcome = export(finished("sweep").tree, "--format", "perfetto", "--output", tmp_path / "drawn")
    assert (outcome.exit_code, "mode: full" in outcome.stderr) == (2, True)
    assert not (tmp_path / "drawn").exists()


def test_a_folder_that_cannot_be_written_is_the_machines_fault(two, tmp_path):
    (tmp_path / "taken").write_text("")
    outcome = export(two, "--output", tmp_path / "taken" / "below")
    assert (outcome.exit_code, outcome.stderr.count("\n")) == (3, 1)
