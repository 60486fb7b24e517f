"""Runs compared byte for byte with what earlier versions wrote: a change of any figure must be meant.

`pytest tests/golden --record` writes the files anew. They are the metrics.json of every container, and of its events the
count of each type and a digest of their lines, uncompressed: the version of a compressor is not ours to promise.
"""

import gzip
import hashlib
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tests.run_command import ROOT, run
from tracing.reading.reader import TraceReader

HERE = Path(__file__).parent
DATA = "path: data/sp500_daily_1999_2018.csv.gz"


def smoke(folder):
    """The smoke run as it is shipped."""
    return ROOT / "configs" / "smoke.yaml"


def quickstart(folder):
    """The first six years of the quick start."""
    text = (ROOT / "configs" / "quickstart.yaml").read_text()
    data = ROOT / "configs" / "data" / "sp500_daily_1999_2018.csv.gz"
    assert DATA in text
    path = folder / "quickstart.yaml"
    path.write_text(text.replace(DATA, f"path: {data}\n      end: '2004-12-31'"))
    return path


def recorded(tree):
    """What is compared: file name -> bytes."""
    files = {f"{path.parent.name}.json": path.read_bytes() for path in sorted(tree.glob("*/metrics.json"))}
    for path in sorted(tree.glob("*/*.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes())
        stem = path.name.removesuffix(".jsonl.gz")
        types = Counter(event["type"] for event in TraceReader(path.parent, stem))
        digest = {"sha256": hashlib.sha256(lines).hexdigest(), "lines": types.total(), **dict(sorted(types.items()))}
        text = msgspec.json.format(msgspec.json.encode(digest), indent=2) + b"\n"
        files[f"{path.parent.name}.{stem}.json"] = text
    return files


@pytest.mark.parametrize("config", [smoke, quickstart])
def test_a_run_gives_what_it_always_gave(tmp_path, request, config):
    outcome = run(config(tmp_path), "--output", tmp_path / "out", "--quiet")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    files = recorded(tmp_path / "out")
    folder = HERE / config.__name__
    if request.config.getoption("--record", default=False):
        record(folder, files)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def record(folder, files):
    """Replaces the golden files of one run."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
