"""`admf explain`: its options. The work is in cli.explaining."""

from pathlib import Path
from typing import Annotated

import typer

from cli.commands.config_options import Assignments, Computed, Environment, LanePath, Workers


def explain(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="The YAML file that describes the run.", show_default=False)
    ],
    container_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="A container, or a pattern such as 'portfolio_*'; all without it.", show_default=False
        ),
    ] = None,
    environment: Environment = None,
    assignments: Assignments = [],  # noqa: B006 - typer makes a new list for each call
    workers: Workers = None,
    path: Computed = LanePath.auto,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a config that only deserves a warning.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what would run, which line decides each trace setting, and what the run would need. Nothing is run.

    Example: admf explain configs/quickstart.yaml 'portfolio_*'
    """
    from cli.explaining import Request, explain_config  # noqa: PLC0415 - --help must not wait for numpy

    request = Request(
        config=config,
        container_id=container_id,
        environment=environment,
        assignments=tuple(assignments),
        workers=workers,
        path=path.value,
        strict=strict,
        as_json=as_json,
    )
    raise typer.Exit(explain_config(request))
