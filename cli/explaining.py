"""`admf explain`, step by step: read the config, plan it, choose containers, print. Nothing is run, read or written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

<<<<<<< HEAD
from cli.asked import answered, chosen, load, located
from cli.exits import OK
=======
from cli.exits import ENVIRONMENT, OK, REFUSED, SIGNALLED
from cli.loading import RefusedConfigError, load, located, refused_by_strict
>>>>>>> 1080ffc (What nobody uses is a warning, with --strict an error; a caret under the line on a terminal)
from cli.render.explanation import as_data, explained
from cli.render.terminal import Terminal
<<<<<<< HEAD
from cli.results.refusal import RefusedError
=======
from cli.results.refusal import nearest
>>>>>>> 1080ffc (What nobody uses is a warning, with --strict an error; a caret under the line on a terminal)
from engine.orchestration.explanation import explain
from engine.orchestration.problems import PlanError

if TYPE_CHECKING:
    from pathlib import Path

    from cli.config_file import LoadedConfig
    from cli.render.messages import Messages
    from engine.orchestration.explanation import Explanation


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
<<<<<<< HEAD
    return answered(partial(_explain, request))


def _explain(request: Request, messages: Messages) -> int:
    loaded = load(request.config, request.environment, request.assignments)
=======
    messages = Messages(quiet=False)
    try:
        _explain(request, messages)
    except RefusedConfigError as error:
        for reason in error.reasons:
            messages.error(reason)
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
    loaded = load(request)
>>>>>>> 1080ffc (What nobody uses is a warning, with --strict an error; a caret under the line on a terminal)
    explanation = _planned(loaded)
    warnings = [*loaded.warnings, *explanation.warnings]
    if warnings and request.strict:
<<<<<<< HEAD
        raise RefusedError("\n".join(f"{line} (refused by --strict)" for line in warnings))
    ids = chosen(request.container_id, list(explanation.plan.containers))
    terminal = Terminal()
    if request.as_json:
        terminal.print_value(as_data(explanation, ids, warnings))
        return OK
    terminal.print(explained(explanation, ids, terminal.width, whole=request.container_id is None))
    for line in warnings:
        messages.warn(line)
    return OK
=======
        raise RefusedConfigError(*map(refused_by_strict, warnings))
    chosen = _chosen(request.container_id, list(explanation.plan.containers))
    terminal = Terminal()
    if request.as_json:
        terminal.print_value(as_data(explanation, chosen, [*map(str, warnings)]))
        return
    terminal.print(explained(explanation, chosen, terminal.width, whole=request.container_id is None))
    for warning in warnings:
        messages.warn(warning)
>>>>>>> 1080ffc (What nobody uses is a warning, with --strict an error; a caret under the line on a terminal)


def _planned(loaded: LoadedConfig) -> Explanation:
    try:
        return explain(loaded.config, loaded.locations, loaded.base_folder)
    except PlanError as error:
<<<<<<< HEAD
        raise RefusedError("\n".join(located(error, loaded))) from error
=======
        raise RefusedConfigError(*located(error, loaded)) from error


def _chosen(wanted: str | None, known: list[str]) -> list[str]:
    """The ids meant: all, the one of this name, or those that match it as a pattern."""
    if wanted is None:
        return known
    if wanted in known:
        return [wanted]
    pattern = Pattern(wanted)
    chosen = [id_ for id_ in known if pattern.matches(id_)]
    if not chosen:
        raise RefusedConfigError(f"no container is called {wanted!r} or matches it{nearest(wanted, known)}")
    return chosen
>>>>>>> 1080ffc (What nobody uses is a warning, with --strict an error; a caret under the line on a terminal)
