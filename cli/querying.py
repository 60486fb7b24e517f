"""`admf query`, step by step: open the results, make the views the question names, answer it, report what is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import msgspec

from cli.answering import answered
from cli.database.views import VIEWS, Database, views_in
from cli.exits import ENVIRONMENT, FAILED, OK, REFUSED
from cli.render import rows
from cli.render.separated import print_csv
from cli.render.terminal import Terminal
from cli.results.opening import open_results
from cli.results.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from cli.render.messages import Messages

_AT_ONCE = 1_000
_MOST_SHOWN = 10_000
"""Rows of a table: its widths need them all at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    results: Path
    sql: str
    form: Literal["text", "json", "csv"]


def query_results(request: Request) -> int:
    """Prints the answer; returns the exit code."""
    return answered(partial(_query, request))


def _query(request: Request, messages: Messages) -> int:
    try:
        tree = open_results(request.results)
        with TemporaryDirectory(prefix="admf-") as scratch:
            database = Database(tree, list(tree.types), Path(scratch), views_in(request.sql))
            database.lock()
            _answer(database.connection, request, messages)
    except duckdb.OutOfMemoryException as error:
        messages.error(_one_line(error))
        return ENVIRONMENT
    except duckdb.Error as error:
        messages.error(_one_line(error))
        return REFUSED
    for line in database.remarks:
        messages.warn(line)
    for line in [*([str(tree.damage)] if tree.damage else []), *database.damage]:
        messages.error(line)
    return FAILED if tree.damage or database.damage else OK


def _answer(connection: DuckDBPyConnection, request: Request, messages: Messages) -> None:
    _refuse_what_is_no_question(connection, request.sql)
    connection.execute(request.sql)
    names = [str(column[0]) for column in connection.description or ()]
    found = _rows(connection)
    terminal = Terminal()
    if request.form == "json":
        objects = (dict(zip(names, map(rows.plain, row), strict=True)) for row in found)
        terminal.print_list(msgspec.json.encode(each).decode() for each in objects)
    elif request.form == "csv":
        print_csv(names, ([rows.as_cell(value) for value in row] for row in found))
    else:
        terminal.print(rows.table(names, list(islice(found, _MOST_SHOWN)), terminal.width))
        if next(found, None) is not None:
            messages.warn(f"there are more than {_MOST_SHOWN:,} rows: --csv and --json print them all")


def _rows(connection: DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while block := connection.fetchmany(_AT_ONCE):
        yield from block


def _refuse_what_is_no_question(connection: DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise RefusedError(
            f"a query is one SELECT over {', '.join(VIEWS[:-1])} and {VIEWS[-1]}: results are never changed"
        )


def _one_line(error: duckdb.Error) -> str:
    """What DuckDB says without the picture of the place below it, and what there is instead."""
    first, *others = str(error).splitlines()
    hints = [line for line in others if line.startswith("Candidate")]
    if isinstance(error, duckdb.CatalogException):
        hints = [f"there are {', '.join(VIEWS)}"]
    return "; ".join([first, *hints])
