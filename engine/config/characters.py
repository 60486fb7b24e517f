"""Characters that have no place in a config, wherever its texts come from."""

import re

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def odd_character(text: str) -> re.Match[str] | None:
    """The first character that YAML allows in no text: control characters, and halves of a character."""
    return _UNPRINTABLE.search(text)
