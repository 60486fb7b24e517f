"""Changes of a config, one field at a time: what `tests/unit/test_config_fields.py` runs with and without."""

from __future__ import annotations

from typing import NamedTuple

MADE = """
name: made
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 25, bar_length: 1d}}
  - {id: data_y, type: data, source: {name: synthetic, symbol: Y, bars: 25, regimes: [{drift: 1, volatility: 1, mean_bars: 5}]}}
  - {id: data_spare, type: data, source: {name: synthetic, symbol: Z, bars: 25}}
  - {id: features_1, type: feature, inputs: [data_x], features: {fast: {indicator: SMA, timeperiod: 2}, slow: {indicator: SMA, timeperiod: 6}}}
  - {id: features_spare, type: feature, inputs: [data_x], features: {}}
  - {id: strategy_1, type: strategy, inputs: [features_1], strategy: {name: crossover, fast: fast, slow: slow}}
  - {id: strategy_spare, type: strategy, inputs: [features_1], features: {other: {indicator: SMA, timeperiod: 3}}, strategy: {name: buy_and_hold}}
  - {id: execution_1, type: execution, commission: {name: per_share, amount: 0.01}}
  - {id: execution_2, type: execution, commission: {name: percent, percent: 0.1}, slippage: {name: basis_points, bps: 5}}
  - {id: portfolio_1, type: portfolio, inputs: [strategy_1], execution: execution_1}
  - id: portfolio_2
    type: portfolio
    inputs: [data_x]
    execution: execution_2
    features: {own_fast: {indicator: SMA, timeperiod: 2}, own_slow: {indicator: SMA, timeperiod: 6}}
    strategy: {name: crossover, fast: own_fast, slow: own_slow, direction: both}
    sizing: {name: fixed_quantity, quantity: 3}
    event_tracing: {enabled: true, dynamic_rules: [{condition: "metrics.total_trades >= 1", action: {retention_policy: none}}]}
  - {id: ears, type: analysis, inputs: [data_x, data_y, features_1, strategy_1, strategy_spare, portfolio_1, portfolio_2]}
trace_settings:
  container_settings: {portfolio_1: {}}
  overrides: [{pattern: portfolio_1}]
root_settings: {mode: full}
"""
READ = """
name: read
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
  - {id: portfolio_1, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
  - {id: ears, type: analysis, inputs: [data_x, portfolio_1]}
"""
STRATEGIES = """
class After:
    def __init__(self, bars):
        self.left = bars

    def on_bar(self, bar, features, position):
        self.left -= 1
        return "long" if self.left < 0 else "flat"


class Never(After):
    def on_bar(self, bar, features, position):
        return "flat"
"""
FILES = {
    "bars.csv": "timestamp,open,high,low,close,volume,last\n"
    + "".join(f"2020-01-{day:02},{day},{day + 1},{day},{day + 1},9,{day + 0.5}\n" for day in range(1, 13)),
    "others.csv": "timestamp,open,high,low,close,volume\n2020-01-01,1,2,1,2,9\n2020-01-02,2,3,2,3,9\n",
    "turned.csv": "timestamp,open,high,low,close,volume\n"
    + "".join(f"{n:02}/{n:02}/2020,{n},{n + 1},{n},{n + 1},9\n" for n in range(1, 4))
    + "05/04/2020,4,5,4,5,9\n",
    "bad.csv": "timestamp,open,high,low,close,volume\n2020-01-01,1,2,1,2,9\n2020-01-02,-2,3,2,3,9\n2020-01-03,2,3,2,3,9\n",
    "times.csv": "timestamp,open,high,low,close,volume\n2020-01-01 09:00,1,2,1,2,9\n2020-01-01 10:00,2,3,2,3,9\n",
}
"""What stands beside the configs."""


class Change(NamedTuple):
    """A config, what is set over it in both runs, and what is set in the second alone."""

    config: str
    given: tuple[str, ...]
    changed: tuple[str, ...]


def change(*changed: str, given: tuple[str, ...] = ()) -> Change:
    """A change of the made config."""
    return Change(MADE, given, changed)


def component(at: str, given: str, changed: str) -> Change:
    """A change of one parameter of the component that `given` writes at `at`, of a container."""
    return Change(MADE, (f"containers.{at}={given}",), (f"containers.{at}.{changed}",))


def read(changed: str, *given: str) -> Change:
    """A change of the source of the config that reads a file."""
    source = "containers.data_x.source."
    return Change(READ, tuple(source + each for each in given), (source + changed,))
