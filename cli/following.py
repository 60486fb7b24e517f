"""`admf inspect --follow`, step by step: look, show what is new, until the run has ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from cli.render import containers
from cli.render.live import LiveLines
from cli.render.terminal import Terminal
from cli.results.following import PATIENCE_S, follow, has_begun, is_at_work, wait_for
from cli.results.json_file import DamagedFileError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.text import Text

    from cli.render.messages import Messages
    from cli.results.following import Look
    from cli.results.results import ResultsTree


def follow_run(root: Path, container_id: str | None, messages: Messages, *, as_json: bool) -> ResultsTree:
    """Shows a run while it is at work; returns its results as they were left. One that has not begun is waited for.

    On a terminal a table that changes in place; elsewhere a line for each container that has something new; with `as_json`
    its metrics.json as one line.
    """
    terminal = Terminal()
    if not has_begun(root):
        messages.error(f"{root}: no run has begun there: waiting {PATIENCE_S} s for one")
        wait_for(root)
    with LiveLines(terminal.width if sys.stdout.isatty() and not as_json else None) as live:
        for look in follow(root, container_id):
            if live.is_on:
                live.show(_table(look, container_id, terminal.width))
            elif as_json:
                _print_json(look)
            else:
                terminal.print(containers.brief(look.tree.entry(id_)) for id_ in look.changed)
            sys.stdout.flush()
    return look.tree


def why_dead(tree: ResultsTree) -> str | None:
    """What to say of a run that says it is running and is not; None if all is well."""
    if not tree.unfinished or tree.record is None or is_at_work(tree):
        return None
    return (
        f"{tree.root}: the run is not at work any more (process {tree.record.pid} is gone): it did not come to its end"
    )


def _table(look: Look, container_id: str | None, width: int | None) -> list[Text]:
    entries = list(look.tree.entries()) if container_id is None else [look.tree.entry(container_id)]
    head = containers.headline(look.tree, entries, width)
    return [head, *containers.table(entries, width)]


def _print_json(look: Look) -> None:
    for id_ in look.changed:
        try:
            _, text = look.tree.whole_result(id_)
        except DamagedFileError:
            continue  # reported at the end, if it still is
        sys.stdout.write(msgspec.json.format(text, indent=-1) + "\n")
