"""Every YAML form of the specification, completed with containers alone, loads, means what it says, and runs (R1, R2).

`loaded` completes a form: ids decide types (`portfolio_1` is a portfolio), each portfolio trades by itself. Expected are
the fields in which the resolved settings differ from those of a container that is not traced.
"""

import msgspec
import pytest

from cli.config_file import read_config
from engine.orchestration.idle_traces import idle_traces
from engine.orchestration.planning import make_plan
from engine.orchestration.tracing_setup import resolve_with_origins
from tests.run_command import results_of, run
from tracing.reading.reader import TraceReader
from tracing.settings import TraceSettings
from tracing.storage.window import WINDOW_STEM

TRADE = ["POSITION_OPEN", "POSITION_CLOSE"]
FILLS = ["FILL", *TRADE]
OFF = {}
PORTFOLIO = {"enabled": True, "events_to_trace": FILLS}
"""What a portfolio traces where nobody says anything."""

AT_END = {"storage_config": {"compression": "gzip", "max_file_size_mb": 100.0, "write_at_end": True}}
LAST = {"retention_policy": "sliding_window", **AT_END}
"""What is kept of events that belong to no trade, where nobody says it; it can be read."""

NOTHING = msgspec.to_builtins(TraceSettings())

HEAD = """\
name: block
containers:
  - id: data_x
    type: data
    source: {name: synthetic, symbol: X, bars: 120, seed: 3, volatility: 0.6}
"""
BODIES = {
    "portfolio": "inputs: [data_x], cash: 5000, features: {mean: {indicator: SMA, timeperiod: 3}}, "
    "strategy: {name: crossover, fast: close, slow: mean, direction: both}",
    "feature": "inputs: [data_x], features: {fast: {indicator: SMA, timeperiod: 2}}",
    "strategy": "inputs: [data_x], strategy: {name: buy_and_hold}",
    "analysis": "inputs: [data_x]",
    "execution": "fill_at: next_open",
}


def container(id_, own=""):
    """One line of the containers list; `own` is what the form itself says of it."""
    kind = {"signal": "analysis", "backtest": "portfolio"}.get(id_.split("_")[0], id_.split("_")[0])
    return f"  - {{id: {id_}, type: {kind}, {BODIES[kind]}{own and ', '}{own}}}\n"


def completed(form, *ids, own=None):
    """A whole config: the form, and containers of these ids beside the data."""
    containers = [container(id_, f"event_tracing: {own[id_]}" if own and id_ in own else "") for id_ in ids]
    return HEAD + "".join(containers) + form


def check(tmp_path, text, expected):
    """Loads, resolves and runs the config, and compares what each container is traced with."""
    file, tree = tmp_path / "c.yaml", tmp_path / "results"
    file.write_text(text, encoding="utf-8")
    loaded = read_config(file, "c.yaml")
    plan = make_plan(loaded.config, tmp_path)
    resolved = resolve_with_origins(plan, loaded.locations)
    settings = {id_: each.settings for id_, each in resolved.items()}
    assert {id_: differing(settings[id_]) for id_ in expected} == expected
    outcome = run(file, "--output", tree, "--quiet")
    assert outcome.exit_code == 0, outcome.stderr
    assert not idle_traces(plan, resolved, loaded.locations)
    results = results_of(tree)
    for id_ in expected:
        assert msgspec.convert(results[id_]["trace_settings"], TraceSettings) == settings[id_]
        streamed, kept = list(TraceReader(tree / id_)), list(TraceReader(tree / id_, WINDOW_STEM))
        assert len(streamed) == results[id_]["tracing"]["written"]
        assert len(kept) == results[id_]["tracing"]["window"]
        in_memory = results[id_]["memory_usage"]["events_in_memory"]
        assert len(kept) == (in_memory if settings[id_].storage_config.write_at_end is True else 0)
    return results


def differing(settings):
    fields = msgspec.to_builtins(settings)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
        if value != NOTHING[name]
    }


def test_minimal_mode_of_a_portfolio(tmp_path):
    own = "{mode: minimal, events_to_trace: ['POSITION_OPEN', 'POSITION_CLOSE', 'FILL'], retention_policy: trade_complete}"
    text = completed("", "portfolio_1", "portfolio_2", own={"portfolio_1": own})
    results = check(tmp_path, text, {"portfolio_1": PORTFOLIO, "portfolio_2": PORTFOLIO, "data_x": OFF})
    assert results["portfolio_1"]["metrics"]["total_trades"] > 10
    assert results["portfolio_1"]["memory_usage"]["events_in_memory"] == 0
    assert results["portfolio_1"]["tracing"]["peak_in_memory"] <= 3


def test_full_mode_of_an_analysis_container(tmp_path):
    own = "{mode: full, events_to_trace: ALL, storage_backend: disk}"
    text = completed("", "portfolio_1", "signal_analyzer", own={"signal_analyzer": own})
    full = {"enabled": True, "storage_backend": "disk"}
    results = check(tmp_path, text, {"signal_analyzer": full, "portfolio_1": PORTFOLIO})
    assert results["signal_analyzer"]["tracing"]["written"] == 120


def test_a_sliding_window_of_a_feature_container(tmp_path):
    own = "{mode: sliding_window, max_events: 1000, events_to_trace: ['BAR', 'FEATURES']}"
    text = completed("", "feature_1", "feature_2", "portfolio_1", own={"feature_1": own})
    window = {
        "enabled": True,
        "events_to_trace": ["BAR", "FEATURES"],
        "max_events": 1000,
        **LAST,
    }
    results = check(tmp_path, text, {"feature_1": window, "feature_2": OFF})
    assert results["feature_1"]["memory_usage"]["events_in_memory"] == 240


def test_containers_that_say_all_of_it_themselves(tmp_path):
    minimal = (
        "{enabled: true, mode: minimal, retention_policy: trade_complete, "
        "events_to_trace: [POSITION_OPEN, POSITION_CLOSE, FILL], storage_path: ./results/portfolio_1/}"
    )
    full = (
        "{enabled: true, mode: full, events_to_trace: ALL, storage_backend: disk, "
        "storage_config: {compression: true, max_file_size_mb: 100}}"
    )
    text = completed("", "portfolio_1", "signal_analyzer", own={"portfolio_1": minimal, "signal_analyzer": full})
    expected = {
        "portfolio_1": {**PORTFOLIO, "storage_path": "portfolio_1"},
        "signal_analyzer": {"enabled": True, "storage_backend": "disk"},
    }
    check(tmp_path, text, expected)


def test_only_portfolios_trace(tmp_path):
    form = """
trace_settings:
  container_settings:
    "portfolio_*":
      enabled: true
      events_to_trace: "ALL"
    "*":
      enabled: false
"""
    text = completed(form, "portfolio_1", "signal_analyzer", "strategy_1")
    results = check(
        tmp_path,
        text,
        {
            "portfolio_1": {"enabled": True, **LAST},
            "signal_analyzer": {"storage_backend": "disk"},
            "strategy_1": OFF,
            "data_x": OFF,
            "root_container": OFF,
        },
    )
    assert results["portfolio_1"]["tracing"]["seen"] > 3 * 120
    assert results["signal_analyzer"]["tracing"]["seen"] == 0


def test_all_containers_trace_some_events(tmp_path):
    form = """
trace_settings:
  events_to_trace: ["POSITION_OPEN", "POSITION_CLOSE", "FILL", "PORTFOLIO_UPDATE"]
  retention_policy: "trade_complete"
"""
    names = [*FILLS, "PORTFOLIO_UPDATE"]
    everywhere = {"enabled": True, "events_to_trace": names}
    results = check(
        tmp_path,
        completed(form, "portfolio_1", "strategy_1", "signal_analyzer"),
        {
            "portfolio_1": everywhere,
            "strategy_1": everywhere,
            "data_x": everywhere,
            "root_container": everywhere,
            "signal_analyzer": {**everywhere, "storage_backend": "disk"},
        },
    )
    metrics = results["portfolio_1"]["metrics"]
    assert results["portfolio_1"]["tracing"]["seen"] == 122 + metrics["fills"] + 2 * metrics["total_trades"]
    assert results["data_x"]["tracing"]["seen"] == 0


def test_each_type_traces_what_it_needs(tmp_path):
    form = """
trace_settings:
  container_settings:
    "portfolio_*":
      enabled: true
      events_to_trace: ["POSITION_OPEN", "POSITION_CLOSE", "FILL"]
      retention_policy: "trade_complete"
      max_events: 1000
    "strategy_*":
      enabled: true
      events_to_trace: ["SIGNAL"]
      retention_policy: "sliding_window"
      max_events: 100
    "data_*":
      enabled: false
"""
    strategy = {
        "enabled": True,
        "events_to_trace": ["SIGNAL"],
        "max_events": 100,
        **LAST,
    }
    results = check(
        tmp_path,
        completed(form, "portfolio_1", "strategy_1", "feature_1"),
        {"portfolio_1": {**PORTFOLIO, "max_events": 1000}, "strategy_1": strategy, "data_x": OFF, "feature_1": OFF},
    )
    assert results["strategy_1"]["memory_usage"]["events_in_memory"] == 1


def test_settings_of_all_portfolios(tmp_path):
    form = """
portfolio_settings:
  event_tracing: ["POSITION_OPEN", "POSITION_CLOSE"]
  retention_policy: "trade_complete"
  sliding_window_size: 0
"""
    portfolio = {"enabled": True, "events_to_trace": TRADE, "max_events": 0}
    expected = {
        "portfolio_1": portfolio,
        "signal_analyzer": {"enabled": True, "storage_backend": "disk"},
        "data_x": OFF,
    }
    outcome = check(tmp_path, completed(form, "portfolio_1", "signal_analyzer"), expected)
    assert outcome["portfolio_1"]["tracing"]["peak_in_memory"] <= 2


def test_phases_by_pattern(tmp_path):
    form = """
trace_settings:
  container_settings:
    "portfolio_phase1_*":
      enabled: true
      events_to_trace: ["FILL", "POSITION_CLOSE"]
      retention_policy: "trade_complete"
      max_events: 100
    "portfolio_phase2_*":
      enabled: true
      events_to_trace: "ALL"
      retention_policy: "sliding_window"
      max_events: 10000
    "portfolio_final_*":
      enabled: true
      events_to_trace: "ALL"
      storage_backend: "disk"
"""
    results = check(
        tmp_path,
        completed(form, "portfolio_phase1_1", "portfolio_phase2_1", "portfolio_final_1", "portfolio_other_1"),
        {
            "portfolio_phase1_1": {"enabled": True, "events_to_trace": ["FILL", "POSITION_CLOSE"], "max_events": 100},
            "portfolio_phase2_1": {"enabled": True, "max_events": 10000, **LAST},
            "portfolio_final_1": {"enabled": True, "storage_backend": "disk"},
            "portfolio_other_1": PORTFOLIO,
        },
    )
    phase2, final = results["portfolio_phase2_1"], results["portfolio_final_1"]
    assert phase2["memory_usage"]["events_in_memory"] == phase2["tracing"]["seen"] == final["tracing"]["written"]


def test_strategies_by_pattern(tmp_path):
    form = """
trace_settings:
  container_settings:
    "backtest_*_momentum_*":
      enabled: true
      events_to_trace: ["BAR", "SIGNAL", "FILL"]
    "backtest_*_hmm_*":
      enabled: true
      events_to_trace: ["REGIME_CHANGE", "SIGNAL", "POSITION_CLOSE"]
    "backtest_*_ml_*":
      enabled: true
      events_to_trace: "ALL"
      storage_backend: "disk"
"""
    results = check(
        tmp_path,
        completed(form, "backtest_1_momentum_5", "backtest_1_hmm_5", "backtest_1_ml_5", "backtest_1_mean_5"),
        {
            "backtest_1_momentum_5": {"enabled": True, "events_to_trace": ["BAR", "SIGNAL", "FILL"], **LAST},
            "backtest_1_hmm_5": {
                "enabled": True,
                "events_to_trace": ["REGIME_CHANGE", "SIGNAL", "POSITION_CLOSE"],
                **LAST,
            },
            "backtest_1_ml_5": {"enabled": True, "storage_backend": "disk"},
            "backtest_1_mean_5": PORTFOLIO,
        },
    )
    assert results["backtest_1_momentum_5"]["tracing"]["window"] > 120
    assert results["backtest_1_hmm_5"]["tracing"]["window"] > 20


BY_ENVIRONMENT = """
development:
  trace_settings:
    events_to_trace: "ALL"
    retention_policy: "all"
    max_events: 100000
    storage_backend: "memory"
production:
  trace_settings:
    container_settings:
      "portfolio_*":
        enabled: true
        events_to_trace: ["FILL", "RISK_BREACH", "ERROR"]
        retention_policy: "sliding_window"
        max_events: 1000
      "execution_*":
        enabled: true
        events_to_trace: ["ORDER", "FILL", "ERROR"]
        retention_policy: "sliding_window"
        max_events: 5000
      "*":
        enabled: false
"""
IN_DEVELOPMENT = {"enabled": True, "retention_policy": "all", "max_events": 100_000, **AT_END}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            "development",
            dict.fromkeys(
                ("portfolio_1", "execution_1", "data_x", "signal_analyzer", "root_container"), IN_DEVELOPMENT
            ),
        ),
        (
            "production",
            {
                "portfolio_1": {
                    "enabled": True,
                    "events_to_trace": ["FILL", "RISK_BREACH", "ERROR"],
                    "max_events": 1000,
                    **LAST,
                },
                "execution_1": {
                    "enabled": True,
                    "events_to_trace": ["ORDER", "FILL", "ERROR"],
                    "max_events": 5000,
                    **LAST,
                },
                "data_x": OFF,
                "signal_analyzer": {"storage_backend": "disk"},
            },
        ),
        ("", {"portfolio_1": PORTFOLIO, "execution_1": OFF}),
    ],
)
def test_environments(tmp_path, environment, expected):
    form = BY_ENVIRONMENT + (f"environment: {environment}\n" if environment else "")
    results = check(tmp_path, completed(form, "portfolio_1", "execution_1", "signal_analyzer"), expected)
    kept = {id_: result["tracing"]["window"] for id_, result in results.items()}
    if environment == "development":
        assert results["data_x"]["memory_usage"]["events_in_memory"] == kept["data_x"] == 120
    elif environment == "production":
        assert kept["portfolio_1"] == results["portfolio_1"]["metrics"]["fills"]


def test_a_portfolio_that_turns_profitable_is_traced_whole(tmp_path):
    form = """
trace_settings:
  container_settings:
    "portfolio_*":
      enabled: true
      events_to_trace: ["POSITION_CLOSE"]
      dynamic_rules:
        - condition: "metrics.total_pnl > 0"
          action:
            events_to_trace: "ALL"
            storage_backend: "disk"
"""
    action = {"enabled": True, "events_to_trace": "ALL", "storage_backend": "disk"}
    ruled = {
        "enabled": True,
        "events_to_trace": ["POSITION_CLOSE"],
        "dynamic_rules": [{"condition": "metrics.total_pnl > 0", "action": action}],
    }
    results = check(
        tmp_path,
        completed(form, "portfolio_1", "signal_analyzer"),
        {"portfolio_1": ruled, "signal_analyzer": {"enabled": True, "storage_backend": "disk"}, "data_x": OFF},
    )
    tracing = results["portfolio_1"]["tracing"]
    assert 0 < tracing["written"] < tracing["seen"]
    assert tracing["started_at"] is not None


def test_a_hierarchy_of_overrides(tmp_path):
    form = """
trace_settings:
  default:
    enabled: false
  overrides:
    - pattern: "portfolio_*"
      enabled: true
      events_to_trace: ["POSITION_OPEN", "POSITION_CLOSE"]
    - pattern: "portfolio_aggressive_*"
      events_to_trace: "ALL"
      retention_policy: "all"
"""
    results = check(
        tmp_path,
        completed(form, "portfolio_aggressive_1", "portfolio_calm_1", "strategy_1", "signal_analyzer"),
        {
            "portfolio_aggressive_1": {"enabled": True, "retention_policy": "all", **AT_END},
            "portfolio_calm_1": {"enabled": True, "events_to_trace": TRADE},
            "strategy_1": OFF,
            "signal_analyzer": {"storage_backend": "disk"},
            "data_x": OFF,
        },
    )
    aggressive = results["portfolio_aggressive_1"]
    assert aggressive["memory_usage"]["events_in_memory"] == aggressive["tracing"]["seen"] > 3 * 120
