"""A CSV file read row by row with the line of each row: slow, and exact about what is wrong where.

The quick reader cannot number lines, so this one is asked when something is wrong, and gives the same values.
"""

import csv
from array import array
from collections.abc import Iterator

import numpy as np

from engine.market.columns import ColumnPlan
from engine.market.layouts import text_array
from engine.market.problems import no_rows
from engine.market.table import RowFault, Table
from engine.market.text_file import TextFile

_NAN = float("nan")


def read_rows(text: TextFile, plan: ColumnPlan, symbol: str) -> Table:
    """Every row of the symbol, those with faults included, and every row whose symbol cannot be told.

    Raises:
        FileRefused: there is no row, or none of the symbol.
    """
    collector = _Collector(text, plan, symbol)
    for line, cells in _records(text):
        collector.add(line, cells)
    return collector.table()


def _records(text: TextFile) -> Iterator[tuple[int, list[str] | str]]:
    """Line and cells of each record that is not blank; a text instead of cells says why reading had to stop."""
    with text.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for _ in range(text.header_lines):
            file.readline()
        reader = csv.reader(file, delimiter=text.separator, skipinitialspace=True, strict=True)
        line = text.header_lines + 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells) or len(cells) > 1:
                    yield line, cells
                line = text.header_lines + reader.line_num + 1
        except csv.Error as error:
            yield line, f"the row cannot be read ({error}), nor what follows"


class _Collector:
    def __init__(self, text: TextFile, plan: ColumnPlan, symbol: str) -> None:
        self._width = len(text.names)
        self._header_line = text.header_line
        self._plan = plan
        self._symbol = symbol
        self._stamps: list[str] = []
        self._numbers = {name: array("d") for name in plan.numbers}
        self._lines = array("q")
        self._faults: dict[int, RowFault] = {}
        self._others: set[str] = set()

    def add(self, line: int, cells: list[str] | str) -> None:
        if isinstance(cells, str):
            self._refused(line, RowFault("ragged_row", cells))
        elif len(cells) != self._width:
            reason = f"{len(cells)} columns where the header has {self._width}"
            self._refused(line, RowFault("ragged_row", reason))
        elif self._plan.symbol is None or cells[self._plan.symbol].strip() == self._symbol:
            self._take(line, cells)
        else:
            self._others.add(cells[self._plan.symbol].strip())

    def _refused(self, line: int, fault: RowFault) -> None:
        self._faults[len(self._lines)] = fault
        self._append(line, "", dict.fromkeys(self._numbers, _NAN))

    def _take(self, line: int, cells: list[str]) -> None:
        values = {}
        for name, column in self._plan.numbers.items():
            try:
                values[name] = float(cells[column]) if cells[column].strip() else _NAN
            except ValueError:
                values[name] = _NAN
                self._faults.setdefault(len(self._lines), _no_number(name, cells[column], self._plan.names[column]))
        self._append(line, " ".join(cells[column] for column in self._plan.timestamp), values)

    def _append(self, line: int, stamp: str, values: dict[str, float]) -> None:
        self._lines.append(line)
        self._stamps.append(stamp)
        for name, value in values.items():
            self._numbers[name].append(value)

    def table(self) -> Table:
        if not self._lines:
            raise no_rows(self._symbol, self._others, self._header_line)
        return Table(
            times=text_array(self._stamps),
            numbers={name: np.array(values, np.float64) for name, values in self._numbers.items()},
            lines=np.array(self._lines, np.int64),
            faults=self._faults,
            columns={name: self._plan.names[column] for name, column in self._plan.numbers.items()},
        )


def _no_number(name: str, cell: str, column: str) -> RowFault:
    shown = cell if len(cell) <= 40 else cell[:40] + "..."  # noqa: PLR2004 - enough to recognise it
    hint = " (write the decimals with a point and no thousands marks)" if "," in cell else ""
    return RowFault("not_a_number", f"{name} {shown!r} is not a number{hint}", column)
