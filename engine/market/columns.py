"""Which column of a file plays which role, by the config's word or by the names that files use (rule M1)."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.market.bars import PRICES
from engine.market.problems import refuse
from engine.market.sources import ROLES

# Letters and digits of the names that files give a role, the most telling first.
_ALIASES = {
    "timestamp": (
        *("timestamp", "datetime", "dateandtime", "date", "time", "gmttime", "localtime", "opentime", "ts"),
        *("timestampms", "timestamputc", "datetimeutc", "dateutc", "timeutc", "dt", "epoch", "unix", "unixtime"),
        *("unixtimestamp", "indexlevel0", "t"),
    ),
    "open": ("open", "o", "openprice", "priceopen"),
    "high": ("high", "h", "highprice", "pricehigh"),
    "low": ("low", "l", "lowprice", "pricelow"),
    "close": ("close", "c", "closeprice", "priceclose"),
    "volume": ("volume", "v", "vol", "tickvolume", "tickvol"),
    "symbol": ("symbol", "ticker", "instrument"),
}
_LEAST_COLUMNS = 2
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Column numbers, from 0, of what is read.

    Attributes:
        names: the file's column names, as written there.
        timestamp: the column, or a date column and a time column that are joined.
        numbers: column of each price, of the volume if there is one, and of each feature.
        symbol: the column whose value picks the rows, if there is one.
    """

    names: tuple[str, ...]
    timestamp: tuple[int, ...]
    numbers: Mapping[str, int]
    symbol: int | None


def find_columns(names: Sequence[str], wanted: Mapping[str, str], line: int | None) -> ColumnPlan:
    """The columns that play the roles, by `wanted` (role or feature -> column name) first, then by known names.

    Args:
        names: the file's column names.
        wanted: the config's `columns`.
        line: where the names stand, for the messages.

    Raises:
        FileRefused: a column that the config names is not there, or two could be meant; else all that are missing.
    """
    finder = _Finder(names, line)
    found = {role: finder.named(column, role) for role, column in wanted.items()}
    timestamp = (found["timestamp"],) if "timestamp" in found else finder.timestamp()
    prices = {price: found.get(price, finder.alias(price)) for price in PRICES}
    numbers = {price: column for price, column in prices.items() if column is not None}
    missing = [*(["timestamp"] if timestamp is None else []), *(price for price in PRICES if price not in numbers)]
    if timestamp is None or missing:
        raise refuse(finder.told(missing), line)
    volume = found.get("volume", finder.alias("volume"))
    if volume is not None:
        numbers["volume"] = volume
    numbers.update({name: column for name, column in found.items() if name not in ROLES})
    return ColumnPlan(tuple(names), timestamp, numbers, found.get("symbol", finder.alias("symbol")))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


class _Finder:
    def __init__(self, names: Sequence[str], line: int | None) -> None:
        self._names = names
        self._plain = [_plain(name) for name in names]
        self._line = line

    def named(self, column: str, role: str) -> int:
        """The column the config names: by its exact name, else in any case and without outer blanks."""
        folded = column.strip().casefold()
        places = [place for place, name in enumerate(self._names) if name == column]
        places = places or [place for place, name in enumerate(self._names) if name.strip().casefold() == folded]
        if len(places) > 1:
            raise refuse(
                f"columns.{role}: two columns are named {column!r}; rename one in the file", self._line, column
            )
        if places:
            return places[0]
        raise refuse(f"columns.{role}: there is no column {column!r}{self._nearest(column)}", self._line, column)

    def alias(self, role: str) -> int | None:
        """The column that bears the role's most telling known name."""
        for alias in _ALIASES[role]:
            if self._plain.count(alias) > 1:
                raise refuse(f"two columns could be the {role}; {self._way_out(alias, role)}", self._line)
            if alias in self._plain:
                return self._plain.index(alias)
        return None

    def _way_out(self, alias: str, role: str) -> str:
        alike = {name for name, plain in zip(self._names, self._plain, strict=True) if plain == alias}
        if len(alike) == 1:
            return f"both are named {alike.pop()!r}, so rename one in the file"
        return f"say which with columns: {{{role}: ...}}"

    def timestamp(self) -> tuple[int, ...] | None:
        if "date" in self._plain and "time" in self._plain and not {"timestamp", "datetime"} & set(self._plain):
            return self._plain.index("date"), self._plain.index("time")
        column = self.alias("timestamp")
        if column is None and self._names and not self._names[0].strip():
            column = 0
        return None if column is None else (column,)

    def told(self, missing: Sequence[str]) -> str:
        """What to say of roles for which there is no column."""
        if len(self._names) < _LEAST_COLUMNS:
            only = "".join(self._names)[:_SHOWN]
            return f"only one column found, {only!r} (the first line names the columns, with comma, semicolon, tab or | between)"
        if all(_looks_like_data(name) for name in self._names):
            return "no header: the first line must name the columns, such as timestamp,open,high,low,close,volume"
        found = ", ".join(repr(name) for name in self._names[:20])
        way_out = ", ".join(f"{role}: ..." for role in missing)
        it = "it" if len(missing) == 1 else "them"
        return f"no column for {', '.join(missing)}; found {found} (name {it} with columns: {{{way_out}}})"

    def _nearest(self, column: str) -> str:
        by_folded = {name.casefold(): name for name in self._names}
        near = difflib.get_close_matches(column.casefold(), by_folded, n=1)
        if near:
            return f"; did you mean {by_folded[near[0]]!r}?"
        return "; found " + ", ".join(repr(name) for name in self._names[:20])


def _looks_like_data(name: str) -> bool:
    return any(letter.isdigit() for letter in name)
