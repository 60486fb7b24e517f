"""`admf query`: its options. The work is in cli.database."""

from pathlib import Path
from typing import Annotated

import typer


def query(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="The folder that a run wrote its results to.", show_default=False)
    ],
    sql: Annotated[
        str,
        typer.Argument(
            metavar="SQL", help="A SELECT over events, trades, equity, metrics and parameters.", show_default=False
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of one object for each row.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Ask in SQL what is in the results: views events, trades, equity, metrics, parameters, each with container_id.

    Example: admf query results "SELECT container_id, sharpe FROM metrics ORDER BY sharpe DESC LIMIT 10"
    """
    from cli.querying import Request, query_results  # noqa: PLC0415 - --help must not wait for DuckDB

    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv are two forms: ask for one")
    raise typer.Exit(query_results(Request(results, sql, "csv" if as_csv else "json" if as_json else "text")))
