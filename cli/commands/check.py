"""`admf check`: its options. The work is in cli.checking."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.config_options import Assignments, Environment


def check(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="The YAML file that describes the run.", show_default=False)
    ],
    container_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="With --lookahead: a portfolio, or a pattern such as 'portfolio_*'; all without it.",
            show_default=False,
        ),
    ] = None,
    environment: Environment = None,
    assignments: Assignments = [],  # noqa: B006 - typer makes a new list for each call
    data: Annotated[
        bool, typer.Option("--data", help="Look at the market data: rows, span, gaps, zone, what would be refused.")
    ] = False,
    lookahead: Annotated[
        bool,
        typer.Option(
            "--lookahead", help="End the data, or plant noise, after some bars: nothing up to there may change."
        ),
    ] = False,
    points: Annotated[
        int, typer.Option(min=1, max=1000, help="After how many bars --lookahead does so to whole portfolios.")
    ] = 10,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what only deserves a warning.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the market data (unless only --lookahead is asked for) and whether a strategy looks ahead. Writes nothing.

    Example: admf check configs/quickstart.yaml --data --lookahead
    """
    from cli.checking import Request, check_config  # noqa: PLC0415 - --help must not wait for numpy

    request = Request(
        config=config,
        container_id=container_id,
        environment=environment,
        assignments=tuple(assignments),
        data=data or not lookahead,
        lookahead=lookahead,
        points=points,
        strict=strict,
        as_json=as_json,
    )
    raise typer.Exit(check_config(request))
