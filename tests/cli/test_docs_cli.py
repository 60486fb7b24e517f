"""docs/cli.md names every command, argument, exit code and key there is; docs/commands.md has the options."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import exits
from cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands


def section(name):
    """The part of the page about a command."""
    found = re.search(rf"^## `admf {name}\b.*?(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cli.md has no section about {name}"
    return found[0]


def test_there_are_commands_to_look_at():
    assert {"run", "inspect"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_is_named_that_does_not_exist(command):
    known = {spelling for parameter in COMMANDS[command].params for spelling in parameter.opts} | {"--help"}
    assert set(re.findall(r"(?<![-\w])--[a-z]+(?:-[a-z]+)*", section(command))) <= known


@pytest.mark.parametrize("command", COMMANDS)
def test_every_argument_stands_in_the_heading(command):
    heading = section(command).splitlines()[0]
    arguments = [p for p in COMMANDS[command].params if p.param_type_name == "argument"]
    assert len(arguments) == len(re.findall(r"\[?[A-Z]+\]?", heading))


def test_the_options_before_a_command_are_named():
    for parameter in typer.main.get_command(app).params:
        assert all(f"`admf {spelling}`" in PAGE for spelling in parameter.opts)


@pytest.mark.parametrize("code", [exits.OK, exits.FAILED, exits.REFUSED, exits.ENVIRONMENT])
def test_every_exit_code_is_named(code):
    assert f"| {code} |" in PAGE


def test_every_key_of_a_run_as_json_is_named(tmp_path):
    output = tmp_path / "results"
    arguments = ["run", str(ROOT / "configs" / "smoke.yaml"), "--output", str(output), "--json", "--progress", "none"]
    printed = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert [key for key in (*printed, *printed["containers"]) if f"`{key}`" not in section("run")] == []
    found = json.loads((output / "portfolio_both" / "metrics.json").read_text())
    assert [key for key in found if not re.search(rf"\b{key}\b", PAGE)] == []
