"""`admf list`: its options. The work is in cli.listing."""

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What can be listed."""

    strategies = "strategies"
    indicators = "indicators"
    sizings = "sizings"
    orders = "orders"
    commissions = "commissions"
    slippages = "slippages"
    accounts = "accounts"
    combinations = "combinations"
    risk = "risk"
    metrics = "metrics"
    events = "events"
    containers = "containers"


def list_(
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=f"What to list: {', '.join(Kind)}.", show_default=False)],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only the one of this name.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List what a config may name, with parameters, units and defaults.

    Example: admf list indicators MACD
    """
    from cli.listing import print_list  # noqa: PLC0415 - --help must not wait for numpy

    raise typer.Exit(print_list(kind.value, name, as_json=as_json))
