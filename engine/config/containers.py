"""The `containers` list: sweeps expanded, each container read, each with the place it was written."""

from collections.abc import Iterator
from typing import Any

import msgspec

from engine.config.node import Mapping, Node, Path, Scalar, Sequence
from engine.config.readers import INVALID, Reader, Walk
from engine.config.sweep import Parameters, expand


class Declared(msgspec.Struct, frozen=True, eq=False):
    """One container: its struct (INVALID if nothing could be read), its node, and its path as written in the file.

    `parameters` are the values that its sweep gave it; none without one.
    """

    config: Any
    node: Node
    path: Path
    parameters: Parameters

    @property
    def id(self) -> str | None:
        """The id as written, even where the rest is wrong; None if there is none."""
        value = self.field("id")
        return value.text or None if isinstance(value, Scalar) else None

    @property
    def config_id(self) -> Any:  # noqa: ANN401 - INVALID is of no type
        """The id as read, INVALID if it cannot be one."""
        return self.id if self.config is INVALID else self.config.id

    def field(self, name: str) -> Node | None:
        """The node under a key."""
        return self.node.value(name) if isinstance(self.node, Mapping) else None


class ContainersReader:
    """Reads the list into Declared containers, in order; a list met before gives the same ones."""

    expected = "expected a list of containers"

    def __init__(self, container: Reader) -> None:
        self.container = container

    def read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401 - INVALID is of no type
        """The containers that the list means."""
        key = (id(node), id(self))
        if key not in walk.known:
            walk.known[key] = self._read(node, path, walk)
        return walk.known[key]

    def _read(self, node: Node, path: Path, walk: Walk) -> Any:  # noqa: ANN401
        if not isinstance(node, Sequence):
            walk.problems.add(node, path, self.expected)
            return INVALID
        if not node.items:
            walk.problems.add(node, path, f"{self.expected}: at least one")
        copies: list[Node] = []
        origins: list[tuple[Path, Parameters]] = []
        for index, item in enumerate(node.items):
            for copy, parameters in expand(item, (*path, index), walk.problems, walk.seed):
                copies.append(copy)
                origins.append(((*path, index), parameters))
        if walk.assignments is not None:
            copies = walk.assignments.applied(node, copies)
        return list(self._declared(copies, origins, walk))

    def _declared(self, copies: list[Node], origins: list[tuple[Path, Parameters]], walk: Walk) -> Iterator[Declared]:
        for copy, (path, parameters) in zip(copies, origins, strict=True):
            if walk.problems.many:
                break
            yield Declared(self.container.read(copy, path, walk), copy, path, parameters)
