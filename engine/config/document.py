"""The page docs/configuration.md, made of what the readers of a config take: `python -m engine.config.document > docs/configuration.md`.

The tables are made; what stands between them is in document_texts.
"""

from __future__ import annotations

import sys
from itertools import takewhile
from typing import TYPE_CHECKING

from engine.config.document_texts import CHAPTERS, INTRODUCTION, Chapter
from engine.config.reference import container_types, keys_of, structs, summary_of
from engine.config.schema import Container

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from engine.config.reference import Key
    from engine.config.structs import StructReader

_HEAD = "| key | takes | without it | meaning |\n|---|---|---|---|\n"
_COMMON = tuple(Container.__struct_fields__)


def document() -> str:
    """The whole page as Markdown, ending with a line break.

    Raises:
        LookupError: if no chapter tells of a struct that a config may hold, or one tells of a struct that it may not.
    """
    readers = {reader.cls.__name__: reader for reader in structs()}
    told = {name for chapter in CHAPTERS for name in chapter.structs}
    if told != set(readers):
        raise LookupError(
            f"engine/config/document_texts.py tells of too much or too little: {sorted(told ^ set(readers))}"
        )
    return "\n".join((INTRODUCTION, *(_chapter(chapter, readers) for chapter in CHAPTERS)))


def _chapter(chapter: Chapter, readers: dict[str, StructReader]) -> str:
    tables = "\n".join(_table(readers[name], chapter) for name in chapter.structs)
    return "\n".join(part for part in (f"## {chapter.title}\n", chapter.before, tables, chapter.after) if part)


def _table(reader: StructReader, chapter: Chapter) -> str:
    """The keys of one struct; those it has in common with one told of before in the chapter are not told again."""
    told = list(takewhile(lambda name: name != reader.cls.__name__, chapter.structs))
    above = [base for base in reader.cls.__mro__[1:] if base.__name__ in told]
    known = {name for base in above for name in base.__struct_fields__}  # type: ignore[attr-defined]
    rows = list(_rows(reader, known, chapter.also))
    table = _HEAD + "".join(rows) if rows else "No keys.\n"
    if len(chapter.structs) == 1:
        return table
    title = chapter.names.get(reader.cls.__name__, f"`{reader.tag_field}: {reader.tag}`")
    more = " All keys above, and:" if above else ""
    return f"### {title}\n\n{summary_of(reader.cls)}{more}\n\n{table}"


def _rows(reader: StructReader, told: Collection[str], also: Iterable[Key]) -> Iterator[str]:
    shared = _COMMON if reader in container_types().values() else ()
    for key in (*keys_of(reader), *also):
        if key.name not in (*told, *shared):
            without = "must be there" if key.required else _code(key.default)
            yield f"| `{key.name}` | {_cell(key.takes)} | {without} | {_cell(key.description)} |\n"


def _code(text: str | None) -> str:
    return "" if text is None else f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
