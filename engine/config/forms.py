"""Readers of lists, of mappings with free names, and of values that may be written in several forms."""

from collections.abc import Callable
from typing import Any

from engine.config.errors import Guess
from engine.config.node import Node, Path, Scalar, Sequence, as_mapping
from engine.config.readers import INVALID, ChoiceReader, Reader, Walk


class ListReader:
    """A list of values of one kind; items with a mistake are left out."""

    def __init__(self, item: Reader, *, least: int = 0, into: Callable[[list[Any]], Any] = list) -> None:
        self.item = item
        self.least = least
        self._into = into
        self.expected = f"expected a list: each item {item.expected.removeprefix('expected ')}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The values in order."""
        if not isinstance(node, Sequence):
            brackets = f": [{node.text}]" if isinstance(node, Scalar) and node.text.isidentifier() else ""
            walk.problems.add(node, path, f"expected a list{brackets}" if brackets else self.expected)
            return INVALID
        if len(node.items) < self.least:
            walk.problems.add(node, path, f"expected at least {self.least} in the list")
            return INVALID
        values = [self.item.read(item, (*path, index), walk) for index, item in enumerate(node.items)]
        return self._into([value for value in values if value is not INVALID])

    def accepts(self, node: Scalar) -> bool:
        """Whether a text alone would be an item."""
        return not isinstance(self.item, ChoiceReader) or self.item.matches(node)


class TableReader:
    """A mapping from free names to values of one kind; entries with a mistake keep their name."""

    def __init__(self, value: Reader, check_key: Callable[[str], str | None] | None = None) -> None:
        self.value = value
        self._check_key = check_key
        self.expected = f"expected a mapping: each value {value.expected.removeprefix('expected ')}"

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The values by name, in order."""
        mapping = as_mapping(node)
        if mapping is None:
            walk.problems.add(node, path, self.expected)
            return INVALID
        values: dict[str, Any] = {}
        for entry in mapping:
            name = entry.key.text
            wrong = self._check_key(name) if self._check_key else None
            if wrong:
                walk.problems.at(entry.key.at, (*path, name), None, wrong)
            values[name] = self.value.read(entry.value, (*path, name), walk)
        return values


class UnionReader:
    """A value that may be written in several forms, told apart by whether it is a text, a list or a mapping."""

    def __init__(
        self,
        *,
        nullable: bool = False,
        scalar: Reader | None = None,
        sequence: Reader | None = None,
        mapping: Reader | None = None,
    ) -> None:
        self.nullable = nullable
        self.scalar, self.sequence, self.mapping = scalar, sequence, mapping
        forms = [reader for reader in (scalar, sequence, mapping) if reader is not None]
        self._only = forms[0] if len(forms) == 1 else None
        self.expected = "expected " + ", or ".join(form.expected.removeprefix("expected ") for form in forms)

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        """The value, by the reader of the form it is written in."""
        if self.nullable and isinstance(node, Scalar) and node.is_null:
            return None
        reader = self._only or self._by_form(node)
        if reader is None:
            walk.problems.add(node, path, self.expected, self._guess(node))
            return INVALID
        return reader.read(node, path, walk)

    def _by_form(self, node: Node) -> Reader | None:
        if isinstance(node, Sequence):
            return self.sequence
        if not isinstance(node, Scalar):
            return self.mapping
        if isinstance(self.scalar, ChoiceReader) and not self.scalar.matches(node):
            return self.mapping if node.is_null else None
        return self.scalar or self.mapping

    def _guess(self, node: Node) -> Guess | None:
        if not isinstance(node, Scalar) or not isinstance(self.scalar, ChoiceReader):
            return None
        accepted = isinstance(self.sequence, ListReader) and self.sequence.accepts(node)
        brackets = f": [{node.text}]" if accepted else ""
        return Guess(node.text, self.scalar.choices, brackets)
