"""Finding the files of a trace, in the order they were written (rule S4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_PART = r"(?:\.(?P<number>\d{4,}))?(?P<suffix>\.jsonl(?:\.gz|\.zst)?)"


class Parts(NamedTuple):
    """The files of one trace in order, up to the first that is missing, and what is wrong with them, if anything."""

    paths: list[Path]
    fault: str | None


def find_parts(folder: Path, stem: str) -> Parts:
    """The files `<stem>.jsonl.gz`, `<stem>.0001.jsonl.gz` ... of a folder; none if there is no such folder.

    A dynamic rule may have changed the compression from one part to the next; one number has one file.
    """
    numbered: dict[int, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if match := re.fullmatch(re.escape(stem) + _PART, path.name):
            twin = numbered.setdefault(int(match["number"] or 0), path)
            if twin is not path:
                return Parts([], f"files of several kinds: {twin.name}, {path.name}")
    whole = next(number for number in range(len(numbered) + 1) if number not in numbered)
    fault = None if whole == len(numbered) else f"part {whole} is missing"
    return Parts([numbered[number] for number in range(whole)], fault)
