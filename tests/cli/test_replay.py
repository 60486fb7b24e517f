"""T6 on the command line: what can be replayed is, to the byte; what was changed is found and named."""

import gzip
import shutil
import zlib

import msgspec
import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import read_json, run
from tests.run_configs import write_config

SEVERAL = """
name: several
seed: 3
containers:
  - {id: data_a, type: data, source: {name: synthetic, symbol: A, bars: 150, bar_length: 1d, start: "2020-01-20", volatility: 0.5}}
  - {id: data_b, type: data, source: {name: synthetic, symbol: B, bars: 200, bar_length: 1d, start: "2020-01-01"}}
  - {id: data_c, type: data, source: {name: synthetic, symbol: C, bars: 120, bar_length: 1d, start: "2020-03-01"}}
  - id: execution_1
    type: execution
    fill_at: next_close
    commission: {name: percent, percent: 0.1, minimum: 1}
    slippage: {name: basis_points, bps: 7}
  - id: "portfolio_{n}"
    type: portfolio
    inputs: [data_c, data_a, data_b]
    sweep: {zip: {n: [1, 2], zone: [Asia/Tokyo, America/New_York]}}
    day_zone: "{zone}"
    features:
      fast: {indicator: SMA, timeperiod: 3}
      slow: {indicator: SMA, timeperiod: 8}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
    sizing: {name: percent_of_equity, percent: 20}
    close_at_end: false
    event_tracing: {mode: full, storage_config: {compression: zstd, max_file_size_mb: 0.05}}
"""


def replay(*arguments):
    """The result of `admf replay`: exit_code, stdout and stderr. Fails on a traceback."""
    outcome = CliRunner().invoke(app, ["replay", *map(str, arguments)])
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def verdicts(*arguments):
    """What `--json` says of each container, and the exit code."""
    outcome = replay(*arguments, "--json")
    return {found["container_id"]: found for found in msgspec.json.decode(outcome.stdout)}, outcome.exit_code


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    home = tmp_path_factory.mktemp("several")
    assert run(write_config(home, SEVERAL), "--output", home / "results", "--quiet").exit_code == 0
    return home / "results"


@pytest.fixture
def copied(finished, tmp_path):
    """A tree of its own: quickstart would do, but smoke is smaller."""
    return shutil.copytree(finished("smoke").tree, tmp_path / "results")


def rewrite(tree, change, id_="portfolio_both"):
    """Changes the lines of an event file as somebody with zcat and an editor would."""
    path = tree / id_ / "events.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines))))


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("quickstart", ["portfolio_trend"]),
        ("smoke", ["portfolio_both"]),
        ("full", ["portfolio_2"]),
        ("failing", ["holds", "raises"]),
        ("cross", []),
    ],
)
def test_t6_what_is_fully_traced_is_replayed_and_the_rest_says_why_not(finished, name, whole):
    found, code = verdicts(finished(name).tree)
    assert code == 0
    assert [id_ for id_, verdict in found.items() if verdict["outcome"] == "replayed"] == whole
    for id_ in whole:
        assert found[id_]["events"] == read_json(finished(name).tree / id_ / "metrics.json")["tracing"]["written"]
    assert all(verdict["reason"] for id_, verdict in found.items() if id_ not in whole)


def test_t6_several_symbols_of_unequal_length_open_trades_rotated_zstd(several):
    assert read_json(several / "portfolio_1" / "metrics.json")["metrics"]["open_trades"] > 1
    assert len(list((several / "portfolio_1").glob("events*.jsonl.zst"))) > 1
    found, code = verdicts(several)
    assert (code, found["portfolio_1"]["outcome"], found["portfolio_2"]["outcome"]) == (0, "replayed", "replayed")


def test_t6_one_container_as_a_table(several):
    outcome = replay(several, "portfolio_1")
    assert outcome.exit_code == 0
    assert [line.split()[:2] for line in outcome.stdout.splitlines()[1:]] == [["portfolio_1", "replayed"]]


def test_t6_a_tampered_price_is_named_with_seq_and_event_id(copied):
    def tamper(lines):
        number = next(n for n, line in enumerate(lines) if b'"type":"FILL"' in line)
        event = msgspec.json.decode(lines[number])
        event["price"] += 0.01
        named.update(event)
        return [*lines[:number], msgspec.json.encode(event) + b"\n", *lines[number + 1 :]]

    named = {}
    rewrite(copied, tamper)
    outcome = replay(copied)
    assert outcome.exit_code == 1
    assert f"portfolio_both: seq {named['seq']} {named['event_id']}: price" in outcome.stderr


def test_t6_a_missing_event_is_named_though_it_is_not_there(copied):
    rewrite(copied, lambda lines: [line for line in lines if b'"portfolio_both:POSITION_OPEN:3"' not in line[:220]])
    found, code = verdicts(copied)
    assert (code, found["portfolio_both"]["outcome"]) == (1, "differs")
    assert found["portfolio_both"]["difference"]["event_id"] == "portfolio_both:POSITION_OPEN:3"


def test_t6_a_doubled_event_is_named(copied):
    rewrite(copied, lambda lines: [*lines[:101], *lines[100:]])
    event_id = msgspec.json.decode(
        zlib.decompress((copied / "portfolio_both/events.jsonl.gz").read_bytes(), 31).splitlines()[100]
    )["event_id"]
    outcome = replay(copied)
    assert outcome.exit_code == 1
    assert f"{event_id}: stands there twice" in outcome.stderr


def test_t6_a_changed_metric_is_named(copied):
    path = copied / "portfolio_both" / "metrics.json"
    path.write_bytes(path.read_bytes().replace(b'"sharpe": -0.2', b'"sharpe": -0.1'))
    outcome = replay(copied)
    assert outcome.exit_code == 1
    assert "portfolio_both: metrics.sharpe is recorded as -0.1" in outcome.stderr


def test_t6_damaged_files_are_shown_as_such(copied):
    path = copied / "portfolio_both" / "events.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-10])
    (copied / "portfolio_average_7" / "metrics.json").write_text("{")
    found, code = verdicts(copied)
    assert code == 1
    assert [id_ for id_, verdict in found.items() if verdict["outcome"] == "damaged"] == [
        "portfolio_both",
        "portfolio_average_7",
    ]
    assert "ends inside a gzip member" in found["portfolio_both"]["reason"]


def test_a_container_that_is_not_there_is_refused(several):
    outcome = replay(several, "portfolio_3")
    assert (outcome.exit_code, "did you mean 'portfolio_1'" in outcome.stderr) == (2, True)
