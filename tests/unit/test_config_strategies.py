"""Mistakes in the parameters of strategies, also of those inside others: each with its place."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors
from engine.orchestration.planning import make_plan
from engine.orchestration.problems import PlanError
from tests.building import HERE

CONFIG = """\
containers:
  - {{id: data_a, type: data, source: {{name: synthetic, symbol: A, bars: 50}}}}
  - {{id: data_b, type: data, source: {{name: synthetic, symbol: B, bars: 50}}}}
  - id: portfolio_1
    type: portfolio
    inputs: [data_a, data_b]
    features:
      rsi: {{indicator: RSI}}
      bands: {{indicator: BBANDS}}
    strategy:
      {strategy}
"""
WHERE = "c.yaml:11:"
PATH = "containers.2.strategy"

MISTAKES = [
    ("{name: rsi_reversion, rsi: rsy}", "rsi: rsy: no feature or column of this name arrives here; did you mean 'rsi'?"),
    ("{name: rsi_reversion, rsi: rsi, low: 60}", "middle: missing: expected a level from low to high"),
    ("{name: rsi_reversion, rsi: rsi, middle: 90}", "middle: 90: expected a level from low to high"),
    ("{name: rsi_reversoin, rsi: rsi}", "name: rsi_reversoin: no such strategy; did you mean 'rsi_reversion'?"),
    ("{name: bollinger_reversion, bands: rsi}", "bands: rsi: no feature or column called 'rsi.upper' arrives here"),
    ("{name: bollinger_reversion, bands: bnads}", "no feature or column called 'bnads.upper' arrives here"),
    ("{name: time_series_momentum, lookback: 0}", "lookback: 0: expected a whole number of at least 1"),
    ("{name: calendar}", "weekdays: missing: expected weekdays, month_start or month_end"),
    ("{name: calendar, weekdays: [Monday]}", "weekdays.0: Monday: expected monday, tuesday"),
    ("{name: calendar, weekdays: monday}", "weekdays: monday: expected a list: [monday]"),
    ("{name: calendar, month_end: 1, timezone: Europe/Pris}", "timezone: Europe/Pris: expected an IANA time zone"),
    ("{name: pair_spread, first: A, second: C, window: 20}", "second: C: no data of this symbol arrives here"),
    ("{name: pair_spread, first: A, second: B, window: 20, leave: 3}", "leave: 3: expected a number below enter (2)"),
    ("{name: invert, of: {name: rsi_reversion, rsi: rsy}}", "of.rsi: rsy: no feature or column of this name"),
    ("{name: invert, of: {name: calendar}}", "of.weekdays: missing: expected weekdays"),
    ("{name: invert, of: rsi_reversion}", "of: rsi_reversion: expected a mapping: {name: rsi_reversion, ...}"),
    ("{name: invert}", "of: missing: expected a mapping"),
    ("{name: all_of, of: []}", "of: a list: expected at least 1 in the list"),
    ("{name: all_of, of: {name: calendar}}", "of: a mapping: expected a list"),
    ("{name: all_of, of: [{name: buy_and_hold}, {name: buy_and_hodl}]}", "of.1.name: buy_and_hodl: no such strategy; did you mean 'buy_and_hold'?"),
    ("{name: any_of, of: [{name: hold_for, bars: 3, of: {name: rsi_reversion, rsi: x.y}}]}", "of.0.of.rsi: x.y: no feature"),
    ("{name: vote, at_least: 3, of: [{name: buy_and_hold}, {name: buy_and_hold}]}", "at_least: 3: expected at most 2"),
    ("{name: hold_for, bars: 0, of: {name: buy_and_hold}}", "bars: 0: expected a whole number of at least 1"),
]  # fmt: skip


def read(tmp_path, strategy):
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG.format(strategy=strategy), encoding="utf-8")
    return read_config(file, "c.yaml")


@pytest.mark.parametrize(("strategy", "message"), MISTAKES)
def test_a_mistake_is_answered_with_its_place_in_one_line(tmp_path, strategy, message):
    with pytest.raises(ConfigErrors) as caught:
        read(tmp_path, strategy)
    lines = str(caught.value).split("\n")
    mine = [line for line in lines if message in line]
    assert len(mine) == 1, lines
    assert mine[0].startswith(WHERE)
    assert PATH in mine[0]


@pytest.mark.parametrize(
    "strategy",
    [
        "{name: pair_spread, first: A, second: B, window: 20}",
        "{name: vote, of: [{name: rsi_reversion, rsi: rsi}, {name: bollinger_reversion, bands: bands}]}",
        "{name: cool_down, bars: 2, of: {name: hold_for, bars: 5, of: {name: calendar, weekdays: [friday]}}}",
        "{name: all_of, of: [{name: tests.strategies_for_tests.lean, size: -1}, {name: buy_and_hold}]}",
    ],
)
def test_what_is_right_is_taken(tmp_path, strategy):
    assert read(tmp_path, strategy).warnings == ()


@pytest.mark.parametrize(
    ("strategy", "path", "reason"),
    [
        ("{name: all_of, of: [{name: tests.strategies_for_tests.lean, siez: 1}]}", "of.0.siez", "unexpected keyword argument 'siez'"),
        ("{name: invert, of: {name: tests.strategies_for_tests.nothing}}", "of.name", "has no 'nothing'"),
        ("{name: invert, of: {name: tests.strategies_for_tests.Above, price: 3}}", "of.name", "this works bar by bar"),
    ],
)  # fmt: skip
def test_own_code_inside_another_strategy_is_checked_before_any_data_is_read(tmp_path, strategy, path, reason):
    with pytest.raises(PlanError) as caught:
        make_plan(read(tmp_path, strategy).config, HERE)
    (problem,) = caught.value.problems
    assert problem.path == f"{PATH}.{path}"
    assert reason in problem.reason
