"""Container ids: each is the name of a folder, on every file system (rule S8)."""

import unicodedata

from tracing.storage.paths import is_device, same_folder

_LONGEST = 128
_PUNCTUATION = frozenset("_-.+=")
RESERVED = frozenset({"root_container", "execution_default"})
_FILES = frozenset({"run.json"})


def id_fault(container_id: str) -> str | None:
    """What is wrong with an id, None if nothing is."""
    composed = unicodedata.normalize("NFC", container_id)
    wrong = next((c for c in composed if not (c.isalnum() or c in _PUNCTUATION)), None)
    if wrong is not None:
        return f"an id is made of letters, digits and _ - . + =, not {wrong!a}"
    if container_id.startswith("."):
        return "an id does not start with a dot"
    if len(container_id.encode()) > _LONGEST:
        return f"an id has at most {_LONGEST} bytes"
    return _taken(container_id)


def _taken(container_id: str) -> str | None:
    folded = same_folder(container_id)
    if is_device(container_id):
        return "this is the name of a device on Windows: choose another"
    if folded in RESERVED | _FILES:
        return "the product uses this name itself: choose another"
    return None
