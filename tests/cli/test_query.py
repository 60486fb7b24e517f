"""`admf query`: the four views over every form of files, reading nothing else, changing nothing."""

import csv
import json
import shutil
from io import StringIO

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import files_of, read_json, run
from tests.run_configs import write_config
from tracing.reading.reader import TraceReader

FORMS = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 1500, bar_length: 1d}}
  - &p
    id: gzip
    type: portfolio
    inputs: [data_x]
    features: {fast: {indicator: SMA, timeperiod: 3}, slow: {indicator: SMA, timeperiod: 8}}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
    event_tracing: {mode: full}
  - {<<: *p, id: zstd, event_tracing: {mode: full, storage_config: {compression: zstd, max_file_size_mb: 0.01}}}
  - {<<: *p, id: plain, event_tracing: {mode: full, storage_path: elsewhere/plain, storage_config: {compression: false}}}
  - {<<: *p, id: minimal, event_tracing: {mode: minimal}}
"""


def query(*arguments):
    """The result of `admf query`: exit_code, stdout and stderr. Fails on a traceback."""
    outcome = CliRunner().invoke(app, ["query", *map(str, arguments)], env={"COLUMNS": None})
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def answer(*arguments):
    """The rows of an answer without fault."""
    outcome = query(*arguments, "--json")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return json.loads(outcome.stdout)


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    home = tmp_path_factory.mktemp("forms")
    assert run(write_config(home, FORMS), "--output", home / "results", "--quiet").exit_code == 0
    return home / "results"


@pytest.fixture
def copied(forms, tmp_path):
    return shutil.copytree(forms, tmp_path / "results")


def test_events_of_every_compression_rotated_or_not_are_those_of_the_files(forms):
    assert len(list((forms / "zstd").glob("events*.jsonl.zst"))) > 1
    found = answer(forms, "SELECT container_id, seq, event_id, price, values FROM events ORDER BY container_id, seq")
    folders = {"gzip": "gzip", "plain": "elsewhere/plain", "zstd": "zstd"}
    written = [(id_, event) for id_, folder in folders.items() for event in TraceReader(forms / folder)]
    assert [(row["container_id"], row["seq"], row["event_id"]) for row in found] == [
        (id_, event["seq"], event["event_id"]) for id_, event in written
    ]
    assert [row["price"] for row in found] == [event.get("price") for _, event in written]
    assert [row["values"] for row in found] == [event.get("values") for _, event in written]


def test_metrics_have_a_row_a_container_and_a_column_a_metric(forms):
    found = answer(forms, "FROM metrics")
    assert [row["container_id"] for row in found] == list(read_json(forms / "run.json")["folders"]) or len(found) == 7
    for row in found:
        result = read_json(forms / row["container_id"] / "metrics.json")
        assert {name: row[name] for name in result["metrics"]} == result["metrics"]
        assert (row["type"], row["status"], row["events_written"]) == (
            result["type"],
            result["status"],
            result["tracing"]["written"],
        )


def test_trades_and_equity_come_from_events_where_they_were_not_written(forms):
    trades = answer(forms, "SELECT * FROM trades WHERE container_id = 'gzip' ORDER BY exited")
    closes = [event for event in TraceReader(forms / "gzip") if event["type"] == "POSITION_CLOSE"]
    assert [trade["net_pnl"] for trade in trades] == [event["net_pnl"] for event in closes]
    opens = [event for event in TraceReader(forms / "gzip") if event["type"] == "POSITION_OPEN"]
    assert [trade["entered"] for trade in trades] == [event["timestamp"] for event in opens]
    assert answer(forms, "SELECT container_id, count(*) n FROM equity GROUP BY 1 ORDER BY 1") == [
        {"container_id": id_, "n": 1502} for id_ in ("gzip", "plain", "zstd")
    ]


def test_trades_and_equity_come_from_their_own_files_where_there_are_some(finished):
    tree = finished("quickstart").tree
    found = answer(tree, "SELECT t.container_id, count(*) n, sum(net_pnl) p FROM trades t GROUP BY 1 ORDER BY 1")
    for row in found:
        metrics = read_json(tree / row["container_id"] / "metrics.json")["metrics"]
        assert (row["n"], row["p"]) == (metrics["total_trades"], pytest.approx(metrics["total_pnl"]))
    assert len(found) == 2
    last = answer(tree, "SELECT container_id, last(equity ORDER BY seq) e FROM equity GROUP BY 1 ORDER BY 1")
    assert [row["e"] for row in last] == [
        read_json(tree / row["container_id"] / "metrics.json")["metrics"]["final_equity"] for row in last
    ]


def test_results_without_any_event_file_have_empty_views(finished):
    assert answer(finished("sweep").tree, "SELECT * FROM events") == []
    assert answer(finished("sweep").tree, "SELECT count(*) n FROM trades, equity") == [{"n": 0}]


def test_times_can_be_reckoned_with_and_are_utc(forms):
    sql = "SELECT date_trunc('month', timestamp) m, max(timestamp) - min(timestamp) s FROM equity WHERE container_id='gzip' GROUP BY 1 ORDER BY 1 LIMIT 1"
    assert answer(forms, sql) == [{"m": "2020-01-01T00:00:00Z", "s": 30 * 86400.0}]


def test_a_table_and_csv(forms):
    sql = "SELECT container_id, total_trades FROM metrics WHERE type = 'portfolio' ORDER BY 1"
    table = query(forms, sql).stdout.splitlines()
    assert [line.split()[0] for line in table] == ["container_id", "gzip", "minimal", "plain", "zstd"]
    rows = list(csv.DictReader(StringIO(query(forms, sql, "--csv").stdout)))
    assert [row["container_id"] for row in rows] == ["gzip", "minimal", "plain", "zstd"]
    assert len({row["total_trades"] for row in rows}) == 1
    assert query(forms, "SELECT 1 WHERE false").stdout == "no rows\n"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELCT 1", "syntax error"),
        ("SELECT * FROM evnts", "there are events, trades, equity, metrics"),
        ("SELECT sharp FROM metrics", "sharpe"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("", "one SELECT"),
        ("CREATE TABLE x AS SELECT 1", "one SELECT"),
        ("COPY metrics TO 'x.csv'", "one SELECT"),
        ("SELECT * FROM read_text('/etc/hostname')", "Cannot access file"),
        ("SELECT * FROM read_text('pyproject.toml')", "Cannot access file"),
        ("SELECT * FROM 'pyproject.toml'", "does not exist"),
        ("SELECT 'x'::INT FROM metrics", "Could not convert"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(forms, sql, said):
    before = files_of(forms)
    outcome = query(forms, sql)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert said in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert files_of(forms) == before


def test_a_folder_without_results_is_refused(tmp_path):
    assert query(tmp_path, "SELECT 1").exit_code == 2
    assert query(tmp_path, "SELECT 1", "--json", "--csv").exit_code == 2


@pytest.mark.parametrize("left", [0, 40])
def test_a_trace_of_which_nothing_is_whole_has_no_events(copied, left):
    torn = copied / "gzip" / "events.jsonl.gz"
    torn.write_bytes(torn.read_bytes()[:left])
    outcome = query(copied, "SELECT count(*) n FROM events WHERE container_id = 'gzip'", "--json")
    assert json.loads(outcome.stdout) == [{"n": 0}]
    assert (outcome.exit_code, "damaged at byte 0" in outcome.stderr) == ((1, True) if left else (0, False))


def test_what_is_torn_or_flipped_is_said_and_the_rest_counts(copied):
    torn, flipped = copied / "gzip" / "events.jsonl.gz", copied / "zstd" / "events.0001.jsonl.zst"
    torn.write_bytes(torn.read_bytes()[:-4])
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 4
    flipped.write_bytes(data)
    plain = copied / "elsewhere" / "plain" / "events.jsonl"
    plain.write_bytes(plain.read_bytes()[:-30])
    (copied / "minimal" / "metrics.json").write_text("")
    outcome = query(copied, "SELECT container_id, count(*) n FROM events GROUP BY 1 ORDER BY 1", "--json")
    assert outcome.exit_code == 1
    whole = {
        id_: sum(1 for _ in TraceReader(copied / folder))
        for id_, folder in [("gzip", "gzip"), ("plain", "elsewhere/plain"), ("zstd", "zstd")]
    }
    assert {row["container_id"]: row["n"] for row in json.loads(outcome.stdout)} == {
        k: n for k, n in whole.items() if n
    }
    assert whole["zstd"] > 0
    assert whole["plain"] > 0
    assert len(outcome.stderr.splitlines()) == 3
    named = query(copied, "SELECT count(*) FROM metrics")
    assert (named.exit_code, "minimal/metrics.json: damaged" in named.stderr) == (1, True)


def test_years_have_no_thousands_marks_and_large_counts_have(forms):
    sql = "SELECT 2019 AS year, 9999 AS few, 1234567 AS many UNION ALL SELECT 2020, 1, 2345"
    lines = query(forms, sql).stdout.splitlines()
    assert sorted(line.split() for line in lines[1:]) == [["2019", "9999", "1,234,567"], ["2020", "1", "2,345"]]


def test_a_metric_without_limit_is_infinity_and_sorts_as_the_highest(copied):
    for id_, note in (("plain", "infinite: no trade lost"), ("zstd", "no trade was closed")):
        path = copied / id_ / "metrics.json"
        document = read_json(path)
        document["metrics"]["profit_factor"] = None
        document["metric_notes"]["profit_factor"] = note
        path.write_text(json.dumps(document))
    sql = "SELECT container_id, profit_factor FROM metrics WHERE type = 'portfolio' ORDER BY profit_factor DESC NULLS LAST"
    lines = query(copied, sql).stdout.splitlines()[1:]
    assert (lines[0].split(), lines[-1].split()) == (["plain", "inf"], ["zstd", "-"])
    assert answer(copied, sql)[0] == {"container_id": "plain", "profit_factor": None}
