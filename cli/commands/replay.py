"""`admf replay`: its options. The work is in engine.replay."""

from pathlib import Path
from typing import Annotated

import typer


def replay(
    results: Annotated[
        Path, typer.Argument(metavar="[RESULTS]", help="The folder that a run wrote its results to.")
    ] = Path("results"),
    container_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A container of that run; all without it.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of one object for each container.")] = False,
) -> None:
    """Compute the metrics of fully traced portfolios again, from their events alone, and compare byte for byte.

    Example: admf replay results portfolio_1
    """
    from cli.replaying import Request, replay_results  # noqa: PLC0415 - --help must not wait for numpy

    raise typer.Exit(replay_results(Request(results, container_id, as_json)))
