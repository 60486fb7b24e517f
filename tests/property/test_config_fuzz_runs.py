"""Any YAML either runs, or is refused with located lines, exit 2, no traceback, and nothing written (rule C5)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_config_fuzz import KEYS, PIECES, TREES, flow
from tests.run_command import run

WHOLE = """\
name: fuzzed
seed: 3
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 30, bar_length: 1d}}
  - {id: execution_1, type: execution, commission: {name: percent, percent: 0.1}, slippage: {name: ticks, ticks: 1, tick_size: 0.01}}
  - id: "portfolio_{fast}"
    type: portfolio
    inputs: [data_x]
    cash: 10000
    sweep: {fast: [2, 3]}
    features:
      fast: {indicator: SMA, timeperiod: "{fast}"}
      slow: {indicator: SMA, timeperiod: 7}
    strategy: {name: crossover, fast: fast, slow: slow, direction: both}
    sizing: {name: volatility_target, percent: 20, bars: 5}
    exit: {stop_loss: {percent: 2}}
    event_tracing: {mode: full, max_events: 5, dynamic_rules: [{condition: "metrics.total_trades > 1", action: {enabled: false}}]}
  - {id: ears, type: analysis, inputs: [data_x, "portfolio_*"]}
results: {trades: true, equity: true, snapshot_every: 2}
trace_settings:
  container_settings:
    "data_*": {enabled: true, storage_path: elsewhere}
"""
FINISHED, PARTLY_FAILED, REFUSED = 0, 1, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz_runs")


def check(folder, text):
    """Runs the text as a config."""
    config = folder / "c.yaml"
    config.write_text(text, encoding="utf-8", errors="surrogatepass")
    out = folder / "out"
    outcome = run(config, "--output", out, "--overwrite", "--progress", "none")
    assert outcome.exit_code in (FINISHED, PARTLY_FAILED, REFUSED)
    assert "Traceback" not in outcome.stderr
    if outcome.exit_code == REFUSED:
        assert outcome.stdout == ""
        assert not out.exists()
        for line in outcome.stderr.splitlines():
            assert re.match(rf"(warning: )?{re.escape(str(config))}:\d+:\d+: \S|\.\.\. and \d+ more$", line), line
    else:
        assert (out / "run.json").exists()
        _remove(out)
    assert sorted(path.name for path in folder.iterdir()) == ["c.yaml"]


def _remove(tree):
    for path in sorted(tree.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    tree.rmdir()


@given(edits=st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 8), PIECES), min_size=1, max_size=2))
@pytest.mark.examples(25, 80)
def test_c5_a_config_with_anything_cut_out_and_put_in_runs_or_is_refused(folder, edits):
    text = WHOLE
    for at, length, piece in edits:
        text = text[:at] + piece + text[at + length :]
    check(folder, text)


VALUES = sorted(set(re.findall(r"(?<=: )[\w.]+(?=[,}\n])", WHOLE)))


@given(
    value=st.sampled_from(VALUES),
    instead=st.sampled_from(
        ["0", "-1", "1", "1e-9", "1e300", ".inf", ".nan", "~", "''", "true", "[]", "{}", "x", "BAR", "7d"]
    ),
)
@pytest.mark.examples(20, 60)
def test_c5_a_config_with_one_value_that_is_extreme_runs_or_is_refused(folder, value, instead):
    check(folder, re.sub(rf"(?<=: ){re.escape(value)}(?=[,}}\n])", instead, WHOLE, count=1))


@given(tree=st.dictionaries(KEYS, TREES, max_size=6) | TREES)
@pytest.mark.examples(12, 30)
def test_c5_a_tree_of_anything_runs_or_is_refused(folder, tree):
    check(folder, flow(tree))
