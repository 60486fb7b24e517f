"""What tracers keep in memory, written to events.window.jsonl.gz and read by every command (rules K8, R5, B2)."""

import gzip
import shutil

import duckdb
import msgspec
import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.results.trace import Extent
from tests.cli.inspect_command import inspect
from tests.run_command import files_of, results_of, run
from tests.run_configs import write_bars, write_config
from tracing.reading.reader import TraceReader

LANES = """
containers:
  - {{id: data_x, type: data, source: {{path: bars.csv, symbol: X}}, event_tracing: {{events_to_trace: [BAR], max_events: 9}}}}
  - id: "portfolio_{{n}}"
    type: portfolio
    inputs: [data_x]
    sweep: {{n: [2, 3, 5, 8, 13, 150]}}
    features: {{mean: {{indicator: SMA, timeperiod: "{{n}}"}}}}
    strategy: {{name: crossover, fast: close, slow: mean, direction: both}}
    event_tracing: {{{own}}}
"""
WINDOW = "events_to_trace: ALL, retention_policy: sliding_window, max_events: 50"
RULES = """mode: sliding_window, dynamic_rules: [
  {condition: metrics.total_trades >= 2, action: {dump: true}},
  {condition: metrics.total_trades >= 1000000, action: {mode: full}},
  {condition: metrics.total_trades >= 4, action: {dump: true, mode: full}},
  {condition: metrics.total_trades >= 6, action: {mode: sliding_window, max_events: 7}}]"""


def command(*arguments):
    outcome = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": None})
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def lanes(folder, own, bars=300):
    config = write_config(folder, LANES.format(own=own))
    write_bars(folder / "bars.csv", bars)
    return config


def bursting(folder, own):
    """Equity that is no finite amount any more while a position is held, to the end of the data."""
    config = lanes(folder, own, bars=420)
    config.write_text(config.read_text().replace("crossover, fast: close, slow: mean, direction: both", "buy_and_hold"))
    text = (folder / "bars.csv").read_text().splitlines()
    rows = [f"{row.split(',')[0]},1e308,1e308,1e308,1e308,9" for row in text[401:]]
    (folder / "bars.csv").write_text("\n".join([*text[:401], *rows]) + "\n")
    return config


def trees(tmp_path, config, ways):
    for way in ways:
        path, workers = way
        run(config, "--output", tmp_path / f"{path}{workers}", "--path", path, "--workers", workers, "--quiet")
        yield files_of(tmp_path / f"{path}{workers}", without=["run.json"])


def event_files(files):
    """Of the files of a tree, those of events: what columns count of a portfolio after it failed may differ (B2)."""
    return {name: content for name, content in files.items() if "/events" in name}


WAYS = [("event", 1), ("kernel", 1), ("kernel", 2), ("event", 7)]


@pytest.mark.parametrize(
    ("own", "written"),
    [
        (WINDOW, 6),
        ("events_to_trace: ALL, retention_policy: all, storage_config: {compression: zstd}", 6),
        ("events_to_trace: [FILL, BAR]", 6),
        ("mode: full, storage_backend: memory", 6),
        ("retention_policy: trade_complete, storage_config: {write_at_end: true}", 0),  # all trades are closed
        ("retention_policy: sliding_window, storage_config: {write_at_end: on_failure}", 0),
        ("retention_policy: sliding_window, storage_config: {write_at_end: false}", 0),
        ("retention_policy: none", 0),
    ],
)
def test_b2_both_paths_and_any_number_of_workers_write_the_same_windows(tmp_path, own, written):
    ways = WAYS if own == WINDOW else WAYS[:2]
    first, *others = trees(tmp_path, lanes(tmp_path, own), ways)
    assert all(other == first for other in others)
    assert len([name for name in first if name.startswith("portfolio") and ".window." in name]) == written
    for result in results_of(tmp_path / "event1").values():
        counts = result["tracing"]
        assert counts["window"] == (result["memory_usage"]["events_in_memory"] if written or counts["window"] else 0)
        assert counts["kept"] == counts["pruned"] + counts["evicted"] + result["memory_usage"]["events_in_memory"]


def test_k8_a_window_is_the_end_of_a_trace_of_everything(tmp_path):
    run(lanes(tmp_path, WINDOW), "--output", tmp_path / "kept", "--quiet")
    run(lanes(tmp_path, "mode: full"), "--output", tmp_path / "whole", "--quiet")
    for id_ in ("portfolio_2", "portfolio_150"):
        whole = list(TraceReader(tmp_path / "whole" / id_))
        assert list(TraceReader(tmp_path / "kept" / id_, "events.window")) == whole[-50:]
    bars = gzip.decompress((tmp_path / "kept" / "data_x" / "events.window.jsonl.gz").read_bytes()).splitlines()
    assert [msgspec.json.decode(line)["seq"] for line in bars] == [*range(291, 300)]


@pytest.mark.parametrize("own", ["mode: minimal", WINDOW, "events_to_trace: ALL, retention_policy: trade_complete"])
def test_k8_a_portfolio_that_fails_leaves_what_it_kept(tmp_path, own):
    ways = [*WAYS[:3], ("event", 2)] if own == WINDOW else WAYS[:2]
    by_event, first, *in_processes = (event_files(tree) for tree in trees(tmp_path, bursting(tmp_path, own), ways))
    if own == WINDOW:
        assert in_processes == [first, by_event]
    else:
        assert by_event == first  # a window ends later event by event: the failure is found at the end of the block
    results = results_of(tmp_path / "kernel1")
    failed = [id_ for id_, result in results.items() if result["status"] == "failed" and "portfolio" in id_]
    assert len(failed) == 6
    for id_ in failed:
        events = list(TraceReader(tmp_path / "kernel1" / id_, "events.window"))
        assert len(events) == results[id_]["tracing"]["window"] == results[id_]["memory_usage"]["events_in_memory"]
        if own != WINDOW:
            assert len({event["correlation_id"] for event in events}) == results[id_]["metrics"]["open_trades"]
    assert any(results[id_]["tracing"]["window"] for id_ in failed)


def test_k8_without_write_at_end_a_portfolio_that_fails_leaves_nothing(tmp_path):
    (files,) = trees(tmp_path, bursting(tmp_path, "storage_config: {write_at_end: false}"), [("kernel", 1)])
    assert not [name for name in files if name.startswith("portfolio") and "events" in name]


TIMED = """
timeout_s: 0.3
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 100}}
  - {id: slow, type: portfolio, inputs: [data_x], strategy: {name: slow.Slow}, event_tracing: {mode: sliding_window}}
  - {id: quick, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
"""
SLOW = """
import time


class Slow:
    bars = 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        if self.bars == 50:
            time.sleep(5)
        return "long" if self.bars % 4 < 2 else "flat"
"""


def test_k8_a_portfolio_whose_time_is_up_leaves_what_led_to_it(tmp_path):
    config = write_config(tmp_path, TIMED)
    (tmp_path / "slow.py").write_text(SLOW)
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 1
    assert results_of(tmp_path / "out")["slow"]["error"].startswith("timeout")
    fills = list(TraceReader(tmp_path / "out" / "slow", "events.window"))
    assert 40 < len(fills) < 80


def test_s10_overwrite_deletes_windows_and_nothing_else(tmp_path):
    config = lanes(tmp_path, "mode: full, storage_backend: memory, storage_config: {max_file_size_mb: 0.01}", bars=1500)
    run(config, "--output", tmp_path / "out", "--quiet")
    (tmp_path / "out" / "portfolio_2" / "events.window.txt").write_text("mine")
    assert (tmp_path / "out" / "portfolio_2" / "events.window.0001.jsonl.gz").exists()
    run(lanes(tmp_path, "enabled: false"), "--output", tmp_path / "out", "--overwrite", "--quiet")
    assert [name for name in files_of(tmp_path / "out") if "window" in name and "portfolio" in name] == [
        "portfolio_2/events.window.txt"
    ]


# --- reading -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    run(lanes(folder, WINDOW), "--output", folder / "out", "--quiet")
    return folder / "out"


@pytest.fixture(scope="module")
def ruled(tmp_path_factory):
    """Rules that dump, stream for a while, and keep a window again; and the same run with everything streamed."""
    folder = tmp_path_factory.mktemp("ruled")
    for name, own in (("whole", "mode: full"), ("out", RULES), ("again", RULES)):
        workers = 2 if name == "again" else 1
        assert run(lanes(folder, own), "--output", folder / name, "--workers", workers, "--quiet").exit_code == 0
    return folder


def events(tree, id_, *options):
    outcome = inspect(tree, id_, "--events", "--json", *options)
    assert outcome.exit_code == 0
    return msgspec.json.decode(outcome.stdout), outcome.stderr


def before(tree, id_):
    return results_of(tree)[id_]["tracing"]["evicted"]


def test_inspect_shows_the_events_that_were_kept_and_how_many_came_before(kept):
    came = before(kept, "portfolio_2")
    assert came > 500
    said = f"warning: portfolio_2: only events that were kept in memory: {came:,} came before them\n"
    found, stderr = events(kept, "portfolio_2")
    assert ([event["seq"] for event in found], stderr) == ([*range(came, came + 50)], said)
    shown = inspect(kept, "portfolio_2", "--events", "--tail", 2)
    assert (shown.stderr, shown.stdout.splitlines()[-1].split()[0]) == (said, str(came + 49))
    page = inspect(kept, "portfolio_2", columns=40).stdout
    assert f"portfolio_2: only events that were kept in memory: {came:,} came before them" in page
    assert "window                  50" in page
    assert "portfolio_2/events.window.jsonl.gz" in page
    assert "equity" not in page.partition("metrics")[0]  # a curve of the last bars would pass for that of all


def test_inspect_finds_a_trade_in_them_and_lists_those_that_closed_there(kept):
    found, _ = events(kept, "portfolio_2")
    trade = next(event["correlation_id"] for event in reversed(found) if event["type"] == "POSITION_CLOSE")
    shown = inspect(kept, "--trade", trade)
    assert "POSITION_CLOSE" in shown.stdout
    assert "came before them" in shown.stderr
    trades = inspect(kept, "portfolio_2", "--trades", "--json")
    assert len(msgspec.json.decode(trades.stdout)) == sum(event["type"] == "POSITION_CLOSE" for event in found)
    assert "came before them" in trades.stderr


def test_query_and_export_read_them(kept, tmp_path):
    answer = command(
        "query", kept, "SELECT container_id, count(*) AS n, min(seq) AS first FROM events GROUP BY 1", "--json"
    )
    rows = {row["container_id"]: (row["n"], row["first"]) for row in msgspec.json.decode(answer.stdout)}
    assert rows["portfolio_2"] == (50, before(kept, "portfolio_2"))
    assert rows["data_x"] == (9, 291)
    total = sum(result["tracing"]["evicted"] for result in results_of(kept).values())
    assert (
        answer.stderr == f"warning: of 7 containers only events that were kept in memory: {total:,} came before them\n"
    )
    written = command("query", kept, "SELECT sum(events_written) AS n FROM metrics", "--json")
    assert msgspec.json.decode(written.stdout) == [{"n": 309}]
    exported = command("export", kept, "portfolio_3", "--format", "csv", "--output", tmp_path / "csv")
    assert f"portfolio_3: only events that were kept in memory: {before(kept, 'portfolio_3'):,}" in exported.stderr
    assert len(duckdb.read_csv(str(tmp_path / "csv" / "events.csv")).fetchall()) == 50


def test_a_window_that_lost_its_end_is_damaged(kept, tmp_path):
    tree = tmp_path / "torn"
    shutil.copytree(kept, tree)
    path = tree / "portfolio_2" / "events.window.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-9])
    shown = inspect(tree, "portfolio_2", "--events")
    assert shown.exit_code == 1
    assert "the file ends inside a gzip member" in shown.stderr
    path.unlink()
    assert "0 events, but 50 were written" in inspect(tree, "portfolio_2", "--events").stderr


def test_replay_skips_them_and_diff_compares_them(kept, tmp_path):
    skipped = {row["container_id"]: row for row in msgspec.json.decode(command("replay", kept, "--json").stdout)}
    assert skipped["portfolio_2"]["outcome"] == "skipped"
    assert skipped["portfolio_2"]["reason"] == "only events that it kept in memory were written"
    other = lanes(tmp_path, WINDOW.replace("50", "40"))
    run(other, "--output", tmp_path / "out", "--quiet")
    assert command("diff", kept, kept).exit_code == 0
    assert command("diff", kept, tmp_path / "out").exit_code == 1


def test_orphans_are_told_of_windows_that_hold_all_that_came_last(kept, tmp_path):
    windows = inspect(kept, "--orphans")
    assert windows.exit_code == 0
    assert "no orphan in them" in windows.stdout
    total = sum(before(kept, id_) for id_ in results_of(kept) if id_.startswith("portfolio_"))
    assert windows.stderr == (
        f"warning: of 6 containers only events that were kept in memory: {total:,} came before them\n"
    )
    assert inspect(kept, "portfolio_2", "--by-day").stderr == inspect(kept, "portfolio_2", "--orphans").stderr != ""
    run(
        lanes(tmp_path, "mode: full, storage_backend: memory, max_events: 700"), "--output", tmp_path / "out", "--quiet"
    )
    shown = inspect(tmp_path / "out", "portfolio_2", "--orphans")
    assert "cannot be told from" in shown.stdout
    refused = results_of(tmp_path / "out")["portfolio_2"]["tracing"]["refused"]
    assert shown.stderr == (
        "warning: portfolio_2: only events that were kept in memory: "
        f"{refused:,} that came later found no room, as max_events were kept\n"
    )


@pytest.mark.parametrize(
    ("extent", "words"),
    [
        (Extent(1200, 0, 0), "1,200 came before them"),
        (Extent(0, 7, 0), "7 came between or after them"),
        (Extent(3, 9, 2), "3 came before them, 7 came between or after them, 2 that came later found no room"),
    ],
)
def test_what_is_missing_in_a_trace_is_said_by_its_kind(extent, words):
    assert words in str(extent)
    assert "0 came" not in str(extent).replace("1,200 came", "")


# --- rules ---------------------------------------------------------------------------------------------------------------


def test_r5_dumps_streams_and_windows_are_read_as_one_trace(ruled):
    tree = ruled / "out"
    for id_ in ("portfolio_2", "portfolio_13"):
        names = sorted(path.name for path in (tree / id_).iterdir())
        assert names == ["events.jsonl.gz", "events.window.jsonl.gz", "metrics.json"]
        found, _ = events(tree, id_)
        numbers = [event["seq"] for event in found]
        assert numbers == sorted(set(numbers))
        assert len({event["event_id"] for event in found}) == len(found)
        place = {event["event_id"]: n for n, event in enumerate(events(ruled / "whole", id_)[0])}
        assert [place[event["event_id"]] for event in found] == sorted(place[event["event_id"]] for event in found)
        closes = [event["event_id"] for event in found if event["type"] == "POSITION_CLOSE"]
        assert closes[:6] == [f"{id_}:POSITION_CLOSE:{n}" for n in range(1, 7)]
        answer = command("query", tree, "SELECT container_id, seq FROM events ORDER BY seq", "--json")
        rows = msgspec.json.decode(answer.stdout)
        assert [row["seq"] for row in rows if row["container_id"] == id_] == numbers
        assert "POSITION_CLOSE" in inspect(tree, "--trade", f"{id_}#6").stdout


def test_z3_rules_and_dumps_write_the_same_bytes_with_workers(ruled):
    one, two = (files_of(ruled / name, without=["run.json"]) for name in ("out", "again"))
    assert one == two


def test_r5_which_rule_came_true_and_when_is_said(ruled):
    result = results_of(ruled / "out")["portfolio_5"]
    dumped, never, streamed, last = result["tracing"]["rules"]
    assert never == {"condition": "metrics.total_trades >= 1000000", "fired_at": None, "event_id": None, "seq": None}
    ids = [rule["event_id"] for rule in (dumped, streamed, last)]
    assert ids == [f"portfolio_5:POSITION_CLOSE:{n}" for n in (2, 4, 6)]
    whole = {event["event_id"]: event["timestamp"] for event in TraceReader(ruled / "whole" / "portfolio_5")}
    assert [rule["fired_at"] for rule in (dumped, streamed, last)] == [whole[id_] for id_ in ids]
    page = inspect(ruled / "out", "portfolio_5").stdout
    assert f"metrics.total_trades >= 2: came true at {whole[ids[0]]}, after {ids[0]}" in page
    assert "metrics.total_trades >= 1000000: never came true" in page
    assert "rules" not in results_of(ruled / "out")["data_x"]["tracing"]


def test_inspect_does_not_say_of_a_rule_that_it_did_what_it_did_not(tmp_path):
    own = "dynamic_rules: [{condition: metrics.total_pnl > 1e12, action: {mode: full}}, "
    own += "{condition: metrics.total_trades > 3, action: {events_to_trace: [FILL]}}]"
    run(lanes(tmp_path, own), "--output", tmp_path / "out", "--quiet")
    page = inspect(tmp_path / "out", "portfolio_2").stdout
    assert "metrics.total_pnl > 1e12: never came true" in page
    assert "metrics.total_trades > 3: came true at 20" in page
    assert "no dynamic rule that would have written its events came true" in page


def test_why_there_are_no_events_is_said(tmp_path):
    said = {
        "mode: minimal": "its events were traced in memory only, to be written if it failed",
        "storage_config: {write_at_end: false}": "its events were traced in memory only, and none was written",
        "retention_policy: trade_complete, storage_config: {write_at_end: true}": "and none was kept at the end",
    }
    for own, words in said.items():
        run(lanes(tmp_path, own), "--output", tmp_path / "out", "--overwrite", "--quiet")
        shown = inspect(tmp_path / "out", "portfolio_2", "--events")
        assert shown.exit_code == 2
        assert words in shown.stderr


# --- settings without an effect ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            "retention_policy: none, max_events: 5",
            "max_events: 5: nothing is kept in memory with retention_policy none",
        ),
        (
            "storage_config: {write_at_end: false}",
            "write_at_end: false: nothing of what is traced can be read then; expected true or on_failure, or enabled: false",
        ),
        (
            "retention_policy: none, storage_config: {compression: zstd}",
            "zstd: no event of this is ever written to a file",
        ),
        (
            "mode: sliding_window, storage_config: {write_at_end: false, max_file_size_mb: 3}",
            "max_file_size_mb: 3.0: no event of this is ever written to a file",
        ),
        (
            "mode: full, storage_config: {write_at_end: true}",
            "with storage_backend disk every event is written as it comes",
        ),
        (
            "mode: sliding_window, max_events: 0",
            "max_events: 0: nothing of what is traced is kept: expected at least 1, or retention_policy: none",
        ),
        (
            "retention_policy: all, max_events: 0",
            "max_events: 0: nothing of what is traced is kept: expected at least 1",
        ),
        ("enabled: false, mode: full", "mode: enabled: false stands beside it, so that nothing is traced"),
        (
            "events_to_trace: [], mode: full",
            "events_to_trace: nothing is traced then: expected types of events, ALL, or enabled: false",
        ),
        ("events_to_trace: [FILL, RUN_END]", "RUN_END: no container that this is said of ever sees a RUN_END"),
        (
            "events_to_trace: [BAR], retention_policy: trade_complete",
            "event_tracing.retention_policy: trade_complete: nothing of what is traced belongs to a trade",
        ),
        ("mode: minimal, events_to_trace: [BAR]", "mode: minimal: nothing of what is traced belongs to a trade"),
        (
            "mode: minimal, events_to_trace: [BAR], max_events: 5",
            "max_events: 5: nothing of what is traced belongs to a trade",
        ),
        (
            "events_to_trace: ALL, retention_policy: none, dynamic_rules: [{condition: metrics.total_trades > 3, action: {dump: true}}]",
            "dynamic_rules.0.action.dump: true: nothing is kept in memory with retention_policy none",
        ),
        (
            "mode: full, dynamic_rules: [{condition: metrics.total_trades > 3, action: {dump: true, mode: sliding_window}}]",
            "dynamic_rules.0.action.dump: true: with storage_backend disk every event is written as it comes",
        ),
        (
            "retention_policy: none, dynamic_rules: [{condition: metrics.total_trades > 3, action: {max_events: 5}}]",
            "dynamic_rules.0.action.max_events: nothing is kept in memory with retention_policy none",
        ),
    ],
)
def test_r3_a_trace_setting_without_an_effect_is_warned_of_and_refused_if_strict(tmp_path, own, words):
    config = lanes(tmp_path, own)
    warned = command("explain", config)
    assert warned.exit_code == 0
    assert words in warned.stderr
    assert f"{config}:10:" in warned.stderr
    assert warned.stderr.count("warning: ") == warned.stderr.count("containers.1.event_tracing")
    refused = run(config, "--output", tmp_path / "out", "--strict", "--quiet")
    assert refused.exit_code == 2
    assert words in refused.stderr


@pytest.mark.parametrize(
    "own",
    [
        "enabled: true",
        "mode: minimal",
        "retention_policy: none",
        "enabled: false",
        "events_to_trace: []",
        "mode: full, max_events: 0",
        "mode: sliding_window, max_events: 0, dynamic_rules: [{condition: metrics.total_trades > 1, action: {max_events: 9}}]",
        "enabled: false, mode: sliding_window, dynamic_rules: [{condition: metrics.total_trades > 1, action: {enabled: true}}]",
        "events_to_trace: [BAR, ERROR, REGIME_CHANGE, RISK_BREACH]",
        "storage_config: {compression: zstd}",
        "events_to_trace: [BAR, RISK_BREACH], retention_policy: trade_complete",
        "events_to_trace: [BAR], retention_policy: trade_complete, storage_backend: disk",
        "events_to_trace: [BAR], retention_policy: none",
        "max_events: 2, dynamic_rules: [{condition: metrics.total_trades > 1, action: {max_events: 5}}]",
        "retention_policy: none, max_events: 3, dynamic_rules: [{condition: metrics.total_trades > 1, action: {mode: sliding_window}}]",
        "storage_config: {write_at_end: false}, dynamic_rules: [{condition: metrics.total_trades > 1, action: {dump: true}}]",
        "mode: full, storage_config: {write_at_end: true}, dynamic_rules: [{condition: metrics.total_trades > 1, action: {mode: sliding_window}}]",
    ],
)
def test_r3_what_has_an_effect_is_not_warned_of(tmp_path, own):
    outcome = command("explain", lanes(tmp_path, own), "--strict")
    assert (outcome.exit_code, outcome.stderr) == (0, "")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"event_tracing": "{mode: minimal}"},
            "containers.0.event_tracing.mode: minimal: nothing of what is traced belongs",
        ),
        (
            {"below": "trace_settings: {retention_policy: trade_complete}", "event_tracing": "{enabled: true}"},
            "containers.0.event_tracing.enabled: true: nothing of what is traced belongs to a trade",
        ),
        (
            {
                "below": "trace_settings: {retention_policy: trade_complete}",
                "event_tracing": "{events_to_trace: [BAR]}",
            },
            "containers.0.event_tracing.events_to_trace: [BAR]: nothing of what is traced belongs to a trade",
        ),
        (
            {"below": "results: {clear_on_snapshot: true}"},
            "true: no portfolio keeps events in memory but those of open trades",
        ),
        (
            {"below": "results: {clear_on_snapshot: true, snapshot_every: 0}"},
            "clear_on_snapshot: true: with snapshot_every 0 there is no snapshot",
        ),
    ],
)
def test_r3_what_has_nothing_to_keep_or_to_clear_is_warned_of(tmp_path, settings, words):
    config = lanes(tmp_path, "mode: minimal")
    own = settings.get("event_tracing", "{mode: sliding_window}")
    text = config.read_text().replace("event_tracing: {events_to_trace: [BAR], max_events: 9}", f"event_tracing: {own}")
    config.write_text(f"{text}\n{settings.get('below', '')}\n")
    warned = command("explain", config)
    assert words in warned.stderr
    assert warned.stderr.count("warning: ") == 1
    assert run(config, "--output", tmp_path / "out", "--strict", "--quiet").exit_code == 2


def test_r3_clearing_a_window_at_snapshots_is_not_odd(tmp_path):
    config = lanes(tmp_path, "mode: sliding_window")
    outcome = command("explain", config, "--strict", "--set", "results.clear_on_snapshot=true")
    assert (outcome.exit_code, outcome.stderr) == (0, "")


def test_k4_open_trades_beyond_max_events_are_said_and_kept(tmp_path):
    config = lanes(tmp_path, "events_to_trace: ALL, retention_policy: trade_complete, max_events: 2")
    outcome = run(config, "--output", tmp_path / "out")
    assert "portfolio_2: more than max_events=2 events belong to open trades: they are all kept" in outcome.stderr
    assert results_of(tmp_path / "out")["portfolio_2"]["tracing"]["peak_in_memory"] > 2


def test_r3_what_is_switched_off_on_the_command_line_is_not_odd(tmp_path):
    config = lanes(tmp_path, "mode: full")
    outcome = command("explain", config, "--strict", "--set", "containers.1.event_tracing.enabled=false")
    assert (outcome.exit_code, outcome.stderr) == (0, "")


def test_k8_what_full_traced_into_memory_has_a_hint_that_writes_it(tmp_path):
    config = lanes(tmp_path, "mode: full, storage_backend: memory, storage_config: {write_at_end: on_failure}")
    assert run(config, "--output", tmp_path / "out", "--quiet").exit_code == 0
    shown = inspect(tmp_path / "out", "portfolio_2", "--events")
    assert "set on this container in the config: `event_tracing: {mode: full, storage_backend: disk}`" in shown.stderr


def test_dump_false_is_refused_with_its_place(tmp_path):
    config = lanes(tmp_path, "dynamic_rules: [{condition: metrics.total_trades > 1, action: {dump: false}}]")
    outcome = command("check", config)
    assert outcome.exit_code == 2
    assert "action.dump: false: expected true; without it nothing is written at that moment" in outcome.stderr
