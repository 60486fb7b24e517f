"""Options of the commands that read a config: the layers that lie over the file, and how it is run."""

from enum import StrEnum
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


class LanePath(StrEnum):
    """How portfolios are simulated."""

    auto = "auto"
    kernel = "kernel"
    python = "python"
    event = "event"


Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        show_default="the cores, fewer for a short run",
        help="Processes that share the portfolios. No result depends on it.",
    ),
]
Computed = Annotated[
    LanePath,
    typer.Option(
        help="How portfolios are simulated: by the kernel where it can (auto; kernel warns of those that it cannot), by "
        "the kernel as Python where it is otherwise compiled (python), or event by event. The results are the same."
    ),
]
