"""`admf export`, step by step: open the results, look where the files go, write them, report what is damaged."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import msgspec
from rich.text import Text

from cli.database.files import table_files, write_tables
from cli.database.trace_events import ORDER, TraceEvents
from cli.database.views import VIEWS, Database
from cli.exits import ENVIRONMENT, FAILED, OK, REFUSED, SIGNALLED
from cli.render.figures import number
from cli.render.hanging import hung
from cli.render.messages import Messages
from cli.render.rows import plain
from cli.render.safe_text import visible
from cli.render.terminal import Terminal
from cli.results.opening import open_results
from cli.results.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.results.results import ResultsTree

_AT_ONCE = 1_000
_TRACE = "trace.json"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    results: Path
    container_id: str | None
    form: Literal["parquet", "csv", "perfetto"]
    output: Path
    overwrite: bool
    as_json: bool


def export_results(request: Request) -> int:
    """Writes the files and says what they hold; returns the exit code."""
    messages = Messages(quiet=False)
    try:
        tree = open_results(request.results)
        damage = _export(request, tree)
    except RefusedError as error:
        messages.error(str(error))
        return REFUSED
    except (OSError, duckdb.Error) as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            raise
        messages.error(str(error).split("\n", maxsplit=1)[0])
        return ENVIRONMENT
    except KeyboardInterrupt:
        return SIGNALLED + signal.SIGINT
    for line in damage:
        messages.error(line)
    return FAILED if damage else OK


def _export(request: Request, tree: ResultsTree) -> list[str]:
    ids = list(tree.types) if request.container_id is None else [tree.known(request.container_id)]
    tables = None if request.form == "perfetto" else request.form
    files = table_files(request.output, tables) if tables else {"trace": request.output / _TRACE}
    _refuse_taken(request, files)
    with TemporaryDirectory(prefix="admf-") as scratch:
        database = Database(tree, ids, Path(scratch), VIEWS if tables else ["events"])
        if tables:
            request.output.mkdir(parents=True, exist_ok=True)
            counts = {name: {"rows": n} for name, n in write_tables(database, request.output, tables).items()}
        else:
            _refuse_no_events(database, tree)
            request.output.mkdir(parents=True, exist_ok=True)
            counts = _write_trace(database, tree, files["trace"])
    for line in database.remarks:
        Messages(quiet=False).warn(line)
    _print(request, {str(path): counts[name] for name, path in files.items()})
    return [*([str(tree.damage)] if tree.damage else []), *database.damage]


def _refuse_taken(request: Request, files: dict[str, Path]) -> None:
    taken = [str(path) for path in files.values() if os.path.lexists(path)]
    if taken and not request.overwrite:
        raise RefusedError(f"{taken[0]} is already there: name another folder with --output, or add --overwrite")
    if any(path.is_dir() for path in files.values()):
        raise RefusedError(f"{taken[0]} is a folder")


def _refuse_no_events(database: Database, tree: ResultsTree) -> None:
    if database.connection.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None:
        remedy = "to have them written, set on a container in the config: `event_tracing: {mode: full}`"
        raise RefusedError(f"{tree.root} holds no events to draw; {remedy}")


def _write_trace(database: Database, tree: ResultsTree, path: Path) -> dict[str, dict[str, int]]:
    """Writes the trace beside its place, then moves it there; returns what it holds."""
    drawing = TraceEvents(tree.record.name if tree.record else tree.root.name, tree.types)
    encode = msgspec.json.Encoder().encode
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(b'{"displayTimeUnit":"ms","traceEvents":[\n')
            for place, event in enumerate(drawing.draw(_rows(database))):
                file.write((b",\n" if place else b"") + encode(event))
            file.write(b"\n]}\n")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return {"trace": {"events": drawing.events, "trades": drawing.trades, "arrows": drawing.arrows}}


def _rows(database: Database) -> Iterator[dict[str, Any]]:
    connection = database.connection.execute(ORDER)
    names = [str(column[0]) for column in connection.description or ()]
    while block := connection.fetchmany(_AT_ONCE):
        for row in block:
            yield {name: plain(value) for name, value in zip(names, row, strict=True)}


def _print(request: Request, files: dict[str, dict[str, int]]) -> None:
    terminal = Terminal()
    if request.as_json:
        terminal.print_value(msgspec.json.format(msgspec.json.encode(files), indent=2).decode())
        return
    lines = [
        f"{visible(path)}  " + ", ".join(f"{number(count)} {what}" for what, count in counts.items())
        for path, counts in files.items()
    ]
    terminal.print(map(Text, lines))
    if request.form == "perfetto":
        hint = "open it at https://ui.perfetto.dev (it stays on your machine) or in chrome://tracing"
        terminal.print(hung(Text(), hint, terminal.width))
