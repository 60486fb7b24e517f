"""Mistakes in what a portfolio and an execution container say about trading: one located line each (rule C5)."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors

CONFIG = """\
name: trading
containers:
  - {{id: data_x, type: data, source: {{path: bars.csv, symbol: X}}}}
  - id: broker
    type: execution
    {execution}
  - id: portfolio_1
    type: portfolio
    inputs: [data_x]
    strategy: {{name: buy_and_hold}}
    {portfolio}
"""

EXECUTION = [
    ("participation: 10", "10", "participation: 10: expected a number greater than 0 and of at most 1"),
    (
        "commission: {name: per_trad, amount: 1}",
        "per_trad",
        "name: per_trad: no such cost model; did you mean 'per_trade'?",
    ),
    ("commission: {name: per_trade, amount: -1}", "-1", "amount: -1: expected a number of at least 0"),
    ("commission: {name: tiered, tiers: []}", "[]", "tiers: a list: expected at least 1 in the list"),
    (
        "commission: {name: tiered, tiers: [{above: 5, percent: 1}]}",
        "5,",
        "tiers.0.above: 5: expected 0 for the first tier",
    ),
    (
        "commission: {name: tiered, tiers: [{above: 0, percent: 1}, {above: 9, percent: 1}, {above: 8, percent: 1}]}",
        "8",
        "tiers.2.above: 8: this is not above the tier before (9)",
    ),
    (
        "commission: {name: tiered, over: year, tiers: [{above: 0, percent: 1}]}",
        "year",
        "over: year: expected fill or month",
    ),
    ("commission: {name: percent, percent: 1, minimum: 9, maximum: 8}", "8", "maximum: 8: this is below minimum (9)"),
    ("commission: {name: my_costs.}", "my_costs.", "my_costs.: expected a dotted path such as my_module.my_model"),
    ("slippage: range_fraction", "range_fraction", "range_fraction: expected a mapping: {name: range_fraction, ...}"),
    ("slippage: {name: ticks, ticks: 1, tick_size: 0}", "0", "tick_size: 0: expected a number greater than 0"),
    ("slippage: {name: square_root_impact, coeficient: 1}", "coef", "unknown key; did you mean 'coefficient'?"),
]
PORTFOLIO = [
    ("benchmark: data_y", "data_y", "benchmark: data_y: expected the id of a data container; did you mean 'data_x'?"),
    ("benchmark: broker", "broker", "expected the id of a data container: this one is of type execution"),
    ("account: {name: margin, leverage: 0}", "0}", "account.leverage: 0: expected a number greater than 0"),
    ("account: {name: cash, leverage: 2}", "leverage", "account.leverage: unknown key"),
    ("account: {name: marging}", "marging", "no such kind of account; did you mean 'margin'?"),
    ("account: margin", "margin", "account: margin: expected a mapping: {name: margin, ...}"),
    ("combine: {name: votes}", "votes", "no such way to combine; did you mean 'vote'?"),
    ("combine: {name: weighted, threshold: 1}", "1}", "threshold: 1: expected a number of at least 0 and below 1"),
    ("combine: {name: vote, weights: {portfolio_1: 0}}", "0}}", "expected a number greater than 0"),
    ("weights: {X: heavy}", "heavy", "weights.X: heavy: expected a number greater than 0"),
    ("risk: [{name: max_drawdwn, percent: 3}]", "max_drawdwn", "no such risk rule; did you mean 'max_drawdown'?"),
    (
        "risk: [{name: max_drawdown, percent: 120}]",
        "120",
        "percent: 120: expected a number greater than 0 and of at most 100",
    ),
    ("risk: [{name: daily_loss, percent: 3, action: sell}]", "sell", "action: sell: expected halt or flatten"),
    ("risk: [{name: max_open_positions, count: 0}]", "0}", "count: 0: expected a whole number of at least 1"),
    ("risk: [{name: stop, loss: {percent: 3, atr: 2}}]", "{percent", "expected exactly one of percent, amount and atr"),
    ("risk: [{name: stop, loss: 5}]", "5", "risk.0.loss: 5: expected a mapping"),
    ("risk: {name: stop, loss: {percent: 5}}", "{name", "risk: a mapping: expected a list"),
    ("lot_size: 0", "0", "lot_size: 0: expected a number greater than 0"),
    ("minimum_notional: many", "many", "minimum_notional: many: expected a number of at least 0"),
    ("sizing: {name: volatility_target, percent: 10, bars: 1}", "1}", "bars: 1: expected a whole number of at least 2"),
    ("sizing: {name: volatility, percent: 10}", "volatility,", "no such sizing; did you mean 'volatility_target'?"),
]


ORDERS = [
    ("entry: {order: limt, limit: {percent: 1}}", "limt", "no such order type; did you mean 'limit'?"),
    ("entry: {order: limit}", "{order", "entry.limit: missing: expected a mapping (how much better than the close)"),
    ("entry: {order: limit, limit: {percent: 1, amount: 2}}", "{percent", "exactly one of percent, amount and atr"),
    ("entry: {order: stop, stop: {}}", "{}", "expected exactly one of percent, amount and atr"),
    ("entry: {order: stop, stop: {percent: 1, timeperiod: 5}}", "5}}", "timeperiod: 5: expected only beside atr"),
    (
        "entry: {order: market, time_in_force: gtd}",
        "{order",
        "good_for: missing: expected beside time_in_force: gtd, such as 5d",
    ),
    ("entry: {order: market, good_for: 5d}", "5d", "good_for: 5d: expected only beside time_in_force: gtd"),
    ("entry: {order: market, time_in_force: gtd, good_for: soon}", "soon", "expected a length of time such as 5m"),
    ("entry: {order: market, time_in_force: fok}", "fok", "expected day, gtc, ioc or gtd"),
    ("exit: {stop_loss: 2}", "2}", "exit.stop_loss: 2: expected a mapping"),
    ("exit: {stop_los: {percent: 2}}", "stop_los", "unknown key; did you mean 'stop_loss'?"),
    ("exit: {take_profit: {percent: -2}}", "-2", "percent: -2: expected a number greater than 0 and below 10000"),
    ("exit: {on_signal: {order: limit, limit: {}}}", "{}", "on_signal.limit: "),
]


def lines_of(tmp_path, text):
    """What reading a config with mistakes says."""
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        read_config(file, "c.yaml")
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("key", "written", "at", "message"),
    [*(("execution", *each) for each in EXECUTION), *(("portfolio", *each) for each in (*PORTFOLIO, *ORDERS))],
)
def test_c5_each_mistake_is_one_line_with_its_place(tmp_path, key, written, at, message):
    text = CONFIG.format(**{"execution": "fill_at: next_open", "portfolio": "cash: 1000", key: written})
    begin = text.index(written)
    place = begin + written.rindex(at)
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    (told,) = lines_of(tmp_path, text)
    assert told.startswith(f"c.yaml:{line}:{column}: containers.{1 if key == 'execution' else 2}.")
    assert message in told
