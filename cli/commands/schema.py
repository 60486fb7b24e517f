"""`admf schema`: the JSON Schema of a config, for editors."""

import typer


def schema() -> None:
    """Print the JSON Schema of a config file, from which an editor completes and checks it.

    Example: admf schema > admf.schema.json
    """
    from cli.listing import print_schema  # noqa: PLC0415 - --help must not wait for numpy

    raise typer.Exit(print_schema())
