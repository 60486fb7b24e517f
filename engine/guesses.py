"""What a wrong name may have meant: the names nearest to it."""

import difflib
from collections.abc import Iterable

_LONGEST = 100


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` with the name closest to `word`, empty if none is close."""
    close = closest(word, known)
    return f"; did you mean {close!r}?" if close else ""


def closest(word: str, known: Iterable[str]) -> str:
    """The name closest to `word` whatever its case, empty if none is close."""
    if len(word) > _LONGEST:
        return ""
    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, 1, 0.6)
    return by_folded[close[0]] if close else ""


def nearest_several(word: str, known: Iterable[str]) -> str:
    """`; nearest are a, b, c`: what resembles `word` at all, empty if nothing does."""
    close = difflib.get_close_matches(word, list(known), 3, 0.3) if len(word) <= _LONGEST else []
    return f"; nearest: {', '.join(close)}" if close else ""
