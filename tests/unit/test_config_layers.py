"""Rules C4, C1, R3 and what a loaded config tells about itself."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors
from engine.trading.sizing import AllIn
from tracing.settings import PartialTraceSettings

BASE = """\
seed: 1
environment: {environment}
containers:
  - {{id: data_x, type: data, source: {{path: bars.csv, symbol: X}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {{name: buy_and_hold}}
trace_settings:
  default: {{enabled: false}}
  container_settings:
    "portfolio_*": {{max_events: 10, events_to_trace: [FILL]}}
{block}
"""


def load(tmp_path, block="", environment="development"):
    file = tmp_path / "my_run.yaml"
    file.write_text(BASE.format(block=block, environment=environment))
    return read_config(file, "c.yaml")


def test_c4_the_chosen_block_is_merged_key_by_key(tmp_path):
    block = 'development: {seed: 2, trace_settings: {container_settings: {"portfolio_*": {max_events: 20}, "data_*": {enabled: true}}}}'
    config = load(tmp_path, block).config
    assert config.seed == 2
    settings = config.trace_settings.container_settings
    assert list(settings) == ["portfolio_*", "data_*"]
    assert settings["portfolio_*"] == PartialTraceSettings(max_events=20, events_to_trace=["FILL"])
    assert config.trace_settings.default == PartialTraceSettings(enabled=False)


def test_c4_lists_are_replaced(tmp_path):
    block = 'development: {trace_settings: {container_settings: {"portfolio_*": {events_to_trace: [BAR]}}}}'
    assert load(tmp_path, block).config.trace_settings.container_settings["portfolio_*"].events_to_trace == ["BAR"]


def test_c4_other_blocks_change_nothing(tmp_path):
    assert load(tmp_path, "production: {seed: 3}").config.seed == 1


@pytest.mark.parametrize("block", ["", "development:", "development: {}", "development: {trace_settings: }"])
def test_c4_an_empty_block_changes_nothing(tmp_path, block):
    loaded = load(tmp_path, block)
    assert loaded.config.seed == 1
    assert loaded.config.trace_settings.container_settings["portfolio_*"].max_events == 10


def test_c4_a_named_environment_has_a_block(tmp_path):
    config = load(tmp_path, "environments: [qa]\nqa: {seed: 4}", "qa").config
    assert (config.seed, config.environment, config.environments) == (4, "qa", ["qa"])


def test_a_block_that_nobody_named_is_an_unknown_key(tmp_path):
    with pytest.raises(ConfigErrors, match="qa: unknown key"):
        load(tmp_path, "qa: {seed: 4}")


def test_values_are_located_in_the_layer_they_come_from(tmp_path):
    loaded = load(
        tmp_path, 'development:\n  trace_settings:\n    container_settings: {"portfolio_*": {max_events: 20}}'
    )
    where = loaded.locations.of
    assert where("trace_settings.container_settings.portfolio_*.max_events").line == 15
    assert where("trace_settings.container_settings.portfolio_*.events_to_trace").line == 12
    assert (where("containers.1.strategy.name").line, where("containers.1.strategy.name").column) == (8, 22)
    assert where("containers.1.cash").line == 5
    assert where("portfolio_settings.enabled").line == 1


def test_c1_defaults_fill_what_is_not_said(tmp_path):
    loaded = load(tmp_path)
    portfolio = loaded.config.containers[1]
    assert (portfolio.cash, portfolio.sizing, portfolio.close_at_end, portfolio.execution) == (
        100_000.0,
        AllIn(),
        True,
        None,
    )
    assert loaded.config.name == "my_run"
    assert loaded.base_folder == tmp_path.resolve()


def test_r3_a_pattern_that_matches_nothing_is_a_warning_with_the_nearest_ids(tmp_path):
    loaded = load(tmp_path, 'development: {trace_settings: {overrides: [{pattern: "portfolo_*", enabled: true}]}}')
    (warning,) = loaded.warnings
    assert str(warning) == (
        "c.yaml:13:54: trace_settings.overrides.0.pattern: portfolo_*: this pattern matches no container; "
        "nearest: portfolio_1, root_container"
    )


@pytest.mark.parametrize("pattern", ["root_container", "*", "data_?", "execution_default"])
def test_r3_implied_containers_count(tmp_path, pattern):
    assert (
        load(tmp_path, f'development: {{trace_settings: {{container_settings: {{"{pattern}": {{}}}}}}}}').warnings == ()
    )


def test_c5_ids_are_literal_texts(tmp_path):
    file = tmp_path / "c.yaml"
    names = ["1_12", "010", "NO", "1e3", "null", "true", "2020-01-01"]
    lines = [f"  - {{id: {name}, type: data, source: {{path: bars.csv, symbol: {name}_}}}}" for name in names]
    file.write_text("containers:\n" + "\n".join(lines))
    assert [container.id for container in read_config(file, "c.yaml").config.containers] == names


def test_c5_an_empty_mapping_is_valid_where_a_mapping_is(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(
        "containers:\n  - {id: data_x, type: data, source: {path: b, symbol: X}, event_tracing: }\n"
        "trace_settings:\nresults:\nportfolio_settings: {}\nproduction:\n"
    )
    assert len(read_config(file, "c.yaml").config.containers) == 1


def test_features_that_mean_the_same_are_equal_however_they_are_written(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(
        "containers:\n  - {id: data_x, type: data, source: {path: b, symbol: X}}\n"
        "  - {id: f, type: feature, inputs: [data_x], features: {a: {indicator: BBANDS, timeperiod: 20, nbdevup: 2},"
        " b: {nbdevup: 2.0, indicator: BBANDS}}}\n"
    )
    features = read_config(file, "c.yaml").config.containers[1].features
    assert features["a"] == features["b"]
