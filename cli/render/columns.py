"""A table that fits: the least important columns go before anything is cut, and nothing wraps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from cli.render.hanging import hung

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GAP = 2
NOTHING = "-"
_SHORTEST_KEY = 16
_SHORTEST_TEXT = 12
_ELLIPSIS = "…"


class Column(NamedTuple):
    """A column of texts. The one of the highest `importance` stays longest; figures stand to the right."""

    title: str
    cells: Sequence[str]
    importance: int
    right: bool = True

    @property
    def width(self) -> int:
        """Terminal cells that its widest text takes."""
        return max(map(cell_len, (self.title, *self.cells)))


def laid_out(
    columns: Sequence[Column], width: int | None, styles: Mapping[str, str], *, asked: bool = False
) -> Iterator[Text]:
    """The lines of a table, its header first; at most `width` cells wide, if that is not None.

    The first column names the rows: it always stays, and is shortened in the middle if even alone it is too wide. Columns
    that hold nothing are left out. `styles` are the colours of the texts that it maps. Of columns that were `asked` for, texts
    are cut before a column goes, the widest first, and a last line tells which ones had no room.
    """
    chosen = _chosen(_cut(columns, width) if asked and width is not None else columns, width)
    widths = [column.width for column in chosen]
    yield _row([column.title for column in chosen], chosen, widths, {column.title: "bold" for column in chosen})
    for cells in zip(*(column.cells for column in chosen), strict=True):
        yield _row(cells, chosen, widths, styles)
    if asked:
        kept = {column.title for column in chosen}
        yield from _told([column.title for column in _chosen(columns, None) if column.title not in kept], width)


def _told(left_out: Sequence[str], width: int | None) -> Iterator[Text]:
    """That some columns are not there."""
    if left_out:
        yield from hung(Text("no room for "), f"{', '.join(left_out)}: widen the terminal, or take --json", width, 0)


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` cells: ids differ at their ends as often as at their beginnings, so the middle goes."""
    if cell_len(text) <= width:
        return text
    head = (width - 1) // 2
    tail = text[::-1]
    return set_cell_size(text, head) + _ELLIPSIS + set_cell_size(tail, width - 1 - head)[::-1]


def _chosen(columns: Sequence[Column], width: int | None) -> list[Column]:
    key, *others = columns
    others = [column for column in others if any(cell != NOTHING for cell in column.cells)]
    if width is None:
        return [key, *others]
    shortest = min(key.width, _SHORTEST_KEY)
    while others and shortest + _taken(others) > width:
        others.remove(min(others, key=lambda column: column.importance))
    room = max(shortest, width - _taken(others))
    return [key._replace(cells=[shortened(cell, room) for cell in key.cells]), *others]


def _cut(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns with the widest texts, but for the first column's, cut so that all fit, if they do so at all."""
    key, *others = columns
    widths = [column.width for column in others]
    least = [
        own if column.right else min(own, max(cell_len(column.title), _SHORTEST_TEXT))
        for own, column in zip(widths, others, strict=True)
    ]
    excess = min(key.width, _SHORTEST_KEY) + sum(widths) + GAP * len(others) - width
    while excess > 0 and widths != least:
        widest = max(range(len(others)), key=lambda place: (widths[place] > least[place], widths[place]))
        widths[widest] -= 1
        excess -= 1
    return [
        key,
        *(
            column._replace(cells=[_beginning(cell, own) for cell in column.cells])
            for own, column in zip(widths, others, strict=True)
        ),
    ]


def _beginning(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + _ELLIPSIS


def _taken(columns: Sequence[Column]) -> int:
    return sum(column.width + GAP for column in columns)


def _row(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int], styles: Mapping[str, str]) -> Text:
    line = Text()
    for number, (cell, column, width) in enumerate(zip(cells, columns, widths, strict=True)):
        padding = " " * (width - cell_len(cell))
        line.append(" " * GAP if number else "")
        line.append(padding if column.right else "")
        line.append(cell, styles.get(cell))
        line.append("" if column.right else padding)
    return line
