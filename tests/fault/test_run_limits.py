"""Few file descriptors, bad market data, hostile configs: a run copes or refuses before it writes (promises 6, 14, 15)."""

import resource
import subprocess
import time

import pytest

from tests.run_command import COMMAND, changed, results_of, run
from tests.run_configs import FROM_FILE, write_bars, write_config
from tracing.reading.reader import TraceReader

DESCRIPTORS = 64
MANY = """
containers:
  - {id: data_x, type: data, source: {name: synthetic, symbol: X, bars: 150, bar_length: 1h}}
  - id: "portfolio_{n}"
    type: portfolio
    inputs: [data_x]
    sweep: {n: {range: {from: 1, to: 1000, step: 1}}}
    features: {slow: {indicator: SMA, timeperiod: 9}}
    strategy: {name: crossover, fast: close, slow: slow, direction: both}
    event_tracing: {mode: full}
results: {trades: true, equity: true}
"""
BAD_ROWS = {
    "out of order": (5, "2019-12-31,100,101,99,100,1000", "rows must run from the oldest"),
    "twice": (4, "2020-01-02,100,101,99,100,1000", "timestamp"),
    "no number": (6, "2020-01-05,100,abc,99,100,1000", "'abc'"),
    "not positive": (7, "2020-01-06,100,101,-1,100,1000", "-1"),
    "not finite": (8, "2020-01-07,100,inf,99,100,1000", "inf"),
    "high too low": (9, "2020-01-08,100,99,98,100,1000", "high"),
    "ragged": (10, "2020-01-09,100,101,99", "columns"),
}


@pytest.mark.parametrize("tracers", [50, pytest.param(1000, marks=pytest.mark.slow)])
def test_6_many_disk_tracers_need_few_descriptors(tmp_path, tracers):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))

    config = write_config(tmp_path, MANY.replace("to: 1000", f"to: {tracers}"))
    command = [*COMMAND, str(config), "--output", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run(command, env=changed({}), preexec_fn=limit, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    results = results_of(tmp_path / "out")
    portfolios = [id_ for id_, result in results.items() if result["type"] == "portfolio"]
    assert len(portfolios) == tracers
    for id_ in portfolios:
        reader = TraceReader(tmp_path / "out" / id_)
        assert [event["seq"] for event in reader] == list(range(results[id_]["tracing"]["written"]))
        assert reader.damage is None


@pytest.mark.parametrize(("line", "row", "reason"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_14_a_bad_row_is_refused_with_file_and_line(tmp_path, line, row, reason):
    config = write_config(tmp_path, FROM_FILE)
    rows = (tmp_path / "bars.csv").read_text().splitlines()
    rows[line - 1] = row
    (tmp_path / "bars.csv").write_text("\n".join(rows) + "\n")
    outcome = run(config, "--output", tmp_path / "out")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"bars.csv:{line}: ")
    assert reason in outcome.stderr
    assert not (tmp_path / "out").exists()


def test_14_the_faults_of_all_files_are_told_together(tmp_path):
    second = "  - {id: data_y, type: data, source: {path: more.csv, symbol: Y}}\n  - id: portfolio_1"
    config = write_config(
        tmp_path, FROM_FILE.replace("  - id: portfolio_1", second).replace("data_x]", "data_x, data_y]")
    )
    write_bars(tmp_path / "more.csv", n=40)
    for name in ("bars.csv", "more.csv"):
        rows = (tmp_path / name).read_text().splitlines()
        rows[10:35] = [row.replace(",100", ",-100", 1) if n else row for n, row in enumerate(rows[10:35])]
        rows[12] = "nonsense"
        rows[14] = rows[14].rpartition(",")[0] + ",-5"
        (tmp_path / name).write_text("\n".join(rows) + "\n")
    outcome = run(config, "--output", tmp_path / "out")
    assert outcome.exit_code == 2
    told = {line.partition(" ")[0] for line in outcome.stderr.splitlines()}
    assert told >= {"bars.csv:13:", "bars.csv:15:", "more.csv:13:", "more.csv:15:"}


def test_14_bad_rows_are_dropped_and_counted_where_that_is_asked(tmp_path):
    config = write_config(tmp_path, FROM_FILE.replace("symbol: X", "symbol: X, on_bad_row: drop"))
    rows = (tmp_path / "bars.csv").read_text().splitlines()
    rows[20] = "nonsense,1,2,3,4,5"
    rows[30] = rows[30].rpartition(",")[0] + ",-5"
    (tmp_path / "bars.csv").write_text("\n".join(rows) + "\n")
    outcome = run(config, "--output", tmp_path / "out", "--quiet")
    assert outcome.exit_code == 0
    metrics = results_of(tmp_path / "out")["data_x"]["metrics"]
    assert sum(count for name, count in metrics.items() if name.startswith("dropped_")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{k}: &{k} [{', '.join(['*' + p] * 9)}]\n" for p, k in zip("abcdefgh", "bcdefghi", strict=True)),
        "name: !!python/object/apply:os.system ['touch owned']\ncontainers: []\n",
        "a: " + "[" * 5000 + "]" * 5000 + "\n",
        "name: " + "x" * 11_000_000,
    ],
    ids=["alias bomb", "tag", "depth", "size"],
)
def test_15_a_hostile_config_is_refused_within_moments(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path, text)
    began = time.process_time()
    outcome = run(config, "--output", tmp_path / "out")
    assert time.process_time() - began < 1.0  # the promise is a time
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"{config}:")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "owned").exists()
