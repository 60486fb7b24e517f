"""docs/commands.md is what the commands say of themselves."""

from pathlib import Path

import pytest
import typer

from cli.app import app
from cli.document import document

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("name", typer.main.get_command(app).commands)
def test_every_command_shows_an_example_and_explains_each_option(name):
    command = typer.main.get_command(app).commands[name]
    assert f"Example: admf {name}" in command.help
    assert [each.name for each in command.params if not each.help] == []
