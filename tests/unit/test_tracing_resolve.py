"""From written trace settings to canonical ones: rules R1, R2, S8, and the spellings of the specification."""

import msgspec
import pytest

from engine.events import EVENT_TYPES
from tracing.layers import Origin
from tracing.resolve import TraceResolver
from tracing.settings import PartialTraceSettings, TraceSettings, TraceSettingsBlock, TypeSettings
from tracing.storage.paths import StoragePathError, shared_folders

TRADE_EVENTS = ("FILL", "POSITION_OPEN", "POSITION_CLOSE")


def ending(*, when):
    """How event files are written, the default but for when what is kept in memory is."""
    return {"compression": "gzip", "max_file_size_mb": 100.0, "write_at_end": when}


LAST = {"retention_policy": "sliding_window", "storage_config": ending(when=True)}
ALL = {"retention_policy": "all", "storage_config": ending(when=True)}


def resolver(block=None, by_type=None, line_of=lambda _: 0):
    return TraceResolver(
        msgspec.convert(block or {}, TraceSettingsBlock),
        {name: msgspec.convert(written, TypeSettings) for name, written in (by_type or {}).items()},
        EVENT_TYPES,
        line_of,
    )


def resolved(container_id="portfolio_1", container_type="portfolio", own=None, **layers):
    written = msgspec.convert(own, PartialTraceSettings) if isinstance(own, dict) else own
    return resolver(**layers).resolve(container_id, container_type, written).settings


def shown(settings):
    """The fields that differ from those of a container that is not traced."""
    nothing = msgspec.to_builtins(TraceSettings())
    return {name: value for name, value in msgspec.to_builtins(settings).items() if value != nothing[name]}


@pytest.mark.parametrize(
    ("container_type", "differs"),
    [
        ("portfolio", {"enabled": True, "events_to_trace": TRADE_EVENTS}),
        ("analysis", {"enabled": True, "storage_backend": "disk"}),
        ("data", {}),
        ("feature", {}),
        ("strategy", {}),
        ("execution", {}),
        ("root", {}),
    ],
)
def test_built_in_defaults_by_type(container_type, differs):
    assert shown(resolved("x", container_type)) == differs


@pytest.mark.parametrize(
    ("own", "differs"),
    [
        (["SIGNAL", "BAR", "SIGNAL"], {"enabled": True, "events_to_trace": ("BAR", "SIGNAL"), **LAST}),
        ("ALL", {"enabled": True, **LAST}),
        ([], {"enabled": True, "events_to_trace": (), **LAST}),
        ({"mode": "minimal"}, {"enabled": True}),
        ({"mode": "full"}, {"enabled": True, "storage_backend": "disk"}),
        ({"mode": "sliding_window"}, {"enabled": True, **LAST}),
        (
            {"mode": "sliding_window", "max_events": 5, "storage_backend": "disk"},
            {"enabled": True, "max_events": 5, "storage_backend": "disk", **LAST},
        ),
        (
            {"mode": "full", "events_to_trace": ["BAR"]},
            {"enabled": True, "events_to_trace": ("BAR",), "storage_backend": "disk"},
        ),
        ({"mode": "full", "enabled": False}, {"storage_backend": "disk"}),
        ({"mode": "full", "storage_backend": "memory"}, {"enabled": True, **ALL}),
        ({"retention_policy": "full"}, {"enabled": True, **ALL}),
        ({"retention_policy": "minimal"}, {"enabled": True}),
        (
            {"retention_policy": "none"},
            {"enabled": True, "retention_policy": "none", "storage_config": ending(when=False)},
        ),
        ({"storage_backend": "memory"}, {"enabled": True, **LAST}),
        ({"max_events": 5}, {"max_events": 5}),
        ({"storage_path": "./results/a/b/"}, {"storage_path": "a/b"}),
        (
            {"storage_config": {"compression": "zstd", "max_file_size_mb": 1}},
            {"storage_config": {"compression": "zstd", "max_file_size_mb": 1.0, "write_at_end": "on_failure"}},
        ),
        (
            {"storage_config": {"compression": False}},
            {"storage_config": {"compression": False, "max_file_size_mb": 100.0, "write_at_end": "on_failure"}},
        ),
        ({"storage_config": {"write_at_end": False}}, {"storage_config": ending(when=False)}),
        ({"storage_path": "full"}, {"storage_path": "full"}),
        (
            {"mode": "sliding_window", "storage_config": {"write_at_end": "on_failure"}},
            {"enabled": True, "retention_policy": "sliding_window"},
        ),
        ({"storage_config": {"compression": True}}, {}),
    ],
)
def test_what_a_container_says_of_itself(own, differs):
    assert shown(resolved("strategy_1", "strategy", own)) == differs


def test_the_specifications_type_settings():
    written = {
        "event_tracing": ["POSITION_OPEN", "POSITION_CLOSE"],
        "retention_policy": "trade_complete",
        "sliding_window_size": 0,
    }
    settings = resolved(by_type={"portfolio": written})
    assert (settings.events_to_trace, settings.max_events) == (("POSITION_OPEN", "POSITION_CLOSE"), 0)
    assert resolved("data_1", "data", by_type={"portfolio": written}) == resolved("data_1", "data")


def test_the_specifications_patterns_with_everything_else_off():
    block = {
        "container_settings": {"portfolio_*": {"enabled": True, "events_to_trace": "ALL"}, "*": {"enabled": False}}
    }
    assert resolved(block=block).enabled
    assert not resolved("analysis_1", "analysis", block=block).enabled


def test_the_specifications_overrides_merge_field_by_field():
    overrides = [
        {
            "pattern": "portfolio_*",
            "enabled": True,
            "events_to_trace": ["POSITION_OPEN", "POSITION_CLOSE"],
            "max_events": 9,
        },
        {"pattern": "portfolio_aggressive_*", "events_to_trace": "ALL", "retention_policy": "all"},
    ]
    block = {"default": {"enabled": False}, "overrides": overrides}
    assert shown(resolved("portfolio_aggressive_1", block=block)) == {
        "enabled": True,
        "max_events": 9,
        **ALL,
    }
    assert not resolved("signal_analyzer", "analysis", block=block).enabled


def test_r1_each_layer_overrides_those_below_it():
    block = {
        "default": {"max_events": 1},
        "max_events": 2,
        "container_settings": {"p*": {"max_events": 4}, "portfolio_*": {"max_events": 5}},
    }
    by_type = {"portfolio": {"sliding_window_size": 3}}
    layers = {"block": block, "by_type": by_type}
    assert resolved(own={"max_events": 6}, **layers).max_events == 6
    assert resolved(**layers).max_events == 5
    assert resolved("p1", **layers).max_events == 4
    assert resolved("x1", **layers).max_events == 3
    assert resolved("x1", "data", **layers).max_events == 2
    assert resolved("x1", "data", block={"default": {"max_events": 1}}).max_events == 1


def test_r1_null_lifts_a_bound_that_a_lower_layer_set():
    assert resolved(block={"max_events": 5}, own={"max_events": None}).max_events is None


def test_r1_storage_config_merges_by_its_parts():
    block = {
        "storage_config": {"compression": "zstd"},
        "container_settings": {"*": {"storage_config": {"max_file_size_mb": 5}}},
    }
    config = resolved(block=block).storage_config
    assert (config.compression, config.max_file_size_mb) == ("zstd", 5.0)


def test_r2_equally_specific_patterns_go_by_their_line_wherever_they_stand():
    block = {"container_settings": {"port*1": {"max_events": 1}}, "overrides": [{"pattern": "p*io_1", "max_events": 2}]}
    lines = {"trace_settings.overrides.0": 3, "trace_settings.container_settings.port*1": 7}
    assert resolved(block=block).max_events == 2
    assert resolved(block=block, line_of=lambda path: lines.get(path, 0)).max_events == 1


def test_every_value_tells_where_it_came_from():
    block = {"max_events": 9, "container_settings": {"portfolio_*": {"mode": "full"}}}
    lines = {"trace_settings.max_events": 3, "trace_settings.container_settings.portfolio_*.mode": 5}
    origins = resolver(block, line_of=lambda path: lines.get(path, 0)).resolve("portfolio_1", "portfolio").origins
    mode = Origin("pattern", "portfolio_*", "trace_settings.container_settings.portfolio_*.mode", 5)
    assert origins == {
        "enabled": mode,
        "events_to_trace": mode,
        "retention_policy": mode,
        "max_events": Origin("trace_settings", None, "trace_settings.max_events", 3),
        "storage_backend": mode,
        "storage_path": Origin("built-in"),
        "dynamic_rules": Origin("built-in"),
        "storage_config.compression": Origin("built-in"),
        "storage_config.max_file_size_mb": Origin("built-in"),
        "storage_config.write_at_end": Origin("built-in"),
    }


def test_containers_alike_share_one_result_and_others_do_not():
    rules = resolver({"container_settings": {"portfolio_1*": {"max_events": 5}}})
    assert rules.resolve("portfolio_11", "portfolio") is rules.resolve("portfolio_12", "portfolio")
    assert rules.resolve("portfolio_2", "portfolio").settings.max_events is None
    assert rules.resolve("portfolio_11", "analysis").settings.events_to_trace == "ALL"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/outside/x", "relative"),
        ("../x", "does not start with a dot"),
        ("a/../../x", "does not start with a dot"),
        (".hidden", "does not start with a dot"),
        ("./results/", "must name a folder"),
        ("", "must name a folder"),
        ("a\0b", "cannot hold"),
        ("a\\..\\b", "cannot hold"),
        ("C:x", "cannot hold"),
        ("x" * 129, "at most 128 bytes"),
        ("a/run.json", "name of a file"),
        ("EVENTS.jsonl.gz", "name of a file"),
        ("Con.x/a", "name of a device"),
    ],
)
def test_s8_a_storage_path_outside_the_results_is_refused(path, reason):
    with pytest.raises(StoragePathError, match=reason):
        resolved(own={"storage_path": path})


def test_s8_two_containers_never_share_a_folder():
    assert shared_folders({"a": "a", "b": "x/b", "c": "c"}) == []
    assert shared_folders({"a": "b", "b": "b"}) == [("b", "a")]
    assert shared_folders({"a": "x/y", "b": "X/Y", "c": "e\u0301", "d": "\u00e9"}) == [("a", "b"), ("c", "d")]
    assert shared_folders({"a": "B./x", "b": "b", "c": "a/y/z"}) == [("b", "a"), ("a", "c")]
    assert shared_folders({"a": "x/y/z", "b": "X", "c": "x y"}) == [("b", "a")]
    assert shared_folders({"a": "a/x", "b": "b/a"}) == []


def test_settings_know_whether_they_stream():
    assert resolved(own={"mode": "full"}).streams
    assert not resolved(own={"mode": "full", "enabled": False}).streams
    assert not resolved(own={"mode": "full", "events_to_trace": []}).streams
    assert not resolved().streams
    assert resolved(own=["BAR"]).event_types == {"BAR"}
    assert resolved(own="ALL").event_types is None


@pytest.mark.parametrize(
    ("container_type", "own", "policy"),
    [
        ("portfolio", {"enabled": True}, "trade_complete"),
        (
            "portfolio",
            ["SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN", "POSITION_CLOSE"],
            "trade_complete",
        ),
        ("portfolio", ["FILL", "BAR"], "sliding_window"),
        ("portfolio", ["FILL", "PORTFOLIO_UPDATE"], "sliding_window"),
        ("portfolio", ["REGIME_CHANGE", "SIGNAL", "POSITION_CLOSE"], "sliding_window"),
        ("portfolio", ["market.breadth"], "sliding_window"),
        ("portfolio", "ALL", "sliding_window"),
        ("portfolio", {"events_to_trace": "ALL", "storage_backend": "disk"}, "trade_complete"),
        ("portfolio", {"events_to_trace": "ALL", "retention_policy": "minimal"}, "trade_complete"),
        ("portfolio", {"events_to_trace": "ALL", "enabled": False}, "trade_complete"),
        ("execution", ["ORDER", "FILL"], "trade_complete"),
        ("execution", ["ORDER", "FILL", "ERROR"], "sliding_window"),
        ("strategy", ["SIGNAL"], "sliding_window"),  # its signals are of no trade yet
        ("data", {"enabled": True}, "sliding_window"),
    ],
)
def test_where_no_layer_says_what_is_kept_it_is_what_could_be_read(container_type, own, policy):
    assert resolved("x", container_type, own).retention_policy == policy


def test_mode_full_keeps_everything_in_memory_whatever_layer_says_that():
    block = {"mode": "full", "container_settings": {"portfolio_2": {"storage_backend": "memory"}}}
    assert resolved(block=block).retention_policy == "trade_complete"
    assert resolved("portfolio_2", block=block).retention_policy == "all"
    lower = {"default": {"mode": "full", "storage_backend": "memory"}, "storage_backend": "disk"}
    assert resolved(block=lower).retention_policy == "trade_complete"
    assert resolved(block=lower, own={"retention_policy": "none"}).retention_policy == "none"
