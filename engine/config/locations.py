"""Where each value of a config was written."""

from collections.abc import Sequence as Ordered

from engine.config.errors import ConfigProblem
from engine.config.node import Mapping, Mark, Node, Path, Sequence, dotted


class Locations:
    """Answers where a value stands, by its dotted path in the config as it was expanded.

    `files` are those it was read from, as messages call them, the lowest layer first. `written` are the paths of the
    containers as they stand in the file, where a sweep is one.
    """

    def __init__(self, root: Mapping, files: tuple[str, ...] = (), written: Ordered[Path] = ()) -> None:
        self._root = root
        self._written = written
        self._rank = {file: rank for rank, file in enumerate(files)}

    def of(self, dotted_path: str) -> Mark:
        """The place of the value at a path such as `containers.3.event_tracing.mode`.

        A key's own dots are read as written, so `trace_settings.container_settings.a.b` finds the key `a.b`. What is
        not in the file, a default, has the place of the nearest thing around it that is.
        """
        node: Node = self._root
        rest = dotted_path
        while rest:
            found = _step(node, rest)
            if found is None:
                break
            node, rest = found
        return node.at

    def problem(self, dotted_path: str, value: str | None, expected: str) -> ConfigProblem:
        """What is odd or wrong with the value at a path; the message has the path as it is written in the file."""
        return ConfigProblem(self.of(dotted_path), self._as_written(dotted_path), value, expected)

    def _as_written(self, dotted_path: str) -> str:
        head, _, rest = dotted_path.partition(".")
        number, dot, rest = rest.partition(".")
        if head != "containers" or not number.isdigit() or int(number) >= len(self._written):
            return dotted_path
        return dotted(self._written[int(number)]) + dot + rest

    def order_of(self, dotted_path: str) -> tuple[int, int, int]:
        """What sorts places from the first to the last: by file, the extended one first, then by line and column.

        What stands on the command line comes last.
        """
        at = self.of(dotted_path)
        return self._rank.get(at.path, len(self._rank)), at.line, at.column


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
