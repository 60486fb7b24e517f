"""A run of many kinds of lanes, with all that lanes may share traced: for what must not depend on who simulates them."""

from tests.run_configs import write_config

SHARED = """
name: mixed
containers:
  - {{id: data_x, type: data, source: {{name: synthetic, symbol: X, bars: {bars}, bar_length: 1h}}, event_tracing: {{mode: full}}}}
  - {{id: data_y, type: data, source: {{name: synthetic, symbol: Y, bars: {bars}, bar_length: 1h, start: "2020-01-02"}}}}
  - id: feats
    type: feature
    inputs: [data_x]
    features: {{quick: {{indicator: SMA, timeperiod: 4}}, steady: {{indicator: EMA, timeperiod: 17}}}}
    event_tracing: {{mode: full}}
  - id: shared
    type: strategy
    inputs: [feats]
    strategy: {{name: crossover, fast: quick, slow: steady, direction: both}}
    event_tracing: {{mode: full}}
  - {{id: broker, type: execution, commission: {{name: percent, percent: 0.1}}, event_tracing: {{mode: full}}}}
  - {{id: ears, type: analysis, inputs: [{lanes}, broker, data_y], event_tracing: {{mode: full}}}}
  - id: trades_of_all
    type: analysis
    inputs: [{lanes}]
    event_tracing:
      enabled: true
      events_to_trace: [SIGNAL, ORDER, FILL, POSITION_CLOSE]
      retention_policy: trade_complete
      storage_backend: memory
root_settings: {{mode: full}}
results: {{trades: true, equity: true}}
"""
LANES = {
    "hears": ["{id: NAME, type: portfolio, inputs: [shared], event_tracing: {mode: full}}"],
    "hears_two": ["{id: NAME, type: portfolio, inputs: [shared, data_y]}"],
    "crosses": [
        "{id: NAME, type: portfolio, inputs: [data_x, data_y], features: {fast: {indicator: SMA, timeperiod: 3}}, strategy: {name: crossover, fast: fast, slow: close, direction: both}, event_tracing: {mode: full}}"
    ],
    "flips": ["{id: NAME, type: portfolio, inputs: [data_x], strategy: {name: lanes_of_a_user.Flips}}"],
    "holds": ["{id: NAME, type: portfolio, inputs: [data_y], benchmark: data_x, strategy: {name: buy_and_hold}}"],
    "fails": ["{id: NAME, type: portfolio, inputs: [data_y], strategy: {name: lanes_of_a_user.Fails, after: 37}}"],
    "fails_at_once": ["{id: NAME, type: portfolio, inputs: [shared], strategy: {name: lanes_of_a_user.fails}}"],
    "is_struck": [
        "{id: NAME_decides, type: strategy, inputs: [data_x], strategy: {name: lanes_of_a_user.Fails, after: 37}}",
        "{id: NAME, type: portfolio, inputs: [NAME_decides], event_tracing: {mode: full}}",
    ],
    "tells": [
        "{id: NAME_moods, type: strategy, inputs: [data_x], strategy: {name: lanes_of_a_user.Moods}}",
        "{id: NAME, type: portfolio, inputs: [NAME_moods], strategy: {name: lanes_of_a_user.Moody}, event_tracing: {mode: full}}",
    ],
    "kills": ["{id: NAME, type: portfolio, inputs: [data_x], strategy: {name: lanes_of_a_user.Kills, mark: MARK}}"],
    "hangs": ["{id: NAME, type: portfolio, inputs: [data_x], strategy: {name: lanes_of_a_user.Hangs}}"],
}
"""By kind, the containers of a lane."""

CODE = '''
import os
import signal
import time
from pathlib import Path


class Flips:
    bars = 0

    def on_bar(self, bar, features, position):
        self.bars += 1
        if self.bars % 9 == 0:
            return "long" if self.bars % 2 else "flat"


class Fails:
    def __init__(self, after):
        self.left = after

    def on_bar(self, bar, features, position):
        self.left -= 1
        if self.left == 0:
            raise ValueError("enough")
        if self.left % 10 == 0:
            return "long" if self.left % 20 else "short"


class Moods:
    event_types = ("market.mood", "REGIME_CHANGE")
    good = None

    def on_bar(self, bar, features, position, publish):
        good = bar.close > bar.open
        publish("market.mood", good=good, range=bar.high - bar.low)
        if good != self.good:
            names = {True: "good", False: "bad", None: None}
            publish("REGIME_CHANGE", previous=names[self.good], current=names[good], probability=0.75)
            self.good = good


class Moody:
    mood = "unknown"

    def on_event(self, event):
        if event.type == "REGIME_CHANGE":
            self.mood = event.current

    def on_bar(self, bar, features, position):
        return {"good": "long", "bad": "flat"}.get(self.mood)


class Kills:
    """Kills its process: each time, or once if `mark` is a file that can be made."""

    def __init__(self, mark: str):
        self.mark = mark

    def on_bar(self, bar, features, position):
        if self.mark == "always" or not Path(self.mark).exists():
            if self.mark != "always":
                Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Hangs:
    def on_bar(self, bar, features, position):
        time.sleep(60)


def fails(columns):
    raise ZeroDivisionError("a column strategy breaks")
'''


def write_lanes(folder, kinds, bars=60, mark="always", more=""):
    """The config of a run with a lane of each of `kinds`, in this order; returns its path."""
    names = [f"{kind}_{number}" for number, kind in enumerate(kinds)]
    lanes = [
        f"  - {text.replace('NAME', name).replace('MARK', str(mark))}\n"
        for name, kind in zip(names, kinds, strict=True)
        for text in LANES[kind]
    ]
    head, tail = SHARED.format(bars=bars, lanes=", ".join(names)).split("root_settings", 1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lanes_of_a_user.py").write_text(CODE)
    return write_config(folder, f"{head}{''.join(lanes)}root_settings{tail}{more}", "lanes.yaml")
