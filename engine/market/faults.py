"""The faults of a table's rows, one a row, and how each is told to the user."""

import numpy as np
import numpy.typing as npt

from engine.market.bars import COLUMNS, PRICES, FloatArray, IntArray
from engine.market.civil import BoolArray
from engine.market.problems import LISTED, FileRefused, Flaw
from engine.market.table import Table

# The names under which dropped rows are counted; a row's code is its kind's place in this tuple.
KINDS = (
    "",
    "ragged_row",
    "bad_timestamp",
    "skipped_local_time",
    "ambiguous_local_time",
    "not_a_number",
    "missing_value",
    "infinite_value",
    "non_positive_price",
    "high_too_low",
    "low_too_high",
    "negative_volume",
    "out_of_order",
    "duplicate_timestamp",
)


class Faults:
    """The first fault of each row of a table; `codes` is uint8 of shape (n,), 0 for a good row."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.codes: npt.NDArray[np.uint8] = np.zeros(len(table), np.uint8)
        for row, fault in table.faults.items():
            self.codes[row] = KINDS.index(fault.kind)

    def mark(self, rows: BoolArray, kind: str) -> None:
        """Give `kind` to those of the rows that have no fault yet."""
        self.codes[rows & (self.codes == 0)] = KINDS.index(kind)

    @property
    def good(self) -> BoolArray:
        """The rows without a fault."""
        good: BoolArray = self.codes == 0
        return good

    def counts(self) -> dict[str, int]:
        """Rows by kind of fault, in the order of KINDS; kinds without rows are left out."""
        found = np.bincount(self.codes, minlength=len(KINDS))
        return {kind: int(found[code]) for code, kind in enumerate(KINDS) if code and found[code]}

    def refusal(self, ns: IntArray) -> FileRefused:
        """The faults as an exception: the first twenty in file order, the rest counted; one for all if no row has numbers."""
        rows = np.flatnonzero(self.codes)
        if len(rows) > LISTED and bool(np.all(self.codes == KINDS.index("not_a_number"))):
            first = self._flaw(0, ns)
            return FileRefused([Flaw(f"{first.reason}; no row has numbers in all columns", first.line, first.column)])
        return FileRefused([self._flaw(int(row), ns) for row in rows[:LISTED]], max(0, len(rows) - LISTED))

    def _flaw(self, row: int, ns: IntArray) -> Flaw:
        line = self._table.line(row)
        known = self._table.faults.get(row)
        if known is not None:
            return Flaw(known.reason, line, known.column)
        kind = KINDS[self.codes[row]]
        if kind in _TIME_REASONS:
            return Flaw(_TIME_REASONS[kind].format(stamp=self._stamp(row, ns)), line)
        if kind in ("out_of_order", "duplicate_timestamp"):
            return Flaw(self._order_reason(kind, row, ns), line)
        name, reason = _value_reason(kind, {name: _at(self._table.numbers[name], row) for name in self._table.numbers})
        return Flaw(reason, line, self._table.columns[name])

    def _stamp(self, row: int, ns: IntArray) -> str:
        times = self._table.times
        return times[row].decode("ascii") if isinstance(times, np.ndarray) else utc_text(int(ns[row]))

    def _order_reason(self, kind: str, row: int, ns: IntArray) -> str:
        before = np.flatnonzero(self.codes[:row] == 0)
        latest = before[np.argmax(ns[before])]
        line = self._table.line(int(latest))
        if kind == "duplicate_timestamp":
            return f"timestamp {utc_text(int(ns[row]))} stands already in line {line}"
        return (
            f"timestamp {utc_text(int(ns[row]))} comes after {utc_text(int(ns[latest]))} of line {line} "
            "(rows must run from the oldest to the newest)"
        )


_TIME_REASONS = {
    "bad_timestamp": "timestamp {stamp!r} cannot be read like the others",
    "skipped_local_time": "local time {stamp!r} does not exist: the clocks of the timezone skipped it",
    "ambiguous_local_time": "local time {stamp!r} is ambiguous: the clocks of the timezone showed it twice",
}


def utc_text(ns: int) -> str:
    """A moment as people read it: UTC, seconds, finer digits only if there are any."""
    text = str(np.datetime64(ns, "ns")).rstrip("0").rstrip(".") if ns % 10**9 else str(np.datetime64(ns // 10**9, "s"))
    return text + "Z"


def _at(values: FloatArray, row: int) -> float:
    return float(values[row])


def _value_reason(kind: str, values: dict[str, float]) -> tuple[str, str]:
    """The column to blame and the reason, from one row's values."""
    if kind == "missing_value":
        name = next(name for name in COLUMNS if name in values and np.isnan(values[name]))
        return name, f"{name} is missing (empty or NaN)"
    if kind == "infinite_value":
        name = next(name for name in values if np.isinf(values[name]))
        return name, f"{name} is infinite"
    if kind == "non_positive_price":
        name = next(name for name in PRICES if values[name] <= 0)
        return name, f"{name} is {values[name]!r}; prices must be above zero"
    if kind == "negative_volume":
        return "volume", f"volume is {values['volume']!r}; it must not be negative"
    return _range_reason(kind, values)


def _range_reason(kind: str, values: dict[str, float]) -> tuple[str, str]:
    if kind == "high_too_low":
        other = max(("open", "close"), key=values.__getitem__)
        return "high", f"high {values['high']!r} is below the {other} {values[other]!r}"
    other = min(("open", "close"), key=values.__getitem__)
    return "low", f"low {values['low']!r} is above the {other} {values[other]!r}"
