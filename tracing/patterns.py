"""Patterns over container ids, and which of two is the more specific (rule R2)."""

import re
from fnmatch import translate
from functools import lru_cache

_WILDCARDS = re.compile(r"\*|\?|\[!?+\]?+[^\]]*+\]")


class Pattern:
    """A pattern as fnmatch reads it: `*`, `?`, `[...]`; case counts, and the whole id must match."""

    __slots__ = ("_match", "specificity", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.specificity = specificity(text)
        self._match = re.compile(translate(text)).match

    def matches(self, container_id: str) -> bool:
        """Whether the id matches."""
        return self._match(container_id) is not None


@lru_cache(maxsize=1024)
def specificity(pattern: str) -> tuple[int, int]:
    """How specific a pattern is; the greater wins: more literal characters, then fewer wildcards.

    Each `*`, `?` and `[...]` is one wildcard; a `[` that is never closed is a literal character.
    """
    wildcards = _WILDCARDS.findall(pattern)
    return len(pattern) - sum(map(len, wildcards)), -len(wildcards)
