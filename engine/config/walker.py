"""Builds the readers of a config from the types of its structs, so that the structs are the only description of the file.

Understood are structs, tagged unions, Literal, str, int, float, bool, None, list, tuple and dict with str keys, and the
bounds and descriptions of msgspec.Meta.
"""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import msgspec
from msgspec import Meta, UnsetType

from engine.config.forms import ListReader, TableReader, UnionReader
from engine.config.readers import Bounds, ChoiceReader, EitherReader, Reader, ScalarReader, TextReader
from engine.config.scalars import read_any, read_bool, read_float, read_int, read_number
from engine.config.structs import Field, OwnReader, StructReader, TaggedReader


class ReaderFactory:
    """Makes one reader for each type.

    `special` replaces the reader of a whole type, or of one field under (struct, field name); `kinds` names what the
    structs of a union are (`strategy`), for messages; `extra_keys` are keys that are read before the struct is.
    """

    def __init__(
        self,
        special: Mapping[object, Reader],
        kinds: Mapping[type, str],
        extra_keys: Mapping[type, tuple[str, ...]],
    ) -> None:
        self._special = special
        self._kinds = kinds
        self._extra_keys = extra_keys
        self._structs: dict[type[msgspec.Struct], StructReader] = {}

    def reader(self, annotation: Any, meta: Meta | None = None) -> Reader:  # noqa: ANN401 - any type of a field
        """The reader of a type."""
        if isinstance(annotation, type) and annotation in self._special:
            return self._special[annotation]
        origin = get_origin(annotation)
        if origin is Annotated:
            inner, *metas = get_args(annotation)
            return self.reader(inner, next((m for m in metas if isinstance(m, Meta)), meta))
        if origin in (Union, types.UnionType):
            return self._union(annotation, meta)
        if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
            return self.struct(annotation)
        return _plain(annotation, meta) or self._container(annotation, meta)

    def struct(self, cls: type[msgspec.Struct]) -> StructReader:
        """The reader of a struct."""
        if cls not in self._structs:
            fields = {info.name: self._field(cls, info) for info in msgspec.structs.fields(cls)}
            extra = [key for base in cls.__mro__ for key in self._extra_keys.get(base, ())]
            self._structs[cls] = StructReader(cls, fields, tuple(extra))
        return self._structs[cls]

    def _field(self, cls: type[msgspec.Struct], info: msgspec.structs.FieldInfo) -> Field:
        ours = (self._special.get((base, info.name)) for base in cls.__mro__)
        reader = next(filter(None, ours), None) or self.reader(info.type)
        return Field(info.name, reader, info.required, _description(info.type))

    def _container(self, annotation: Any, meta: Meta | None) -> Reader:  # noqa: ANN401
        origin, args = get_origin(annotation), get_args(annotation)
        least = meta.min_length or 0 if meta else 0
        if origin is list:
            return ListReader(self.reader(args[0]), least=least)
        if origin is tuple and args[1:] == (...,):
            return ListReader(self.reader(args[0]), least=least, into=tuple)
        if origin is dict and args[0] is str:
            return TableReader(self.reader(args[1]))
        raise TypeError(f"a config cannot hold {annotation}")

    def _union(self, annotation: Any, meta: Meta | None) -> Reader:  # noqa: ANN401
        members = _members(annotation)
        bare = [(_bare(member), member) for member in members]
        structs = [kind for kind, _ in bare if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]
        texts = [member for kind, member in bare if _is_scalar(kind)]
        lists = [member for kind, member in bare if get_origin(kind) in (list, tuple)]
        return UnionReader(
            nullable=types.NoneType in members,
            scalar=self._scalar(texts, meta) if texts else None,
            sequence=self.reader(lists[0]) if lists else None,
            mapping=self._mapping(structs, [member for kind, member in bare if get_origin(kind) is dict]),
        )

    def _scalar(self, members: list[Any], meta: Meta | None) -> Reader:
        choices = [self.reader(member) for member in members if get_origin(_bare(member)) is Literal]
        others = [member for member in members if get_origin(_bare(member)) is not Literal]
        kinds = {_bare(member) for member in others}
        if len(others) == 1:
            other = self.reader(others[0], meta)
        elif kinds == {int, float}:
            other = ScalarReader("a number", read_number)
        else:
            other = ScalarReader("text, a number or true/false", read_any)
        if not choices:
            return other
        return EitherReader(cast("ChoiceReader", choices[0]), other) if others else choices[0]

    def _mapping(self, structs: list[type[msgspec.Struct]], tables: list[Any]) -> Reader | None:
        if structs:
            return self._one_of(structs)
        return self.reader(tables[0]) if tables else None

    def _one_of(self, structs: list[type[msgspec.Struct]]) -> Reader:
        if len(structs) == 1 and not structs[0].__struct_config__.tag:
            return self.reader(structs[0])
        tagged = {str(cls.__struct_config__.tag): cls for cls in structs if cls.__struct_config__.tag}
        untagged = [cls for cls in structs if not cls.__struct_config__.tag]
        first = next(iter(tagged.values()))
        options = {tag: self.reader(cls) for tag, cls in tagged.items()}
        plain = [cls for cls in untagged if cls not in self._special]
        reader = TaggedReader(
            next((kind for base, kind in self._kinds.items() if issubclass(first, base)), "component"),
            str(first.__struct_config__.tag_field),
            options,
            self.reader(plain[0]) if plain else None,
        )
        reader.own = next((cast("OwnReader", self._special[cls]) for cls in untagged if cls in self._special), None)
        return reader


def _plain(annotation: Any, meta: Meta | None) -> Reader | None:  # noqa: ANN401
    if get_origin(annotation) is Literal:
        return ChoiceReader(tuple(map(str, get_args(annotation))))
    if annotation is str:
        return TextReader()
    if annotation is bool:
        return ScalarReader("true or false", read_bool)
    bounds = Bounds(gt=meta.gt, ge=meta.ge, lt=meta.lt, le=meta.le) if meta else None
    if annotation is int:
        return ScalarReader("a whole number", read_int, bounds)
    return ScalarReader("a number", read_float, bounds) if annotation is float else None


def _bare(annotation: Any) -> Any:  # noqa: ANN401
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _members(annotation: Any) -> list[Any]:  # noqa: ANN401
    """The members of a union, those of unions inside it included; what only says that a field is not set is left out."""
    if get_origin(_bare(annotation)) in (Union, types.UnionType):
        return [each for member in get_args(_bare(annotation)) for each in _members(member)]
    return [] if annotation is UnsetType else [annotation]


def _is_scalar(kind: Any) -> bool:  # noqa: ANN401
    return kind in (str, int, float, bool) or get_origin(kind) is Literal


def _description(annotation: Any) -> str:  # noqa: ANN401
    """The description of a type; of a union that has none itself, that of its first member that has one."""
    own = (item.description for item in getattr(annotation, "__metadata__", ()) if isinstance(item, Meta))
    inside = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    return next(filter(None, own), None) or next(filter(None, map(_description, inside)), "")
