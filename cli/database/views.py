"""The views of a results tree (VIEWS), in a DuckDB that reads them and nothing else."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from cli.database.columns import EQUITY_COLUMNS, EVENT_COLUMNS, TIMES, TRADE_COLUMNS, Columns
from cli.database.sources import Sources
from cli.results.json_file import DamagedFileError
from cli.results.trace import said_of
from engine.market.duck import connect, literal, quoted
from tracing.storage.limits import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from cli.database.sources import Found
    from cli.results.results import ResultsTree

VIEWS = ("events", "trades", "equity", "metrics", "parameters")
_TRADE = "trade_id, symbol, side, quantity, entry_price, exit_price, gross_pnl, net_pnl, bars_held, duration_seconds"
_LARGEST = 2**63
_HEAD: Columns = {
    "container_id": "VARCHAR",
    "type": "VARCHAR",
    "status": "VARCHAR",
    "error": "VARCHAR",
    "events_written": "BIGINT",
}


class Database:
    """A connection with those views that are asked for. `damage` says what of the files could not be read.

    `ids`: the containers that it is about. `scratch`: a folder for copies of what is whole of damaged files.
    """

    def __init__(self, tree: ResultsTree, ids: Sequence[str], scratch: Path, views: Iterable[str]) -> None:
        self.connection: DuckDBPyConnection = connect(scratch)
        self._tree = tree
        self._ids = ids
        self._scratch = scratch
        self._sources = Sources(tree, scratch)
        self._metrics_damage: list[str] = []
        self._read: list[Path] = []
        wanted = set(views)
        make = {"events": self._events, "trades": self._trades, "equity": self._equity}
        for name in make.keys() & wanted:
            make[name]()
        if wanted & {"metrics", "parameters"}:
            self._metrics()

    @property
    def damage(self) -> list[str]:
        """What is wrong with the files, one line each."""
        return list(dict.fromkeys([*self._metrics_damage, *self._sources.damage]))

    @property
    def remarks(self) -> list[str]:
        """What there is to say of the files beside that, one line each."""
        return said_of(self._sources.extents)

    def lock(self) -> None:
        """From now on nothing can be read but the files of the views, and no setting changed."""
        allowed = ", ".join(literal(str(path)) for path in self._read)
        self.connection.execute(f"SET allowed_paths = [{allowed}]")
        self.connection.execute("SET python_enable_replacements = false")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def _events(self) -> None:
        self._view("events", self._select(self._sources.of(self._ids, "events"), EVENT_COLUMNS))

    def _trades(self) -> None:
        """From the trades files; where a container has none, from the POSITION_CLOSE events that it traced."""
        files = self._sources.of(self._ids, "trades")
        rows = self._select(files, TRADE_COLUMNS)
        events = self._select(self._sources.of(self._without(files.ids), "events"), EVENT_COLUMNS)
        self._view(
            "trades",
            f'SELECT container_id, entered, "timestamp" AS exited, {_TRADE} FROM ({rows}) UNION ALL '  # noqa: S608
            'SELECT container_id, ("timestamp" - to_microseconds(round(duration_seconds * 1e6)::BIGINT))::TIMESTAMP_NS, '
            f'"timestamp", {_TRADE.replace("trade_id", "correlation_id")} FROM ({events}) '
            "WHERE type = 'POSITION_CLOSE' AND source = container_id",
        )

    def _equity(self) -> None:
        """From the equity files; where a container has none, from the PORTFOLIO_UPDATE events that it traced."""
        files = self._sources.of(self._ids, "equity")
        rows = self._select(files, EQUITY_COLUMNS)
        events = self._select(self._sources.of(self._without(files.ids), "events"), EVENT_COLUMNS)
        self._view(
            "equity",
            f'SELECT container_id, seq, "timestamp", equity FROM ({rows}) UNION ALL '  # noqa: S608
            f'SELECT container_id, seq, "timestamp", equity FROM ({events}) '
            "WHERE type = 'PORTFOLIO_UPDATE' AND source = container_id",
        )

    def _metrics(self) -> None:
        rows = list(self._results())
        columns = dict(_HEAD)
        for row in rows:
            for name, value in row.items():
                if columns.get(name) != "DOUBLE" and name not in _HEAD and name != "parameters":
                    columns[name] = "DOUBLE" if isinstance(value, float) else "BIGINT"
        swept = _parameter_columns(row["parameters"] for row in rows)
        taken = {name.lower() for name in columns}
        columns |= {name: kind for name, kind in swept.items() if name.lower() not in taken}
        fields = ", ".join(f'"{name}" {kind}' for name, kind in swept.items())
        columns["parameters"] = f"STRUCT({fields})" if swept else "JSON"
        path = self._scratch / "metrics.jsonl"
        path.write_bytes(b"".join(msgspec.json.encode(_named({**row["parameters"], **row})) + b"\n" for row in rows))
        self.connection.execute(f"CREATE TABLE metrics AS {_read_json([path], columns)}")
        self._view("parameters", f"SELECT container_id{', parameters.*' if swept else ''} FROM metrics")  # noqa: S608

    def _results(self) -> Iterator[dict[str, Any]]:
        for id_ in self._ids:
            try:
                result = self._tree.result(id_)
            except DamagedFileError as error:
                self._metrics_damage.append(str(error))
                continue
            if result is not None:
                head = (id_, result.type, result.status, result.error, result.written)
                yield {**result.figures, **dict(zip(_HEAD, head, strict=True)), "parameters": result.parameters}

    def _without(self, found: set[str]) -> list[str]:
        return [id_ for id_ in self._ids if id_ not in found]

    def _view(self, name: str, select: str) -> None:
        self.connection.execute(f"CREATE VIEW {name} AS {select}")

    def _select(self, found: Found, columns: Columns) -> str:
        """A query for the lines of the files with the container they belong to; of none, for no line."""
        names = ", ".join(f'"{name}"::TIMESTAMP_NS AS "{name}"' if name in TIMES else f'"{name}"' for name in columns)
        nothing = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items())
        parts = [f"(SELECT NULL::VARCHAR AS container_id, {nothing} WHERE false)"]
        if found.gathered is not None:
            self._read.append(found.gathered)
            parts = [f"({_read_json([found.gathered], {'container_id': 'VARCHAR', **columns})})"]
        if found.owners:
            paths = [path for path, _ in found.owners]
            self._read += paths
            owners = ", ".join(f"({literal(str(path))}, {literal(id_)})" for path, id_ in found.owners)
            parts.append(
                f"(SELECT container_id, lines.* EXCLUDE (filename) FROM ({_read_json(paths, columns, filename=True)}) AS lines "  # noqa: S608
                f"JOIN (VALUES {owners}) AS owners(path, container_id) ON filename = path)"
            )
        return f"SELECT container_id, {names} FROM ({' UNION ALL '.join(parts)})"  # noqa: S608


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """The row with infinity as DuckDB reads it: JSON has no number for it."""
    return {name: "Infinity" if value == inf else value for name, value in row.items()}


def _parameter_columns(rows: Iterable[Mapping[str, object]]) -> Columns:
    """A column for each parameter of these containers: numbers, booleans, or texts where its values are of several kinds.

    SQL does not tell names apart by case: of those that differ in nothing else, the first is a column.
    """
    kinds: dict[str, set[str]] = {}
    spellings: dict[str, str] = {}
    for name, value in ((name, value) for row in rows for name, value in row.items()):
        kind = _kind(value)
        kinds.setdefault(spellings.setdefault(name.lower(), name), set()).update({kind} if kind else ())
    return {
        name: min(found or {"VARCHAR"}) if len(found) < 2 else "DOUBLE" if found == {"BIGINT", "DOUBLE"} else "VARCHAR"  # noqa: PLR2004
        for name, found in kinds.items()
    }


def _kind(value: object) -> str | None:
    """The DuckDB type of a value, None for null."""
    match value:
        case None:
            return None
        case bool():
            return "BOOLEAN"
        case int():
            return "BIGINT" if -_LARGEST <= value < _LARGEST else "DOUBLE"
        case float():
            return "DOUBLE"
    return "VARCHAR"


def views_in(sql: str) -> list[str]:
    """The views that a question may be about."""
    words = set(re.findall(r"\w+", sql.lower()))
    return [name for name in VIEWS if name in words]


def _read_json(paths: Sequence[Path], columns: Columns, *, filename: bool = False) -> str:
    listed = ", ".join(f"'{quoted(path)}'" for path in paths)
    types = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
    return (
        f"SELECT * FROM read_json([{listed}], format = 'newline_delimited', columns = {{{types}}}, "  # noqa: S608
        f"filename = {str(filename).lower()}, maximum_object_size = {LONGEST_LINE})"
    )
