"""The columns of the views, told from the structs that the files are written from."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, Union, get_args, get_origin

import msgspec

from engine.events import EVENT_CLASSES
from engine.orchestration.extracts import EquityRow, TradeRow

if TYPE_CHECKING:
    from collections.abc import Iterable

Columns = dict[str, str]
"""DuckDB types by name."""

_TYPES: dict[object, str] = {int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", str: "VARCHAR"}
TIMES = frozenset({"timestamp", "entered"})
"""Fields that hold RFC 3339 texts in the files."""


def columns_of(structs: Iterable[type[msgspec.Struct]]) -> Columns:
    """Every field of the structs, in order of first occurrence; texts of time are read as texts."""
    columns: Columns = {"seq": "BIGINT", "type": "VARCHAR"}
    for struct in structs:
        for field in msgspec.structs.fields(struct):
            columns.setdefault(field.name, "VARCHAR" if field.name in TIMES else _type(field.type))
    return columns


def _type(hint: object) -> str:
    """The DuckDB type of a field; what has parts that differ is JSON."""
    origin, parts = get_origin(hint), [part for part in get_args(hint) if part is not NoneType]
    if origin in {Union, UnionType} and len(parts) == 1:
        return _type(parts[0])
    if origin is Literal:
        return _TYPES[type(parts[0])]
    if origin is dict:
        return f"MAP({_type(parts[0])}, {_type(parts[1])})"
    return _TYPES.get(hint, "JSON")


EVENT_COLUMNS = columns_of(EVENT_CLASSES)
TRADE_COLUMNS = columns_of([TradeRow])
EQUITY_COLUMNS = columns_of([EquityRow])
