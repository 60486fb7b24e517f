"""`admf inspect`: its options. The work is in cli.results."""

from pathlib import Path
from typing import Annotated

import typer


def inspect(
    results: Annotated[
        Path, typer.Argument(metavar="[RESULTS]", help="The folder that a run wrote its results to.")
    ] = Path("results"),
    container_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A container of that run.", show_default=False)
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="The traced events of the container: how many of each type, then each.")
    ] = False,
    trades: Annotated[
        bool, typer.Option("--trades", help="The closed trades of the container, one line each.")
    ] = False,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type; may be repeated.", show_default=False)
    ] = None,
    head: Annotated[int | None, typer.Option(min=1, help="Only the first N events or trades.", metavar="N")] = None,
    tail: Annotated[int | None, typer.Option(min=1, help="Only the last N events or trades.", metavar="N")] = None,
    trade: Annotated[
        str | None,
        typer.Option(metavar="CORRELATION_ID", help="The life of one trade, each event beneath what caused it."),
    ] = None,
    by_day: Annotated[
        bool, typer.Option("--by-day", help="How many events of each type the container traced on each day, UTC.")
    ] = False,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Requests without an answer, orders without an end, trades never closed.")
    ] = False,
    where: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help="Only rows for which it holds, such as 'trades > 30 and sharpe > 1'."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Order by a metric or field: the largest first, texts from A to Z."),
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    top: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N rows.")] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="NAMES", help="The columns to show, such as sharpe,max_drawdown.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Watch the run until it ends, then show what it came to.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON: a list of metrics.json objects, of events, of trades, or the trade."),
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table, the events or the trades as CSV.")] = False,
) -> None:
    """Show what a run came to: all containers, one of them, its events or trades, or the life of one trade.

    Example: admf inspect results --where 'trades > 30 and sharpe > 1' --sort sharpe --top 10

    Example: admf inspect results portfolio_1 --events --type FILL --head 10
    """
    from cli.inspecting import inspect_results  # noqa: PLC0415 - --help must not wait for it
    from cli.questions import Request  # noqa: PLC0415
    from cli.results.arrangement import Arrangement  # noqa: PLC0415
    from cli.tables import Table  # noqa: PLC0415

    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv are two forms: ask for one")

    request = Request(
        results=results,
        container_id=container_id,
        events=events,
        trades=trades,
        trade=trade,
        by_day=by_day,
        orphans=orphans,
        types=tuple(type_ or ()),
        head=head,
        tail=tail,
        table=Table(
            Arrangement(where, sort, reverse, top), columns, "csv" if as_csv else "json" if as_json else "text"
        ),
        follow=follow,
    )
    raise typer.Exit(inspect_results(request))
