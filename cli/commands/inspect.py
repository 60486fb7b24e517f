"""`admf inspect`: its options. The work is in cli.results."""

from pathlib import Path
from typing import Annotated

import typer


def inspect(
    results: Annotated[Path, typer.Argument(help="The folder that a run wrote its results to.")] = Path("results"),
    container_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A container of that run.", show_default=False)
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="The traced events of the container: how many of each type, then each.")
    ] = False,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type; may be repeated.", show_default=False)
    ] = None,
    head: Annotated[int | None, typer.Option(min=1, help="Only the first N events.", metavar="N")] = None,
    tail: Annotated[int | None, typer.Option(min=1, help="Only the last N events.", metavar="N")] = None,
    trade: Annotated[
        str | None,
        typer.Option(metavar="CORRELATION_ID", help="The life of one trade, each event beneath what caused it."),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON: a list of metrics.json objects, the list of events, or the trade."),
    ] = False,
) -> None:
    """Show what a run came to: all containers, one of them, its events, or the life of one trade.

    Example: admf inspect results portfolio_1 --events --type FILL --head 10
    """
    from cli.inspecting import Request, inspect_results  # noqa: PLC0415 - --help must not wait for it

    request = Request(
        results=results,
        container_id=container_id,
        events=events,
        trade=trade,
        types=tuple(type_ or ()),
        head=head,
        tail=tail,
        as_json=as_json,
    )
    raise typer.Exit(inspect_results(request))
