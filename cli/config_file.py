"""From a config file on disk to the config it means, or to everything that is wrong with it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from cli.config.compose import Composer, UnusableTextError
from cli.config.files import FileGatherer
from engine.config.assignments import Assignment, Assignments
from engine.config.errors import ConfigProblem, Problems
from engine.config.load import Asked, load_config
from engine.config.locations import Locations
from engine.config.node import Mark, Node, Scalar
from engine.config.schema import RunConfig
from engine.config.sweep import Parameters
from engine.config.variables import Variables


class LoadedConfig(msgspec.Struct, frozen=True):
    """A config and what belongs to it.

    Attributes:
        config: what the file means, sweeps expanded and defaults filled.
        locations: where each value was written.
        warnings: what is odd without being wrong, each with its place.
        base_folder: the folder of the file, absolute: relative paths in `config` start there.
        parameters: the values that sweeps gave their containers, by id; those without a sweep are not there.
    """

    config: RunConfig
    locations: Locations
    warnings: tuple[ConfigProblem, ...]
    base_folder: Path
    parameters: dict[str, Parameters]


def read_config(
    path: Path,
    shown_as: str,
    *,
    environment: str | None = None,
    assignments: Sequence[str | Assignment] = (),
    variables: Mapping[str, str] = os.environ,
) -> LoadedConfig:
    """Reads the config file at `path`; messages call it `shown_as`, the path as the user typed it.

    Args:
        path: the file.
        shown_as: the same for people.
        environment: the environment instead of the one that the file names.
        assignments: texts such as `containers.portfolio_1.cash=5`, over whatever the file says.
        variables: what `${NAME}` stands for.

    Raises:
        ConfigErrors: with every mistake in the file, in those it extends and in what is given beside it.
        OSError: if the file cannot be read.
    """
    problems = Problems()
    filled = Variables(variables, problems)

    def read_value(text: str, at: Mark) -> Node | None:
        return _value(text, Composer(at.path, problems, filled, at), problems)

    files = FileGatherer(problems, filled).gather(path, shown_as)
    asked = Asked(environment, Assignments(assignments, read_value, problems))
    loaded = load_config(files, asked, filled, problems)
    return LoadedConfig(loaded.config, loaded.locations, loaded.warnings, files.folder, loaded.parameters)


def _value(text: str, composer: Composer, problems: Problems) -> Node | None:
    """One scalar, or a list or mapping in brackets; None after a mistake."""
    try:
        node = composer.compose(text)
    except UnusableTextError as error:
        problems.at(error.problem.at, (), None, error.problem.expected)
        return None
    if not isinstance(node, Scalar) and text.lstrip()[:1] not in "[{":
        problems.at(node.at, (), None, "expected one value: a list is written [a, b], a mapping {key: value}")
        return None
    return node
