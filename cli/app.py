"""The command line: which commands there are. Everything heavy is imported by a command when it runs."""

import gc
import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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
from cli.exits import UNREAD, unread_is
from cli.signals import raise_interruptions
from engine.users_calls import open_streams


class _Commands(TyperGroup):
    """All commands; typer would end one whose reader has left with 1, as if something had failed."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - typer's business
        """Reads the command line; what `--help` prints is printed here."""
        with unread_is(UNREAD):
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's business
        """Runs the command."""
        with unread_is(UNREAD):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    name="admf",
    help="Backtests portfolios as isolated containers, and can explain every trade.",
    epilog="Start with: admf init my_backtest",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command("init", short_help="Write a starter project that runs.")(init)
app.command("run", short_help="Run a backtest.")(run)
app.command("inspect", short_help="Look at results: containers, events, trades.")(inspect)
app.command("explain", short_help="Say what would run, and which line decides it.")(explain)
app.command("replay", short_help="Compute metrics again from the events alone.")(replay)
app.command("check", short_help="Look at the data; find out who looks ahead.")(check)
app.command("diff", short_help="Compare two runs.")(diff)
app.command("query", short_help="Ask results in SQL.")(query)
app.command("export", short_help="Write Parquet, CSV or a trace for Perfetto.")(export)
app.command("list", short_help="List what a config may name.")(list_)
app.command("schema", short_help="Print the JSON Schema of a config.")(schema)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only when asked

        from engine.kernel.library import load_kernel  # noqa: PLC0415 - as above

        kernel = load_kernel()
        typer.echo(f"admf {version('admf')}, kernel {kernel.form}{f': {kernel.reason}' if kernel.reason else ''}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Takes what stands before a command."""


_YOUNG = 20_000
"""So many new objects are looked through for garbage: what is imported and configured stays, 700 would be for nothing."""


def main() -> None:
    """Runs the command that was typed."""
    open_streams()
    raise_interruptions()
    gc.set_threshold(_YOUNG)
    # numpy's threads for linear algebra spin while nobody needs them; workers have one as well.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    finally:
        gc.freeze()  # the process ends: nobody need look once more whether what is left is garbage
