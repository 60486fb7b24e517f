"""`admf export`: its options. The work is in cli.database."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    results: Annotated[
        Path, typer.Argument(metavar="[RESULTS]", help="The folder that a run wrote its results to.")
    ] = Path("results"),
    container_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A container of that run; all without it.", show_default=False)
    ] = None,
    form: Annotated[
        Literal["parquet", "csv", "perfetto"],
        typer.Option("--format", help="Tables, or a trace for ui.perfetto.dev and chrome://tracing."),
    ] = "parquet",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the files.")] = Path("export"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of these names.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: what each file holds.")] = False,
) -> None:
    """Write events, trades, equity, metrics and parameters as Parquet or CSV, or the events as a trace to look at.

    Example: admf export results --format perfetto --output export
    """
    from cli.exporting import Request, export_results  # noqa: PLC0415 - --help must not wait for DuckDB

    raise typer.Exit(export_results(Request(results, container_id, form, output, overwrite, as_json)))
