"""YAML text to a tree of nodes: one pass over the parser's events, without recursion, within limits (rule C5)."""

from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from cli.config.nodes_in_progress import Open, Placed
from cli.config.parser_events import events_of
from cli.config.syntax import syntax_problem
from engine.config.errors import ConfigProblem, Problems, shown_text
from engine.config.node import Entry, Mapping, Mark, Node, Path, Scalar, Sequence, as_mapping, dotted
from engine.config.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 64
MOST_NODES = 1_000_000
"""Values in a file, those that aliases repeat counted each time."""

_YAML = "tag:yaml.org,2002:"
_TAGS: dict[type, frozenset[str]] = {
    yaml.ScalarEvent: frozenset(_YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "merge")),
    yaml.SequenceStartEvent: frozenset({_YAML + "seq"}),
    yaml.MappingStartEvent: frozenset({_YAML + "map"}),
}
_NO_KEY = Scalar("?", quoted=True, at=Mark("", 0, 0))
_LONGEST_PATH = 8


class UnusableTextError(Exception):
    """The text is no YAML, or is more of it than is accepted: nothing more can be said about it."""

    def __init__(self, problem: ConfigProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Composer:
    """Builds the tree of one text. Mistakes that leave a tree are collected, others end it.

    `variables` are put into its values. Where the text does not stand in a file, `at` is the place of all of it.
    """

    def __init__(
        self, path: str, problems: Problems, variables: Variables | None = None, at: Mark | None = None
    ) -> None:
        self._path = path
        self._problems = problems
        self._variables = variables or Variables({}, problems)
        self._at = at
        self._open: list[Open] = []
        self._anchors: dict[str, Placed | None] = {}
        self._root: Node | None = None
        self._documents = 0
        self._written = 0
        self._takers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def compose(self, text: str) -> Node:
        """The tree of `text`; of an empty one, a null at its start.

        Raises:
            UnusableTextError: if it is not YAML, is nested too deep, or expands too far.
        """
        try:
            for event in events_of(text):
                take = self._takers.get(type(event))
                if take is not None:
                    take(event)
        except yaml.YAMLError as error:
            problem = syntax_problem(error, self._path, text)
            placed = problem if self._at is None else msgspec.structs.replace(problem, at=self._at)
            raise UnusableTextError(placed) from None
        return self._root or Scalar("", quoted=False, at=self._at or Mark(self._path, 1, 1))

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._unusable(self._mark(event), "a second document begins here: a config is one document")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        at = self._mark(event)
        self._check_tag(event, at)
        as_text = event.tag in ("!", _YAML + "str")
        quoted = as_text or (bool(event.style) and event.tag is None)
        start, end = _line_and_column(event.start_mark), _line_and_column(event.end_mark)
        one_line = start[0] == end[0] and not event.tag and not event.anchor
        indent = (1 if event.style else 0) if one_line else None
        scalar = Scalar(event.value, quoted, at, indent)
        is_key = bool(self._open) and self._open[-1].is_mapping and self._open[-1].key is None
        if "${" in scalar.text and not is_key:
            scalar = self._variables.filled(scalar, self._where())
        self._place(Placed(scalar, 1, 1), event.anchor)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        at = self._mark(event)
        self._check_tag(event, at)
        if len(self._open) >= DEEPEST:
            raise self._unusable(at, f"nested more than {DEEPEST} deep")
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(Open(at, event.anchor, is_mapping=isinstance(event, yaml.MappingStartEvent)))

    def _end(self, _: yaml.CollectionEndEvent) -> None:
        closed = self._open.pop()
        node: Node
        if closed.is_mapping:
            entries: dict[str, Entry] = {}
            for lower in reversed(closed.merges):
                entries |= lower.entries
            node = Mapping(entries | closed.entries, closed.at)
        else:
            node = Sequence(tuple(closed.items), closed.at)
        self._place(Placed(node, closed.size, closed.height), closed.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = str(event.anchor)
        placed = self._anchors.get(name)
        if placed is None:
            inside = name in self._anchors
            what = "this alias stands inside its own anchor" if inside else "there is no anchor of this name before it"
            raise self._unusable(self._mark(event), what)
        if len(self._open) + placed.height - 1 > DEEPEST:
            raise self._unusable(self._mark(event), f"nested more than {DEEPEST} deep")
        self._place(placed, None, event)

    def _place(self, placed: Placed, anchor: str | None, alias: yaml.Event | None = None) -> None:
        if anchor:
            self._anchors[anchor] = placed
        if not self._open:
            self._root = placed.node
            return
        top = self._open[-1]
        top.size += placed.size
        top.height = max(top.height, placed.height + 1)
        self._written += 1
        if top.size > MOST_NODES or self._written > MOST_NODES:
            at = placed.node.at if alias is None else self._mark(alias)
            raise self._unusable(at, f"more than {MOST_NODES:,} values, those of aliases counted each time")
        if not top.is_mapping:
            top.items.append(placed.node)
        elif top.key is None:
            top.key = self._key(placed.node)
        else:
            self._value(top, top.key, placed.node)
            top.key = None

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._problems.add(node, self._where(), "a key is a text")
            return _NO_KEY
        if "${" in node.text or node.pieces is not None:
            self._problems.at(node.at, self._where(), shown_text(node.text), "variables stand in values, not in keys")
            return _NO_KEY
        return node

    def _value(self, top: Open, key: Scalar, node: Node) -> None:
        if key is _NO_KEY:
            return
        if key.text in top.entries or (top.merges and _is_merge(key)):
            self._twice(top, key)
        elif _is_merge(key):
            self._merge(top, node)
        else:
            top.entries[key.text] = Entry(key, node)

    def _twice(self, top: Open, key: Scalar) -> None:
        first = top.entries.get(key.text)
        where = f", first in line {first.key.at.line}" if first else ""
        self._problems.at(key.at, self._where(), None, f"this key stands here twice{where}")
        if self._problems.many:
            raise self._unusable(key.at, "too many mistakes: reading stops here")

    def _merge(self, top: Open, node: Node) -> None:
        parts = node.items if isinstance(node, Sequence) else (node,)
        for part in parts:
            mapping = as_mapping(part)
            if mapping is None:
                self._problems.add(part, self._where(), "expected a mapping to merge in, or a list of them")
            else:
                top.merges.append(mapping)

    def _check_tag(self, event: Any, at: Mark) -> None:  # noqa: ANN401 - PyYAML's events have no types
        tag = event.tag
        if tag is None or tag == "!" or tag in _TAGS.get(type(event), ()):
            return
        shown = tag.replace(_YAML, "!!")
        self._problems.at(at, self._where(), shown_text(shown), "this tag is not accepted: only plain YAML's are")

    def _where(self) -> Path:
        return tuple(each.step() for each in self._open)

    def _mark(self, event: yaml.Event) -> Mark:
        return self._at or Mark(self._path, *_line_and_column(event.start_mark))

    def _unusable(self, at: Mark, expected: str) -> UnusableTextError:
        return UnusableTextError(ConfigProblem(at, dotted(self._where()[:_LONGEST_PATH]), None, expected))


def _line_and_column(mark: Any) -> tuple[int, int]:  # noqa: ANN401 - two kinds of marks, and types that allow for none
    """Counted from 1, as an editor does."""
    return mark.line + 1, mark.column + 1


def _is_merge(key: Scalar) -> bool:
    return key.text == "<<" and not key.quoted
