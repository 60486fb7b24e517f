"""From the tree of a file to its config: layers, sweeps, types, references, and every mistake at once."""

from typing import Any

import msgspec

from engine.config.assignments import Assignments
from engine.config.columns import ColumnCheck
from engine.config.containers import Declared
from engine.config.dynamic_rules import check_rules_reach_portfolios
from engine.config.errors import ConfigProblem, Problems
from engine.config.fields import RUN_CONFIG, SETTINGS
from engine.config.files import Files
from engine.config.layers import Layers, in_environment, read_layers
from engine.config.locations import Environment, Locations
from engine.config.node import Entry, Mapping, Scalar, Sequence
from engine.config.patterns import unmatched_patterns
from engine.config.readers import INVALID, Walk
from engine.config.references import (
    Directory,
    Inputs,
    check_benchmarks,
    check_cycles,
    check_executions,
    check_ids,
    resolve_inputs,
)
from engine.config.rules import check_values
from engine.config.scalars import NotReadableError, read_int
from engine.config.schema import ENVIRONMENTS, RunConfig
from engine.config.sweep import Parameters
from engine.config.variables import Variables


class LoadedConfig(msgspec.Struct, frozen=True):
    """A config that is whole, where its values stand, and what is odd about it without being wrong.

    `parameters` are those of the containers that come from a sweep, by id.
    """

    config: RunConfig
    locations: Locations
    warnings: tuple[ConfigProblem, ...]
    parameters: dict[str, Parameters]


class Asked(msgspec.Struct, frozen=True):
    """What the command line says about a config: the environment instead of the one in the file, and single values."""

    environment: str | None
    assignments: Assignments


def load_config(files: Files, asked: Asked, variables: Variables, problems: Problems) -> LoadedConfig:
    """The config that its files mean; it is called like the last of them unless one says otherwise.

    `problems` holds the mistakes found before, while the files were read: they are reported with the others.

    Raises:
        ConfigErrors: with every mistake in it.
    """
    root = files.stacked()
    layers = read_layers(root if asked.environment is None else in_environment(root, asked.environment), problems)
    merged = asked.assignments.into(layers.merged, {*ENVIRONMENTS, *layers.blocks})
    variables.report(merged, ())
    walk = Walk(problems, _seed(merged), asked.assignments)
    for name, entry in layers.blocks.items():
        SETTINGS.read(entry.value, (name,), walk)
    read = RUN_CONFIG.read(merged, (), walk)
    declared: list[Declared] = [] if read.containers is INVALID else read.containers
    inputs = _check(declared, merged, problems)
    problems.raise_if_any()
    config = _finished(read, declared, inputs, files)
    return LoadedConfig(
        config,
        Locations(
            _expanded(merged, declared),
            files.shown,
            [each.path for each in declared],
            _environment(config.environment, layers),
        ),
        (*problems.warnings, *unmatched_patterns(config, merged)),
        {each.config.id: each.parameters for each in declared if each.parameters},
    )


def _environment(name: str | None, layers: Layers) -> Environment | None:
    entry = layers.blocks.get(name) if name else None
    return None if name is None or entry is None else Environment(name, entry.value)


def _seed(merged: Mapping) -> int:
    """The seed, which sweeps need before the config is read; a wrong one is reported when it is."""
    node = merged.value("seed")
    try:
        return max(0, read_int(node)) if isinstance(node, Scalar) else 0
    except NotReadableError:
        return 0


def _check(declared: list[Declared], merged: Mapping, problems: Problems) -> Inputs:
    directory = Directory(declared, check_ids(declared, problems))
    inputs = resolve_inputs(declared, directory, problems)
    check_cycles(declared, inputs, problems)
    check_executions(declared, directory, problems)
    check_benchmarks(declared, directory, problems)
    directory.report_unknown(problems)
    check_rules_reach_portfolios(merged, directory, problems)
    columns = ColumnCheck(directory, inputs, problems)
    for each in declared:
        check_values(each, problems)
        if directory.owns(each):
            columns.check(each)
    return inputs


def _finished(read: Any, declared: list[Declared], inputs: Inputs, files: Files) -> RunConfig:  # noqa: ANN401
    containers = [
        msgspec.structs.replace(each.config, inputs=list(inputs[each.config.id]))
        if each.config.id in inputs
        else files.relocated(each)
        for each in declared
    ]
    config: RunConfig = msgspec.structs.replace(read, name=read.name or files.name, containers=containers)
    return config


def _expanded(merged: Mapping, declared: list[Declared]) -> Mapping:
    """The tree as it came to be: one node for each container of a sweep."""
    entry = merged.entries["containers"]
    containers = Sequence(tuple(each.node for each in declared), entry.value.at)
    return Mapping({**merged.entries, "containers": Entry(entry.key, containers)}, merged.at)
