"""What makes a bar unusable (rule M3). Nothing is mended: a row is good, or has a fault."""

import numpy as np

from engine.market.bars import COLUMNS, PRICES, IntArray
from engine.market.faults import Faults
from engine.market.problems import refuse
from engine.market.table import Table

_ENOUGH_TO_CALL_REVERSED = 3


def check_values(table: Table, faults: Faults) -> None:
    """Mark rows with missing, infinite, non-positive, inconsistent or negative values.

    A feature column may lack a value (NaN: the feature is null there) but not be infinite.
    """
    numbers = table.numbers
    prices = [numbers[name] for name in PRICES]
    needed = [numbers[name] for name in COLUMNS if name in numbers]
    faults.mark(np.logical_or.reduce([np.isnan(values) for values in needed]), "missing_value")
    faults.mark(np.logical_or.reduce([np.isinf(values) for values in numbers.values()]), "infinite_value")
    faults.mark(np.logical_or.reduce([values <= 0 for values in prices]), "non_positive_price")
    opened, high, low, close = prices
    faults.mark(high < np.maximum(opened, close), "high_too_low")
    faults.mark(low > np.minimum(opened, close), "low_too_high")
    if "volume" in numbers:
        faults.mark(numbers["volume"] < 0, "negative_volume")


def check_order(ns: IntArray, table: Table, faults: Faults) -> None:
    """Mark good rows that are not later than every good row before them.

    Raises:
        FileRefused: the whole file runs from the newest to the oldest; dropping rows would leave a single one.
    """
    rows = np.flatnonzero(faults.good)
    times = ns[rows]
    if len(rows) >= _ENOUGH_TO_CALL_REVERSED and bool(np.all(times[1:] < times[:-1])):
        raise refuse(
            "the file runs from the newest row to the oldest; sort it the other way round", table.line(int(rows[1]))
        )
    latest = np.maximum.accumulate(times)[:-1]
    late = np.zeros(len(ns), np.bool_)
    late[rows[1:]] = times[1:] < latest
    again = np.zeros(len(ns), np.bool_)
    again[rows[1:]] = times[1:] == latest
    faults.mark(late, "out_of_order")
    faults.mark(again, "duplicate_timestamp")
