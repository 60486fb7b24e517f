"""What a config may hold, key by key, read off the readers themselves: for lists, for the docs, never for reading."""

from __future__ import annotations

import re
from functools import cache
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from engine.config.containers import ContainersReader
from engine.config.fields import RUN_CONFIG
from engine.config.forms import ListReader, TableReader, UnionReader
from engine.config.structs import StructReader, TaggedReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.config.readers import Reader

_RULES = re.compile(r" \(rules? [A-Z]\d[^)]*\)")


class Key(msgspec.Struct, frozen=True):
    """One key of a mapping: what it takes, whether it must be there, what it is without, and what it means."""

    name: str
    takes: str
    required: bool
    default: str | None
    description: str


def keys_of(reader: StructReader) -> list[Key]:
    """The keys that a struct is read from, in order."""
    infos = {info.name: info for info in msgspec.structs.fields(reader.cls)}
    return [
        Key(
            name,
            field.reader.expected.removeprefix("expected "),
            field.required,
            None if field.required else default_text(_default(infos[name])),
            field.description or _of_struct(field.reader),
        )
        for name, field in reader.fields.items()
    ]


def _of_struct(reader: Reader) -> str:
    inner = next((inner for inner in _within(reader) if isinstance(inner, StructReader)), None)
    return "" if inner is None else summary_of(inner.cls)


def summary_of(documented: object) -> str:
    """The first sentence of a docstring, without the numbers of rules, on one line."""
    first = cleandoc(getattr(documented, "__doc__", None) or "").partition("\n\n")[0]
    return _RULES.sub("", " ".join(first.split()))


@cache
def container_types() -> Mapping[str, StructReader]:
    """The readers of containers by their `type`."""
    return options_of(RUN_CONFIG.fields["containers"].reader)


def structs() -> list[StructReader]:
    """The readers of every mapping with fixed keys that a config may hold, each once, outermost first."""
    found: dict[type, StructReader] = {}
    pending: list[Reader] = [RUN_CONFIG]
    for reader in pending:
        for inner in _within(reader):
            if isinstance(inner, TaggedReader):
                pending += [*inner.options.values(), *([inner.untagged] if inner.untagged else [])]
            elif isinstance(inner, StructReader) and inner.cls not in found:
                found[inner.cls] = inner
                pending += [field.reader for field in inner.fields.values()]
    return list(found.values())


def components(container_type: str, key: str) -> Mapping[str, StructReader]:
    """The components that a key of a container may name, by their `name`."""
    return options_of(container_types()[container_type].fields[key].reader)


def options_of(reader: Reader) -> Mapping[str, StructReader]:
    """The structs among which a value may choose by its tag; empty if it may not."""
    for inner in _within(reader):
        if isinstance(inner, TaggedReader):
            return {tag: option for tag, option in inner.options.items() if isinstance(option, StructReader)}
    return {}


def default_text(value: Any) -> str | None:  # noqa: ANN401 - a default of any field
    """A default as it would be written in YAML; None if there is nothing to write."""
    if value is None or value is UNSET or value in ("", [], {}, ()):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        return f"{{{value.__struct_config__.tag_field}: {tag}}}" if tag else None
    return str(value)


def _default(info: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401
    return info.default if info.default is not msgspec.NODEFAULT else info.default_factory()


def _within(reader: Reader) -> Iterator[Reader]:
    yield reader
    match reader:
        case UnionReader():
            for inner in filter(None, (reader.mapping, reader.sequence, reader.scalar)):
                yield from _within(inner)
        case ListReader():
            yield from _within(reader.item)
        case TableReader():
            yield from _within(reader.value)
        case ContainersReader():
            yield from _within(reader.container)
