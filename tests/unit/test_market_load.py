"""Loading the data of a run: one process reads all files, all problems come together, the columns are mapped."""

import mmap
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine.market import reader_call
from engine.market.load import DataRequest, load_bars
from engine.market.problems import BadData
from engine.market.reader_call import ReaderFailed
from engine.market.source_checks import check_source
from engine.market.sources import FileSource, SyntheticSource

DATA = Path(__file__).parents[2] / "configs" / "data"
SP500 = "sp500_daily_1999_2018.csv.gz"
EURUSD = "eurusd_1h_2017.csv.gz"


def file(container_id, path, folder=DATA, **keys):
    source = FileSource(path=path, **{"symbol": "X"} | keys)
    return DataRequest(container_id, source, folder, f"run.yaml:{len(container_id)}:1")


def synthetic(container_id, **keys):
    return DataRequest(container_id, SyntheticSource(symbol="S", **keys), DATA, "run.yaml:9:1")


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def nothing_small(monkeypatch):
    """Every file is read by a process of its own."""
    monkeypatch.setattr("engine.market.file_kind.SMALL_BYTES", 0)


def test_small_and_large_files_give_the_same_bars(monkeypatch, scratch):
    requests = [file("a", SP500), file("b", EURUSD), file("c", SP500, timeframe="1w")]
    here = load_bars(requests, seed=1)
    monkeypatch.setattr("engine.market.file_kind.SMALL_BYTES", 105_000)  # between the two
    apart = load_bars(requests, seed=1)
    assert here.warnings == apart.warnings
    for id_, bars in here.bars.items():
        assert bars.fingerprint == apart.bars[id_].fingerprint
        for name in ("timestamps", "open", "high", "low", "close", "volume"):
            assert getattr(bars, name).tobytes() == getattr(apart.bars[id_], name).tobytes()
    assert not list(scratch.iterdir())


def test_files_and_synthetic_bars_of_a_run(scratch):
    loaded = load_bars([file("a", SP500), synthetic("s", bars=3), file("b", EURUSD), file("c", SP500)], seed=1)
    assert list(loaded.bars) == ["a", "s", "b", "c"]
    assert loaded.bars["a"] is loaded.bars["c"]
    assert len(loaded.bars["b"]) == 6225
    assert loaded.warnings == [f"{EURUSD}: times carry no zone and are read as UTC (say otherwise with timezone)"]
    a = loaded.bars["a"]
    assert (a.symbol, a.source_name, a.bar_length) == ("X", SP500, 86_400 * 10**9)
    assert a.fingerprint == "1e028cbb" + a.fingerprint[8:]
    assert len(a.fingerprint) == 64
    assert a.close[-1] == 2506.850098
    assert not list(scratch.iterdir())


MANY = """
containers:
{files}
{made}
  - {{id: portfolio_1, type: portfolio, inputs: [{ids}], strategy: {{name: buy_and_hold}}}}
"""


def few_descriptors():
    """For a child process: no more files open at once than a run of two symbols needs."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))


@pytest.mark.parametrize("command", [("run", "--output", "out", "--quiet"), ("check", "--data")])
def test_hundreds_of_symbols_need_no_more_open_files_than_one(tmp_path, command):
    """Otherwise `ulimit -n`, 1024 on most machines, would bound the symbols of a portfolio."""
    rows = "".join(f"2020-01-0{day},1,1,1,1,1\n" for day in (1, 2, 3))
    for k in range(300):
        (tmp_path / f"{k}.csv").write_text(f"date,open,high,low,close,volume\n{rows}")
    files = [f"  - {{id: file_{k}, type: data, source: {{path: {k}.csv, symbol: F{k}}}}}" for k in range(300)]
    made = [
        f"  - {{id: made_{k}, type: data, source: {{name: synthetic, symbol: M{k}, bars: 3, start: 2020-01-01, bar_length: 1d}}}}"
        for k in range(100)
    ]
    ids = ", ".join([f"file_{k}" for k in range(300)] + [f"made_{k}" for k in range(100)])
    (tmp_path / "c.yaml").write_text(MANY.format(files="\n".join(files), made="\n".join(made), ids=ids))
    ran = subprocess.run(
        [sys.executable, "-m", "cli", command[0], "c.yaml", *command[1:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(DATA.parents[1])},
        preexec_fn=few_descriptors,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_columns_are_read_only_maps_of_files():
    bars = load_bars([file("a", SP500)], seed=1).bars["a"]
    for column in (bars.timestamps, bars.open, bars.high, bars.low, bars.close, bars.volume):
        assert type(column) is np.ndarray
        assert column.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1
        base = column
        while isinstance(base, np.ndarray):
            base = base.base
        assert isinstance(getattr(base, "obj", base), mmap.mmap)


def test_m3_the_problems_of_all_files_come_together(tmp_path, scratch):
    (tmp_path / "bad.csv").write_text(
        "date,o,h,l,c,v\n" + "".join(f"2020-01-{d:02d},0,1,1,1,1\n" for d in range(1, 26))
    )
    (tmp_path / "folder").mkdir()
    wishes = [file(f"d{name}", name, tmp_path) for name in ("bad.csv", "none.csv", "folder")]
    with pytest.raises(BadData) as refusal:
        load_bars(wishes, seed=0)
    lines = str(refusal.value).splitlines()
    assert lines[0] == "bad.csv:2: open is 0.0; prices must be above zero"
    assert lines[19] == "bad.csv:21: open is 0.0; prices must be above zero"
    assert lines[20:] == [
        "bad.csv: ... and 5 more bad rows",
        "run.yaml:9:1: none.csv: there is no such file",
        "run.yaml:7:1: folder: this is not a file",
    ]
    assert refusal.value.problems[0].column == "o"
    assert not list(scratch.iterdir())


def test_dropped_rows_are_counted_in_the_bars(tmp_path):
    (tmp_path / "bad.csv").write_text("date,o,h,l,c,v\n2020-01-01,0,1,1,1,1\n2020-01-02,1,1,1,1,1\n")
    bars = load_bars([file("a", "bad.csv", tmp_path, on_bad_row="drop")], seed=0).bars["a"]
    assert bars.dropped == {"non_positive_price": 1}
    assert len(bars) == 1
    assert bars.bar_length == 0


def test_a_source_s_faults_are_found_before_anything_is_read(monkeypatch):
    monkeypatch.setattr("engine.market.load.read_jobs", None)
    with pytest.raises(BadData) as refusal:
        load_bars([file("a", SP500, timeframe="5x"), synthetic("s", bars=3, start="soon")], seed=0)
    assert str(refusal.value).splitlines() == [
        (
            f"run.yaml:1:1: {SP500}: timeframe: '5x' is not a length of time "
            "(expected a number and m, h, d or w, such as 5m or 1h)"
        ),
        "run.yaml:9:1: synthetic: start: 'soon' is not a date or a time (write it as 2020-01-31 or 2020-01-31T09:30)",
    ]


def test_prices_that_outgrow_numbers_are_a_problem_with_its_place():
    with pytest.raises(BadData, match=r"run\.yaml:9:1: synthetic: the prices grow beyond"):
        load_bars([synthetic("s", bars=3, drift=1e9)], seed=0)


@pytest.mark.parametrize(
    ("keys", "faults"),
    [
        ({}, []),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"timestamp_format": "%Q"}, ["timestamp_format"]),
        ({"start": "1/2/2020", "end": "never"}, ["start", "end"]),
        ({"start": "2020-01-02", "end": "2020-01-01"}, ["end"]),
        ({"start": "2020-01-02", "end": "2020-01-02"}, []),
        ({"start": "2020-03-08T02:30", "timezone": "America/New_York"}, ["start"]),
        ({"timeframe": "1y", "timezone": "UTC+2"}, ["timezone", "timeframe"]),
    ],
)
def test_faults_of_a_file_source_by_key(keys, faults):
    assert [key for key, _ in check_source(FileSource(path="x", symbol="X", **keys))] == faults


def test_faults_of_a_synthetic_source_by_key():
    assert [key for key, _ in check_source(SyntheticSource(symbol="X", bars=10**8, bar_length="1d"))] == ["bars"]
    assert [key for key, _ in check_source(SyntheticSource(symbol="X", bars=1, bar_length="x", start="y"))] == [
        "start",
        "bar_length",
    ]


def test_a_folder_named_like_our_package_is_not_taken_for_it(tmp_path, monkeypatch, nothing_small):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").write_text("raise SystemExit('the wrong engine')")
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    monkeypatch.chdir(tmp_path)
    assert len(load_bars([file("a", SP500)], seed=0).bars["a"]) == 5031


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", r"ended by SIGKILL \(is there enough memory\?\)"),
        ("raise OSError(28, 'No space left on device')", "No space left on device"),
    ],
)
def test_a_reading_process_that_dies_says_how(monkeypatch, scratch, nothing_small, program, message):
    monkeypatch.setattr(reader_call, "_PROGRAM", program)
    with pytest.raises(ReaderFailed, match=message):
        load_bars([file("a", SP500)], seed=0)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("small", ["file_kind.SMALL_BYTES", "0"])
def test_duckdb_never_enters_the_run_s_process(small):
    program = (
        f"from engine.market import file_kind; file_kind.SMALL_BYTES = {small}; "
        "import sys; from pathlib import Path; from engine.market.load import DataRequest, load_bars; "
        "from engine.market.sources import FileSource; "
        f"load_bars([DataRequest('a', FileSource(path={SP500!r}, symbol='X'), Path({str(DATA)!r}), '')], seed=0); "
        "sys.exit('duckdb' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_reading_process_may_be_started_before_its_jobs_are_known(scratch, nothing_small):
    with reader_call.Reader() as reader:
        process = reader.start()
        bars = load_bars([file("a", SP500)], seed=0, reader=reader).bars["a"]
    assert process.returncode == 0
    assert bars.fingerprint == load_bars([file("a", SP500)], seed=0).bars["a"].fingerprint


def test_a_reading_process_that_is_asked_nothing_is_ended():
    with reader_call.Reader() as reader:
        process = reader.start()
    assert process.returncode == -signal.SIGKILL


def test_a_reading_process_ends_by_itself_once_nobody_can_ask_it():
    process = reader_call.Reader().start()
    assert process.communicate() == (b"", b"")
    assert process.returncode == 0


def test_an_interrupted_run_leaves_no_reading_process_behind(monkeypatch, scratch, nothing_small):
    started = []

    def interrupted(process):
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(reader_call, "_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_bars([file("a", SP500)], seed=0)
    assert started[0].returncode is not None
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_the_start_of_the_reading_process_waits_until_it_can_be_ended(
    monkeypatch, scratch, nothing_small, number
):  # the process is there before anybody holds it
    started = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *args, **keys):
            super().__init__(*args, **keys)
            started.append(self)
            signal.raise_signal(number)

    def handler(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(reader_call, "_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    before = signal.signal(number, handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            load_bars([file("a", SP500)], seed=0)
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)
    assert started[0].returncode == -signal.SIGKILL
    assert not list(scratch.iterdir())


def test_signals_are_not_held_in_other_threads(nothing_small):
    with ThreadPoolExecutor(1) as threads:
        assert len(threads.submit(load_bars, [file("a", SP500)], seed=0).result().bars["a"]) == 5031
