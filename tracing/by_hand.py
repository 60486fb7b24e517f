"""Trace settings that are given by hand: taken as a config writes them, and refused in its words."""

import difflib
import re
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, Literal, cast, get_args

import msgspec

from tracing.settings import (
    RETENTION_SPELLINGS,
    Mode,
    PartialTraceSettings,
    RetentionPolicy,
    StorageBackend,
    StorageConfig,
    said,
)
from tracing.storage.paths import StoragePathError, folder_within_results

EVENT_TYPES = (
    *("BAR", "FEATURES", "REGIME_CHANGE", "SIGNAL", "ORDER_REQUEST", "ORDER", "FILL", "POSITION_OPEN"),
    *("POSITION_CLOSE", "PORTFOLIO_UPDATE", "RISK_BREACH", "ERROR", "RUN_START", "CONTAINER_STATUS", "RUN_END"),
)
"""The engine's event types, which a tracer by hand must know too; users' own are words joined by dots."""
_OWN_TYPE = re.compile(r"\w+(\.\w+)+")
_CHOICES: dict[str, Iterable[str]] = {
    "retention_policy": RETENTION_SPELLINGS,
    "mode": get_args(Mode),
    "storage_backend": get_args(StorageBackend),
}
_EXPECTED = {
    "enabled": "true or false",
    "max_events": "a whole number of at least 0",
    "storage_path": "a folder inside the output folder",
    "storage_config": "a mapping",
    "storage_config.compression": "gzip or zstd, or true or false",
    "storage_config.max_file_size_mb": "a number of at least 0.01",
    "storage_config.write_at_end": "on_failure, or true or false",
}


def policy_named(written: str) -> RetentionPolicy:
    """The retention policy that is spelled so.

    Raises:
        ValueError: if there is none, with the nearest.
    """
    check_choice("retention_policy", written, RETENTION_SPELLINGS)
    return RETENTION_SPELLINGS[written]


def types_named(written: object) -> Literal["ALL"] | tuple[str, ...]:
    """The event types that are meant by `ALL` or a list of names.

    Raises:
        ValueError: if it is neither, with what was perhaps meant.
    """
    if isinstance(written, str):
        if written == "ALL":
            return "ALL"
        meant = "'ALL'" if written.upper() == "ALL" else f"[{written.upper()!r}]"
        raise ValueError(
            f"events_to_trace: {written!r}: expected 'ALL', or a list of event types; did you mean {meant}?"
        )
    names = tuple(cast("Iterable[str]", written)) if isinstance(written, Iterable) else (written,)
    for name in names:
        if name not in EVENT_TYPES and not (isinstance(name, str) and _OWN_TYPE.fullmatch(name)):
            raise ValueError(f"events_to_trace: {name!r}: expected an event type{_nearest(name, EVENT_TYPES)}")
    return cast("tuple[str, ...]", names)


def setting_named(name: str, written: object) -> Any:  # noqa: ANN401 - one function for all fields
    """What a trace setting becomes that is given by hand; the parts of `storage_config` are named `storage_config.compression` and so on.

    Raises:
        ValueError: if it cannot be that, in the words of a config.
    """
    if name == "events_to_trace":
        return types_named(written)
    if name in _CHOICES:
        check_choice(name, written, _CHOICES[name])
        return written
    if name == "storage_config" and isinstance(written, Mapping | StorageConfig | None):
        parts = said(written or {})
        for part in parts:
            check_choice(name, part, StorageConfig.__struct_fields__)
        return StorageConfig(**{part: setting_named(f"{name}.{part}", value) for part, value in parts.items()})
    owner, _, field = name.rpartition(".")
    plain = int(written) if isinstance(written, Integral) and not isinstance(written, bool) else written
    try:
        read = msgspec.convert({field: plain}, StorageConfig if owner else PartialTraceSettings)
    except msgspec.ValidationError:
        raise ValueError(f"{name}: {written!r}: expected {_EXPECTED[name]}") from None
    if name == "storage_path":
        _check_folder(str(written))
    return getattr(read, field)


def _check_folder(path: str) -> None:
    try:
        folder_within_results(path)
    except StoragePathError as error:
        raise ValueError(f"storage_path: {path!r}: expected {_EXPECTED['storage_path']}: {error}") from None


def check_choice(what: str, written: object, choices: Iterable[str]) -> None:
    """Refuses what is none of the choices.

    Raises:
        ValueError: with the nearest of them.
    """
    known = list(choices)
    if written not in known:
        raise ValueError(f"{what}: {written!r}: expected one of {', '.join(known)}{_nearest(written, known)}")


def _nearest(written: object, known: Iterable[str]) -> str:
    by_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(written.lower(), by_case, 1) if isinstance(written, str) else []
    return f"; did you mean {by_case[close[0]]!r}?" if close else ""
