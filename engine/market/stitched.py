"""A faultless file taken block by block, with the same outcome as if it had been judged as a whole.

Some questions are for the whole file to answer: how its times are written, whether they carry a zone, whether rows are in
order. The first block answers, and the others must say the same. Where one does not, or has any fault, the file is not
taken this way: to say what is wrong where needs its lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.market.civil import Times
from engine.market.growing import GrowingColumns
from engine.market.judgment import Findings, Judged, judge, place
from engine.market.layouts import layouts_of
from engine.market.problems import FileRefused
from engine.market.sources import FileSource
from engine.market.table import Table, Unclear
from engine.market.timestamps import UnclearTimestamps, Way, decided


@dataclass(frozen=True, slots=True)
class _Alike:
    """What every block must say alike: its findings, whether its times carry a zone, whether they are stored as dates."""

    findings: Findings
    zoned: bool
    dates: bool


def take_faultless(tables: Iterable[Table], source: FileSource, columns: GrowingColumns) -> Findings:
    """Puts the bars of consecutive tables into `columns`; returns what is to be said of them.

    Raises:
        Unclear: the tables have a fault, or none of their rows lies between start and end, or they differ from each other.
    """
    reading = _Reading(source)
    said: _Alike | None = None
    latest: int | None = None
    for table in tables:
        if not len(table):
            continue
        judged, says = _judged(table, reading.times(table), source)
        if said not in (None, says):
            raise Unclear
        said = says
        if len(judged.timestamps):
            if latest is not None and judged.timestamps.item(0) <= latest:
                raise Unclear
            latest = judged.timestamps.item(-1)
            columns.add(judged.timestamps, judged.columns)
    if said is None or latest is None:
        raise Unclear
    return said.findings


class _Reading:
    """The timestamps of consecutive tables, all read in the way the first of them is."""

    def __init__(self, source: FileSource) -> None:
        self._format = source.timestamp_format
        self._way: Way | None = None
        self._is_first = True

    def times(self, table: Table) -> Times:
        """Raises Unclear if they cannot be read, or the first table does not settle how the others are to be read."""
        if isinstance(table.times, Times):
            return table.times
        if self._is_first:
            self._is_first = False
            try:
                times, self._way = decided(table.times, self._format)
            except UnclearTimestamps:
                raise Unclear from None
            return times
        if self._way is None:
            raise Unclear
        return self._way(layouts_of(table.times), len(table))


def _judged(table: Table, times: Times, source: FileSource) -> tuple[Judged, _Alike]:
    try:
        judged = judge(table, place(times, source), source)
    except FileRefused:
        raise Unclear from None
    if judged.findings.dropped or not times.ok.all():
        raise Unclear
    dates = isinstance(table.times, Times) and not times.clock.any()
    return judged, _Alike(judged.findings, bool(times.zoned[0]), dates)
