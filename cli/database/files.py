"""The views as files that other tools read: Parquet and CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cli.database.views import VIEWS
from engine.market.duck import literal

if TYPE_CHECKING:
    from pathlib import Path

    from cli.database.views import Database

TableFormat = Literal["parquet", "csv"]
_ORDER = {
    "events": "container_id, seq",
    "trades": "container_id, exited, trade_id",
    "equity": "container_id, seq",
    "metrics": "container_id",
    "parameters": "container_id",
}
_OPTIONS = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER true"}
_SELECT = {
    ("events", "csv"): '* REPLACE (to_json("values") AS "values")',
    ("metrics", "csv"): "* EXCLUDE (parameters)",
}
"""A mapping has no form of its own in CSV; parameters have a file of their own."""


def table_files(folder: Path, form: TableFormat) -> dict[str, Path]:
    """Where `write_tables` puts each view."""
    return {name: folder / f"{name}.{form}" for name in VIEWS}


def write_tables(database: Database, folder: Path, form: TableFormat) -> dict[str, int]:
    """Writes each view to a file of its own in an order that does not change; returns the rows of each.

    Raises:
        duckdb.IOException: if a file cannot be written.
    """
    rows = {}
    for name, path in table_files(folder, form).items():
        chosen = _SELECT.get((name, form), "*")
        query = f"SELECT {chosen} FROM {name} ORDER BY {_ORDER[name]}"  # noqa: S608
        copied = database.connection.execute(f"COPY ({query}) TO {literal(str(path))} ({_OPTIONS[form]})")
        rows[name] = int(copied.fetchall()[0][0])
    return rows
