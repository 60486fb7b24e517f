"""One file of bars, from its path to checked columns: read, understood, judged, selected, resampled."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.market.bars import FloatArray, IntArray, most_frequent_step
from engine.market.civil import Times
from engine.market.columns import find_columns
from engine.market.csv_rows import read_rows
from engine.market.durations import duration_ns, duration_text
from engine.market.file_kind import is_parquet, is_small_text
from engine.market.growing import GrowingColumns
from engine.market.judgment import ASSUMED, Findings, judge, place, refuse_if_outside, zone_of
from engine.market.problems import refuse
from engine.market.resample import Resampling
from engine.market.sources import FileSource
from engine.market.stitched import take_faultless
from engine.market.table import Table, Unclear
from engine.market.text_file import plain_copy, read_header
from engine.market.timestamps import UnclearTimestamps, read_timestamps


@dataclass(frozen=True, slots=True)
class FileBars:
    """A file's bars as columns over mapped files: timestamps in ns UTC, prices, volume and features by name.

    `rows` are those of the file before longer bars were built, `bar_length` is in ns, `zone` says how times became UTC;
    what was dropped, by reason, and remarks for the user.
    """

    timestamps: IntArray
    columns: Mapping[str, FloatArray]
    rows: int
    bar_length: int
    zone: str
    dropped: Mapping[str, int]
    notices: tuple[str, ...]


def read_file(path: Path, source: FileSource, folder: Path) -> FileBars:
    """The bars of a file, after every check of rule M3; their columns are left in `folder` (`moved_columns`).

    Raises:
        FileRefused: anything that keeps the file from being used as it stands.
        OSError: the file cannot be opened, or the columns cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        read = GrowingColumns(folder if source.timeframe is None else Path(scratch))
        found = _take(path, source, read, Path(scratch))
        length = _length(read.whole()[0], source)
        built = read
        if source.timeframe is not None:
            wanted = duration_ns(source.timeframe)
            built = GrowingColumns(folder)
            resampling = Resampling(wanted, zone_of(source), length=length, stamped=source.stamped or "open")
            for timestamps, longer in resampling.of_parts(read.parts()):
                built.add(timestamps, longer)
            length = wanted
    notices = []
    if found.told == ASSUMED:
        notices.append("times carry no zone and are read as UTC (say otherwise with timezone)")
    if not found.has_volume:
        notices.append("there is no volume column; the volume of every bar is 0")
    return FileBars(*built.whole(), read.rows, length, found.told, found.dropped, tuple(notices))


def _take(path: Path, source: FileSource, columns: GrowingColumns, scratch: Path) -> Findings:
    """Puts the file's bars into `columns`; returns what is to be said of them."""
    tables, whole = _readers(path, source, scratch)
    try:
        return take_faultless(tables, source, columns)
    except Unclear:
        columns.clear()
    table = whole()
    placed = place(_times(table, source), source)
    refuse_if_outside(placed)
    judged = judge(table, placed, source)
    columns.add(judged.timestamps, judged.columns)
    return judged.findings


def _readers(path: Path, source: FileSource, scratch: Path) -> tuple[Iterable[Table], Callable[[], Table]]:
    """What gives a file's rows table by table, nothing if that is not worth its while, and what gives all with their lines."""
    if is_parquet(path):
        from engine.market.parquet_file import parquet_tables, read_parquet  # noqa: PLC0415 - as below

        return parquet_tables(path, source, scratch), lambda: read_parquet(path, source, scratch)
    text = read_header(plain_copy(path, scratch))
    plan = find_columns(text.names, source.columns or {}, text.header_line)
    tables: Iterable[Table] = ()
    if not is_small_text(path):
        from engine.market.csv_columns import csv_tables  # noqa: PLC0415 - DuckDB is there only where it reads

        tables = csv_tables(text, plan, source.symbol, scratch)
    return tables, lambda: read_rows(text, plan, source.symbol)


def _times(table: Table, source: FileSource) -> Times:
    if isinstance(table.times, Times):
        return table.times
    try:
        return read_timestamps(table.times, source.timestamp_format)
    except UnclearTimestamps as error:
        raise refuse(error.reason, table.line(error.row)) from None


def _length(timestamps: IntArray, source: FileSource) -> int:
    """The length of the file's bars, as stated or as the timestamps show; 0 if a single bar shows nothing."""
    shown = most_frequent_step(timestamps)
    if source.bar_length is None:
        return shown
    stated = duration_ns(source.bar_length)
    if 0 < shown < stated:
        raise refuse(
            f"bar_length {source.bar_length} is longer than the bars, which follow every {duration_text(shown)}"
        )
    return stated
