"""Options of every command that reads a config: the layers that lie over the file."""

from typing import Annotated

import typer

Environment = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="Environment whose block is merged in, whatever the file says.",
        show_default=False,
    ),
]
Assignments = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="A.B.C=VALUE",
        help="Set one value over the file, such as containers.portfolio_1.cash=5; may be repeated, the last one wins.",
        show_default=False,
    ),
]
