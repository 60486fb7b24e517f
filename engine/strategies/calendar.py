"""Calendar: days of the week, and the turn of the month."""

from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from engine.market.zones import utc_to_local, zone_named
from engine.strategies.columns import BuiltinStrategy, Columns, Targets

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_EPOCH_WEEKDAY = 3
"""The first of January 1970 was a Thursday."""


class Calendar(BuiltinStrategy, frozen=True, kw_only=True, tag="calendar", forbid_unknown_fields=True):
    """In the market by the date alone: on bars of these days of the week, or near the turn of the month.

    The date is that of the bar that decides: its order is filled at the next bar.
    """

    weekdays: Annotated[
        tuple[Weekday, ...], Meta(description="days on whose bars it is in, such as [monday, friday]")
    ] = ()
    month_start: Annotated[int, Meta(ge=0, le=23, description="in on the first this many weekdays of a month")] = 0
    month_end: Annotated[int, Meta(ge=0, le=23, description="in on the last this many weekdays of a month")] = 0
    timezone: Annotated[str, Meta(description="IANA zone in which a bar's timestamp has its date")] = "UTC"
    direction: Annotated[Literal["long", "short"], Meta(description="what it is on those days")] = "long"

    def columns(self) -> tuple[str, ...]:
        """The timestamp."""
        return ("timestamp",)

    def fault(self) -> tuple[str, str] | None:
        """Without any day it would never trade."""
        days = self.weekdays or self.month_start or self.month_end
        return (
            None if days else ("weekdays", "expected weekdays, month_start or month_end: without any it never trades")
        )

    def targets(self, columns: Columns) -> Targets:
        """Target direction per bar. It needs no bar before.

        Weekdays of a month, Monday to Friday, are counted by the calendar and not by the data: which bar is the last of
        its month nobody knows while it is there, as the next may be a holiday.
        """
        local = utc_to_local(columns["timestamp"], zone_named(self.timezone))
        days = local.astype("datetime64[ns]").astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        first, after = months.astype("datetime64[D]"), (months + 1).astype("datetime64[D]")
        wanted = [WEEKDAYS.index(day) for day in self.weekdays]
        inside = np.isin((days.astype(np.int64) + _EPOCH_WEEKDAY) % len(WEEKDAYS), wanted)
        inside |= (np.busday_count(first, days) < self.month_start) & np.is_busday(days)
        inside |= (np.busday_count(days, after) <= self.month_end) & np.is_busday(days)
        return np.where(inside, np.int8(1 if self.direction == "long" else -1), np.int8(0))
