"""One container written, many meant: `sweep:` multiplies it, `{parameter}` tells its copies apart (rule C2)."""

import itertools
from collections.abc import Mapping as Named

from engine.config.combinations import plain
from engine.config.errors import Problems
from engine.config.node import Mapping, Node, Path, Scalar
from engine.config.samples import Chance
from engine.config.scalars import read_any
from engine.config.sweep_reader import parameter_names, read_sweep, written_order
from engine.config.template import Template

MOST_CONTAINERS = 100_000

Parameters = Named[str, str | int | float | bool | None]
"""The values that a sweep gave one container, by parameter."""


def expand(container: Node, path: Path, problems: Problems, seed: int) -> list[tuple[Node, Parameters]]:
    """The containers that one entry of `containers` means: itself without a sweep. Chance starts at `seed`.

    Each comes with its parameters, in the order in which the sweep writes them. After a mistake in the sweep, one whose swept values are unsure stands for all.
    """
    if not isinstance(container, Mapping) or "sweep" not in container.entries:
        return [(container, {})]
    node = container.entries["sweep"].value
    rest = Mapping({name: entry for name, entry in container.entries.items() if name != "sweep"}, container.at)
    before = problems.count
    sweep = read_sweep(node, (*path, "sweep"), problems, Chance(seed, _id(container)))
    template = Template(rest, parameter_names(node), path, problems)
    if sweep is None or problems.count > before:
        return [(template.unsure(), {})]
    names = written_order(node)
    combinations = itertools.islice(sweep.combinations(), MOST_CONTAINERS + 1)
    native = _Native()
    expanded: list[tuple[Node, Parameters]] = [
        (template.filled(values), {name: native[values[name]] for name in names}) for values in combinations
    ]
    if len(expanded) > MOST_CONTAINERS:
        problems.add(node, (*path, "sweep"), f"more than {MOST_CONTAINERS:,} containers")
        return [(template.unsure(), {})]
    if not expanded:
        problems.add(node, (*path, "sweep"), "no combination of the parameters meets `where`")
        return [(template.unsure(), {})]
    return expanded


class _Native(dict[Scalar, str | int | float | bool | None]):
    """Values as what they are, each read once. A text in which `${...}` was replaced may be a number, as it may where it is used."""

    def __missing__(self, value: Scalar) -> str | int | float | bool | None:
        self[value] = read_any(value) if value.pieces is None else plain(value)
        return self[value]


def _id(container: Mapping) -> str:
    node = container.value("id")
    return node.text if isinstance(node, Scalar) else ""
