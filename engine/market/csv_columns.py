"""A CSV file read at full speed by DuckDB, which refuses the whole file if anything in it is odd."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from engine.market.columns import ColumnPlan
from engine.market.duck import Block, blocks, connect, filled, literal, number_column, quoted
from engine.market.layouts import WIDEST, TextArray, text_array
from engine.market.table import Table, Unclear
from engine.market.text_file import TextFile

_PIECE = 1 << 20
_PART = 1 << 15
"""Texts that are packed at once, so that no second copy of all of them is held."""
_FIRST_PRINTABLE = ord(" ")
_BUFFER = 1 << 20
"""Bytes of text that DuckDB parses at a time: by itself it takes many times as much, and holds it to the end; over a
quarter of it, it spends more time waiting for pieces than parsing them."""


def csv_tables(text: TextFile, plan: ColumnPlan, symbol: str, scratch: Path) -> Iterator[Table]:
    """The symbol's rows in consecutive tables, without their lines.

    Raises:
        Unclear: the file must be read row by row to know what it says; what came before that is not to be used.
    """
    if text.header_lines != text.header_line:
        raise Unclear
    rows = 0
    try:
        with connect(scratch) as connection:
            for block in blocks(connection, _query(text, plan, symbol), text.path, scratch):
                count, chosen = _chosen(block)
                rows += count
                yield _table(plan, chosen)
    except duckdb.Error:
        raise Unclear from None
    # DuckDB lets a row end in one separator too many; counting them all is the cheap proof that none does.
    if not rows or _separators(text) != (rows + 1) * (len(text.names) - 1):
        raise Unclear


def _query(text: TextFile, plan: ColumnPlan, symbol: str) -> str:
    numbers = set(plan.numbers.values())
    types = ", ".join(
        f"'c{column}': '{'DOUBLE' if column in numbers and column not in plan.timestamp else 'VARCHAR'}'"
        for column in range(len(text.names))
    )
    stamp = " || ' ' || ".join(f"coalesce(c{column}, '')" for column in plan.timestamp)
    chosen = "true" if plan.symbol is None else f"coalesce(trim(c{plan.symbol}) = {literal(symbol)}, false)"
    values = ", ".join(f"c{column}::DOUBLE AS v{index}" for index, column in enumerate(plan.numbers.values()))
    return (
        f"SELECT left(trim({stamp}), {WIDEST}) AS stamp, {chosen} AS chosen, {values} FROM read_csv("  # noqa: S608
        f"'{quoted(text.path)}', auto_detect = false, header = false, skip = {text.header_lines}, "
        f"delim = '{text.separator}', quote = '\"', escape = '\"', compression = 'none', "
        f"buffer_size = {_BUFFER}, columns = {{{types}}})"
    )


def _chosen(block: Block) -> tuple[int, Block]:
    """The number of a block's rows, and the symbol's rows among them with the stamps packed."""
    chosen = filled(block.pop("chosen"), default=False).astype(np.bool_)
    stamps = filled(block.pop("stamp"), default="")
    rows: Block = {name: number_column(values) for name, values in block.items()}
    if not chosen.all():
        stamps = stamps[chosen]
        rows = {name: values[chosen] for name, values in rows.items()}
    rows["stamp"] = _packed(stamps)
    return len(chosen), rows


def _packed(stamps: npt.NDArray[np.generic]) -> TextArray:
    """`text_array` of texts without outer spaces."""
    return np.concatenate([_part(stamps[first : first + _PART]) for first in range(0, len(stamps) or 1, _PART)])


def _part(stamps: npt.NDArray[np.generic]) -> TextArray:
    """The same at once where all are plain, as nearly always, and at its quickest where all are of one length."""
    whole = "\n".join([*stamps.tolist(), ""])
    codes = np.frombuffer(whole.encode("ascii", "replace"), np.uint8)
    ends = np.flatnonzero(codes < _FIRST_PRINTABLE)
    if not len(stamps) or len(ends) > len(stamps) or not whole.isascii():
        return text_array(stamps.tolist())
    width = int(ends[0])
    if width and np.array_equal(ends, np.arange(width, len(codes), width + 1)):
        return codes.reshape(len(ends), width + 1)[:, :-1].copy().view(f"S{width}").reshape(len(ends))
    packed: TextArray = stamps.astype(np.bytes_)
    return packed


def _separators(text: TextFile) -> int:
    count = 0
    with text.path.open("rb") as file:
        while piece := file.read(_PIECE):
            count += piece.count(text.separator.encode())
    return count


def _table(plan: ColumnPlan, rows: Block) -> Table:
    stamps: TextArray = rows["stamp"].astype(np.bytes_)
    numbers = {name: rows[f"v{index}"].astype(np.float64, copy=False) for index, name in enumerate(plan.numbers)}
    columns = {name: plan.names[column] for name, column in plan.numbers.items()}
    return Table(stamps, numbers, None, {}, columns)
