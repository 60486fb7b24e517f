"""When the bars of a source open and close (rule L3)."""

from dataclasses import replace
from typing import Literal

from engine.market.bars import Bars, IntArray
from engine.market.durations import DAY
from engine.market.zones import local_to_utc, utc_to_local, zone_named


def timed_by_close(bars: Bars, stamped: Literal["open", "close"], timezone: str | None) -> Bars:
    """The bars with the moments of their closes as timestamps, and their opens beside them.

    Bars of whole days last as long as the days of their zone: 23 or 25 hours where the clocks change.
    """
    other = _moved(bars.timestamps, bars.bar_length if stamped == "open" else -bars.bar_length, timezone)
    other.flags.writeable = False
    if stamped == "open":
        return replace(bars, timestamps=other, opens=bars.timestamps)
    return replace(bars, opens=other)


def _moved(timestamps: IntArray, by: int, timezone: str | None) -> IntArray:
    if timezone is None or by % DAY:
        return timestamps + by
    zone = zone_named(timezone)
    local = utc_to_local(timestamps, zone) + by
    moved, _, _ = local_to_utc(local, local % DAY == 0, zone)
    return moved
