"""`admf check`: a first look at the data, and whether cutting it changes the past (rules L3, L4, M2, M3)."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT, run
from tests.run_configs import write_bars

STRATEGIES = """
import numpy as np


def tomorrow(columns):
    close = columns["close"]
    return (np.append(close[1:], close[-1]) > close).astype(int)


def rolled(columns):
    return (np.roll(columns["close"], -1) > columns["close"]).astype(int)


def whole_mean(columns):
    return (columns["close"] > columns["close"].mean()).astype(int)


def in_five_bars(columns):
    close, targets = columns["close"], np.zeros(len(columns["close"]), int)
    targets[:-5] = close[5:] > close[:-5]
    return targets


def honest(columns):
    close, targets = columns["close"], np.zeros(len(columns["close"]), int)
    targets[5:] = close[5:] > close[:-5]
    return targets


def never(columns):
    return np.zeros(len(columns["close"]))


def last_bars_only(columns):
    targets = np.zeros(len(columns["close"]))
    targets[-1] = 1
    return targets


def next_close_of_one_bar(columns):
    close, targets = columns["close"], honest(columns)
    targets[200:201] = not (close[201:202] < close[200:201][-1:]).any()
    return targets


DRAWN = np.random.default_rng(1)


def draws(columns):
    return DRAWN.integers(0, 2, len(columns["close"]))


def needs_many(columns):
    if len(columns["close"]) < 290:
        raise ValueError("too few bars")
    return np.ones(len(columns["close"]))


def peeking_pair(markets):
    close = markets["X"]["close"]
    return {"X": np.append(close[1:] > close[:-1], False)}


class Patient:
    def __init__(self):
        self.left = 20

    def on_bar(self, bar, features, position):
        self.left -= 1
        return "long" if self.left == 0 else None
"""

HEAD = """
containers:
  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}
"""


MADE_UP = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 300}}
"""


def portfolio(id_, strategy):
    return f"  - {{id: {id_}, type: portfolio, inputs: [data_x], strategy: {strategy}}}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write_bars(tmp_path / "bars.csv")
    (tmp_path / "looking.py").write_text(STRATEGIES)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(text, *options):
    """The outcome for a config of this text in the working directory."""
    Path("c.yaml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(app, ["check", "c.yaml", *options])


@pytest.mark.parametrize("name", ["tomorrow", "rolled", "whole_mean", "in_five_bars", "last_bars_only", "peeking_pair"])
def test_l4_a_planted_look_ahead_is_caught(folder, name):
    outcome = check(MADE_UP + portfolio("peeks", f"{{name: looking.{name}}}"), "--lookahead")
    assert outcome.exit_code == 1
    first, whole, part = outcome.stdout.splitlines()
    assert first.startswith("peeks  looks ahead: with no data after 20")
    assert first.endswith("is different")
    assert whole.startswith("    with all data: ")
    assert part.startswith("    with less: ")
    assert whole.partition(": ")[2] != part.partition(": ")[2]


def test_l4_a_look_ahead_inside_a_combinator_is_caught(folder):
    strategy = "{name: all_of, of: [{name: buy_and_hold}, {name: looking.tomorrow}]}"
    outcome = check(MADE_UP + portfolio("peeks", strategy), "--lookahead")
    assert (outcome.exit_code, outcome.stdout.startswith("peeks  looks ahead: ")) == (1, True)


def test_l4_honest_portfolios_beside_one_that_is_not(folder):
    text = MADE_UP
    for name in ("honest", "never", "tomorrow", "Patient"):
        text += portfolio(f"p_{name}", f"{{name: looking.{name}}}")
    outcome = check(text, "--lookahead", "--json", "--points", "6")
    found = {each["container_id"]: each for each in json.loads(outcome.stdout)["lookahead"]}
    assert outcome.exit_code == 1
    assert {id_: each["verdict"] for id_, each in found.items()} == {
        "p_honest": "ok",
        "p_never": "not_exercised",
        "p_tomorrow": "looks_ahead",
        "p_Patient": "ok",
    }
    assert (found["p_honest"]["cuts"], found["p_never"]["exercised"]) == (6, 0)
    assert found["p_honest"]["compared"] > 50
    assert found["p_tomorrow"]["timestamp"] <= found["p_tomorrow"]["cut"]
    assert found["p_tomorrow"]["whole"] != found["p_tomorrow"]["part"]
    only = check(text, "p_h*", "--lookahead")
    assert (only.exit_code, only.stdout.partition(":")[0]) == (0, "p_honest  ok")


def test_l4_noise_shows_what_absence_does_not_and_what_is_not_seen_is_said(folder):
    text = (
        MADE_UP
        + portfolio("peeks", "{name: looking.next_close_of_one_bar}")
        + portfolio("fine", "{name: looking.honest}")
    )
    outcome = check(text, "--lookahead", "--points", "1")
    peeks, _, noise, fine, not_seen = outcome.stdout.splitlines()
    assert outcome.exit_code == 1
    assert peeks == "peeks  looks ahead: with noise after 2020-07-19, what happens at 2020-07-19 is different"
    assert noise.startswith("    with noise: ")
    assert fine.startswith("fine  ok: 1 cuts, 1 with events before them, ")
    assert fine.endswith("; targets the same whatever comes after each of 299 bars")
    assert (
        not_seen == "not seen: code that reads files itself, and columns of a file that were made from its later rows"
    )
    found = json.loads(check(text, "--lookahead", "--points", "1", "--json").stdout)
    assert [each["after_cut"] for each in found["lookahead"]] == ["noise", None]
    assert [each["asked"] for each in found["lookahead"]] == [0, 299]
    assert found["not_seen"] == not_seen.removeprefix("not seen: ")


def test_l4_a_generator_that_is_not_made_anew_is_no_look_ahead(folder):
    outcome = check(MADE_UP + portfolio("draws", "{name: looking.draws}"), "--lookahead")
    assert outcome.exit_code == 0
    assert outcome.stdout.startswith("draws  not repeatable: the same data gave something else the second time")


@pytest.mark.parametrize("options", [["--data"], ["--lookahead"]])
def test_l3_stamps_that_are_shifted_are_refused_or_warned_of(folder, options):
    head, *rows = (folder / "bars.csv").read_text().splitlines()
    for name, late in (("shifted", range(300)), ("once", [39])):
        stamped = [f"{row[:10]}T0{5 if k in late else 0}:00:00Z{row[10:]}" for k, row in enumerate(rows)]
        (folder / f"{name}.csv").write_text("\n".join([head, *stamped]) + "\n")
    both = HEAD + HEAD.splitlines()[2].replace("_x", "_y").replace("X", "Y").replace("bars.csv", "shifted.csv")
    both += "\n" + portfolio("holds", "{name: buy_and_hold}").replace("[data_x]", "[data_x, data_y]")
    refused, warned = check(both, *options), check(both.replace("shifted", "once"), *options)
    assert (refused.exit_code, warned.exit_code) == (2, 0)
    assert "c.yaml:3:38: containers.0.source.stamped: missing: expected open or close, since holds" in refused.stderr
    assert (
        "warning: data_y: 1 of its 300 bars are stamped beside those of data_x, the first at 2020-02-09T"
        in warned.stderr
    )


def test_l4_where_nothing_happened_nothing_is_known(folder):
    outcome = check(MADE_UP + portfolio("quiet", "{name: looking.never}"), "--lookahead")
    assert outcome.exit_code == 0
    assert outcome.stdout == "quiet  not exercised: nothing happened before any of 10 cuts, so nothing is known\n"


def test_l4_a_quantity_that_is_no_number_is_no_look_ahead(folder):
    sized = "{name: buy_and_hold}, sizing: {name: volatility_target, percent: 10}"  # no volatility is known yet
    outcome = check(MADE_UP + portfolio("early", sized), "--lookahead")
    assert outcome.exit_code == 0, outcome.stdout
    assert "early  ok" in outcome.stdout


def test_code_that_raises_with_fewer_bars_is_named(folder):
    outcome = check(MADE_UP + portfolio("greedy", "{name: looking.needs_many}"), "--lookahead")
    assert outcome.exit_code == 1
    assert "greedy  failed: with no data after 20" in outcome.stdout
    assert outcome.stdout.rstrip().endswith("ValueError: too few bars, at looking.py:55")


def test_the_quick_start_does_not_look_ahead():
    outcome = CliRunner().invoke(app, ["check", str(ROOT / "configs" / "smoke.yaml"), "--lookahead", "--points", "4"])
    assert outcome.exit_code == 0
    assert outcome.stdout.count("  ok: 4 cuts, ") == 5


def test_a_first_look_at_a_file(folder):
    lines = (folder / "bars.csv").read_text().splitlines()
    (folder / "bars.csv").write_text("\n".join([*lines[:100], *lines[103:200], *lines[201:]]) + "\n")
    outcome = check(HEAD + portfolio("holds", "{name: buy_and_hold}"), "--data")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines() == [
        "data_x  bars.csv (X)",
        "    rows: 296",
        "    span: 2020-01-01 to 2020-10-26",
        "    bar length: 1d, inferred",
        "    stamped: not said whether at the open or the close",
        "    zone: dates, read as UTC",
        "    gaps: 2 times more than 1d to the next bar: 1 of 2d, 1 of 4d; the longest 4d, 2020-04-08 to 2020-04-12",
        "    refused: nothing",
    ]


def test_a_first_look_at_a_file_that_would_be_refused(folder):
    lines = (folder / "bars.csv").read_text().splitlines()
    lines[4] = lines[4].replace(lines[4].split(",")[2], "0.5", 1)
    lines[8:8] = [lines[7]]
    (folder / "bars.csv").write_text("\n".join(lines) + "\n")
    text = HEAD + portfolio("holds", "{name: buy_and_hold}")
    outcome = check(text, "--data", "--lookahead")
    assert outcome.exit_code == 2
    assert "    rows: 299\n" in outcome.stdout
    assert "    bad rows: " in outcome.stdout
    assert "      bars.csv:5: high 0.5 is below" in outcome.stdout
    assert "      bars.csv:9: timestamp 2020-01-07" in outcome.stdout
    assert "holds" not in outcome.stdout


def test_a_first_look_as_json(folder):
    printed = json.loads(check(MADE_UP + portfolio("holds", "{name: buy_and_hold}"), "--json").stdout)
    (found,) = printed["data"]
    assert set(printed) == {"data", "refused", "warnings"}
    assert (found["container_id"], found["rows"], found["bar_length"], found["stamped"]) == (
        "data_x",
        300,
        "1d",
        "open",
    )
    assert (found["first"], found["gaps"]["longest"], found["refused"]) == ("2020-01-01T00:00:00Z", None, [])


def test_a_file_that_cannot_be_read_at_all_is_said_beside_the_others(folder):
    text = HEAD + "  - {id: data_y, type: data, source: {path: none.csv, symbol: Y}}\n"
    outcome = check(text + portfolio("holds", "{name: buy_and_hold}"))
    assert outcome.exit_code == 2
    assert "data_x  bars.csv (X)\n    rows: 300\n" in outcome.stdout
    assert outcome.stdout.endswith(
        "data_y  none.csv (Y)\n    refused:\n      c.yaml:4:45: none.csv: there is no such file\n"
    )


def test_check_needs_neither_own_code_nor_a_good_strategy_to_look_at_data(folder):
    outcome = check(MADE_UP + portfolio("strange", "{name: not_there.at_all}"), "--data")
    assert outcome.exit_code == 0
    assert check(MADE_UP + portfolio("strange", "{name: not_there.at_all}"), "--lookahead").exit_code == 2


@pytest.mark.parametrize("options", [[], ["--lookahead"], ["--data", "--lookahead"]])
def test_what_a_run_would_warn_of_is_said_once_in_the_same_words(folder, options):
    """What the plan alone shows, what it shows with the data, and what the data shows."""
    head, *rows = (folder / "bars.csv").read_text().splitlines()
    (folder / "bars.csv").write_text("\n".join([head, *(f"{row[:10]}T10:00{row[10:]}" for row in rows)]) + "\n")
    trace = (
        "{events_to_trace: ALL, retention_policy: all, storage_backend: memory, storage_config: {write_at_end: false}}"
    )
    more = f"event_tracing: {trace}, features: {{long: {{indicator: SMA, timeperiod: 500}}}}"
    text = HEAD + portfolio("holds", f"{{name: buy_and_hold}}, {more}")
    said = check(text, *options)
    warnings = said.stderr.splitlines()
    ran = run("c.yaml", "--output", "out", "--progress", "none")
    assert warnings == ran.stderr.splitlines()
    assert [any(part in line for line in warnings) for part in ("can be read", "500 bars", "no zone")] == [True] * 3
    assert len(warnings) == 3
    assert check(text, *options, "--strict").exit_code == 2
    assert json.loads(check(text, *options, "--json").stdout)["warnings"] == [
        line.removeprefix("warning: ") for line in warnings
    ]


def test_warnings_are_refused_under_strict(folder):
    text = (folder / "bars.csv").read_text()
    (folder / "bars.csv").write_text(
        "\n".join(
            line if number == 0 else line[:10] + "T10:00" + line[10:] for number, line in enumerate(text.splitlines())
        )
        + "\n"
    )
    config = HEAD + portfolio("holds", "{name: buy_and_hold}")
    outcome = check(config)
    assert (outcome.exit_code, "    zone: no zone, read as UTC\n" in outcome.stdout) == (0, True)
    assert outcome.stderr.startswith("warning: bars.csv: times carry no zone")
    strict = check(config, "--strict")
    assert (strict.exit_code, "(refused by --strict)" in strict.stderr) == (2, True)


@pytest.mark.parametrize("width", [40, 80])
def test_lines_fit_the_width(folder, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    outcome = check(MADE_UP + portfolio("peeks", "{name: looking.tomorrow}"), "--data", "--lookahead")
    assert max(map(len, outcome.stdout.splitlines())) <= width


def test_a_config_with_a_mistake_is_refused(folder):
    outcome = check(MADE_UP + portfolio("holds", "{name: buy_and_hodl}"))
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "did you mean 'buy_and_hold'?" in outcome.stderr


def test_a_portfolio_that_hears_a_symbol_twice_is_refused(folder):
    text = MADE_UP + "  - {id: data_y, type: data, source: {name: synthetic, symbol: X, bars: 30}}\n"
    text += portfolio("holds", "{name: buy_and_hold}").replace("[data_x]", "[data_x, data_y]")
    outcome = check(text, "--data")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "both of symbol 'X'" in outcome.stderr


def test_a_mix_of_bar_lengths_that_a_run_would_refuse_is_said(folder):
    text = HEAD + "  - {id: data_y, type: data, source: {name: synthetic, symbol: Y, bars: 30, bar_length: 1h}}\n"
    text += portfolio("holds", "{name: buy_and_hold}").replace("[data_x]", "[data_x, data_y]")
    outcome = check(text, "--data")
    assert outcome.exit_code == 2
    assert outcome.stdout.count("    refused: nothing") == 2
    assert "containers.0.source.stamped: missing: expected open or close, since holds mixes" in outcome.stderr


def test_an_unknown_portfolio_is_refused(folder):
    outcome = check(MADE_UP + portfolio("holds", "{name: buy_and_hold}"), "hlods", "--lookahead")
    assert (outcome.exit_code, "did you mean" in outcome.stderr) == (2, True)
