"""Values that users' code gives, made plain where they enter: below that a number is a float and a text is a str."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from numbers import Integral, Real
from typing import Any, TypeGuard, TypeVar

from engine.blame import Interruption
from engine.guesses import nearest

Name = TypeVar("Name", bound=str)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MOMENT = (1 << 63) - 1
_LONGEST_SHOWN = 80
_MOMENT = "ns since 1970 in UTC as a whole number, or a datetime with its zone"


class NotPlainError(ValueError):
    """A value that users' code gave is not of the kind wanted; the text names it and what is expected."""


class NamesFields(type):
    """A class that users' code makes objects of, and whose mistakes in doing so it names, with the nearest field."""

    def __call__(cls, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the class makes of what users give
        """A new object.

        Raises:
            TypeError: for what is no field of it.
        """
        try:
            return super().__call__(*given, **named)
        except TypeError as error:
            said = str(error)
            names = getattr(cls, "__struct_fields__", None) or tuple(getattr(cls, "__dataclass_fields__", ()))
            unknown = next((name for name in named if name not in names and repr(name) in said), None)
            if unknown is not None:
                hint = nearest(unknown, names) or f"; it takes {', '.join(names)}"
                raise TypeError(f"{cls.__name__} takes no {unknown!r}{hint}") from None
            if given and said.startswith("Extra positional"):
                reason = f"takes everything by name: expected {names[0]}={shown(given[0])}"
                raise TypeError(f"{cls.__name__} {reason}") from None
            raise


def as_number(name: str, value: object) -> float:
    """The float of a number of Python or numpy, or of an array of shape (): NaN and infinity are numbers, true and times are none.

    Raises:
        NotPlainError: for anything else.
    """
    value = only_element(value)
    if isinstance(value, bool) or not is_real(value):
        hint = ", such as float(...) of it" if hasattr(value, "__float__") or isinstance(value, str) else ""
        raise NotPlainError(f"{name} is {shown(value)}: expected a number{hint}")
    try:
        return float(value) + 0.0  # no -0.0
    except OverflowError:
        raise NotPlainError(f"{name} is too large for a number") from None


def as_text(name: str, value: object) -> str:
    """A str that can be written to a file.

    Raises:
        NotPlainError: for anything else.
    """
    if not isinstance(value, str):
        raise NotPlainError(f"{name} is {shown(value)}: expected a text")
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotPlainError(f"{name} is {shown(value)}: expected a text without halves of characters") from None
    return text


def as_one_of(name: str, value: object, names: Sequence[Name]) -> Name:
    """The one of some names that `value` is.

    Raises:
        NotPlainError: for anything else, with the nearest.
    """
    for known in names:
        if isinstance(value, str) and value == known:
            return known
    hint = nearest(value, names) if isinstance(value, str) else ""
    raise NotPlainError(f"{name} is {shown(value)}: expected {', '.join(names[:-1])} or {names[-1]}{hint}")


def as_moment(name: str, value: object) -> int:
    """A moment in ns since the epoch, UTC: of a whole number, a datetime with a zone, or a datetime64 of numpy (UTC).

    Raises:
        NotPlainError: for anything else.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        moment = (value - _EPOCH) // timedelta(microseconds=1) * 1000
    elif getattr(getattr(value, "dtype", None), "kind", "") == "M":
        moment = int(value.astype("datetime64[ns]").astype("int64"))  # type: ignore[attr-defined]
    else:
        number = only_element(value)
        if isinstance(number, bool) or not is_real(number):
            raise NotPlainError(f"{name} is {shown(value)}: expected {_MOMENT}")
        if not isinstance(number, Integral) and not float(number).is_integer():
            raise NotPlainError(f"{name} is {shown(value)}: expected {_MOMENT}")
        moment = int(number)  # type: ignore[call-overload]
    if not 0 <= moment <= _LAST_MOMENT:
        raise NotPlainError(f"{name} is {shown(value)}: expected {_MOMENT}")
    return int(moment)


def shown(value: object) -> str:
    """What a value looks like in a message: its repr on one line, or its type where that is long or fails."""
    try:
        text = repr(value)
    except Interruption:
        raise
    except BaseException:  # noqa: BLE001 - users' classes may do anything
        text = ""
    if not text or len(text) > _LONGEST_SHOWN or not text.isprintable():
        return f"of type {type(value).__name__}"
    return text


def is_real(value: object) -> TypeGuard[Real]:
    """Whether it is a real number. numpy takes its durations for whole numbers, of whatever unit they are."""
    return isinstance(value, Real) and not _is_time(value)


def _is_time(value: object) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") in ("m", "M")


def only_element(value: object) -> object:
    """The element of an array of shape (), as numpy.where makes one of plain numbers; anything else is left alone.

    So is one that is masked: behind the mask stands a number that means nothing. And a date or a duration of numpy: what stands
    behind it is a number of some unit.
    """
    if _is_time(value):
        return value
    if isinstance(value, Real) or getattr(value, "shape", None) != () or not hasattr(value, "item"):
        return value
    if getattr(value, "mask", False):
        return value
    element: object = value.item()
    return element
