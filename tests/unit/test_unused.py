"""What nobody uses is a warning with its place, under --strict an error; what somebody uses is none."""

import pytest

from cli.config_file import read_config
from cli.loading import refused_by_strict
from engine.orchestration.explanation import explain
from tests.run_command import run

CONFIG = """\
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 20}}
  - id: core
    type: feature
    inputs: [data_x]
    features:
      fast: {indicator: SMA, timeperiod: 2}
      slow: {indicator: SMA, timeperiod: 4}
      bands: {indicator: BBANDS}
  - id: signals
    type: strategy
    inputs: [core]
    strategy: {name: crossover, fast: fast, slow: slow}
  - {id: broker, type: execution}
  - {id: follows, type: portfolio, inputs: [signals], execution: broker}
"""
UNUSED = "c.yaml:9:14: containers.1.features.bands: BBANDS: no strategy reads this feature, and no trace shows it"
MORE = {
    "data": (
        "  - {id: more, type: data, source: {name: synthetic, symbol: Y, bars: 20}}\n",
        "c.yaml:16:10: containers.5.id: more: nobody listens to this container, and it is not traced",
    ),
    "feature": (
        "  - {id: more, type: feature, inputs: [data_x], features: {}}\n",
        "c.yaml:16:10: containers.5.id: more: nobody listens to this container, and it is not traced",
    ),
    "strategy": (
        "  - {id: more, type: strategy, inputs: [data_x], strategy: {name: buy_and_hold}}\n",
        "c.yaml:16:10: containers.5.id: more: nobody follows this strategy, and it is not traced",
    ),
    "execution": (
        "  - {id: more, type: execution}\n",
        "c.yaml:16:10: containers.5.id: more: no portfolio has its orders filled here",
    ),
    "portfolio without a strategy": (
        "  - {id: more, type: portfolio, inputs: [data_x], execution: broker}\n",
        (
            "c.yaml:16:5: containers.5.strategy: missing: this portfolio will only hold its cash: expected a strategy: "
            "{name: ...}, or a strategy container as an input"
        ),
    ),
    "feature that a sweep repeats": (
        (
            '  - {id: "p_{n}", type: portfolio, inputs: [data_x], execution: broker, sweep: {n: [1, 2]}, '
            "features: {a: {indicator: SMA}}, strategy: {name: buy_and_hold}}\n"
        ),
        "c.yaml:16:107: containers.5.features.a: SMA: no strategy reads this feature, and no trace shows it",
    ),
}


def warnings(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    loaded = read_config(tmp_path / "c.yaml", "c.yaml")
    return [str(each) for each in explain(loaded.config, loaded.locations, tmp_path).warnings]


@pytest.mark.parametrize(("more", "said"), MORE.values(), ids=MORE)
def test_what_nobody_uses_is_said_once_with_its_place(tmp_path, more, said):
    found = warnings(tmp_path, CONFIG + more)
    assert found == [UNUSED, said]


@pytest.mark.parametrize(
    "use",
    {
        "a trace of its container": "trace_settings: {container_settings: {core: {events_to_trace: [FEATURES]}}}\n",
        "a trace of a listener": "  - {id: ears, type: analysis, inputs: [core]}\n",
        "a trace from a rule on": "portfolio_settings: {dynamic_rules: [{condition: metrics.total_trades > 0, action: {mode: full}}]}\n",
        "a strategy": "  - {id: p, type: portfolio, inputs: [core], execution: broker, strategy: {name: bollinger_reversion, bands: bands}}\n",
        "a part of a strategy": "  - {id: p, type: portfolio, inputs: [core], execution: broker, strategy: {name: invert, of: {name: crossover, fast: bands.upper, slow: close}}}\n",
        "code of one's own": "  - {id: p, type: portfolio, inputs: [core], execution: broker, strategy: {name: mine.Own}}\n",
        "code of one's own in a combinator": "  - {id: p, type: portfolio, inputs: [core], execution: broker, strategy: {name: invert, of: {name: mine.Own}}}\n",
    }.values(),
)
def test_a_feature_that_somebody_reads_or_traces_is_no_warning(tmp_path, use):
    assert warnings(tmp_path, CONFIG + use) == []


@pytest.mark.parametrize(
    "use",
    [
        "data_settings: {mode: full}\n",
        "  - {id: ears, type: analysis, inputs: [more]}\n",
        "  - {id: p, type: portfolio, inputs: [data_x, more], execution: broker, benchmark: more, strategy: {name: buy_and_hold}}\n",
    ],
)
def test_data_that_somebody_hears_or_traces_is_no_warning(tmp_path, use):
    assert not any(" more: " in line for line in warnings(tmp_path, CONFIG + MORE["data"][0] + use))


def test_a_run_says_the_warnings_and_strict_refuses_with_all_of_them_at_once(tmp_path):
    text = CONFIG + MORE["execution"][0] + 'trace_settings: {container_settings: {"x*": {enabled: true}}}\n'
    (tmp_path / "c.yaml").write_text(text)
    outcome = run(tmp_path / "c.yaml", "--output", tmp_path / "out", "--progress", "none")
    assert outcome.exit_code == 0
    assert outcome.stderr.count("warning: ") == 3
    outcome = run(tmp_path / "c.yaml", "--output", tmp_path / "strict", "--strict")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.count("(refused by --strict)\n") == len(outcome.stderr.splitlines()) == 3
    assert not (tmp_path / "strict").exists()


def test_a_portfolio_without_a_strategy_holds_its_cash(tmp_path):
    (tmp_path / "c.yaml").write_text(CONFIG + MORE["portfolio without a strategy"][0])
    assert run(tmp_path / "c.yaml", "--output", tmp_path / "out", "--quiet").exit_code == 0
    assert '"final_equity": 100000.0' in (tmp_path / "out" / "more" / "metrics.json").read_text()


def test_a_warning_of_the_data_is_refused_in_words():
    assert refused_by_strict("bars.csv: odd") == "bars.csv: odd (refused by --strict)"
