"""What a run says of data that could not come to anything: at once, at its end, and under --strict (rules M6, X7, P1)."""

import json
import re

import pytest

from tests.run_command import files_of, results_of, run
from tracing.reading.reader import TraceReader

HEAD = "containers:\n  - {id: data_x, type: data, source: {path: bars.csv, symbol: X}}\n"
SMA = """
  - id: p
    type: portfolio
    inputs: [data_x]
    features: {f: {indicator: SMA, timeperiod: 2}, s: {indicator: SMA, timeperiod: %s}}
    strategy: {name: crossover, fast: f, slow: s}
"""
NESTED = """
  - id: p
    type: portfolio
    inputs: [data_x]
    features: {f: {indicator: LAG, bars: 3}, s: {indicator: RANK, timeperiod: %s, input: f}}
    strategy: {name: crossover, fast: f, slow: s}
"""
PARTICIPATION = """
  - {id: broker, type: execution, participation: 0.1}
  - {id: p, type: portfolio, inputs: [data_x], strategy: {name: buy_and_hold}}
"""
VOLATILITY = """
  - id: p
    type: portfolio
    inputs: [data_x]
    strategy: {name: buy_and_hold}
    sizing: {name: volatility_target, percent: 10, bars: 20}
    event_tracing: {mode: full}
"""
BY_RANGE = """
  - id: p
    type: portfolio
    inputs: [data_x]
    strategy: {name: buy_and_hold}
    %s
    event_tracing: {mode: full}
"""


def write(folder, containers, volume=1000, bars=6):
    rows = [f"2020-01-{day:02},100,101,99,100,{volume}" for day in range(1, bars + 1)]
    (folder / "bars.csv").write_text("\n".join(["date,open,high,low,close,volume", *rows]) + "\n")
    (folder / "c.yaml").write_text(HEAD + containers)
    return folder / "c.yaml"


def rejections(tree):
    return [event["reason"] for event in TraceReader(tree / "p") if event.get("status") == "rejected"]


@pytest.mark.parametrize(("containers", "needed"), [(SMA, 0), (NESTED, 3)])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("path", ["auto", "event"])
def test_m6_a_feature_that_never_has_a_value_is_reported(tmp_path, containers, needed, workers, path):
    config = write(tmp_path, containers % (7 - needed))
    options = ("--output", tmp_path / "out", "--progress", "none", "--workers", workers, "--path", path)
    outcome = run(config, *options)
    assert outcome.exit_code == 0
    assert re.search(
        r"warning: .*c.yaml:\d+:\d+: .*features.s: \w+: never has a value: it needs 7 bars, data_x has 6",
        outcome.stderr,
    )
    assert "never had" not in outcome.stdout  # what was said before the run is not said again


def test_m6_a_feature_that_has_a_value_at_the_last_bar_is_not(tmp_path):
    for containers, needed in ((SMA, 0), (NESTED, 3)):
        outcome = run(write(tmp_path, containers % (6 - needed)), "--output", tmp_path / "out", "--overwrite")
        assert "never" not in outcome.stderr + outcome.stdout


@pytest.mark.parametrize(
    ("containers", "volume", "part"), [(SMA % 7, 5, "never has a value"), (PARTICIPATION, 0, "fills nothing")]
)
def test_what_cannot_come_to_anything_is_refused_under_strict_and_stands_in_the_json(
    tmp_path, containers, volume, part
):
    config = write(tmp_path, containers, volume)
    strict = run(config, "--output", tmp_path / "out", "--strict")
    assert (strict.exit_code, part in strict.stderr) == (2, True)
    said = json.loads(run(config, "--output", tmp_path / "out", "--json", "--progress", "none").stdout)["warnings"]
    assert any(part in line for line in said)
    assert any("trading was free" in line for line in said)


@pytest.mark.parametrize(("volume", "reported"), [(0, True), (1, False)])
def test_x7_a_participation_in_no_volume_is_reported(tmp_path, volume, reported):
    outcome = run(write(tmp_path, PARTICIPATION, volume), "--output", tmp_path / "out", "--progress", "none")
    words = "participation: fills nothing: the volume of data_x is 0 throughout"
    assert (words in outcome.stderr) is reported
    assert "fills nothing" not in outcome.stdout


@pytest.mark.parametrize("path", ["auto", "event"])
def test_p1_a_rejection_says_what_was_not_known(tmp_path, path):
    outcome = run(write(tmp_path, VOLATILITY), "--output", tmp_path / "out", "--path", path, "--progress", "none")
    why = "quantity nan is not a positive number of units: the volatility of 20 returns is not known yet, there are 0"
    assert rejections(tmp_path / "out") == [why]
    assert f"Notice: 1 of 1 orders were rejected, the first of p: {why}" in outcome.stdout


def test_p1_both_paths_say_the_same(tmp_path):
    config = write(tmp_path, VOLATILITY + VOLATILITY.replace("id: p", "id: q").replace("bars: 20", "bars: 2"))
    for path in ("auto", "event"):
        run(config, "--output", tmp_path / path, "--path", path, "--quiet")
    assert files_of(tmp_path / "auto", without=["run.json"]) == files_of(tmp_path / "event", without=["run.json"])
    assert results_of(tmp_path / "auto")["q"]["metrics"]["rejected_orders"] == 1


@pytest.mark.parametrize(
    ("asks", "fault"),
    [
        ("entry: {order: limit, limit: {atr: 2}}", "limit_price nan is not a price"),
        ("exit: {stop_loss: {atr: 2}}", "quantity nan is not a positive number of units"),
    ],
)
def test_x4_a_distance_that_is_not_known_yet_is_named(tmp_path, asks, fault):
    run(write(tmp_path, BY_RANGE % asks), "--output", tmp_path / "out", "--quiet")
    assert rejections(tmp_path / "out") == [f"{fault}: the average true range over 14 bars is not known yet"]


@pytest.mark.parametrize("workers", [1, 2])
def test_m6_of_a_sweep_the_first_is_named_and_the_others_are_counted(tmp_path, workers):
    swept = SMA.replace("id: p", 'id: "p_{n}"\n    sweep: {n: [3, 6, 7, 8, 9, 10, 11, 12, 13]}') % '"{n}"'
    outcome = run(write(tmp_path, swept), "--output", tmp_path / "out", "--progress", "none", "--workers", workers)
    words = "never has a value: it needs 7 bars, data_x has 6; the same of 6 more that this line makes"
    assert outcome.stderr.count(words) == outcome.stderr.count("never has") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_m6_features_that_gaps_leave_without_a_value_are_named_at_the_end(tmp_path, workers):
    swept = SMA.replace("id: p", 'id: "p_{n}"\n    sweep: {n: [2, 3, 4, 5, 6, 7, 8]}') % '"{n}", input: extra'
    config = write(tmp_path, swept, bars=20)
    rows = (tmp_path / "bars.csv").read_text().splitlines()
    config.write_text(config.read_text().replace("symbol: X}", "symbol: X, columns: {extra: extra}}"))
    ends = ["extra", *(["1", ""] * 10)]
    (tmp_path / "bars.csv").write_text("\n".join(f"{row},{end}" for row, end in zip(rows, ends, strict=True)) + "\n")
    outcome = run(config, "--output", tmp_path / "out", "--progress", "none", "--workers", workers)
    assert "never has" not in outcome.stderr
    assert "Notice: feature s of p_2 never had a value over data_x, which has 20 bars" in outcome.stdout
    assert outcome.stdout.count("never had a value over") == 5
    assert "Notice: 2 more features never had a value" in outcome.stdout
