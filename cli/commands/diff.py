"""`admf diff`: its options. The work is in cli.results.comparison."""

from pathlib import Path
from typing import Annotated

import typer


def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="The results of one run.", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B", help="The results of another.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare two runs: the first metric and the first event that differ, container by container.

    Example: admf diff results results_before
    """
    from cli.comparing import Request, compare_results  # noqa: PLC0415 - --help must not wait for it

    raise typer.Exit(compare_results(Request(a, b, as_json)))
