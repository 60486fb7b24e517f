"""What a run writes depends on its config and data alone (rules S9, T3, E1; promise 21)."""

import pytest

from tests.run_command import files_of, read_json, results_of, run, run_process
from tests.run_configs import FROM_FILE, FULL, write_config
from tracing.reading.reader import TraceReader

SURROUNDINGS = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
TRACING = ("tracing", "memory_usage", "trace_settings")
EVERYTHING = "trace_settings: {mode: full, retention_policy: all}\n"
NOTHING = "trace_settings: {overrides: [{pattern: '*', enabled: false}]}\n"
CONTAINERS = FULL.split("trace_settings:\n")[0]


def test_s9_two_runs_in_other_surroundings_leave_the_same_bytes(tmp_path):
    text = FULL.replace(
        "source: {name: synthetic, symbol: X, bars: 300, bar_length: 1d}", "source: {path: bars.csv, symbol: X}"
    )
    assert text != FULL
    results = "results: {trades: true, equity: true}\n"
    trees, records = [], []
    for name, surroundings in {"here": {"PYTHONHASHSEED": "1", "TZ": "UTC"}, "far away": SURROUNDINGS}.items():
        config = write_config(tmp_path / name, text + results)
        relative = name == "here"
        outcome = run_process(
            config.name if relative else config,
            *("--output", "out" if relative else tmp_path / name / "out"),
            cwd=tmp_path / name if relative else "/",
            **surroundings,
        )
        assert outcome.returncode == 0
        trees.append(files_of(tmp_path / name / "out", without=["run.json"]))
        records.append(read_json(tmp_path / name / "out" / "run.json"))
    assert trees[0] == trees[1]
    assert any(file.endswith("events.jsonl.gz") for file in trees[0])
    same = [{key: record[key] for key in ("plan_hash", "correlation_id", "data", "folders")} for record in records]
    assert same[0] == same[1]


@pytest.fixture(scope="module")
def traced_and_not(tmp_path_factory):
    trees = {}
    for name, settings in {"all": EVERYTHING, "default": "", "none": NOTHING}.items():
        folder = tmp_path_factory.mktemp(name)
        text = CONTAINERS.replace("environment: development\n", "").replace("event_tracing", "#")
        assert run(write_config(folder, text + settings), "--output", folder / "out", "--quiet").exit_code == 0
        trees[name] = folder / "out"
    return trees


@pytest.mark.parametrize("name", ["all", "default"])
def test_t3_with_tracing_on_or_off_only_what_is_said_of_tracing_differs(traced_and_not, name):
    traced, untraced = results_of(traced_and_not[name]), results_of(traced_and_not["none"])
    assert traced.keys() == untraced.keys()
    for id_, result in traced.items():
        differing = {key for key in result if result[key] != untraced[id_][key]}
        assert differing <= set(TRACING)
    assert traced != untraced
    assert not any(result["tracing"]["seen"] for result in untraced.values())
    assert not list(traced_and_not["none"].glob("*/events*"))


def test_e1_the_ids_of_events_do_not_depend_on_what_is_traced(traced_and_not, tmp_path):
    few = "trace_settings: {mode: full, events_to_trace: [FILL, POSITION_CLOSE]}\n"
    text = CONTAINERS.replace("environment: development\n", "").replace("event_tracing", "#")
    run(write_config(tmp_path, text + few), "--output", tmp_path / "out", "--quiet")
    for id_ in ("portfolio_1", "portfolio_2", "signal_analyzer"):
        every = list(TraceReader(traced_and_not["all"] / id_))
        chosen = list(TraceReader(tmp_path / "out" / id_))
        kept = [event for event in every if event["type"] in {"FILL", "POSITION_CLOSE"}]
        assert len(kept) > 10
        assert [event | {"seq": 0} for event in chosen] == [event | {"seq": 0} for event in kept]


@pytest.mark.parametrize("compression", ["zstd", "false"])
def test_s9_the_events_are_the_same_in_every_compression(traced_and_not, tmp_path, compression):
    settings = f"trace_settings: {{mode: full, storage_config: {{compression: {compression}}}}}\n"
    text = CONTAINERS.replace("environment: development\n", "").replace("event_tracing", "#")
    run(write_config(tmp_path, text + settings), "--output", tmp_path / "out", "--quiet")
    for id_ in ("portfolio_2", "signal_analyzer", "data_x"):
        assert list(TraceReader(tmp_path / "out" / id_)) == list(TraceReader(traced_and_not["all"] / id_))


def test_s9_where_the_data_stands_changes_nothing(tmp_path):
    one = write_config(tmp_path / "one", FROM_FILE)
    (tmp_path / "two" / "below").mkdir(parents=True)
    two = write_config(tmp_path / "two", FROM_FILE.replace("bars.csv", "below/prices.csv"))
    (tmp_path / "two" / "bars.csv").rename(tmp_path / "two" / "below" / "prices.csv")
    for config in (one, two):
        assert run(config, "--output", config.parent / "out", "--quiet").exit_code == 0
    assert files_of(one.parent / "out", without=["run.json"]) == files_of(two.parent / "out", without=["run.json"])
