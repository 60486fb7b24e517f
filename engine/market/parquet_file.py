"""A Parquet file's columns; a row's number, from 1, stands for its line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np

from engine.market.civil import Times
from engine.market.columns import ColumnPlan, find_columns
from engine.market.duck import Block, connect, filled, literal, number_column, parquet_blocks, quoted
from engine.market.durations import DAY
from engine.market.layouts import WIDEST, text_array
from engine.market.problems import no_rows, refuse
from engine.market.sources import FileSource
from engine.market.table import Table

_MOMENTS = ("DATE", "TIMESTAMP")


def parquet_tables(path: Path, source: FileSource, scratch: Path) -> Iterator[Table]:
    """The symbol's rows in consecutive tables.

    Raises:
        FileRefused: the file is damaged, or a column is missing or of a type that cannot be used.
    """
    with _opened(scratch) as connection:
        plan, types = _plan(connection, path, source)
        for block in parquet_blocks(connection, _select(plan, types, source.symbol), path):
            yield _table(plan, [_chosen(block)], moments=_is_moment(types[plan.timestamp[0]]))


def read_parquet(path: Path, source: FileSource, scratch: Path) -> Table:
    """The symbol's rows in one table.

    Raises:
        FileRefused: as above, or there is no row of the symbol.
    """
    with _opened(scratch) as connection:
        plan, types = _plan(connection, path, source)
        blocks = [_chosen(block) for block in parquet_blocks(connection, _select(plan, types, source.symbol), path)]
        if not any(len(block["line"]) for block in blocks):
            raise no_rows(source.symbol, _symbols(connection, plan, path), None)
    return _table(plan, blocks, moments=_is_moment(types[plan.timestamp[0]]))


@contextmanager
def _opened(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with connect(scratch) as connection:
            yield connection
    except duckdb.Error as error:
        raise refuse(f"the Parquet file cannot be read ({str(error).splitlines()[0]})") from None


def _plan(connection: duckdb.DuckDBPyConnection, path: Path, source: FileSource) -> tuple[ColumnPlan, tuple[str, ...]]:
    """Which columns are read, and the types of all."""
    kinds = _column_types(connection, path)
    return find_columns(tuple(kinds), source.columns or {}, None), tuple(kinds.values())


def _symbols(connection: duckdb.DuckDBPyConnection, plan: ColumnPlan, path: Path) -> set[str]:
    if plan.symbol is None:
        return set()
    column = _name(plan.names[plan.symbol])
    query = f"SELECT DISTINCT trim({column}::VARCHAR) FROM read_parquet('{quoted(path)}')"  # noqa: S608
    return {str(row[0]) for row in connection.execute(query).fetchall()}


def _column_types(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{quoted(path)}')").fetchall()  # noqa: S608
    return {str(row[0]): str(row[1]) for row in rows}


def _is_moment(kind: str) -> bool:
    return kind.startswith(_MOMENTS)


def _select(plan: ColumnPlan, types: tuple[str, ...], symbol: str) -> str:
    names = [_name(name) for name in plan.names]
    values = ", ".join(f"try_cast({names[column]} AS DOUBLE) AS v{i}" for i, column in enumerate(plan.numbers.values()))
    chosen = "true"
    if plan.symbol is not None:
        chosen = f"coalesce(trim({names[plan.symbol]}::VARCHAR) = {literal(symbol)}, false)"
    kind = types[plan.timestamp[0]]
    if _is_moment(kind):
        stamp = f"epoch_ns({names[plan.timestamp[0]]}) AS stamp, {str('ZONE' in kind).lower()} AS zoned"
    else:
        texts = " || ' ' || ".join(f"coalesce({names[column]}::VARCHAR, '')" for column in plan.timestamp)
        stamp = f"left(trim({texts}), {WIDEST}) AS stamp"
    return f"file_row_number + 1 AS line, {chosen} AS chosen, {stamp}, {values}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _chosen(block: Block) -> Block:
    chosen = filled(block["chosen"], default=False).astype(np.bool_)
    return {name: values[chosen] for name, values in block.items() if name != "chosen"}


def _table(plan: ColumnPlan, blocks: list[Block], *, moments: bool) -> Table:
    numbers = {
        name: np.concatenate([number_column(block[f"v{index}"]) for block in blocks])
        for index, name in enumerate(plan.numbers)
    }
    lines = np.concatenate([filled(block["line"], default=0).astype(np.int64) for block in blocks])
    columns = {name: plan.names[column] for name, column in plan.numbers.items()}
    if moments:
        return Table(_stored_times(blocks), numbers, lines, {}, columns)
    texts = [text for block in blocks for text in filled(block["stamp"], default="").tolist()]
    return Table(text_array(texts), numbers, lines, {}, columns)


def _stored_times(blocks: list[Block]) -> Times:
    ns = np.concatenate([filled(block["stamp"], default=0).astype(np.int64) for block in blocks])
    ok = np.concatenate([~np.ma.getmaskarray(block["stamp"]) for block in blocks])
    zoned = np.concatenate([filled(block["zoned"], default=False).astype(np.bool_) for block in blocks])
    # Writers store bare dates as midnights; a column of nothing else states no times of day.
    clock = np.full(len(ns), bool(np.any(ns % DAY)) or bool(zoned.any()))
    return Times(ns, ok, zoned, clock)
