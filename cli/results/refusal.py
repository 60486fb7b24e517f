"""Questions that have no answer here, and the word that was probably meant."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.config.errors import ConfigProblem

_LONGEST_COMPARED = 128
_MOST_COMPARED = 2_000
_LIKE = 0.6


class RefusedError(Exception):
    """What was asked for is not there; the text says what is."""

    @property
    def reasons(self) -> Sequence[ConfigProblem | str]:
        """The text by lines."""
        return str(self).splitlines()


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` with the first of the known names closest to `word` whatever its case, empty if none is close."""
    matcher = SequenceMatcher(b=word.casefold()[:_LONGEST_COMPARED], autojunk=False)

    def likeness(name: str) -> float:
        matcher.set_seq1(name.casefold()[:_LONGEST_COMPARED])
        return matcher.ratio()

    best = max(islice(known, _MOST_COMPARED), key=likeness, default="")
    return f"; did you mean {best!r}?" if likeness(best) >= _LIKE else ""
