"""`admf explain`: the plan, who decided each trace setting, the estimate; nothing is run, read, imported or written (R4)."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
name: explained
containers:
  - id: data_x
    type: data
    source: {path: bars.csv, symbol: X}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {name: my_code.Explodes, threshold: 2}
    event_tracing:
      mode: full
      max_events: 7
  - id: portfolio_2
    type: portfolio
    inputs: [data_x]
    strategy: {name: buy_and_hold}
trace_settings:
  default: {storage_config: {compression: zstd}}
  container_settings:
    "portfolio_*": {events_to_trace: [FILL]}
    "portfolio_2": {storage_config: {max_file_size_mb: 5}}
portfolio_settings: {sliding_window_size: 3}
staging:
  trace_settings: {retention_policy: all}
"""
CANONICAL = [
    "enabled",
    "events_to_trace",
    "retention_policy",
    "max_events",
    "storage_backend",
    "storage_config",
    "storage_path",
    "dynamic_rules",
]


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A config whose data is no data and whose code raises when it is imported, read-only with its folder."""
    (tmp_path / "bars.csv").write_bytes(b"\0\xff no bars at all\n" * 1000)
    (tmp_path / "my_code.py").write_text("raise RuntimeError('imported')\n")
    (tmp_path / "run.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return "run.yaml"


def explain(*arguments, columns=None):
    environment = {"COLUMNS": None if columns is None else str(columns)}
    outcome = CliRunner().invoke(app, ["explain", *map(str, arguments)], env=environment)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def traces(*arguments):
    explained = json.loads(explain(*arguments, "--json").stdout)
    return {container["id"]: container["trace"] for container in explained["containers"]}


def decided(trace, field):
    return tuple(trace[field][key] for key in ("value", "layer", "pattern", "line"))


def test_the_json_has_the_shape_that_is_promised(config):
    outcome = explain(config, "--json")
    explained = json.loads(outcome.stdout)
    assert outcome.exit_code == 0
    assert list(explained) == ["containers", "kernel", "estimate", "warnings"]
    assert list(explained["estimate"]) == [
        "memory_mb",
        "least_memory_mb",
        "disk_mb",
        "disk_without_rules_mb",
        "open_files",
        "counted_whole",
    ]
    assert [container["id"] for container in explained["containers"]] == [
        "data_x",
        "portfolio_1",
        "portfolio_2",
        "execution_default",
        "root_container",
    ]
    for container in explained["containers"]:
        assert list(container) == ["id", "type", "inputs", "path", "trace"]
        assert container["path"] == ("kernel" if container["type"] == "portfolio" else "event")
        assert list(container["trace"]) == CANONICAL
        assert all(list(each) == ["value", "layer", "pattern", "line"] for each in container["trace"].values())
    assert explained["containers"][1]["inputs"] == ["data_x"]


def test_every_field_says_which_layer_and_line_decided_it(config):
    trace = traces(config)["portfolio_1"]
    assert decided(trace, "enabled") == (True, "event_tracing", None, 11)
    assert decided(trace, "events_to_trace") == ("ALL", "event_tracing", None, 11)
    assert decided(trace, "max_events") == (7, "event_tracing", None, 12)
    assert decided(trace, "storage_path") == (None, "built-in", None, None)
    trace = traces(config)["portfolio_2"]
    assert decided(trace, "events_to_trace") == (["FILL"], "pattern", "portfolio_*", 20)
    assert decided(trace, "max_events") == (3, "portfolio_settings", None, 22)
    assert decided(trace, "retention_policy") == ("trade_complete", "built-in", None, None)


def test_a_field_of_parts_comes_from_the_highest_layer_that_names_one(config):
    found = traces(config)
    parts = {"compression": "zstd", "max_file_size_mb": 5.0, "write_at_end": "on_failure"}
    assert decided(found["portfolio_2"], "storage_config") == (parts, "pattern", "portfolio_2", 21)
    parts = {"compression": "zstd", "max_file_size_mb": 100.0, "write_at_end": "on_failure"}
    assert decided(found["portfolio_1"], "storage_config") == (parts, "trace_settings.default", None, 18)


def test_env_and_set_count_and_are_named(config):
    trace = traces(config, "--env", "staging")["portfolio_2"]
    assert decided(trace, "retention_policy") == ("all", "trace_settings", None, 24)
    trace = traces(config, "--set", "trace_settings.retention_policy=none")["portfolio_2"]
    assert decided(trace, "retention_policy") == ("none", "--set", None, None)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("portfolio_2", ["portfolio_2"]),
        ("portfolio_*", ["portfolio_1", "portfolio_2"]),
        ("root_container", ["root_container"]),
    ],
)
def test_an_id_or_a_pattern_chooses_and_the_estimate_stays_that_of_the_run(config, wanted, expected):
    explained = json.loads(explain(config, wanted, "--json").stdout)
    assert [container["id"] for container in explained["containers"]] == expected
    assert explained["estimate"] == json.loads(explain(config, "--json").stdout)["estimate"]


def test_an_id_that_is_not_there_is_refused_with_the_nearest(config):
    outcome = explain(config, "portfolio_11")
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert outcome.stderr == ("no container is called 'portfolio_11' or matches it; did you mean 'portfolio_1'?\n")


def test_own_code_is_named_and_not_imported(config):
    outcome = explain(config)
    assert outcome.exit_code == 0
    assert "a run imports: my_code.Explodes (module my_code), by portfolio_1\n" in outcome.stdout
    assert "a run imports" not in explain(config, "portfolio_2").stdout


def test_nothing_is_written(config):
    before = sorted(path.name for path in Path().iterdir())
    assert explain(config).exit_code == 0
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_missing_file_is_a_warning_and_refused_when_strict(config):
    Path("bars.csv").unlink()
    warning = (
        "run.yaml:5:20: containers.0.source.path: bars.csv: there is no such file; the estimate counts it as empty"
    )
    outcome = explain(config)
    assert (outcome.exit_code, outcome.stderr) == (0, f"warning: {warning}\n")
    outcome = explain(config, "--json")
    assert json.loads(outcome.stdout)["warnings"] == [warning]
    outcome = explain(config, "--strict")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"{warning} (refused by --strict)\n"


def test_a_pattern_that_matches_nothing_is_a_warning(config):
    """R3."""
    Path(config).write_text(CONFIG.replace('"portfolio_2": {storage', '"portfolo_2": {storage'))
    assert "portfolo_2" in explain(config).stderr
    assert explain(config, "--strict").exit_code == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("strategy: {name: buy_and_hold, x: 1}", "unknown key"),
        ("execution: nobody\n    strategy: {name: buy_and_hold}", "nobody"),
    ],
)
def test_a_wrong_config_is_refused_as_by_run(config, wrong, said):
    Path(config).write_text(CONFIG.replace("strategy: {name: buy_and_hold}", wrong))
    outcome = explain(config)
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("run.yaml:1")
    assert said in outcome.stderr


def test_two_containers_in_one_folder_are_refused_as_by_run(config):
    """S8."""
    Path(config).write_text(CONFIG.replace("max_events: 7", "storage_path: portfolio_2"))
    refused = explain(config)
    assert refused.exit_code == 2
    assert refused.stderr == (
        "run.yaml:12:21: containers.1.event_tracing.storage_path: portfolio_2: "
        "the folder of portfolio_1 would be in that of portfolio_2: expected one of its own\n"
    )


def test_a_folder_that_a_pattern_gives_is_refused_at_the_line_of_the_pattern(config):
    """S8: also where nothing is streamed, as what is in memory may be written in the end."""
    Path(config).write_text(CONFIG.replace("[FILL]}", "[FILL], storage_path: ./results/both/}"))
    (line,) = explain(config).stderr.splitlines()
    assert line.startswith("run.yaml:20:60: trace_settings.container_settings.portfolio_*.storage_path: both: ")
    assert "the folder of portfolio_2 would be in that of portfolio_1" in line


@pytest.mark.parametrize("columns", [40, 80])
def test_the_text_fits_the_terminal_and_loses_no_source(config, columns):
    text = explain(config, "portfolio_1", columns=columns).stdout
    assert max(map(len, text.splitlines())) <= columns
    assert " ".join(text.split()).count("event_tracing, run.yaml:11") == 4
    assert "up to" in text


def test_many_containers_are_shown_in_groups():
    shown = explain(ROOT / "configs" / "smoke.yaml", "portfolio_average_*").stdout
    assert shown.count("trace settings of") == 1
    assert "portfolio_average_7, portfolio_average_14, portfolio_average_21 and 1 more" in shown


@pytest.mark.parametrize("config", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_that_is_shipped_is_explained_without_a_warning(config):
    outcome = explain(config, "--strict")
    assert (outcome.exit_code, outcome.stderr) == (0, "")


def test_a_config_that_is_not_there_is_refused(tmp_path):
    outcome = explain(tmp_path / "none.yaml")
    assert outcome.exit_code == 2
    assert outcome.stderr == f"{tmp_path}/none.yaml: No such file or directory\n"


def test_what_is_explained_is_what_a_run_writes(tmp_path):
    """The settings of metrics.json are those that explain shows."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    config = tmp_path / "configs" / "smoke.yaml"
    CliRunner().invoke(app, ["run", str(config), "--output", str(tmp_path / "out"), "--quiet"])
    for id_, trace in traces(config).items():
        written = json.loads((tmp_path / "out" / id_ / "metrics.json").read_text())["trace_settings"]
        assert {name: each["value"] for name, each in trace.items()} == written
