"""One file of bars, from its path to checked columns: read, understood, judged, selected, resampled."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from engine.market.bars import FloatArray, IntArray, most_frequent_step
from engine.market.checks import check_order, check_values
from engine.market.civil import BoolArray, Times
from engine.market.columns import find_columns
from engine.market.csv_columns import read_columns
from engine.market.csv_rows import read_rows
from engine.market.durations import duration_ns, duration_text
from engine.market.faults import Faults, utc_text
from engine.market.parquet_file import read_parquet
from engine.market.problems import FileRefused, refuse
from engine.market.resample import resample
from engine.market.selection import first_moment, last_moment, to_utc
from engine.market.sources import FileSource
from engine.market.table import Table
from engine.market.text_file import is_parquet, plain_copy, read_header
from engine.market.timestamps import UnclearTimestamps, read_timestamps
from engine.market.zones import zone_named

WITH_OFFSETS = "offsets in the file"
BARE_DATES = "dates, read as UTC"
ASSUMED = "no zone, read as UTC"


@dataclass(frozen=True, slots=True)
class FileBars:
    """A file's bars as columns: timestamps in ns UTC, prices, volume and features by name; what was dropped and noted.

    `rows` are those of the file before longer bars were built, `bar_length` is in ns, `zone` says how times became UTC.
    """

    timestamps: IntArray
    columns: Mapping[str, FloatArray]
    rows: int
    bar_length: int
    zone: str
    dropped: Mapping[str, int]
    notices: tuple[str, ...]


def read_file(path: Path, source: FileSource, scratch: Path) -> FileBars:
    """The bars of a file, after every check of rule M3.

    Raises:
        FileRefused: anything that keeps the file from being used as it stands.
        OSError: the file cannot be opened.
    """
    if is_parquet(path):
        return _judged(read_parquet(path, source, scratch), source)
    text = read_header(plain_copy(path, scratch))
    plan = find_columns(text.names, source.columns or {}, text.header_line)
    quick = read_columns(text, plan, source.symbol, scratch)
    bars = None if quick is None else _faultless(quick, source)
    return _judged(read_rows(text, plan, source.symbol), source) if bars is None else bars


def _faultless(table: Table, source: FileSource) -> FileBars | None:
    """The bars of a table without lines; None if there is any fault, which only the reader with lines can tell."""
    try:
        bars = _judged(table, source)
    except FileRefused:
        return None
    return None if bars.dropped else bars


def _judged(table: Table, source: FileSource) -> FileBars:
    zone = None if source.timezone is None else zone_named(source.timezone)
    times = _times(table, source)
    ns, skipped, doubled = to_utc(times, zone)
    inside = _inside(ns, times.ok, source, zone)
    table, ns = table.take(inside), ns[inside]
    faults = Faults(table)
    faults.mark(~_alike(times)[inside], "bad_timestamp")
    faults.mark(skipped[inside], "skipped_local_time")
    faults.mark(doubled[inside], "ambiguous_local_time")
    check_values(table, faults)
    check_order(ns, table, faults)
    if not faults.good.all() and (source.on_bad_row == "refuse" or not faults.good.any()):
        raise faults.refusal(ns)
    return _finished(table, ns, faults, source, zone, told=_zone_told(times, source.timezone))


def _zone_told(times: Times, timezone: str | None) -> str:
    """How the timestamps became UTC, in words."""
    local = times.ok & ~times.zoned
    if not local.any():
        return WITH_OFFSETS
    if timezone is not None:
        return timezone
    return ASSUMED if bool(np.any(local & times.clock)) else BARE_DATES


def _times(table: Table, source: FileSource) -> Times:
    if isinstance(table.times, Times):
        return table.times
    try:
        return read_timestamps(table.times, source.timestamp_format)
    except UnclearTimestamps as error:
        raise refuse(error.reason, table.line(error.row)) from None


def _alike(times: Times) -> BoolArray:
    """The rows that were read and, like the first of them, carry an offset or do not."""
    if not times.ok.any():
        return times.ok
    alike: BoolArray = times.ok & (times.zoned == times.zoned[np.argmax(times.ok)])
    return alike


def _inside(ns: IntArray, ok: BoolArray, source: FileSource, zone: ZoneInfo | None) -> BoolArray:
    """The rows from start to end, and those whose time is unknown."""
    inside = np.ones(len(ns), np.bool_)
    if source.start is not None:
        inside &= ns >= first_moment(source.start, zone)
    if source.end is not None:
        inside &= ns <= last_moment(source.end, zone)
    if ok.any() and not (inside & ok).any():
        first, last = utc_text(int(ns[ok].min())), utc_text(int(ns[ok].max()))
        raise refuse(f"no row lies between start and end; the file runs from {first} to {last}")
    return inside | ~ok


def _finished(
    table: Table, ns: IntArray, faults: Faults, source: FileSource, zone: ZoneInfo | None, *, told: str
) -> FileBars:
    timestamps = ns[faults.good]
    columns = {name: values[faults.good] for name, values in table.numbers.items()}
    notices = ["times carry no zone and are read as UTC (say otherwise with timezone)"] if told == ASSUMED else []
    if "volume" not in columns:
        columns["volume"] = np.zeros(len(timestamps))
        notices.append("there is no volume column; the volume of every bar is 0")
    rows, length = len(timestamps), _length(timestamps, source)
    if source.timeframe is not None:
        timeframe = duration_ns(source.timeframe)
        stamped = source.stamped or "open"
        timestamps, columns = resample(timestamps, columns, timeframe, zone, length=length, stamped=stamped)
        length = timeframe
    return FileBars(timestamps, columns, rows, length, told, faults.counts(), tuple(notices))


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
