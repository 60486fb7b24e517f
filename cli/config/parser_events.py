"""What YAML's parser says of a text, event by event."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOO_DEEP_FOR_IT = "nesting depth"


def events_of(text: str) -> Iterator[yaml.Event]:
    """The events of a text, up to the end of its stream.

    A parser that looks ahead may give up at a nesting that is far beyond any limit of ours, and not have said yet what
    came before: that is asked for again without what was too deep, so that the limit that counts is ours.

    Raises:
        yaml.YAMLError: if the text is no YAML.
    """
    given = 0
    try:
        for event in _parsed(text):
            given += 1
            yield event
    except yaml.MarkedYAMLError as error:
        if error.problem_mark is None or _TOO_DEEP_FOR_IT not in (error.problem or ""):
            raise
        yield from islice(_parsed(text[: error.problem_mark.index]), given, None)
        raise


def _parsed(text: str) -> Iterator[yaml.Event]:
    loader = _LOADER(text)
    try:
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            yield event
    finally:
        loader.dispose()
