"""One row for every field of every struct of a config.

Whoever adds a field adds a row: `"Struct.field": change("where=value", ...)`, a parameter of a component in
`tests/config_component_fields.py`. The change is made with `--set`, and must alter that field and nothing else; what the
run leaves must then differ. `given` are settings that both runs have. A field that decides how a run is done and not what
comes out names a test that watches it instead.
"""

from __future__ import annotations

from tests.config_changes import Change, change, read
from tests.config_component_fields import COMPONENTS
from tests.config_portfolio_fields import PORTFOLIOS

_SPANNING = {"max_events": ("retention_policy=sliding_window",), "storage_config": ("storage_backend=disk",)}
_SPANNING |= {"storage_path": ("storage_backend=disk",), "sliding_window_size": _SPANNING["max_events"]}
_TRACE = {
    "enabled": "false",
    "mode": "full",
    "events_to_trace": "[FILL]",
    "event_tracing": "[FILL]",
    "retention_policy": "none",
    "max_events": "2",
    "sliding_window_size": "2",
    "storage_backend": "disk",
    "storage_config": "{compression: zstd}",
    "storage_path": "elsewhere",
    "dynamic_rules": "[{condition: 'metrics.total_trades >= 1', action: {storage_backend: disk}}]",
}


def layer(struct: str, at: str, *fields: str, given: tuple[str, ...] = ()) -> dict[str, Change]:
    """The changes of a layer of trace settings that stands at `at`."""
    return {
        f"{struct}.{field}": change(
            f"{at}.{field}={_TRACE[field]}",
            given=(*given, *(f"{at}.{each}" for each in _SPANNING.get(field, ()))),
        )
        for field in fields
    }


_ACTION = ("enabled", "mode", "events_to_trace", "retention_policy", "max_events", "storage_backend", "storage_config")
_RULE = "containers.portfolio_2.event_tracing.dynamic_rules.0"
_OF_TYPE = ("event_tracing", "enabled", "mode", "retention_policy", "sliding_window_size", "storage_backend")
_OF_TYPE = (*_OF_TYPE, "storage_config")
_ONLY_ONE_WRITES = ("containers.portfolio_2.event_tracing={enabled: false}", "portfolio_settings.enabled=true")
_ONLY_ONE_WRITES += tuple(f"{kind}_settings.enabled=false" for kind in ("data", "feature", "strategy", "execution"))
_ONLY_ONE_WRITES += ("analysis_settings.enabled=false", "root_settings.enabled=false")
_DATA = "containers.data_x.source."

FIELDS: dict[str, Change | str] = {
    **COMPONENTS,
    **PORTFOLIOS,
    "RunConfig.name": change("name=other"),
    "RunConfig.seed": change("seed=5"),
    "RunConfig.containers": change("containers.portfolio_1.cash=500"),
    "RunConfig.trace_settings": change("trace_settings.enabled=false"),
    "RunConfig.data_settings": change("data_settings.mode=full"),
    "RunConfig.feature_settings": change("feature_settings.mode=full"),
    "RunConfig.strategy_settings": change("strategy_settings.mode=full"),
    "RunConfig.portfolio_settings": change("portfolio_settings.mode=full"),
    "RunConfig.execution_settings": change("execution_settings.mode=full"),
    "RunConfig.analysis_settings": change("analysis_settings.enabled=false"),
    "RunConfig.root_settings": change("root_settings.enabled=false"),
    "RunConfig.results": change("results.trades=true"),
    "RunConfig.block_size": "tests/unit/test_config_fields.py::test_l6_block_size_bounds_what_is_done_at_once",
    "RunConfig.timeout_s": "tests/unit/test_watchdog.py::test_9_a_strategy_that_never_returns_fails_alone",
    "RunConfig.memory_mb": "tests/cli/test_run_snapshots.py::test_7_a_run_that_would_need_too_much_memory_is_refused_and_nothing_is_written",
    "RunConfig.environment": "tests/unit/test_config_layers.py::test_c4_the_chosen_block_is_merged_key_by_key",
    "RunConfig.environments": "tests/unit/test_config_layers.py::test_c4_a_named_environment_has_a_block",
    "ResultsSettings.trades": change("results.trades=true"),
    "ResultsSettings.equity": change("results.equity=true"),
    "ResultsSettings.snapshot_every": "tests/cli/test_run_snapshots.py::test_s12_results_are_rewritten_every_so_many_trades",
    "ResultsSettings.clear_on_snapshot": "tests/cli/test_run_snapshots.py::test_s12_a_snapshot_clears_what_is_kept_of_ended_trades_if_asked",
    "ResultsSettings.durable": "tests/cli/test_run_snapshots.py::test_s6_durable_waits_for_every_file_and_folder_and_changes_no_byte",
    **layer("TraceSettingsBlock", "trace_settings", *_ACTION, "dynamic_rules"),
    **layer("TraceSettingsBlock", "trace_settings", "storage_path", given=_ONLY_ONE_WRITES),
    "TraceSettingsBlock.default": change("trace_settings.default.mode=full"),
    "TraceSettingsBlock.container_settings": change("trace_settings.container_settings={portfolio_*: {mode: full}}"),
    "TraceSettingsBlock.overrides": change("trace_settings.overrides.0.mode=full"),
    **layer("PartialTraceSettings", "trace_settings.default", *_ACTION, "dynamic_rules"),
    **layer("PartialTraceSettings", "trace_settings.default", "storage_path", given=_ONLY_ONE_WRITES),
    **layer("PatternSettings", "trace_settings.overrides.0", *_ACTION, "storage_path", "dynamic_rules"),
    "PatternSettings.pattern": change("trace_settings.overrides.0.pattern=data_*", given=("trace_settings.overrides.0.mode=full",)),
    **layer(
        "ContainerTraceSettings",
        "containers.data_x.event_tracing",
        *_ACTION,
        "storage_path",
        given=("containers.data_x.event_tracing={enabled: true}",),
    ),
    **layer("TypeSettings", "data_settings", *_OF_TYPE, given=("data_settings.enabled=true",)),
    **layer("PortfolioSettings", "portfolio_settings", *_OF_TYPE, "dynamic_rules"),
    **layer("RuleAction", f"{_RULE}.action", *(field for field in _ACTION if field != "retention_policy")),
    "RuleAction.retention_policy": change(f"{_RULE}.action.retention_policy=all"),
    "RuleAction.dump": change(
        f"{_RULE}.action.dump=true",
        given=("containers.portfolio_2.event_tracing.retention_policy=all",),
    ),
    "DynamicRule.condition": change(f"{_RULE}.condition=metrics.total_trades >= 1000"),
    "DynamicRule.action": change(f"{_RULE}.action.storage_backend=disk"),
    "StorageConfig.compression": change(
        "portfolio_settings.storage_config.compression=false",
        given=("portfolio_settings={storage_backend: disk, storage_config: {}}",),
    ),
    "StorageConfig.max_file_size_mb": change(
        "data_settings.storage_config.max_file_size_mb=0.02",
        given=(_DATA + "bars=2500", "data_settings={storage_backend: disk, storage_config: {}}"),
    ),
    "StorageConfig.write_at_end": change(
        "portfolio_settings.storage_config.write_at_end=false",
        given=("portfolio_settings={retention_policy: all, storage_config: {}}",),
    ),
    "DataContainer.id": change("containers.data_spare.id=other"),
    "DataContainer.event_tracing": change("containers.data_x.event_tracing=[BAR]"),
    "DataContainer.source": change(_DATA + "bars=20"),
    "FeatureContainer.id": change("containers.features_spare.id=other"),
    "FeatureContainer.event_tracing": change("containers.features_1.event_tracing=[FEATURES]"),
    "FeatureContainer.inputs": change("containers.features_1.inputs.0=data_spare"),
    "FeatureContainer.features": change("containers.features_1.features.slow.timeperiod=9"),
    "StrategyContainer.id": change("containers.strategy_spare.id=other", given=("containers.ears.inputs=[portfolio_1]",)),
    "StrategyContainer.event_tracing": change("containers.strategy_1.event_tracing=[SIGNAL]"),
    "StrategyContainer.inputs": change("containers.strategy_spare.inputs.0=data_y"),
    "StrategyContainer.features": change("containers.strategy_spare.features.other.timeperiod=4"),
    "StrategyContainer.strategy": change("containers.strategy_1.strategy.direction=both"),
    "PortfolioContainer.id": change("containers.portfolio_2.id=other", given=("containers.ears.inputs=[portfolio_1]",)),
    "PortfolioContainer.event_tracing": change("containers.portfolio_1.event_tracing=[FILL]"),
    "PortfolioContainer.inputs": change("containers.portfolio_2.inputs.0=data_y"),
    "PortfolioContainer.execution": change("containers.portfolio_1.execution=execution_2"),
    "PortfolioContainer.entry": change("containers.portfolio_2.entry={order: limit, limit: {percent: 1}}"),
    "PortfolioContainer.exit": change("containers.portfolio_2.exit.stop_loss={percent: 0.5}", given=("containers.portfolio_2.exit={}",)),
    "PortfolioContainer.cash": change("containers.portfolio_1.cash=500"),
    "PortfolioContainer.features": change("containers.portfolio_2.features.own_slow.timeperiod=9"),
    "PortfolioContainer.strategy": change("containers.portfolio_2.strategy.direction=short"),
    "PortfolioContainer.sizing": change("containers.portfolio_2.sizing.quantity=4"),
    "PortfolioContainer.close_at_end": change("containers.portfolio_2.close_at_end=false"),
    "PortfolioContainer.days_per_year": change("containers.portfolio_2.days_per_year=252"),
    "PortfolioContainer.risk_free_rate": change("containers.portfolio_2.risk_free_rate=0.05"),
    "PortfolioContainer.benchmark": change("containers.portfolio_2.benchmark=data_y", given=("containers.portfolio_2.inputs=[data_x, data_y]",)),
    "PortfolioContainer.day_zone": change("containers.portfolio_2.day_zone=Asia/Tokyo"),
    "ExecutionContainer.id": change(
        "containers.execution_1.id=other", given=("containers.portfolio_1.execution=execution_2",)
    ),
    "ExecutionContainer.event_tracing": change("containers.execution_1.event_tracing=[FILL]"),
    "ExecutionContainer.fill_at": change("containers.execution_1.fill_at=next_close"),
    "ExecutionContainer.commission": change("containers.execution_1.commission.amount=1"),
    "ExecutionContainer.slippage": change("containers.execution_2.slippage.bps=50"),
    "AnalysisContainer.id": change("containers.ears.id=other"),
    "AnalysisContainer.event_tracing": change("containers.ears.event_tracing=[FILL]"),
    "AnalysisContainer.inputs": change("containers.ears.inputs.0=data_spare"),
    "ExecutionContainer.participation": change("containers.execution_1.participation=0.1"),
    "PortfolioContainer.lot_size": change("containers.portfolio_1.lot_size=100"),
    "PortfolioContainer.minimum_notional": change("containers.portfolio_2.minimum_notional=5000"),
    "SyntheticSource.symbol": change(_DATA + "symbol=W", given=(_DATA + "seed=1",)),
    "SyntheticSource.bars": change(_DATA + "bars=20"),
    "SyntheticSource.start": change(_DATA + "start=2021-01-01"),
    "SyntheticSource.bar_length": change(_DATA + "bar_length=1h"),
    "SyntheticSource.initial_price": change(_DATA + "initial_price=50"),
    "SyntheticSource.drift": change(_DATA + "drift=1"),
    "SyntheticSource.volatility": change(_DATA + "volatility=0.5"),
    "SyntheticSource.regimes": change(_DATA + "regimes=[{drift: 1, volatility: 1, mean_bars: 5}]"),
    "SyntheticSource.stamped": "tests/unit/test_bar_lengths.py::test_l3_a_mix_is_refused_unless_every_stamp_is_said",
    "SyntheticSource.seed": change(_DATA + "seed=5"),
    "Regime.drift": change("containers.data_y.source.regimes.0.drift=2"),
    "Regime.volatility": change("containers.data_y.source.regimes.0.volatility=2"),
    "Regime.mean_bars": change(
        "containers.data_y.source.regimes.0.mean_bars=30",
        given=(
            "containers.data_y.source.regimes=[{drift: 1, volatility: 1, mean_bars: 5}, {drift: 0, volatility: 3, mean_bars: 5}]",
        ),
    ),
    "FileSource.path": read("path=others.csv"),
    "FileSource.symbol": read("symbol=W"),
    "FileSource.columns": read("columns={close: last}"),
    "FileSource.start": read("start=2020-01-03"),
    "FileSource.end": read("end=2020-01-05"),
    "FileSource.timeframe": read("timeframe=1w"),
    "FileSource.stamped": "tests/unit/test_bar_lengths.py::test_stamped_and_timeframe_from_a_file_to_the_results",
    "FileSource.bar_length": "tests/unit/test_bar_lengths.py::test_bar_length_is_stated_where_a_file_has_one_bar_only",
    "FileSource.timestamp_format": read("timestamp_format='%d/%m/%Y'", "path=turned.csv", "timestamp_format='%m/%d/%Y'"),
    "FileSource.timezone": read("timezone=Europe/Paris", "path=times.csv"),
    "FileSource.on_bad_row": read("on_bad_row=drop", "path=bad.csv"),
}  # fmt: skip
