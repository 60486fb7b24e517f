"""A mistake in a config gives one line: where, which value, what was expected, the nearest known name."""

import pytest

from cli.config_file import read_config
from engine.config.errors import ConfigErrors

GOOD = """\
name: good
seed: 7
environment: development
containers:
  - id: data_x
    type: data
    source: {path: bars.csv, symbol: X, start: 2020-01-01, end: 2021-01-01, timeframe: 1h}
  - id: features_core
    type: feature
    inputs: [data_x]
    features:
      fast: {indicator: SMA, timeperiod: 10}
      slow: {indicator: SMA, timeperiod: 50, input: close}
      bands: {indicator: BBANDS, nbdevup: 1.5}
  - id: strategy_1
    type: strategy
    inputs: [features_core]
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
  - id: execution_1
    type: execution
    fill_at: next_open
    commission: {name: per_share, amount: 0.005, minimum: 1.0}
    slippage: {name: basis_points, bps: 1}
  - id: portfolio_1
    type: portfolio
    inputs: [strategy_1]
    execution: execution_1
    cash: 100000
    sizing: {name: percent_of_equity, percent: 50}
    day_zone: Europe/Paris
    event_tracing: {mode: minimal, events_to_trace: [POSITION_OPEN, FILL]}
  - id: portfolio_{n}
    type: portfolio
    inputs: [features_core]
    sweep:
      n: {range: {from: 5, to: 10, step: 5}}
      where: "n > 0"
    features:
      quick: {indicator: SMA, timeperiod: "{n}"}
    strategy: {name: crossover, fast: quick, slow: bands.upper}
  - id: analysis_1
    type: analysis
    inputs: [data_x, "portfolio_*"]
    event_tracing: {storage_config: {compression: true, max_file_size_mb: 10}, storage_path: ./results/a}
trace_settings:
  container_settings:
    "portfolio_*": {max_events: 10}
portfolio_settings: {event_tracing: [FILL], sliding_window_size: 0}
results: {trades: true, equity: false}
development:
  trace_settings:
    overrides:
      - {pattern: "strategy_*", enabled: true}
production:
  seed: 9
"""


def problems(tmp_path, text):
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        read_config(file, "some/c.yaml")
    return str(caught.value).split("\n")


def place(text, at):
    """Line and column of a character of a text."""
    return f"{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


def test_the_file_that_the_mistakes_are_put_into_is_good(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(GOOD)
    loaded = read_config(file, "c.yaml")
    assert loaded.warnings == ()
    assert [c.id for c in loaded.config.containers][-3:] == ["portfolio_5", "portfolio_10", "analysis_1"]


# What stands in the good file, what replaces it, where the error points (from where this begins), what the line says.
MISTAKES = [
    ("name: good", "name: [a]", "[a]", "name: a list: expected text"),
    ("name: good", "nam: good", "nam:", "nam: unknown key; did you mean 'name'?"),
    ("seed: 7", "seed: -1", "-1", "seed: -1: expected a whole number of at least 0"),
    ("seed: 7", "seed: 1.5", "1.5", "seed: 1.5: expected a whole number"),
    ("seed: 7", "seed: 7\nblock_size: 0", "0\nenv", "block_size: 0: expected a whole number of at least 1"),
    ("seed: 7", "seed: 7\nextends: base.yaml", "base.yaml", "extends: base.yaml: there is no such file"),
    ("seed: 7", "seed: 7\nextend: base.yaml", "extend:", "extend: unknown key; did you mean 'extends'?"),
    ("  seed: 9", "  extends: base.yaml", "extends", "production.extends: unknown key"),
    ("cash: 100000", "cash: ${CASH:-12:30}", "${", "cash: 12:30: expected a number greater than 0: YAML reads a text like 12:30"),
    ("{range: {from: 5, to: 10, step: 5}}", "{unifrom: {from: 5, to: 10}}", "unifrom", "sweep.n.unifrom: unknown key; did you mean 'uniform'?"),
    ("n: {range: {from: 5, to: 10, step: 5}}", "n: [5, 10]\n      randm: {samples: 5}", "randm", "sweep.randm: unknown key; did you mean 'random'?"),
    ("n: {range: {from: 5, to: 10, step: 5}}", "random: {sampels: 5}\n      n: {integers: {from: 5, to: 10}}", "sampels", "sweep.random.sampels: unknown key; did you mean 'samples'?"),
    ("n: {range: {from: 5, to: 10, step: 5}}", "random: {samples: 2}\n      n: {integers: {frm: 5, to: 10}}", "frm", "sweep.n.integers.frm: unknown key; did you mean 'from'?"),
    ("environment: development", "environment: develop", "develop\n", "no such environment; did you mean 'development'?"),
    ("environment: development", "environment: qa\nenvironments: [qa]", "qa\n", "environment: qa: this environment has no block"),
    ("environment: development", "environments: [seed]", "seed]", "environments.0: seed: this is a key of its own"),
    ("id: data_x", "id: data x", "data x", "containers.0.id: data x: an id is made of letters"),
    ("id: portfolio_1", "id:", "\n    type: portf", "containers.4.id: nothing: expected a name for the container"),
    ("id: portfolio_1", "id: strategy_1", "strategy_1\n    type: portf", "containers.4.id: strategy_1: this id is taken by the container of line 15"),
    ("id: portfolio_1", "id: Strategy_1", "Strategy_1", "would share a folder"),
    ("id: portfolio_{n}", "id: portfolio_x", "portfolio_x", "containers.5.id: portfolio_x: the sweep gives this id more than once"),
    ("id: portfolio_{n}", "id: portfolio_{m}", "portfolio_{m}", "no parameter 'm' in the sweep"),
    ("type: analysis", "type: analysys", "analysys", "containers.6.type: analysys: no such container type; did you mean 'analysis'?"),
    ("type: analysis", "tpe: analysis", "tpe", "containers.6.tpe: unknown key; did you mean 'type'?"),
    ("    type: analysis\n", "", "id: analysis_1", "containers.6.type: missing: expected one of data, feature"),
    ("source: {path: bars.csv, ", "source: {", "{symbol", "containers.0.source.path: missing: expected text"),
    ("path: bars.csv", "pth: bars.csv", "pth", "containers.0.source.pth: unknown key; did you mean 'path'?"),
    ("path: bars.csv", "path: ~", "~", "containers.0.source.path: ~: expected text: quote it"),
    ("start: 2020-01-01", "start: 2020-02-30", "2020-02-30", "containers.0.source.start: 2020-02-30: expected a date"),
    ("end: 2021-01-01", "end: 2019-01-01", "2019-01-01", "source.end: 2019-01-01: this is before start (2020-01-01)"),
    ("timeframe: 1h", "timeframe: 1hour", "1hour", "source.timeframe: 1hour: expected a length of time such as 5m"),
    ("timeframe: 1h", "timezone: Europe/Pris", "Europe/Pris", "did you mean 'Europe/Paris'?"),
    ("timeframe: 1h", "timestamp_format: '%Y'", "'%Y'", "source.timestamp_format: %Y: expected a format"),
    ("timeframe: 1h", "on_bad_row: dorp", "dorp", "expected refuse or drop; did you mean 'drop'?"),
    ("timeframe: 1h", "columns: {Close: x}", "Close", "columns.Close: did you mean 'close'?"),
    ("timeframe: 1h", "columns: [x]", "[x]", "source.columns: a list: expected a mapping"),
    ("path: bars.csv", "name: synthetc", "synthetc", "source.name: synthetc: no such source; did you mean 'synthetic'?"),
    ("path: bars.csv, symbol: X, start: 2020-01-01, end: 2021-01-01, timeframe: 1h", "name: synthetic, symbol: X, bars: 0", "0}\n  - id: f", "source.bars: 0: expected a whole number of at least 1"),
    ("indicator: BBANDS", "indicator: BBAND", "BBAND", "features.bands.indicator: BBAND: no such indicator; did you mean 'BBANDS'?"),
    ("nbdevup: 1.5", "nbdvup: 1.5", "nbdvup", "features.bands.nbdvup: unknown key; did you mean 'nbdevup'?"),
    ("nbdevup: 1.5", "nbdevup: much", "much", "features.bands.nbdevup: much: expected a number"),
    ("timeperiod: 50", "timeperiod: 0", "0, input", "features.slow.timeperiod: 0: out of the range that SMA takes: at least 1"),
    ("input: close", "input: clos", "clos}", "features.slow.input: clos: no feature or column of this name arrives here; did you mean 'close'?"),
    ("indicator: BBANDS, nbdevup: 1.5", "indicator: ATR, input: [close]", "[close", "features.bands.input: a list: expected no input: ATR always reads high, low, close"),
    ("input: close", "input: [high, low]", "[high", "features.slow.input: a list: expected one column for SMA"),
    ("{indicator: SMA, timeperiod: 10}", "SMA", "SMA\n", "features.fast: SMA: expected a mapping: {indicator: SMA, timeperiod: 10}"),
    ("bands: {", "close: {indicator: SMA}\n      bands: {", "close: {", "features.close: this is the name of a column of the data"),
    ("inputs: [features_core]\n    strategy: {name: crossover, fast: fast", "inputs: [features_cor]\n    strategy: {name: crossover, fast: fast", "features_cor]", "containers.2.inputs.0: features_cor: no container has this id; did you mean 'features_core'?"),
    ("inputs: [strategy_1]", "inputs: strategy_1", "strategy_1\n    exec", "containers.4.inputs: strategy_1: expected a list: [strategy_1]"),
    ("inputs: [strategy_1]", "inputs: []", "[]", "containers.4.inputs: a list: expected at least 1"),
    ("inputs: [strategy_1]", "inputs: [strategy_1, execution_1]", "execution_1]", "a container of type portfolio listens to data or feature or strategy, not to execution"),
    ("inputs: [strategy_1]", "inputs: [strategy_1, strategy_1]", "strategy_1]", "containers.4.inputs.1: strategy_1: this container is among the inputs already"),
    ("inputs: [strategy_1]", "inputs: ['strat_*']", "'strat_*'", "containers.4.inputs.0: strat_*: this pattern matches no container"),
    ("    inputs: [strategy_1]\n", "", "id: portfolio_1", "containers.4.inputs: missing: expected a list"),
    ("execution: execution_1", "execution: execution_2", "execution_2", "containers.4.execution: execution_2: expected the id of an execution container; did you mean 'execution_1'?"),
    ("execution: execution_1", "execution: data_x", "data_x\n    cash", "this one is of type data"),
    ("name: crossover, fast: fast", "name: crosover, fast: fast", "crosover", "strategy.name: crosover: no such strategy; did you mean 'crossover'?"),
    ("fast: fast, slow: slow", "fast: fst, slow: slow", "fst", "strategy.fast: fst: no feature or column of this name arrives here; did you mean 'fast'?"),
    ("slow: bands.upper", "slow: bands", "bands}", "strategy.slow: bands: no feature or column of this name arrives here"),
    ("direction: both", "direction: bothe", "bothe", "expected long, short or both; did you mean 'both'?"),
    ("direction: both", "speed: 1", "speed", "containers.2.strategy.speed: unknown key"),
    ("{name: crossover, fast: fast, slow: slow, direction: both}", "crossover", "crossover\n", "expected a mapping: {name: crossover, ...}"),
    ("{name: crossover, fast: fast, slow: slow, direction: both}", "{name: my.Own, limit: 12:30}", "12:30", "strategy.limit: 12:30: expected text, a number or true/false"),
    ("{name: crossover, fast: fast, slow: slow, direction: both}", "{name: my.1wn}", "my.1wn", "expected a dotted path"),
    ("fill_at: next_open", "fill_at: next_opn", "next_opn", "expected next_open or next_close; did you mean 'next_open'?"),
    ("amount: 0.005", "amount: -1", "-1", "commission.amount: -1: expected a number of at least 0"),
    ("minimum: 1.0", "minimum: 1.0, maximum: 0.5", "0.5", "commission.maximum: 0.5: this is below minimum (1)"),
    ("name: basis_points", "name: basis_point", "basis_point,", "slippage.name: basis_point: no such cost model; did you mean 'basis_points'?"),
    ("{name: basis_points, bps: 1}", "[{name: basis_points, bps: x}]", "x}]", "slippage.0.bps: x: expected a number"),
    ("cash: 100000", "cash: 0", "0\n    sizing", "cash: 0: expected a number greater than 0"),
    ("cash: 100000", "cash: 12:30", "12:30", "YAML reads a text like 12:30 as a number to the base 60"),
    ("cash: 100000", "cash:", "\n    sizing", "cash: nothing: expected a number"),
    ("cash: 100000", "csh: 100000", "csh", "csh: unknown key; did you mean 'cash'?"),
    ("cash: 100000", "close_at_end: 1", "1\n    sizing", "close_at_end: 1: expected true or false"),
    ("cash: 100000", "days_per_year: 367", "367", "expected a whole number greater than 0 and of at most 366"),
    ("percent: 50", "prcent: 50", "prcent", "sizing.prcent: unknown key; did you mean 'percent'?"),
    ("day_zone: Europe/Paris", "day_zone: Mars/Base", "Mars/Base", "day_zone: Mars/Base: expected an IANA time zone such as Europe/Paris, or a time of day and one: 17:00 America/New_York"),
    ("day_zone: Europe/Paris", "day_zone: 17:00 America/NewYork", "17:00 Am", "day_zone: 17:00 America/NewYork: expected an IANA time zone such as Europe/Paris, or a time of day and one: 17:00 America/New_York; did you mean '17:00 America/New_York'?"),
    ("day_zone: Europe/Paris", "day_zone: 24:00 Europe/Paris", "24:00 Eu", "or a time of day and one: 17:00 America/New_York; did you mean '00:00 Europe/Paris'?"),
    ("day_zone: Europe/Paris", "day_zone: 25:00 Europe/Paris", "25:00 Eu", "or a time of day and one: 17:00 America/New_York"),
    ("day_zone: Europe/Paris", "day_zone: 7:30 Europ/Paris", "7:30 Eu", "17:00 America/New_York; did you mean '07:30 Europe/Paris'?"),
    ("day_zone: Europe/Paris", "day_zone: 12am Europe/Paris", "12am Eu", "17:00 America/New_York; did you mean '00:00 Europe/Paris'?"),
    ("day_zone: Europe/Paris", "day_zone: 5pm Europe/Paris", "5pm Eu", "or a time of day and one: 17:00 America/New_York; did you mean '17:00 Europe/Paris'?"),
    ("day_zone: Europe/Paris", "day_zone: 17:00", "17:00", "or a time of day and one: 17:00 America/New_York"),
    ("mode: minimal", "mode: minimum", "minimum,", "mode: minimum: expected minimal, full or sliding_window; did you mean 'minimal'?"),
    ("[POSITION_OPEN, FILL]", "[POSITION_OPN, FILL]", "POSITION_OPN", "events_to_trace.0: POSITION_OPN: expected an event type; did you mean 'POSITION_OPEN'?"),
    ("[POSITION_OPEN, FILL]", "all", "all}", "events_to_trace: all: expected ALL, or a list: each item an event type; did you mean 'ALL'?"),
    ("[POSITION_OPEN, FILL]", "FILL", "FILL}", "expected ALL, or a list: each item an event type: [FILL]"),
    ("compression: true", "compression: zst", "zst,", "compression: zst: expected gzip or zstd, or true or false; did you mean 'zstd'?"),
    ("./results/a", "../a", "../a", "storage_path: ../a: expected a folder inside the output folder"),
    ("event_tracing: [FILL]", "event_tracing: [FIL]", "FIL]", "portfolio_settings.event_tracing.0: FIL: expected an event type; did you mean 'FILL'?"),
    ("sliding_window_size: 0", "max_events: 0", "max_events", "portfolio_settings.max_events: unknown key here: expected sliding_window_size"),
    ("{mode: minimal, events", "{mode: minimal, write_at_end: true, events", "write_at", "event_tracing.write_at_end: unknown key here: expected storage_config.write_at_end"),
    ("{mode: minimal, events", "{mode: minimal, sliding_window_size: 1, events", "sliding_window_size: 1", "event_tracing.sliding_window_size: unknown key here: expected max_events"),
    ("sliding_window_size: 0", "sliding_window: 0", "sliding_window", "portfolio_settings.sliding_window: unknown key; did you mean 'sliding_window_size'?"),
    ("portfolio_settings", "portfolo_settings", "portfolo", "portfolo_settings: unknown key; did you mean 'portfolio_settings'?"),
    ("{max_events: 10}", "{max_event: 10}", "max_event:", "trace_settings.container_settings.portfolio_*.max_event: unknown key; did you mean 'max_events'?"),
    ("trades: true", "trades: maybe", "maybe", "results.trades: maybe: expected true or false"),
    ("enabled: true", "enabled: 5", "5}\nprod", "development.trace_settings.overrides.0.enabled: 5: expected true or false"),
    ('pattern: "strategy_*", ', "", "{enabled", "development.trace_settings.overrides.0.pattern: missing"),
    ("  seed: 9", "  sed: 9", "sed: 9", "production.sed: unknown key; did you mean 'seed'?"),
    ("  seed: 9", "  seed: x", "x\n", "production.seed: x: expected a whole number"),
    ("  seed: 9", "  environment: test", "environment: test", "production.environment: unknown key"),
    ("step: 5}", "step: 0}", "0}}", "containers.5.sweep.n.range.step: 0: this step does not lead from 5 to 10"),
    ("step: 5}", "stp: 5}", "stp", "sweep.n.range.stp: unknown key; did you mean 'step'?"),
    ("to: 10", "too: 10", "too", "sweep.n.range.too: unknown key; did you mean 'to'?"),
    ("from: 5", "from: five", "five", "sweep.n.range.from: five: expected a number"),
    ("{range: {from: 5, to: 10, step: 5}}", "5..10", "5..10", "sweep.n: 5..10: expected a list of values, or {range:"),
    ("{range: {from: 5, to: 10, step: 5}}", "{random: 5}", "random", "sweep.n.random: unknown key"),
    ("{range: {from: 5, to: 10, step: 5}}", "[5, 5]", "5]", "sweep.n.1: 5: this value stands in the list twice"),
    ("{range: {from: 5, to: 10, step: 5}}", "['5', 6]", "'5'", "expected a number, since `where` compares it as one"),
    ("n > 0", "n > m", 'm"', "sweep.where: n > m: no such name: m"),
    ("n > 0", "n > 50", "n: {range", "containers.5.sweep: a mapping: no combination of the parameters meets `where`"),
    ('timeperiod: "{n}"', "timeperiod: {n}", "{n}}", 'expected a whole number: quote it if a sweep is to fill it in: "{n}"'),
    ('timeperiod: "{n}"', 'timeperiod: "0.{n}"', '"0.{n}"', "features.quick.timeperiod: 0.5: expected a whole number"),
    ("from: 5, to: 10", "from: 99995, to: 100010", '"{n}"', "features.quick.timeperiod: 100005: out of the range that SMA takes: at most 100000"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "instead", "mark", "said"), MISTAKES)
def test_c5_a_mistake_gives_one_located_line(tmp_path, written, instead, mark, said):
    assert GOOD.count(written) == 1 or written in {"fast: fast", "enabled: true"}
    text = GOOD.replace(written, instead, 1)
    rest = text[GOOD.index(written) :] if mark in text[GOOD.index(written) :] else text
    start = len(text) - len(rest)
    expected_place = place(text, start + rest.index(mark))
    lines = problems(tmp_path, text)
    assert len(lines) == 1, lines
    assert lines[0].startswith("some/c.yaml:")
    assert said in lines[0]
    if mark not in {"id: portfolio_1", "id: analysis_1", "\n    sizing"}:
        assert lines[0].startswith(f"some/c.yaml:{expected_place}: "), lines[0]


def test_every_mistake_of_a_file_is_reported_at_once(tmp_path):
    text = GOOD
    for written, instead in (
        ("seed: 7", "seed: x"),
        ("inputs: [data_x]\n    features", "inputs: [data_y]\n    features"),
        ("cash: 100000", "cash: 100000\n    cash: 5"),
        ("percent: 50", "percent: 50, percnt: 1"),
        ("{max_events: 10}", "{max_events: ten}"),
        ("  seed: 9", "  seed: nine"),
    ):
        text = text.replace(written, instead, 1)
    lines = problems(tmp_path, text)
    said = [line.split(": ", 1)[1] for line in lines]
    assert [line.split(":")[0] for line in said] == [
        "seed",
        "containers.1.inputs.0",
        "containers.4.cash",
        "containers.4.sizing.percnt",
        "trace_settings.container_settings.portfolio_*.max_events",
        "production.seed",
    ]


def test_an_execution_container_must_be_named_where_there_are_several(tmp_path):
    text = GOOD.replace("    execution: execution_1\n", "").replace(
        "  - id: portfolio_1\n", "  - {id: execution_2, type: execution}\n  - id: portfolio_1\n"
    )
    lines = problems(tmp_path, text)
    assert "containers.5.execution: missing: expected one of execution_1, execution_2: there are several" in lines[0]
    assert "containers.6.execution: missing" in lines[1]


def test_containers_that_listen_in_a_circle_are_refused(tmp_path):
    text = GOOD.replace('[data_x, "portfolio_*"]', "[data_x, analysis_2]").replace(
        "trace_settings:\n  container",
        "  - {id: analysis_2, type: analysis, inputs: [analysis_1]}\ntrace_settings:\n  container",
    )
    (line,) = problems(tmp_path, text)
    assert "containers listen in a circle: analysis_1 -> analysis_2 -> analysis_1" in line


def test_a_feature_that_two_containers_define_is_ambiguous(tmp_path):
    text = GOOD.replace("quick: {", "fast: {").replace("fast: quick", "fast: fast")
    (line,) = problems(tmp_path, text)
    assert "features_core and this container both define this feature" in line


def test_control_characters_in_values_are_shown_escaped(tmp_path):
    (line,) = problems(tmp_path, GOOD.replace("cash: 100000", 'cash: "a\\e[31m\\n\\u202e"'))
    assert line.isprintable()
    assert "\\x1b[31m\\n\\u202e" in line
