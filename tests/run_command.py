"""Calling `admf run`: in this process, or in one of its own where that is the point."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "cli", "run")


def run(*arguments, columns=None):
    """The result of `admf run`: exit_code, stdout and stderr. Fails on an error that nobody caught."""
    environment = {"COLUMNS": None if columns is None else str(columns)}
    outcome = CliRunner().invoke(app, ["run", *map(str, arguments)], env=environment)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def run_process(*arguments, cwd=ROOT, **environment):
    """The same in a process of its own, with pipes for stdout and stderr; a variable that is None is unset."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=cwd, env=changed(environment), capture_output=True, text=True, check=False
    )


def changed(environment):
    """This process's environment with changes; what would change a terminal's looks is not inherited."""
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
    path = {"PYTHONPATH": str(ROOT)}  # the checkout, from whatever folder it is called
    return {name: value for name, value in {**kept, **path, **environment}.items() if value is not None}


def files_of(tree, *, without=()):
    """Every file of a results tree by its relative name, with its bytes."""
    files = (path for path in sorted(tree.rglob("*")) if path.is_file())
    return {str(path.relative_to(tree)): path.read_bytes() for path in files if path.name not in without}


def results_of(tree):
    """The metrics.json objects of a results tree by container id."""
    return {path.parent.name: read_json(path) for path in sorted(tree.glob("*/metrics.json"))}


def read_json(path):
    """The value in a JSON file."""
    return msgspec.json.decode(path.read_bytes())
