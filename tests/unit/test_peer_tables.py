"""The comparison with peers: an engine that gives nothing is said to, and every table has its place in docs/performance.md."""

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "tests/bench/peers"
PAGE = ROOT / "docs/performance.md"


@pytest.fixture
def compare(monkeypatch):
    """The program, measuring nothing: every engine takes a second, but one is missing and one gives a wrong answer."""
    monkeypatch.syspath_prepend(str(PEERS))
    names = {path.stem for path in PEERS.glob("*.py")}
    for name in names & set(sys.modules):
        monkeypatch.delitem(sys.modules, name)
    module = importlib.import_module("compare")

    def measure(engine, _folder, grid, count, _patience_s):
        if engine == "backtesting.py":
            raise module.NotRunError("cannot be installed: no network")
        figures = {"run_s": 2.0 if engine == "vectorbt" else 1.0, "process_s": 3.0, "cpu_s": 2.0, "peak_mb": 100.0}
        wrong = engine == "numba" and (grid, count) == ("one", 100_000)
        return figures | {"trades": 7 if wrong else 10, "profit": 1.0}

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "exact_answer", lambda *_: (10, 1.0))
    monkeypatch.setattr(module, "bars", lambda _: {})
    yield module
    for name in names:
        sys.modules.pop(name, None)


def run(compare, monkeypatch, tmp_path, *options):
    page = tmp_path / "performance.md"
    page.write_text(PAGE.read_text())
    command = ["compare.py", "--folder", str(tmp_path / "bench"), "--turns", "1", "--write", str(page), *options]
    monkeypatch.setattr(sys, "argv", command)
    compare.main()
    return page.read_text()


def section(page, name):
    return page.split(f"<!-- measured: {name} -->")[1].split("<!-- end -->")[0]


def test_every_table_of_a_whole_comparison_has_its_place(compare, monkeypatch, tmp_path, capsys):
    page = run(compare, monkeypatch, tmp_path)
    for name in (*compare.JOBS, "growth", "targets"):
        assert "|---|" in section(page, name)
    assert "| vectorbt | 2.000 | 5.00M | 2.00 | 3.00 | 1.00 | 2.00 | 100 | 1.00 |" in section(page, "1000x10k")
    assert "| backtesting.py | not run: cannot be installed: no network |" in section(page, "rsi")
    assert "| numba | wrong: 7 trades for 1.0000, expected 10 for 1.0000 |" in section(page, "1x100k")
    assert "numba" not in section(page, "rsi")
    assert "| 1x500k: 20 times backtesting.py by simulation | not measured |" in section(page, "targets")
    assert "| 1000x10k: 5 times vectorbt's portfolio-bars/s, better 10 | 2.00 |" in section(page, "targets")
    assert "### 1000x10k" in capsys.readouterr().out


def test_a_part_leaves_the_other_tables_as_they_are(compare, monkeypatch, tmp_path):
    page, before = run(compare, monkeypatch, tmp_path, "--only", "hold"), PAGE.read_text()
    assert section(page, "hold") != section(before, "hold")
    assert page.replace(section(page, "hold"), section(before, "hold")) == before


def test_when_the_time_is_over_no_job_begins(compare, monkeypatch, tmp_path):
    page = run(compare, monkeypatch, tmp_path, "--minutes", "0")
    assert section(page, "hold") == section(PAGE.read_text(), "hold")
    assert "| 10,000 x 10k in one process: below 500 MB | not measured |" in section(page, "targets")
