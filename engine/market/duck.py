"""DuckDB as the run uses it: in memory, a bounded budget, no extension fetched, no zone of the machine."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from engine.market.bars import FloatArray

_BLOCK_ROWS = 1 << 17
# Below this size of text one fetch is quicker than a detour over Parquet and stays within 200 MB.
_LARGE_BYTES = 32 << 20
_MEMORY = "400MB"
_MOST_THREADS = 4

Block = dict[str, npt.NDArray[np.generic]]


def connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    """A connection whose temporary files go to `scratch`."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": min(_MOST_THREADS, os.cpu_count() or 1),
        "memory_limit": _MEMORY,
        "temp_directory": str(scratch / "spill"),
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def blocks(connection: duckdb.DuckDBPyConnection, query: str, text: Path, scratch: Path) -> Iterator[Block]:
    """The columns of a query over a text file, in one block or, for a large file, in several.

    A large result is first copied to a Parquet file in `scratch`, so that no more than a block is held as objects.
    """
    if text.stat().st_size < _LARGE_BYTES:
        yield connection.execute(query).fetchnumpy()
        return
    copy = scratch / "rows.parquet"
    connection.execute(f"COPY ({query}) TO '{quoted(copy)}' (FORMAT parquet)")
    yield from parquet_blocks(connection, "*", copy)
    copy.unlink()


def parquet_blocks(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> Iterator[Block]:
    """The selected columns of a Parquet file, block by block in file order."""
    count = connection.execute(f"SELECT count(*) FROM read_parquet('{quoted(path)}')").fetchall()[0][0]  # noqa: S608
    for first in range(0, count, _BLOCK_ROWS):
        yield connection.execute(
            f"SELECT {select} FROM read_parquet('{quoted(path)}', file_row_number = true) "  # noqa: S608
            f"WHERE file_row_number >= {first} AND file_row_number < {first + _BLOCK_ROWS}"
        ).fetchnumpy()


def quoted(path: Path) -> str:
    """A path as it may stand between single quotes in SQL, its `*`, `?` and `[` meaning themselves."""
    return glob.escape(str(path)).replace("'", "''")


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def filled(values: npt.NDArray[np.generic], default: str | float) -> npt.NDArray[np.generic]:
    """A fetched column with its nulls replaced."""
    if isinstance(values, np.ma.MaskedArray):
        plain: npt.NDArray[np.generic] = values.filled(default)
        return plain
    return values


def number_column(values: npt.NDArray[np.generic]) -> FloatArray:
    """A fetched column of numbers, float64, NaN for null."""
    return filled(values, default=np.nan).astype(np.float64, copy=False)
