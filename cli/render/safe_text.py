"""Text from files, ids and errors made safe to show: a terminal must not obey what a stranger wrote."""

import json
import re

_PERHAPS_UNPRINTABLE = re.compile("[^\n -~]")


def visible(text: str) -> str:
    r"""`text` on one line, with every character that does not show as itself escaped: `\x1b`, `\n`, `\u202e`.

    That is C0, C1, bidi marks and overrides, invisible format characters, exotic spaces, line separators, surrogates.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def visible_json(text: str) -> str:
    r"""The same JSON, line breaks between its values kept, with such characters in its strings as `\u` escapes."""
    return _PERHAPS_UNPRINTABLE.sub(
        lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text
    )
