"""Commands that are asked about a config: which containers are meant, how they end when it will not do."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cli.exits import ENVIRONMENT, REFUSED, SIGNALLED
from cli.loading import RefusedConfigError
from cli.render.messages import Messages
from cli.results.refusal import RefusedError, nearest
from tracing.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGINT = 2


def answered(answer: Callable[[Messages], int]) -> int:
    """What `answer` returns as exit code, or the one of what kept it from answering, said on stderr."""
    messages = Messages(quiet=False)
    try:
        return answer(messages)
    except RefusedConfigError as error:
        for reason in error.reasons:
            messages.error(reason)
        return REFUSED
    except RefusedError as error:
        for line in str(error).splitlines():
            messages.error(line)
        return REFUSED
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read stdout has seen enough: typer leaves without a word
        messages.error(str(error))
        return ENVIRONMENT
    except KeyboardInterrupt:
        return SIGNALLED + _SIGINT


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
