"""docs/commands.md, from the commands themselves: `python -m cli.document > docs/commands.md`."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

import typer

from cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """# Commands

<!-- Generated: edit the help of the commands, then run `python -m cli.document > docs/commands.md`. -->

Every command with every argument and option. [The command line](cli.md) says what comes out of them, and the exit codes.
"""
_KINDS = {**dict.fromkeys(("INT", "INT RANGE", "FLOAT", "FLOAT RANGE"), "N"), "STR": "TEXT"}


def document() -> str:
    """The whole page."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return "\n".join([_HEAD, *(line for name, command in commands.items() for line in _section(name, command))])


def _section(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - click's types come without stubs
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    yield f"## `{' '.join(['admf', name, *(_metavar(each) for each in arguments)])}`\n"
    yield inspect.cleandoc(command.help) + "\n"
    yield "| argument or option | takes | default | |"
    yield "|---|---|---|---|"
    for each in command.params:
        yield f"| {_named(each)} | {_takes(each)} | {_default(each)} | {_cell(each.help or '')} |"
    yield "| `--help`, `-h` | | | Show this message and exit. |\n"


def _named(parameter: Any) -> str:  # noqa: ANN401
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    return ", ".join(f"`{spelling}`" for spelling in parameter.opts)


def _metavar(parameter: Any) -> str:  # noqa: ANN401
    written = (parameter.metavar or parameter.name.upper()).strip("[]")
    return written if parameter.required else f"[{written}]"


def _takes(parameter: Any) -> str:  # noqa: ANN401
    if parameter.param_type_name == "argument" or getattr(parameter, "is_flag", False):
        return ""
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return ", ".join(str(getattr(choice, "value", choice)) for choice in choices)
    name = parameter.type.name.upper()
    return _cell(parameter.metavar or _KINDS.get(name, name))


def _default(parameter: Any) -> str:  # noqa: ANN401
    value = parameter.default
    if value is None or callable(value) or value in (False, [], ()) or parameter.required:
        return ""
    return f"`{getattr(value, 'value', value)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
