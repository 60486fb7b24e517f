"""What YAML's parser complains of, in words that say what to do."""

import yaml

from engine.config.errors import ConfigProblem
from engine.config.node import Mark

_WORDS = {
    "mapping values are not allowed": "a colon where none can be: quote a text with a colon in it, or check the indentation",
    "expected <block end>": "the indentation does not fit the lines above",
    "did not find expected '-' indicator": "the indentation does not fit the list above",
    "did not find expected key": "expected a key: the indentation does not fit the lines above",
    "could not find expected ':'": "expected a colon after this key",
    "did not find expected ',' or ']'": "a list in [ ] is not closed, or lacks a comma",
    "did not find expected ',' or '}'": "a mapping in { } is not closed, or lacks a comma",
    "found unexpected end of stream": "a quote is not closed",
    "found unknown escape character": "an unknown escape in double quotes: write \\\\ for a backslash, or use single quotes",
}


def syntax_problem(error: yaml.YAMLError, path: str, text: str) -> ConfigProblem:
    """The complaint with its place; what is never closed is placed where it begins."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    context = getattr(error, "context_mark", None)
    if mark is not None and context is not None and mark.index >= len(text.rstrip()):
        mark = context
    at = Mark(path, 1, 1) if mark is None else Mark(path, mark.line + 1, mark.column + 1)
    return ConfigProblem(at, "", None, f"YAML syntax: {_worded(error, at, text)}")


def _worded(error: yaml.YAMLError, at: Mark, text: str) -> str:
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "this cannot be read")
    lines = text.splitlines()
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    if "cannot start any token" in said:
        character = line[at.column - 1 : at.column]
        if character == "\t":
            return "a tab: indent with spaces"
        return f"a text cannot begin with {character}: quote it"
    return next((words for begin, words in _WORDS.items() if said.startswith(begin)), said)
