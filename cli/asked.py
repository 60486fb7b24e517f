"""Commands that are asked about some containers of a config: which of them are meant."""

from __future__ import annotations

from cli.results.refusal import RefusedError, nearest
from tracing.patterns import Pattern


def chosen(wanted: str | None, known: list[str]) -> list[str]:
    """The ids meant: all, the one of this name, or those that match it as a pattern.

    Raises:
        RefusedError: if there are none.
    """
    if wanted is None:
        return known
    if wanted in known:
        return [wanted]
    pattern = Pattern(wanted)
    matching = [id_ for id_ in known if pattern.matches(id_)]
    if not matching:
        raise RefusedError(f"no container is called {wanted!r} or matches it{nearest(wanted, known)}")
    return matching
