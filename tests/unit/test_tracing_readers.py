"""What is written is read by tools that know nothing of us: zcat, Python, DuckDB, pandas (S1)."""

import gzip
import json
import shutil
import subprocess

import duckdb
import pandas as pd
import pytest
import zstandard

from engine.events import Bar
from tracing.storage.disk import DiskStorage
from tracing.tracer import EventTracer

EVENTS = 300


@pytest.fixture
def trace(tmp_path):
    def write(compression):
        storage = DiskStorage(tmp_path, compression=compression, member_bytes=2000)
        tracer = EventTracer("t", storage, retention_policy="none")
        for n in range(EVENTS):
            tracer.observe(Bar(n * 10**9, "d", f"d:BAR:{n}", None, None, "X", 1.0, 2.0, 0.5, 1.5, 10.0 + n))
        tracer.close()
        (path,) = tmp_path.iterdir()
        return path

    return write


def check(lines):
    events = [json.loads(line) for line in lines]
    assert [event["seq"] for event in events] == list(range(EVENTS))
    assert [event["volume"] for event in events] == [10.0 + n for n in range(EVENTS)]


@pytest.mark.skipif(shutil.which("zcat") is None, reason="zcat is not installed")
def test_zcat(trace):
    path = trace(True)
    assert path.read_bytes().count(b"\x1f\x8b\x08") > 10
    check(subprocess.run(["zcat", path], capture_output=True, text=True, check=True).stdout.splitlines())


def test_python(trace):
    with gzip.open(trace(True), "rt") as lines:
        check(lines)


@pytest.mark.parametrize("compression", [True, "zstd", False])
def test_duckdb(trace, compression):
    query = "SELECT count(*), min(seq), max(seq), sum(volume) FROM read_json(?, format = 'newline_delimited')"
    with duckdb.connect() as connection:
        found = connection.execute(query, [str(trace(compression))]).fetchone()
    assert found == (EVENTS, 0, EVENTS - 1, sum(10.0 + n for n in range(EVENTS)))


@pytest.mark.parametrize("compression", [True, False])
def test_pandas(trace, compression):
    frame = pd.read_json(trace(compression), lines=True)
    assert frame["seq"].tolist() == list(range(EVENTS))
    assert frame["event_id"].iloc[-1] == f"d:BAR:{EVENTS - 1}"


def test_zstd_frames(trace):
    with zstandard.open(trace("zstd"), "rt", dctx=zstandard.ZstdDecompressor()) as lines:
        text = lines.read()
    assert text.startswith('{"seq":0,')
