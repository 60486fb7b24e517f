"""The command line: which commands there are. Everything heavy is imported by a command when it runs."""

from typing import Annotated

import typer

from cli.commands.check import check
from cli.commands.diff import diff
from cli.commands.explain import explain
from cli.commands.export import export
from cli.commands.init import init
from cli.commands.inspect import inspect
from cli.commands.list import list_
from cli.commands.query import query
from cli.commands.replay import replay
from cli.commands.run import run
from cli.commands.schema import schema

app = typer.Typer(
    name="admf",
    help="Backtests portfolios as isolated containers, and can explain every trade.",
    epilog="Start with: admf init my_backtest",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("init")(init)
app.command("run")(run)
app.command("inspect")(inspect)
app.command("explain")(explain)
app.command("replay")(replay)
app.command("check")(check)
app.command("diff")(diff)
app.command("query")(query)
app.command("export")(export)
app.command("list")(list_)
app.command("schema")(schema)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only when asked

        typer.echo(f"admf {version('admf')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Takes what stands before a command."""


def main() -> None:
    """Runs the command that was typed."""
    app()
