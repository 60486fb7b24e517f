"""What of a source can be wrong before any data is read."""

from collections.abc import Callable, Iterator
from typing import TypeVar
from zoneinfo import ZoneInfo

from engine.market.durations import duration_ns
from engine.market.selection import first_moment, last_moment
from engine.market.sources import FileSource, Source, SyntheticSource
from engine.market.synthetic import last_timestamp
from engine.market.time_patterns import strptime_pattern
from engine.market.zones import zone_named

Fault = tuple[str, str]
Written = TypeVar("Written")
Meant = TypeVar("Meant")


def check_source(source: Source) -> list[Fault]:
    """The faults of a source as (key, what is wrong with its value); empty if there are none."""
    return list(_synthetic_faults(source) if isinstance(source, SyntheticSource) else _file_faults(source))


def _synthetic_faults(source: SyntheticSource) -> Iterator[Fault]:
    faults = [
        *_parsed("start", source.start, _utc_moment)[1],
        *_parsed("bar_length", source.bar_length, duration_ns)[1],
    ]
    yield from faults
    if not faults:
        yield from _parsed("bars", source, last_timestamp)[1]


def _utc_moment(text: str) -> int:
    return first_moment(text, None)


def _file_faults(source: FileSource) -> Iterator[Fault]:
    zone, faults = _parsed("timezone", source.timezone, zone_named)
    yield from faults
    yield from _parsed("timestamp_format", source.timestamp_format, strptime_pattern)[1]
    yield from _parsed("timeframe", source.timeframe, duration_ns)[1]
    yield from _parsed("bar_length", source.bar_length, duration_ns)[1]
    yield from _range_faults(source, zone)


def _range_faults(source: FileSource, zone: ZoneInfo | None) -> Iterator[Fault]:
    start, faults = _parsed("start", source.start, lambda text: first_moment(text, zone))
    yield from faults
    end, faults = _parsed("end", source.end, lambda text: last_moment(text, zone))
    yield from faults
    if start is not None and end is not None and start > end:
        yield "end", f"{source.end!r} is before start {source.start!r}"


def _parsed(key: str, value: Written | None, parse: Callable[[Written], Meant]) -> tuple[Meant | None, list[Fault]]:
    """What a value means, or the fault of its key; nothing at all for a value that was not given."""
    if value is None:
        return None, []
    try:
        return parse(value), []
    except ValueError as error:
        return None, [(key, str(error))]
