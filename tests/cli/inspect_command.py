"""Calling `admf inspect` in this process, as a terminal of a given width would."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).resolve().parents[2]


def inspect(*arguments, columns=None):
    """The result of `admf inspect`: exit_code, stdout and stderr. Fails on a traceback."""
    environment = {"COLUMNS": None if columns is None else str(columns)}
    outcome = CliRunner().invoke(app, ["inspect", *map(str, arguments)], env=environment)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    return outcome


def inspect_process(*arguments, **environment):
    """The same in a process of its own, with its stdout in a pipe."""
    command = [sys.executable, "-m", "cli", "inspect", *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)
