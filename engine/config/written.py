"""What a config says of the run and of each container, value by value, with the layer that says it (rule C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.config.errors import shown_text
from engine.config.node import Mapping, Mark, Scalar, Sequence
from engine.config.reference import default_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.config.locations import Locations
    from engine.config.node import Node
    from engine.config.schema import AnyContainer, RunConfig

DEFAULT = "default"
_TOLD_ELSEWHERE = ("id", "type", "inputs", "event_tracing", "sweep")


class WrittenValue(msgspec.Struct, frozen=True):
    """A value as it is written, or a default.

    `path` is the dotted path below what it belongs to. `value` is None where nothing is set. `layer` is `default`, `extends`, `file`, `environment <name>`, or the
    option that sets it; `at` is its place, None for a default.
    """

    path: str
    value: str | None
    layer: str
    at: Mark | None


def values_of_run(config: RunConfig, locations: Locations) -> list[WrittenValue]:
    """The values of the top level, without containers and trace settings."""
    keys = [key for key in config.__struct_fields__ if key != "containers" and not key.endswith("_settings")]
    return list(_values(config, keys, "", locations))


def values_of_container(config: AnyContainer, number: int, locations: Locations) -> list[WrittenValue]:
    """The values of the container of this number in the expanded list, without what the plan and its trace settings tell."""
    keys = [key for key in config.__struct_fields__ if key not in _TOLD_ELSEWHERE]
    return list(_values(config, keys, f"containers.{number}.", locations))


def _values(config: msgspec.Struct, keys: Collection[str], owner: str, locations: Locations) -> Iterator[WrittenValue]:
    for key in keys:
        node = locations.node(f"{owner}{key}")
        if node is None:
            yield WrittenValue(key, default_text(getattr(config, key)), DEFAULT, None)
        else:
            for path, value, at in _leaves(node, key):
                yield WrittenValue(path, value, locations.layer_of(at), at)


def _leaves(node: Node, path: str) -> Iterator[tuple[str, str, Mark]]:
    """The values inside a node; a list of texts is one."""
    match node:
        case Scalar():
            yield path, shown_text(node.text), node.at
        case Mapping() if node.entries:
            for entry in node:
                yield from _leaves(entry.value, f"{path}.{entry.key.text}")
        case Sequence() if any(not isinstance(item, Scalar) for item in node.items):
            for index, item in enumerate(node.items):
                yield from _leaves(item, f"{path}.{index}")
        case Sequence():
            texts = ", ".join(shown_text(item.text) for item in node.items if isinstance(item, Scalar))
            yield path, f"[{texts}]", (node.items[0] if node.items else node).at
        case _:
            yield path, "{}", node.at
