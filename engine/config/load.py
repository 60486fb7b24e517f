"""From the tree of a file to its config: layers, sweeps, types, references, and every mistake at once."""

from typing import Any

import msgspec

from engine.config.columns import ColumnCheck, check_signals
from engine.config.containers import Declared
from engine.config.errors import ConfigProblem, Problems, shown
from engine.config.fields import RUN_CONFIG, SETTINGS
from engine.config.layers import read_layers
from engine.config.locations import Locations
from engine.config.node import Entry, Mapping, Node, Sequence, as_mapping
from engine.config.patterns import unmatched_patterns
from engine.config.readers import INVALID, Walk
from engine.config.references import (
    Directory,
    Inputs,
    check_cycles,
    check_executions,
    check_ids,
    resolve_inputs,
)
from engine.config.rules import check_values
from engine.config.schema import RunConfig


class LoadedConfig(msgspec.Struct, frozen=True):
    """A config that is whole, where its values stand, and what is odd about it without being wrong."""

    config: RunConfig
    locations: Locations
    warnings: tuple[ConfigProblem, ...]


def load_config(root: Node, default_name: str, problems: Problems) -> LoadedConfig:
    """The config that a file's tree means; it is called `default_name` unless it says otherwise.

    `problems` holds the mistakes found before, while the tree was made: they are reported with the others.

    Raises:
        ConfigErrors: with every mistake in it.
    """
    mapping = as_mapping(root)
    if mapping is None:
        expected = "expected a mapping at the top level of the file: name, containers and other keys"
        raise problems.errors(ConfigProblem(root.at, "", shown(root), expected))
    layers = read_layers(mapping, problems)
    walk = Walk(problems)
    for name, entry in layers.blocks.items():
        SETTINGS.read(entry.value, (name,), walk)
    read = RUN_CONFIG.read(layers.merged, (), walk)
    declared: list[Declared] = [] if read.containers is INVALID else read.containers
    inputs = _check(declared, problems)
    problems.raise_if_any()
    config = _finished(read, declared, inputs, default_name)
    return LoadedConfig(
        config,
        Locations(_expanded(layers.merged, declared)),
        (*problems.warnings, *unmatched_patterns(config, layers.merged)),
    )


def _check(declared: list[Declared], problems: Problems) -> Inputs:
    directory = Directory(declared, check_ids(declared, problems))
    inputs = resolve_inputs(declared, directory, problems)
    check_cycles(declared, inputs, problems)
    check_executions(declared, directory, problems)
    directory.report_unknown(problems)
    columns = ColumnCheck(directory, inputs, problems)
    for each in declared:
        check_values(each, problems)
        if directory.owns(each):
            columns.check(each)
            check_signals(each, inputs, directory, problems)
    return inputs


def _finished(read: Any, declared: list[Declared], inputs: Inputs, default_name: str) -> RunConfig:  # noqa: ANN401
    containers = [
        msgspec.structs.replace(each.config, inputs=list(inputs[each.config.id]))
        if each.config.id in inputs
        else each.config
        for each in declared
    ]
    config: RunConfig = msgspec.structs.replace(read, name=read.name or default_name, containers=containers)
    return config


def _expanded(merged: Mapping, declared: list[Declared]) -> Mapping:
    """The tree as it came to be: one node for each container of a sweep."""
    entry = merged.entries["containers"]
    containers = Sequence(tuple(each.node for each in declared), entry.value.at)
    return Mapping({**merged.entries, "containers": Entry(entry.key, containers)}, merged.at)
