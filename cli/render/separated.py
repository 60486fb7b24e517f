"""Comma-separated values on stdout, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

from cli.render.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@")


def print_csv(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints a header and a line a row as they come (RFC 4180 with line feeds); what is not there is empty.

    Control characters are escaped, and a text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([_safe(head) for head in heads])
    writer.writerows([_safe(value) for value in row] for row in rows)


def _safe(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
