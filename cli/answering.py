"""How a command that answers a question ends, also when it cannot answer."""

from __future__ import annotations

import errno
import signal
from typing import TYPE_CHECKING

from cli.exits import ENVIRONMENT, REFUSED, SIGNALLED
from cli.render.messages import Messages
from cli.results.refusal import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable


def answered(answer: Callable[[Messages], int]) -> int:
    """What `answer` returns as exit code, or the one of what kept it from answering, said on stderr."""
    messages = Messages(quiet=False)
    try:
        return answer(messages)
    except RefusedError as error:
        for reason in error.reasons:
            messages.error(reason)
        return REFUSED
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # what reads stdout has left
        messages.error(str(error))
        return ENVIRONMENT
    except KeyboardInterrupt:
        return SIGNALLED + signal.SIGINT
