"""The layers of a config: what its files say, and on top of it the block of its environment (rule C4)."""

from collections.abc import Sequence as Ordered

import msgspec

from engine.config.errors import Guess, Problems
from engine.config.node import Entry, Mapping, Node, Path, Scalar, Sequence, as_mapping, option
from engine.config.schema import ENVIRONMENTS, RunConfig

_OWN_KEYS = frozenset({*RunConfig.__struct_fields__, "extends"})


class Layers(msgspec.Struct, frozen=True):
    """A config taken apart: `merged` is what counts, `blocks` are all environment blocks by name, used or not."""

    merged: Mapping
    blocks: dict[str, Entry]


def stacked(files: Ordered[Mapping]) -> Mapping:
    """One mapping of those of several files, the lowest first. What is missing is missing in the last.

    `extends` is left out: it says which files these are, and is of no use to any other.
    """
    whole = Mapping({}, files[-1].at)
    for file in files:
        own = {name: entry for name, entry in file.entries.items() if name != "extends"}
        whole = merge(whole, Mapping(own, file.at))
    return whole


def in_environment(root: Mapping, name: str) -> Mapping:
    """The mapping with `environment: name`, as the option `--env` says."""
    at = option(f"--env {name}")
    chosen = Scalar(name, quoted=True, at=at)
    return Mapping({**root.entries, "environment": Entry(Scalar("environment", True, at), chosen)}, root.at)


def read_layers(root: Mapping, problems: Problems) -> Layers:
    """Takes the environment blocks out of the mapping and merges the chosen one into the rest."""
    names = (*ENVIRONMENTS, *_further_names(root, problems))
    blocks = {name: entry for name, entry in root.entries.items() if name in names}
    rest = Mapping({name: entry for name, entry in root.entries.items() if name not in blocks}, root.at)
    chosen = _chosen(root, names, blocks, problems)
    block = as_mapping(chosen.value) if chosen is not None else None
    return Layers(merged=rest if block is None else merge(rest, block), blocks=blocks)


def merge(lower: Mapping, upper: Mapping) -> Mapping:
    """Both mappings in one: mappings merge key by key, whatever else `upper` says replaces what `lower` says.

    So lists are replaced as a whole, that of the containers like any other. What aliases share stays shared.
    """
    return _merge(lower, upper, {})


def _merge(lower: Mapping, upper: Mapping, known: dict[tuple[int, int], Mapping]) -> Mapping:
    """The same; `known` are the pairs that are merged already, so that aliases do not multiply the work."""
    pair = id(lower), id(upper)
    if pair not in known:
        entries = dict(lower.entries)
        for name, entry in upper.entries.items():
            below = entries.get(name)
            entries[name] = entry if below is None else Entry(entry.key, _merged(below.value, entry.value, known))
        known[pair] = Mapping(entries, lower.at)
    return known[pair]


def _merged(lower: Node, upper: Node, known: dict[tuple[int, int], Mapping]) -> Node:
    if isinstance(upper, Mapping) and isinstance(lower, Mapping):
        return _merge(lower, upper, known)
    # Nothing where a mapping may stand is the empty one: it changes nothing.
    return lower if isinstance(lower, Mapping) and as_mapping(upper) is not None else upper


def _further_names(root: Mapping, problems: Problems) -> list[str]:
    """The names under `environments`; what is not even a list of texts is reported when the config is read."""
    node = root.value("environments")
    items = node.items if isinstance(node, Sequence) else ()
    scalars = [(index, item) for index, item in enumerate(items) if isinstance(item, Scalar)]
    for index, item in scalars:
        if item.text in _OWN_KEYS:
            problems.add(item, ("environments", index), "this is a key of its own: choose another name")
    return [item.text for _, item in scalars if item.text and item.text not in _OWN_KEYS]


def _chosen(root: Mapping, names: tuple[str, ...], blocks: dict[str, Entry], problems: Problems) -> Entry | None:
    node = root.value("environment")
    if not isinstance(node, Scalar) or node.is_null:
        return None
    path: Path = ("environment",)
    if node.text not in names:
        guess = Guess(node.text, names, f": expected one of {', '.join(names)}")
        problems.add(node, path, "no such environment", guess)
    elif node.text not in blocks and node.text not in ENVIRONMENTS:
        problems.add(node, path, "this environment has no block at the top level")
    return blocks.get(node.text)
