"""The config that a command was given: read with its layers, or refused with every reason; warnings, or their refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cli.config_file import read_config
from cli.results.refusal import RefusedError
from engine.config.errors import ConfigErrors, ConfigProblem
from engine.config.node import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cli.config_file import LoadedConfig
    from engine.config.assignments import Assignment
    from engine.market.problems import BadData
    from engine.orchestration.problems import PlanError

Reason = ConfigProblem | str


class RefusedConfigError(RefusedError):
    """What was asked for is refused, for these reasons: located ones are shown with their line."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("\n".join(map(str, reasons)))
        self._reasons = reasons

    @property
    def reasons(self) -> Sequence[Reason]:
        """The reasons, with the places of those that have one."""
        return self._reasons


def load(config: Path, environment: str | None, assignments: Sequence[str | Assignment]) -> LoadedConfig:
    """The config in a file, with the layers that the command line puts over it.

    Raises:
        RefusedConfigError: with every mistake in it.
    """
    try:
        return read_config(config, str(config), environment=environment, assignments=assignments)
    except ConfigErrors as error:
        more = [f"... and {error.more} more"] if error.more else []
        raise RefusedConfigError(*error.problems, *more) from error
    except OSError as error:
        raise RefusedConfigError(f"{config}: {error.strerror or error}") from error


def located(error: PlanError, loaded: LoadedConfig) -> list[ConfigProblem]:
    """What planning found wrong, with its places."""
    return [loaded.locations.problem(p.path, p.value, p.reason) for p in error.problems]


def refused_by_strict(warning: Reason) -> Reason:
    """A warning as the reason of a refusal."""
    note = " (refused by --strict)"
    if isinstance(warning, str):
        return warning + note
    return msgspec.structs.replace(warning, expected=warning.expected + note)


def of_data(error: BadData) -> Iterator[Reason]:
    """What is wrong with the data: at its place in the config where it is mended there, else with the file's own line."""
    for problem in error.problems:
        path, _, place = problem.location.rpartition(":") if problem.line is None else ("", "", "")
        path, _, line = path.rpartition(":")
        if line.isdecimal() and place.isdecimal():
            yield ConfigProblem(Mark(path, int(line), int(place)), problem.path, None, problem.reason)
        else:
            yield str(problem)
