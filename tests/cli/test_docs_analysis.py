"""docs/analysis.md: every command on the page runs, in the order of the page, from a checkout."""

import re
import shlex
import shutil

from typer.testing import CliRunner

from cli.app import app
from tests.run_command import ROOT

PAGE = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [shlex.split(block) for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
ENDS = {"diff": 1}


def test_every_command_of_the_page_runs(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    assert {arguments[1] for arguments in COMMANDS} >= {"run", "query", "replay", "diff", "export"}
    for name, *arguments in COMMANDS:
        assert name == "admf"
        outcome = CliRunner().invoke(app, arguments)
        assert outcome.exit_code == ENDS.get(arguments[0], 0), (arguments, outcome.output)
        assert outcome.stdout.count("\n") > 1 or "--quiet" in arguments, arguments
    for code in PYTHON:
        names: dict[str, object] = {}
        exec(compile(code, "analysis.md", "exec"), names)  # noqa: S102 - the page's own code
        assert names["trades"].fetchall()
