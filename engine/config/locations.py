"""Where each value of a config was written."""

from collections.abc import Iterator
from collections.abc import Sequence as Ordered
from functools import cached_property

import msgspec

from engine.config.errors import ConfigProblem
from engine.config.node import Mapping, Mark, Node, Path, Sequence, dotted


class Environment(msgspec.Struct, frozen=True, eq=False):
    """The environment that was chosen, and its block."""

    name: str
    block: Node


class Locations:
    """Answers where a value stands, by its dotted path in the config as it was expanded.

    `files` are those it was read from, as messages call them, the lowest layer first. `written` are the paths of the
    containers as they stand in the file, where a sweep is one. `environment` is the one whose block is merged in.
    """

    def __init__(
        self,
        root: Mapping,
        files: tuple[str, ...] = (),
        written: Ordered[Path] = (),
        environment: Environment | None = None,
    ) -> None:
        self._root = root
        self._written = written
        self._files = files
        self._environment = environment
        self._rank = {file: rank for rank, file in enumerate(files)}

    def of(self, dotted_path: str) -> Mark:
        """The place of the value at a path such as `containers.3.event_tracing.mode`.

        A key's own dots are read as written, so `trace_settings.container_settings.a.b` finds the key `a.b`. What is
        not in the file, a default, has the place of the nearest thing around it that is.
        """
        return self._nearest(dotted_path)[0].at

    def node(self, dotted_path: str) -> Node | None:
        """What is written at a path, None if nothing is."""
        node, rest = self._nearest(dotted_path)
        return None if rest else node

    def layer_of(self, at: Mark) -> str:
        """The layer in which a place is: the option, `environment <name>`, `file` or, for one that it extends, `extends`."""
        if at.is_option:
            return at.path
        if self._environment is not None and at in self._of_environment:
            return f"environment {self._environment.name}"
        return "extends" if self.is_extended(at.path) else "file"

    def is_extended(self, file: str) -> bool:
        """Whether a file is one that the config extends."""
        return file in self._files[:-1]

    def row_of(self, number: int) -> str:
        """The path of a container as it is written, by its number in the expanded list: the same for all of a sweep."""
        return dotted(self._written[number])

    @cached_property
    def _of_environment(self) -> frozenset[Mark]:
        return frozenset(_places(self._environment.block)) if self._environment else frozenset()

    def _nearest(self, dotted_path: str) -> tuple[Node, str]:
        """The node at a path, or the nearest around it with the part of the path that leads nowhere."""
        node: Node = self._root
        rest = dotted_path
        while rest:
            found = _step(node, rest)
            if found is None:
                break
            node, rest = found
        return node, rest

    def problem(self, dotted_path: str, value: str | None, expected: str) -> ConfigProblem:
        """What is odd or wrong with the value at a path; the message has the path as it is written in the file."""
        return ConfigProblem(self.of(dotted_path), self._as_written(dotted_path), value, expected)

    def _as_written(self, dotted_path: str) -> str:
        head, _, rest = dotted_path.partition(".")
        number, dot, rest = rest.partition(".")
        if head != "containers" or not number.isdigit() or int(number) >= len(self._written):
            return dotted_path
        return self.row_of(int(number)) + dot + rest

    def order_of(self, dotted_path: str) -> tuple[int, int, int]:
        """What sorts places from the first to the last: by file, the extended one first, then by line and column.

        What stands on the command line comes last.
        """
        at = self.of(dotted_path)
        return self._rank.get(at.path, len(self._rank)), at.line, at.column


def _places(node: Node) -> Iterator[Mark]:
    inner = [entry.value for entry in node] if isinstance(node, Mapping) else []
    inner += node.items if isinstance(node, Sequence) else ()
    if not isinstance(node, Mapping):
        yield node.at
    for each in inner:
        yield from _places(each)


def _step(node: Node, rest: str) -> tuple[Node, str] | None:
    if isinstance(node, Mapping):
        return _key_step(node, rest)
    head, _, tail = rest.partition(".")
    if isinstance(node, Sequence) and head.isdigit() and int(head) < len(node.items):
        return node.items[int(head)], tail
    return None


def _key_step(node: Mapping, rest: str) -> tuple[Node, str] | None:
    """The longest key that begins the rest: patterns and file names have dots of their own."""
    end = len(rest)
    while end > 0:
        value = node.value(rest[:end])
        if value is not None:
            return value, rest[end + 1 :]
        end = rest.rfind(".", 0, end)
    return None
