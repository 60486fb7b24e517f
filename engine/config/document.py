"""The page docs/configuration.md, made of what the readers of a config take: `python -m engine.config.document > docs/configuration.md`.

The tables are made; what stands between them is in document_texts.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from engine.config.document_texts import CHAPTERS, INTRODUCTION, Chapter
from engine.config.reference import Key, container_types, keys_of, structs, summary_of
from engine.config.schema import Container

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.config.structs import StructReader

_HEAD = "| key | takes | without it | meaning |\n|---|---|---|---|\n"
_COMMON = tuple(Container.__struct_fields__)


def document() -> str:
    """The whole page as Markdown, ending with a line break.

    Raises:
        LookupError: if there is a struct that no chapter of the page is about, or a chapter about none.
    """
    readers = {reader.cls.__name__: reader for reader in structs()}
    told = [name for chapter in CHAPTERS for name in chapter.structs]
    if set(told) != set(readers):
        raise LookupError(f"the page must tell of each struct: {sorted(set(told) ^ set(readers))}")
    return "\n".join((INTRODUCTION, *(_chapter(chapter, readers) for chapter in CHAPTERS)))


def _chapter(chapter: Chapter, readers: dict[str, StructReader]) -> str:
    shown = [readers[name] for name in chapter.structs]
    tables = "\n".join(_table(reader, chapter) for reader in shown)
    parts = (f"## {chapter.title}\n", chapter.before, tables, chapter.after)
    return "\n".join(part for part in parts if part)


def _table(reader: StructReader, chapter: Chapter) -> str:
    """The keys of one struct, under its tag or the words that lead to it."""
    rows = list(_rows(reader, chapter.left_out, chapter.also))
    alone = len(chapter.structs) == 1
    title = "" if alone else f"### {chapter.names.get(reader.cls.__name__) or f'`{reader.tag_field}: {reader.tag}`'}\n\n"
    summary = "" if alone else f"{summary_of(reader.cls)}\n\n"
    return title + summary + (_HEAD + "".join(rows) if rows else "No keys.\n" if alone else "No further keys.\n")


def _rows(reader: StructReader, left_out: Sequence[str], also: Iterable[Key]) -> Iterator[str]:
    shared = _COMMON if reader in container_types().values() else ()
    for key in (*keys_of(reader), *also):
        if key.name not in (*left_out, *shared):
            without = "must be there" if key.required else _code(key.default)
            yield f"| `{key.name}` | {_cell(key.takes)} | {without} | {_cell(key.description)} |\n"


def _code(text: str | None) -> str:
    return "" if text is None else f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
