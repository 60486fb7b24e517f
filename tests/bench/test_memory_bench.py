"""The promises of docs/memory.md. `pytest -m bench -s tests/bench/test_memory_bench.py`."""

from pathlib import Path

import pytest

from tests.bench.memory_table import HEADINGS, ROWS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "memory.md"


@pytest.mark.bench
@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=[" ".join(row.cells[:2]) for row in ROWS])
def test_each_way_of_tracing_stays_below_its_memory(row):
    added = row.added_mb
    print(f"\n{' '.join(row.cells)}: {added:.2f} MB")  # noqa: T201
    assert added <= row.most_mb


def test_the_page_says_what_its_rows_run():
    """All but the measured figures, which stay below what may be added."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert lines[0] == HEADINGS
    assert [cells[1:-1] for cells in lines[1:]] == [row.cells for row in ROWS]
    assert all(float(cells[-1].removesuffix(" MB")) <= row.most_mb for cells, row in zip(lines[1:], ROWS, strict=True))
