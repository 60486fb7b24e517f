"""Keys that nothing reads, and what was probably meant."""

import itertools
from collections.abc import Collection

from engine.config.errors import Guess, Problems
from engine.config.node import Mapping, Node, Path, Scalar
from engine.guesses import nearest

_FIRST_KEYS = 100
_ELSEWHERE = {"dynamic_rules": "unknown key here: dynamic rules stand in the trace settings of portfolios"}
"""Keys that something else reads."""
_IN_ITS_STEAD = {
    **{key: f"storage_config.{key}" for key in ("write_at_end", "compression", "max_file_size_mb")},
    "max_events": "sliding_window_size",
    "sliding_window_size": "max_events",
}
"""Keys that have another name, or stand deeper, where that is known."""


def unquoted_place(node: Node) -> str:
    """A hint for `{fast}` without quotes, which YAML reads as a mapping."""
    if isinstance(node, Mapping) and len(node.entries) == 1:
        entry = next(iter(node))
        if isinstance(entry.value, Scalar) and entry.value.is_null and not entry.value.text:
            return f': quote it if a sweep is to fill it in: "{{{entry.key.text}}}"'
    return ""


def misspelt(mapping: Mapping, wanted: str, known: Collection[str]) -> Scalar | None:
    """The key of `mapping` that is nothing known and was probably meant as `wanted`."""
    strange = [entry.key for entry in itertools.islice(mapping, _FIRST_KEYS) if entry.key.text not in known]
    return next((key for key in strange if nearest(key.text, (wanted,))), None)


def unknown_key(problems: Problems, key: Scalar, path: Path, known: Collection[str]) -> None:
    """Reports a key that nothing reads, with the nearest that something does."""
    listed = f"; known here: {', '.join(known)}" if known else ""
    elsewhere = _ELSEWHERE.get(key.text)
    meant = _IN_ITS_STEAD.get(key.text, "")
    if meant.partition(".")[0] in known:
        elsewhere = f"unknown key here: expected {meant}"
    guess = Guess(key.text, known, listed) if elsewhere is None else None
    problems.at(key.at, (*path, key.text), None, elsewhere or "unknown key", guess)
