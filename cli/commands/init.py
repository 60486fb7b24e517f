"""`admf init`: its argument. The work is in cli.starting."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to; made if it does not exist.")] = Path(),
) -> None:
    """Write a commented starter project: a config, a strategy of your own, and market data to run on.

    Example: admf init my_backtest
    """
    from cli.starting import start_project  # noqa: PLC0415 - --help must not wait for rich

    raise typer.Exit(start_project(folder))
