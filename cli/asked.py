"""Commands that are asked about a config: what they read, which containers are meant, how they end when it will not do."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cli.config_file import read_config
from cli.exits import ENVIRONMENT, REFUSED, SIGNALLED
from cli.render.messages import Messages
from cli.results.refusal import RefusedError, nearest
from engine.config.errors import ConfigErrors, ConfigProblem
from tracing.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cli.config_file import LoadedConfig
    from engine.orchestration.problems import PlanError


_SIGINT = 2


def answered(answer: Callable[[Messages], int]) -> int:
    """What `answer` returns as exit code, or the one of what kept it from answering, said on stderr."""
    messages = Messages(quiet=False)
    try:
        return answer(messages)
    except RefusedError as error:
        for line in str(error).splitlines():
            messages.error(line)
        return REFUSED
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read stdout has seen enough: typer leaves without a word
        messages.error(str(error))
        return ENVIRONMENT
    except KeyboardInterrupt:
        return SIGNALLED + _SIGINT


def load(config: Path, environment: str | None, assignments: Sequence[str]) -> LoadedConfig:
    """The config in a file, with the layers that the command line puts over it.

    Raises:
        RefusedError: with every mistake in it, one line each.
    """
    try:
        return read_config(config, str(config), environment=environment, assignments=assignments)
    except ConfigErrors as error:
        raise RefusedError(str(error)) from error
    except OSError as error:
        raise RefusedError(f"{config}: {error.strerror or error}") from error


def located(error: PlanError, loaded: LoadedConfig) -> list[str]:
    """The problems of a plan, one line each, with their places in the files."""
    problems = (ConfigProblem(loaded.locations.of(p.path), p.path, p.value, p.reason) for p in error.problems)
    return [str(problem) for problem in problems]


def chosen(wanted: str | None, known: list[str]) -> list[str]:
    """The ids meant: all, the one of this name, or those that match it as a pattern.

    Raises:
        RefusedError: if there are none.
    """
    if wanted is None:
        return known
    if wanted in known:
        return [wanted]
    pattern = Pattern(wanted)
    matching = [id_ for id_ in known if pattern.matches(id_)]
    if not matching:
        raise RefusedError(f"no container is called {wanted!r} or matches it{nearest(wanted, known)}")
    return matching
