"""The rows of a table judged: placed in time, selected, checked (rules M2, M3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from engine.market.bars import FloatArray, IntArray
from engine.market.checks import check_order, check_values
from engine.market.civil import BoolArray, Times
from engine.market.faults import Faults, utc_text
from engine.market.problems import refuse
from engine.market.selection import first_moment, last_moment, to_utc
from engine.market.sources import FileSource
from engine.market.table import Table
from engine.market.zones import zone_named

WITH_OFFSETS = "in the file: offsets from UTC, or numbers since 1970"
BARE_DATES = "dates, read as UTC"
ASSUMED = "no zone, read as UTC"


@dataclass(frozen=True, slots=True)
class Placed:
    """A table's rows in time, each array of shape (n,).

    `ns`: int64, UTC. `skipped` and `doubled`: local times that the zone's clocks never showed or showed twice. `inside`:
    what lies between start and end, and rows whose time could not be read. `told`: how times became UTC, in words.
    """

    times: Times
    ns: IntArray
    skipped: BoolArray
    doubled: BoolArray
    inside: BoolArray
    told: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be said of rows: how times became UTC, how many were dropped by kind of fault, whether they have a volume."""

    told: str
    dropped: Mapping[str, int]
    has_volume: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows that are bars: timestamps in ns UTC, columns by name; and what is to be said of the table they are from."""

    timestamps: IntArray
    columns: Mapping[str, FloatArray]
    findings: Findings


def place(times: Times, source: FileSource) -> Placed:
    """Where the rows of a table lie whose timestamps have been read."""
    zone = zone_of(source)
    ns, skipped, doubled = to_utc(times, zone)
    return Placed(times, ns, skipped, doubled, _inside(ns, times.ok, source, zone), _told(times, source.timezone))


def zone_of(source: FileSource) -> ZoneInfo | None:
    """The zone that a source names, None if it names none."""
    return None if source.timezone is None else zone_named(source.timezone)


def refuse_if_outside(placed: Placed) -> None:
    """Raises FileRefused if no row lies between start and end."""
    ns, ok = placed.ns, placed.times.ok
    if ok.any() and not (placed.inside & ok).any():
        first, last = utc_text(int(ns[ok].min())), utc_text(int(ns[ok].max()))
        raise refuse(f"no row lies between start and end; the file runs from {first} to {last}")


def judge(table: Table, placed: Placed, source: FileSource) -> Judged:
    """The good rows among those inside.

    Raises:
        FileRefused: rows have faults and the source does not drop them, or there would be no row left.
    """
    inside = placed.inside
    table, ns = table.take(inside), placed.ns[inside]
    faults = Faults(table)
    faults.mark(~_alike(placed.times)[inside], "bad_timestamp")
    faults.mark(placed.skipped[inside], "skipped_local_time")
    faults.mark(placed.doubled[inside], "ambiguous_local_time")
    check_values(table, faults)
    check_order(ns, table, faults)
    good = faults.good
    if not good.all():
        if source.on_bad_row == "refuse" or not good.any():
            raise faults.refusal(ns)
        ns, table = ns[good], table.take(good)
    findings = Findings(placed.told, faults.counts(), "volume" in table.numbers)
    columns = table.numbers if findings.has_volume else {**table.numbers, "volume": np.zeros(len(ns))}
    plain = {name: column + 0.0 if np.signbit(column).any() else column for name, column in columns.items()}
    return Judged(ns, plain, findings)  # without -0.0


def _told(times: Times, timezone: str | None) -> str:
    local = times.ok & ~times.zoned
    if not local.any():
        return WITH_OFFSETS
    if timezone is not None:
        return timezone
    return ASSUMED if bool(np.any(local & times.clock)) else BARE_DATES


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
    return inside | ~ok
