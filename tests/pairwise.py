"""Configs that combine the features of a run, so that every two values of different features meet in one of them."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

CODE = """
import numpy as np


def column(columns, lag: int = 3):
    close = columns["close"]
    earlier = np.concatenate((np.full(lag, close[0]), close[:-lag]))
    return np.where(close > earlier, 1, np.where(close < earlier, -1, 0)).astype(np.int8)


class OnBar:
    def __init__(self, every: int = 5):
        self.every, self.bars = every, 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        return ("long", "short", "flat")[self.bars // self.every % 3] if self.bars % self.every == 0 else None


class Speaks:
    event_types = ("market.mood", "REGIME_CHANGE")
    good = None

    def on_bar(self, bar, features, position, publish):
        good = bar.close > bar.open
        publish("market.mood", range=bar.high - bar.low)
        if good != self.good:
            names = {True: "good", False: "bad", None: None}
            publish("REGIME_CHANGE", previous=names[self.good], current=names[good], probability=0.75)
            self.good = good


class Hears:
    mood = None

    def on_event(self, event):
        if event.type == "REGIME_CHANGE":
            self.mood = event.current

    def on_bar(self, bar, features, position):
        return {"good": "long", "bad": "short"}.get(self.mood)


def sizing(entry):
    return 0.4 * entry.equity / entry.price


def commission(deal):
    return 0.5 + 0.001 * deal.notional
"""
MODULE = "pairwise_of_a_user"
SECOND = 3
"""The period of the second portfolio."""

_FULL = '{condition: "metrics.total_trades >= 2", action: {mode: full}}'
_QUIET = (
    '{condition: "metrics.total_trades >= 5", action: {events_to_trace: [POSITION_CLOSE], storage_backend: memory}}'
)
_WINDOW = '{condition: "metrics.total_trades >= 3", action: {enabled: true, mode: sliding_window, max_events: 20}}'
_CROSSES = "strategy: {name: crossover, fast: close, slow: mean, direction: both}"
_ONE = "{id: data_x, type: data, source: {name: synthetic, symbol: X, bars: BARS, bar_length: 1h, volatility: 0.6, stamped: open}}"
_OTHER = "{id: data_y, type: data, source: {name: synthetic, symbol: Y, bars: BARS, bar_length: LENGTH, volatility: 0.9, start: START, stamped: open}}"

FEATURES: dict[str, dict[str, str]] = {
    "rules": {
        "none": "",
        "begin": f"dynamic_rules: [{_FULL}]",
        "begin and end": f"dynamic_rules: [{_FULL}, {_QUIET}]",
        "narrow": f"dynamic_rules: [{_WINDOW}]",
    },
    "tracing": {
        "off": "enabled: false",
        "minimal": "mode: minimal",
        "full": "mode: full",
        "parts": "mode: full, storage_config: {compression: zstd, max_file_size_mb: 0.02}",
        "window": "mode: sliding_window, max_events: 50",
        "all, bounded": "events_to_trace: ALL, retention_policy: all, max_events: 120",
        "counted": "events_to_trace: [FILL, BAR], retention_policy: none, storage_backend: memory",
    },
    "symbols": {
        "one": "",
        "two": 'LENGTH="1h" START="2020-01-01"',
        "two of other spans": 'LENGTH="1h" START="2020-01-03"',
        "two of other lengths": 'LENGTH="4h" START="2020-01-01"',
    },
    "strategy": {
        "crossover": _CROSSES,
        "holds": "strategy: {name: buy_and_hold}",
        "column": f"strategy: {{name: {MODULE}.column}}",
        "on_bar": f"strategy: {{name: {MODULE}.OnBar}}",
        "hears": f"strategy: {{name: {MODULE}.Hears}}",
        "shared": "",
        "combined": f"combine: {{name: priority}}, {_CROSSES}",
    },
    "entry": {
        "market": "",
        "limit": "entry: {order: limit, limit: {percent: 0.2}, time_in_force: day}",
        "stop": "entry: {order: stop, stop: {atr: 0.2}}",
        "stop limit": "entry: {order: stop_limit, stop: {percent: 0.1}, limit: {percent: 0.1}, time_in_force: gtd, good_for: 5h}",
        "trailing": "entry: {order: trailing_stop, trail: {percent: 0.5}}",
    },
    "exit": {
        "market": "",
        "bracket": "exit: {stop_loss: {percent: 1}, take_profit: {percent: 1.5}}",
        "trailing": "exit: {trailing_stop: {percent: 1}, on_signal: {order: limit, limit: {percent: 0.1}}}",
    },
    "sizing": {
        "all in": "",
        "quantity": "sizing: {name: fixed_quantity, quantity: 7.5}",
        "lots": "sizing: {name: fixed_notional, notional: 3000}, lot_size: 1, minimum_notional: 100",
        "percent": "sizing: {name: percent_of_equity, percent: 40}",
        "volatility": "sizing: {name: volatility_target, percent: 30, bars: 10, bars_per_year: 8760}",
        "own": f"sizing: {{name: {MODULE}.sizing}}",
    },
    "account": {
        "margin": "",
        "borrows": "account: {name: margin, leverage: 2, borrow_percent: 5, interest_percent: 3}",
        "cash": "account: {name: cash}",
    },
    "risk": {
        "none": "",
        "limits": "risk: [{name: max_open_positions, count: 1}, {name: max_gross_exposure, percent: 80}]",
        "halts": "risk: [{name: max_drawdown, percent: 3, action: flatten}, {name: daily_loss, percent: 1}]",
        "per trade": "risk: [{name: stop, loss: {percent: 2}, cool_down: 3}, {name: target, profit: {atr: 2}}]",
    },
    "execution": {"only": "", "shared": "", "own": "", "traced": ""},
    "costs": {
        "free": "",
        "percent": "commission: {name: percent, percent: 0.1, minimum: 1}, slippage: {name: basis_points, bps: 5}",
        "own": f"commission: [{{name: {MODULE}.commission}}, {{name: per_share, amount: 0.01}}]",
    },
    "fills": {
        "next open": "",
        "next close": "fill_at: next_close",
        "capped": "participation: 0.01",
    },
    "benchmark": {"none": "", "own": "benchmark: data_x", "foreign": "benchmark: data_z"},
    "end": {"closes": "", "stays open": "close_at_end: false, day_zone: America/New_York"},
    "results": {
        "metrics": "{}",
        "trades": "{trades: true, snapshot_every: 2}",
        "equity": "{equity: true, snapshot_every: 0, durable: true}",
        "cleared": "{trades: true, equity: true, snapshot_every: 3, clear_on_snapshot: true}",
    },
    "listener": {"none": "", "in memory": "{retention_policy: all, storage_backend: memory}", "full": "{mode: full}"},
    "run": {"plain": "", "timed": "timeout_s: 60\n", "blocks": "block_size: 7\n", "watched": "memory_mb: 4000\n"},
    "shared traces": {
        "none": "",
        "all": "data_settings: {mode: full}\nfeature_settings: {mode: full}\nroot_settings: {mode: full}\n",
    },
}
"""Values by feature. What a value says stands where it belongs; `config` knows what the rest means."""

ON_KERNEL = {
    "rules": ["none"],
    "strategy": ["crossover", "holds", "column", "on_bar", "shared"],
    "sizing": ["all in", "quantity", "lots", "percent", "volatility"],
    "execution": ["only", "shared", "own"],
    "costs": ["free", "percent"],
    "benchmark": ["none"],
    "results": ["metrics", "trades", "equity"],
    "listener": ["none"],
}
"""The values with which portfolios are on the kernel; all values of the other features."""

Choice = dict[str, str]


def covering(features: dict[str, dict[str, str]], seed: int) -> list[Choice]:
    """Choices of a value for each feature that hold every pair of values: greedily, in a random order.

    The first pair that is missing stands in the next choice; its other features take the values that are missing most.
    """
    draw = np.random.default_rng(seed)
    missing = {
        frozenset(((a, x), (b, y))): None
        for a, b in combinations(features, 2)
        for x, y in product(features[a], features[b])
    }
    chosen = []
    while missing:
        choice = dict(next(iter(missing)))
        for name in draw.permutation(list(features)).tolist():
            if name not in choice:
                met = {value: _met(choice, (name, value), missing) for value in draw.permutation(list(features[name]))}
                choice[name] = str(max(met, key=met.__getitem__))
        for pair in combinations(choice.items(), 2):
            missing.pop(frozenset(pair), None)
        chosen.append({name: choice[name] for name in features})
    return chosen


def _met(choice, value, missing):
    """How many missing pairs a further value makes."""
    return sum(frozenset((known, value)) in missing for known in choice.items())


def config(choice: Choice, bars: int = 120) -> str:
    """The text of a config: three portfolios of a sweep and one more, with what they need."""
    say = {name: FEATURES[name][value] for name, value in choice.items()}
    data = [_ONE, *_data(choice, say)]
    terms = ", ".join(filter(None, (say["costs"], say["fills"])))
    inputs = [text.split(",")[0].removeprefix("{id: ") for text in data if "data_z" not in text]
    follows = choice["strategy"] in {"shared", "combined"}
    lines = [*data, "{id: feats, type: feature, inputs: [data_x], features: {steady: {indicator: EMA, timeperiod: 9}}}"]
    if follows:
        lines.append(f"{{id: decides, type: strategy, inputs: [feats], {_CROSSES.replace('mean', 'steady')}}}")
    if choice["strategy"] == "hears":
        lines.append(f"{{id: speaks, type: strategy, inputs: [data_x], strategy: {{name: {MODULE}.Speaks}}}}")
        inputs.append("speaks")
    common = ", ".join(
        filter(None, (say[name] for name in ("entry", "exit", "sizing", "account", "risk", "benchmark", "end")))
    )
    for period in (2, SECOND, 8):
        id_ = f"portfolio_{period}"
        broker, named = _execution(choice["execution"], id_, terms)
        if broker not in lines:
            lines.append(broker)
        heard = [*inputs, *(["decides"] if follows else [])]
        own = ", ".join(filter(None, (named, say["strategy"], common)))
        mean = f"features: {{mean: {{indicator: SMA, timeperiod: {period}}}}}"
        lines.append(
            f"{{id: {id_}, type: portfolio, inputs: [{', '.join(heard)}], cash: 10000, {mean}, {own}, event_tracing: {_tracing(say, period)}}}"
        )
    if say["listener"]:
        lines.append(
            f"{{id: ears, type: analysis, inputs: [portfolio_2, portfolio_8, feats], event_tracing: {say['listener']}}}"
        )
    listed = "".join(f"  - {line.replace('BARS', str(bars)).replace(', ,', ',')}\n" for line in lines if line)
    return (
        f"name: pairwise\nseed: 7\n{say['run']}{say['shared traces']}results: {say['results']}\ncontainers:\n{listed}"
    )


def _data(choice, say):
    if say["symbols"]:
        length, start = (part.split('"')[1] for part in say["symbols"].split(" "))
        yield _OTHER.replace("LENGTH", length).replace("START", start)
    if choice["benchmark"] == "foreign":
        yield (
            _OTHER.replace("data_y", "data_z")
            .replace("Y,", "Z,")
            .replace("LENGTH", "1h")
            .replace("START", "2020-01-02")
        )


def _execution(kind, portfolio, terms):
    """The execution container of a portfolio, and how that names it."""
    id_ = f"broker_{portfolio}" if kind == "own" else "broker"
    traced = "event_tracing: {mode: full}" if kind == "traced" else ""
    said = ", ".join(filter(None, (f"id: {id_}", "type: execution", terms, traced)))
    return f"{{{said}}}", "" if kind == "only" else f"execution: {id_}"


def _tracing(say, period):
    """The second portfolio has no rules, so that some do beside others that do not."""
    rules = "" if period == SECOND else say["rules"]
    return f"{{{', '.join(filter(None, (say['tracing'], rules)))}}}"
