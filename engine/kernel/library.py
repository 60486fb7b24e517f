"""The kernel in either form: as Python, or compiled and loaded with ctypes once it has shown that it computes the same."""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import platform
import struct
from functools import cache
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from engine.kernel.canned import LANES, canned_digest
from engine.kernel.language import Array, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.kernel.language import F64, I64

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / ("_kernel" + {"Windows": ".dll", "Darwin": ".dylib"}.get(platform.system(), ".so"))
HOW_TO_BUILD = "python -m engine.kernel.build"

_SCALARS: dict[Any, Any] = {int: ctypes.c_int64, float: ctypes.c_double, bool: ctypes.c_bool, None: None}
_Struct = TypeVar("_Struct")
_Function = TypeVar("_Function", bound="Callable[..., object]")


class LibraryError(RuntimeError):
    """A compiled kernel is not to be trusted, or is not there."""


class Kernel(Protocol):
    """The kernel in one of its forms; results are the same, structs and arrays are made by the form they are used with."""

    @property
    def form(self) -> str:
        """`compiled` or `interpreted`."""

    @property
    def reason(self) -> str:
        """Why it is interpreted, and what would change that; empty if it is compiled."""

    def function(self, function: _Function) -> _Function:
        """This form of an entry."""

    def struct(self, cls: type[_Struct]) -> _Struct:
        """A struct with all its fields at zero."""

    def structs(self, cls: type[_Struct], count: int) -> list[_Struct]:
        """An array of structs with all their fields at zero."""

    def copy(self, struct: _Struct) -> _Struct:
        """Another struct, or array of structs, with the same values; arrays of the caller's inside are the same arrays."""

    def rows(self, cls: type[_Struct], structs: list[_Struct], count: int) -> Iterable[tuple[Any, ...]]:
        """The values of the first `count` structs, in the order of their fields, which are ints and floats."""

    def floats(self, values: Iterable[float]) -> F64:
        """An array of floats; one of numpy is used as it stands where that can be."""

    def ints(self, values: Iterable[int]) -> I64:
        """An array of ints, likewise."""

    def packed(self, array: F64, count: int) -> bytes:
        """The first `count` floats of an array, as they are in memory."""


class Interpreted:
    """The kernel as Python."""

    form = "interpreted"

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def function(self, function: _Function) -> _Function:
        """The function itself."""
        return function

    def struct(self, cls: type[_Struct]) -> _Struct:
        """An object of the class."""
        return cls()

    def structs(self, cls: type[_Struct], count: int) -> list[_Struct]:
        """A list of objects of the class."""
        return [cls() for _ in range(count)]

    def copy(self, struct: _Struct) -> _Struct:
        """Copied field by field."""
        return cast("_Struct", [*map(_copied, struct)] if isinstance(struct, list) else _copied(struct))

    def rows(self, cls: type[_Struct], structs: list[_Struct], count: int) -> Iterable[tuple[Any, ...]]:
        """Read field by field."""
        return map(attrgetter(*fields_of(cls)), structs[:count])

    def floats(self, values: Iterable[float]) -> F64:
        """A list of them."""
        return cast("F64", _listed(values))

    def ints(self, values: Iterable[int]) -> I64:
        """A list of them."""
        return cast("I64", _listed(values))

    def packed(self, array: F64, count: int) -> bytes:
        """Packed one by one."""
        return struct.pack(f"={count}d", *array[:count])


class Compiled:
    """A library made by `build`."""

    form = "compiled"
    reason = ""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._types: dict[type, type[ctypes.Structure]] = {}

    def text(self, name: str) -> str:
        """A string inside the library.

        Raises:
            LibraryError: if it has none of that name.
        """
        try:
            return ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(self._library, name))).decode()
        except ValueError as error:
            raise LibraryError(f"it has no {name}") from error

    def function(self, function: _Function) -> _Function:
        """The compiled entry of that name; the layouts of structs it takes are checked.

        Raises:
            LibraryError: if a struct is laid out otherwise there.
        """
        annotations = inspect.get_annotations(function)
        returns = annotations.pop("return")
        found = getattr(self._library, f"k_{function.__name__}")
        found.argtypes = [
            _SCALARS[kind] if kind in _SCALARS else ctypes.POINTER(self._type(kind)) for kind in annotations.values()
        ]
        found.restype = _SCALARS[returns]
        return cast("_Function", found)

    def struct(self, cls: type[_Struct]) -> _Struct:
        """A ctypes structure with the fields of the class."""
        return cast("_Struct", self._type(cls)())

    def structs(self, cls: type[_Struct], count: int) -> list[_Struct]:
        """A ctypes array of such structures."""
        return cast("list[_Struct]", (self._type(cls) * count)())

    def copy(self, struct: _Struct) -> _Struct:
        """Copied at once."""
        copied: Any = type(cast("Any", struct)).from_buffer_copy(struct)
        copied.original = struct  # which keeps the arrays alive
        return cast("_Struct", copied)

    def rows(self, cls: type[_Struct], structs: list[_Struct], count: int) -> Iterable[tuple[Any, ...]]:
        """Read from memory at once."""
        layout = "=" + "".join({int: "q", float: "d"}[kind] for kind in fields_of(cls).values())
        size = count * struct.calcsize(layout)
        return struct.iter_unpack(layout, ctypes.string_at(_address(structs), size) if count else b"")

    def floats(self, values: Iterable[float]) -> F64:
        """A ctypes array; it shares the memory of a numpy array of float64."""
        return cast("F64", _array(ctypes.c_double, "<f8", values))

    def ints(self, values: Iterable[int]) -> I64:
        """A ctypes array; it shares the memory of a numpy array of int64."""
        return cast("I64", _array(ctypes.c_int64, "<i8", values))

    def packed(self, array: F64, count: int) -> bytes:
        """Read from memory at once."""
        return ctypes.string_at(_address(array), count * ctypes.sizeof(ctypes.c_double)) if count else b""

    def _type(self, cls: type) -> type[ctypes.Structure]:
        if cls not in self._types:
            self._types[cls] = self._checked(cls)
        return self._types[cls]

    def _checked(self, cls: type) -> type[ctypes.Structure]:
        made, fields = _structure(cls), fields_of(cls)
        for kind in fields.values():
            item = kind.item if isinstance(kind, Array) else kind
            if item not in _SCALARS:
                self._type(item)
        places = [(place.offset, place.size) for place in (getattr(made, name) for name in fields)]
        layout = [ctypes.sizeof(made), *chain.from_iterable(places)]
        there = (ctypes.c_int64 * len(layout)).in_dll(self._library, f"layout_{cls.__name__}")
        if list(there) != layout:
            raise LibraryError(f"{cls.__name__} is laid out otherwise in it")
        return made


INTERPRETED = Interpreted("--path python asks for it")


def sources() -> dict[str, str]:
    """The modules that are compiled, by their names in messages."""
    paths = sorted(FOLDER.glob("lane/*.py"))
    return {f"engine/kernel/lane/{path.name}": path.read_text(encoding="utf-8") for path in paths}


def fingerprint() -> str:
    """The hash of all that makes the library what it is: the sources, their language, its translation, the flags."""
    parts = sources()
    for name in ("language.py", "prelude.h", "translate.py", "build.py", "canned.py"):
        parts[name] = (FOLDER / name).read_text(encoding="utf-8")
    texts = [f"{name}\0{text}\0" for name, text in parts.items()]
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def check_library(path: Path) -> Compiled:
    """The library there, once it has shown that it is made of these sources and does what they say.

    Raises:
        LibraryError: if it is not there, or was made of others, or computes anything else.
    """
    if not path.exists():
        raise LibraryError("it is not compiled")
    try:
        library = Compiled(path)
    except OSError as error:
        raise LibraryError(f"its library does not load: {error}") from error
    if library.text("kernel_fingerprint") != fingerprint():
        raise LibraryError("its library was built from other sources")
    check_digest(library, library.text("kernel_digest"), LANES)
    return library


def check_digest(library: Compiled, digest: str, lanes: int) -> None:
    """Makes sure that so many canned lanes give this digest.

    Raises:
        LibraryError: if they do not.
    """
    if canned_digest(library, lanes) != digest:
        raise LibraryError("its library computes something else than its sources")


def kernel_of(path: str) -> Kernel:
    """The kernel of a run on this `path`: as Python if that is asked for."""
    return INTERPRETED if path == "python" else load_kernel()


@cache
def load_kernel() -> Kernel:
    """The compiled kernel if it can be trusted, else the interpreted one, which says why."""
    try:
        return check_library(LIBRARY)
    except LibraryError as error:
        return Interpreted(f"{error}: build it with `{HOW_TO_BUILD}`")


@cache
def _structure(cls: type) -> type[ctypes.Structure]:
    fields = [(name, _ctype(kind)) for name, kind in fields_of(cls).items()]
    return type(cls.__name__, (ctypes.Structure,), {"_fields_": fields})


def _ctype(kind: Any) -> Any:  # noqa: ANN401 - kinds are types or arrays
    if isinstance(kind, Array):
        item = _ctype(kind.item)
        return item * kind.size if kind.size else ctypes.POINTER(item)
    return _SCALARS[kind] if kind in _SCALARS else _structure(kind)


def _copied(struct: Any) -> Any:  # noqa: ANN401 - of any class
    copied = type(struct)()
    for name, kind in fields_of(type(struct)).items():
        value = getattr(struct, name)
        if isinstance(kind, Array):
            value = list(value) if kind.size and kind.item in _SCALARS else value
        elif kind not in _SCALARS:
            value = _copied(value)
        setattr(copied, name, value)
    return copied


def _address(array: Any) -> int:  # noqa: ANN401 - a ctypes array, or a pointer to its first item
    return ctypes.cast(array, ctypes.c_void_p).value or 0


def _listed(values: Any) -> Any:  # noqa: ANN401 - any iterable
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _array(item: Any, typestr: str, values: Any) -> Any:  # noqa: ANN401 - any iterable
    interface = getattr(values, "__array_interface__", {})
    if interface.get("typestr") == typestr and len(interface["shape"]) == 1 and values.flags.c_contiguous:
        array = (item * len(values)).from_address(interface["data"][0])
        array.owner = values  # the array keeps the memory alive, and the struct that points to it the array
        return array
    listed = _listed(values)
    return (item * len(listed))(*listed)
