"""What the pages tell people to type works as it stands: every command of every page, in order, in a folder of its own."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).resolve().parents[2]
OF_ITS_OWN = "analysis.md"
"""A page with a test of its own, since its queries go over several lines."""
PAGES = [ROOT / "README.md", *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != OF_ITS_OWN)]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^((?: {4}\S[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#|--) (\S+\.\w+)\n")
"""A block whose first line is a comment with nothing but a name is a file of that name."""
CHAINED = re.compile(r"\s*&&\s*|\s*&?\n")


def steps(page):
    """The files that a page shows and the commands that it tells, in order, as (name, content) and lists of words."""
    for language, fenced, indented in BLOCK.findall(page.read_text(encoding="utf-8")):
        named = FILE.match(fenced)
        if named:
            yield named[1], fenced
        elif language == "sh" or indented:
            for line in map(str.strip, CHAINED.split(fenced or indented)):
                if re.match(r"(\.venv/bin/)?admf |cd ", line):
                    yield shlex.split(line.removeprefix(".venv/bin/"), comments=True)


def commands(page):
    return [step for step in steps(page) if isinstance(step, list)]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_every_command_of_a_page_works(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    for step in steps(page):
        if isinstance(step, tuple):
            Path(step[0]).write_text(step[1], encoding="utf-8")
    typed = []
    for words in commands(page):
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
        elif words not in typed:  # shown twice, it is the same for two readers
            run(words)
        typed.append(words)


def run(words):
    """Runs a command line of admf; what it prints goes to the file after `>`, if there is one."""
    arguments, target = words[1:], None
    if ">" in arguments:
        at = arguments.index(">")
        arguments, target = arguments[:at], arguments[at + 1]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, f"{shlex.join(words)} in {Path.cwd()}:\n{outcome.output}"
    if target:
        Path(target).write_text(outcome.stdout, encoding="utf-8")


def test_a_user_is_shown_each_command_at_least_once():
    shown = "\n".join(page.read_text(encoding="utf-8") for page in (*PAGES, ROOT / "docs" / OF_ITS_OWN))
    known = typer.main.get_command(app).commands
    assert [name for name in known if not re.search(rf"^( {{4}})?admf {name}\b", shown, re.MULTILINE)] == []
