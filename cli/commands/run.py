"""`admf run`: its options. The work is in cli.beginning and cli.running."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.config_options import Assignments, Computed, Environment, LanePath, Workers


class Progress(StrEnum):
    """How a run tells how far it is."""

    auto = "auto"
    rich = "rich"
    plain = "plain"
    json = "json"
    none = "none"


def run(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG", help="The YAML file that describes the run.", show_default=False)
    ],
    environment: Environment = None,
    assignments: Assignments = [],  # noqa: B006 - typer makes a new list for each call
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")] = Path("results"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run that is in the output folder.")
    ] = False,
    workers: Workers = None,
    path: Computed = LanePath.auto,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a config or data that only deserve a warning.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check config and data, say what would run, write nothing.")
    ] = False,
    max_memory_mb: Annotated[
        float | None,
        typer.Option(
            help="Refuse the run if a process of it certainly needs more MiB, end it if one comes to hold more.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    progress: Annotated[Progress, typer.Option(help="How to show progress, on stderr.")] = Progress.auto,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Run the backtest that CONFIG describes.

    Example: admf run configs/quickstart.yaml --output results --overwrite
    """
    from cli.beginning import begin  # noqa: PLC0415 - --help must not wait for it
    from cli.request import Request  # noqa: PLC0415

    bounds = []
    if max_memory_mb is not None:
        from engine.config.assignments import Assignment  # noqa: PLC0415

        bounds = [Assignment(f"memory_mb={max_memory_mb:g}", by=f"--max-memory-mb {max_memory_mb:g}")]
    request = Request(
        config=config,
        environment=environment,
        assignments=(*assignments, *bounds),
        output=output,
        overwrite=overwrite,
        strict=strict,
        dry_run=dry_run,
        as_json=as_json,
        quiet=quiet,
        progress=progress.value,
        debug=debug,
        workers=workers,
        path=path.value,
    )
    raise typer.Exit(begin(request))
