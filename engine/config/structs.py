"""Readers of structs, and the choice between several by their tag."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec

from engine.config.errors import Guess
from engine.config.keys import misspelt, unknown_key
from engine.config.node import Mapping as MappingNode
from engine.config.node import Node, Path, Scalar, as_mapping
from engine.config.readers import INVALID, Reader, Walk


class Field(msgspec.Struct, frozen=True):
    """One key of a struct: how it is read, and what it is when it is not there (`required`: it must be)."""

    name: str
    reader: Reader
    required: bool
    description: str


class StructReader:
    """A mapping that becomes a struct. Unknown keys, missing keys and bad values are all reported.

    What comes out despite mistakes has INVALID in the fields concerned, so that the rest can still be checked.
    """

    def __init__(self, cls: type[msgspec.Struct], fields: dict[str, Field], extra_keys: tuple[str, ...] = ()) -> None:
        self.cls = cls
        self.fields = fields
        self.extra_keys = extra_keys
        self._required = [field for field in fields.values() if field.required]
        self.tag_field = cls.__struct_config__.tag_field
        self.tag = cls.__struct_config__.tag
        self.expected = "expected a mapping"

    @property
    def required(self) -> tuple[str, ...]:
        """The keys that must be there."""
        return tuple(field.name for field in self._required)

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401 - one reader for all structs
        """The struct; a node read before gives the same one."""
        key = (id(node), id(self))
        if key in walk.known:
            return walk.known[key]
        mapping = as_mapping(node)
        if mapping is None:
            walk.problems.add(node, path, self._expected_of(node))
            return INVALID
        built = self.cls(**self._values(mapping, path, walk))
        if isinstance(node, MappingNode):
            walk.known[key] = built
        return built

    def _expected_of(self, node: Node) -> str:
        if self.tag_field == "name" and isinstance(node, Scalar):
            return f"{self.expected}: {{name: {self.tag}, ...}}"
        keys = ", ".join(field.name for field in self._required)
        return f"{self.expected} with {keys}" if keys else self.expected

    def _values(self, mapping: MappingNode, path: Path, walk: Walk) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for entry in mapping:
            name = entry.key.text
            field = self.fields.get(name)
            if field is not None:
                values[name] = field.reader.read(entry.value, (*path, name), walk)
            elif name != self.tag_field:
                unknown_key(walk.problems, entry.key, path, [*self.fields, *self.extra_keys])
        for field in self._required:
            if field.name not in values:
                values[field.name] = INVALID
                if misspelt(mapping, field.name, self.fields) is None:
                    walk.problems.missing(mapping, (*path, field.name), _wanted(field))
        return values


class OwnReader(Reader, Protocol):
    """Reads components that are not built in."""

    def takes(self, name: str) -> bool:
        """Whether a component of this name is one of them."""

    def names(self) -> Iterable[str]:
        """The names that are known without looking for them."""


class TaggedReader:
    """A mapping that becomes one of several structs, named by its tag field; without a tag, the one that has none.

    A tag that is none of the options may be a user's own component: `own` is asked, where there is such a reader.
    """

    def __init__(self, kind: str, tag_field: str, options: Mapping[str, Reader], untagged: Reader | None) -> None:
        self._kind = kind
        self.tag_field = tag_field
        self.options = options
        self.untagged = untagged
        self.own: OwnReader | None = None
        self.expected = "expected a mapping"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401 - one reader for all unions
        """The struct that the tag names."""
        mapping = as_mapping(node)
        if mapping is None:
            walk.problems.add(node, path, f"{self.expected}: {self._example(node)}")
            return INVALID
        tag = mapping.value(self.tag_field)
        if tag is None and self.untagged is not None:
            return self.untagged.read(node, path, walk)
        chosen = self._chosen(mapping, tag, path, walk)
        return INVALID if chosen is None else chosen.read(mapping, path, walk)

    def _example(self, node: Node) -> str:
        if isinstance(self.untagged, StructReader):
            return f"{{{', '.join(f'{name}: ...' for name in self.untagged.required)}}}"
        named = isinstance(node, Scalar) and node.text in self.options
        text = node.text if named and isinstance(node, Scalar) else next(iter(self.options))
        return f"{{{self.tag_field}: {text}, ...}}"

    def _chosen(self, mapping: MappingNode, tag: Node | None, path: Path, walk: Walk) -> Reader | None:
        path = (*path, self.tag_field)
        names = ", ".join(self.options)
        if tag is None:
            slip = misspelt(mapping, self.tag_field, ())
            if slip is None:
                walk.problems.missing(mapping, path, f"expected one of {names}")
            else:
                unknown_key(walk.problems, slip, path[:-1], [self.tag_field])
            return None
        if not isinstance(tag, Scalar) or not tag.text:
            walk.problems.add(tag, path, f"expected one of {names}")
            return None
        if tag.text in self.options:
            return self.options[tag.text]
        known = list(self.options)
        if self.own is not None:
            if self.own.takes(tag.text):
                return self.own
            known += self.own.names()
            names = f"{', '.join(known)}, or the dotted path of your own"
        guess = Guess(tag.text, known, f": expected one of {names}")
        walk.problems.add(tag, path, f"no such {self._kind}", guess)
        return None


def _wanted(field: Field) -> str:
    about = f" ({field.description})" if field.description else ""
    return f"{field.reader.expected}{about}"
