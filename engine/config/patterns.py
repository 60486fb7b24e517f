"""Patterns of the trace settings that match no container (rule R3)."""

from collections.abc import Iterator

from engine.config.errors import ConfigProblem
from engine.config.node import Mapping, Mark, Path, Scalar, Sequence, dotted
from engine.config.schema import RunConfig
from engine.guesses import nearest_several
from tracing.patterns import Pattern

IMPLIED = ("root_container", "execution_default")
"""Containers that are there without being declared."""
_COMPARED = 1_000


def unmatched_patterns(config: RunConfig, tree: Mapping) -> Iterator[ConfigProblem]:
    """A warning for each pattern under `trace_settings` that matches no container, with the nearest id."""
    ids = [*(container.id for container in config.containers), *IMPLIED]
    for pattern, at, path in _patterns(tree):
        if not any(map(Pattern(pattern).matches, ids)):
            hint = nearest_several(pattern.strip("*?"), ids[:_COMPARED])
            yield ConfigProblem(at, dotted(path), pattern, f"this pattern matches no container{hint}")


def _patterns(tree: Mapping) -> Iterator[tuple[str, Mark, Path]]:
    block = tree.value("trace_settings")
    settings = block if isinstance(block, Mapping) else None
    table = settings.value("container_settings") if settings else None
    for entry in table if isinstance(table, Mapping) else ():
        yield entry.key.text, entry.key.at, ("trace_settings", "container_settings", entry.key.text)
    overrides = settings.value("overrides") if settings else None
    for index, item in enumerate(overrides.items if isinstance(overrides, Sequence) else ()):
        node = item.value("pattern") if isinstance(item, Mapping) else None
        if isinstance(node, Scalar):
            yield node.text, node.at, ("trace_settings", "overrides", index, "pattern")
