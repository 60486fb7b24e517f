"""`admf list` and `admf schema`: what a config may hold, as the code says."""

from __future__ import annotations

import json

import msgspec

from cli.exits import OK, REFUSED
from cli.render.catalogue import listed
from cli.render.messages import Messages
from cli.render.terminal import Terminal
from cli.results.refusal import nearest
from engine.config.catalogue import catalogue, refusals


def print_list(kind: str, name: str | None, *, as_json: bool) -> int:
    """Prints the entries of a kind, or the one called `name`; returns the exit code."""
    messages = Messages(quiet=False)
    entries = catalogue(kind)
    if name is not None:
        known = [entry.name for entry in entries]
        entries = [entry for entry in entries if entry.name == name]
        if not entries:
            messages.error(f"{name!r} is not among the {kind}{nearest(name, known)}")
            return REFUSED
    terminal = Terminal()
    if as_json:
        terminal.print_value(msgspec.json.format(msgspec.json.encode(entries), indent=2).decode())
    else:
        terminal.print(listed(entries, terminal.width))
    for line in refusals() if kind == "strategies" else ():
        messages.warn(line)
    return OK


def print_schema() -> int:
    """Prints the JSON Schema of a config; returns the exit code."""
    from engine.config.json_schema import config_schema  # noqa: PLC0415 - lists do not need it

    Terminal().print_value(json.dumps(config_schema(), indent=2))
    return OK
