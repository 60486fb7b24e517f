"""`admf explain`, step by step: read the config, plan it, choose containers, print. Nothing is run, read or written."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.config_file import read_config
from cli.exits import ENVIRONMENT, OK, REFUSED, SIGNALLED
from cli.render.explanation import as_data, explained
from cli.render.messages import Messages
from cli.render.terminal import Terminal
from cli.results.refusal import RefusedError, nearest
from engine.config.errors import ConfigErrors, ConfigProblem
from engine.orchestration.explanation import explain
from engine.orchestration.problems import PlanError
from tracing.patterns import Pattern

if TYPE_CHECKING:
    from pathlib import Path

    from cli.config_file import LoadedConfig
    from engine.orchestration.explanation import Explanation

_SIGINT = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line; `container_id` may be a pattern."""

    config: Path
    environment: str | None
    assignments: tuple[str, ...]
    container_id: str | None
    strict: bool
    as_json: bool


def explain_config(request: Request) -> int:
    """Prints what was asked for; returns the exit code."""
    messages = Messages(quiet=False)
    try:
        _explain(request, messages)
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
    return OK


def _explain(request: Request, messages: Messages) -> None:
    loaded = _load(request)
    explanation = _planned(loaded)
    warnings = [*map(str, loaded.warnings), *explanation.warnings]
    if warnings and request.strict:
        raise RefusedError("\n".join(f"{line} (refused by --strict)" for line in warnings))
    chosen = _chosen(request.container_id, list(explanation.plan.containers))
    terminal = Terminal()
    if request.as_json:
        terminal.print_value(as_data(explanation, chosen, warnings))
        return
    terminal.print(explained(explanation, chosen, terminal.width, whole=request.container_id is None))
    for line in warnings:
        messages.warn(line)


def _load(request: Request) -> LoadedConfig:
    try:
        return read_config(
            request.config,
            str(request.config),
            environment=request.environment,
            assignments=request.assignments,
        )
    except ConfigErrors as error:
        raise RefusedError(str(error)) from error
    except OSError as error:
        raise RefusedError(f"{request.config}: {error.strerror or error}") from error


def _planned(loaded: LoadedConfig) -> Explanation:
    try:
        return explain(loaded.config, loaded.locations, loaded.base_folder)
    except PlanError as error:
        located = (ConfigProblem(loaded.locations.of(p.path), p.path, p.value, p.reason) for p in error.problems)
        raise RefusedError("\n".join(map(str, located))) from error


def _chosen(wanted: str | None, known: list[str]) -> list[str]:
    """The ids meant: all, the one of this name, or those that match it as a pattern."""
    if wanted is None:
        return known
    if wanted in known:
        return [wanted]
    pattern = Pattern(wanted)
    chosen = [id_ for id_ in known if pattern.matches(id_)]
    if not chosen:
        raise RefusedError(f"no container is called {wanted!r} or matches it{nearest(wanted, known)}")
    return chosen
