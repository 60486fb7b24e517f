"""Nodes while a text is being read: collections that are still open, and what each finished node costs."""

from engine.config.node import Entry, Mapping, Mark, Node, Scalar


class Placed:
    """A finished node with what it costs: `size` in values and `height` in levels, aliases followed."""

    __slots__ = ("height", "node", "size")

    def __init__(self, node: Node, size: int, height: int) -> None:
        self.node = node
        self.size = size
        self.height = height


class Open:
    """A collection whose end has not been met."""

    __slots__ = ("anchor", "at", "entries", "height", "is_mapping", "items", "key", "merges", "size")

    def __init__(self, at: Mark, anchor: str | None, *, is_mapping: bool) -> None:
        self.at = at
        self.anchor = anchor
        self.is_mapping = is_mapping
        self.items: list[Node] = []
        self.entries: dict[str, Entry] = {}
        self.merges: list[Mapping] = []
        self.key: Scalar | None = None
        self.size = 1
        self.height = 1

    def step(self) -> str | int:
        """The part of a path that names the value being read."""
        if not self.is_mapping:
            return len(self.items)
        return self.key.text if self.key is not None else "?"
