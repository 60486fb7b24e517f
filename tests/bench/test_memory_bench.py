"""The promises of docs/memory.md. `pytest -m bench -s tests/bench/test_memory_bench.py`."""

import pytest

from tests.bench.memory_table import ROWS, added_mb

pytestmark = [pytest.mark.bench, pytest.mark.slow]


@pytest.mark.parametrize("row", ROWS, ids=[row.title for row in ROWS])
def test_each_way_of_tracing_stays_below_its_memory(row):
    added = added_mb(row)
    print(f"\n{row.title}: {added:.2f} MB of {row.most_mb:g}")  # noqa: T201
    assert added <= row.most_mb
