"""One run of the kernel on made-up prices, and the digest of all that comes of it: both forms must give the same."""

from __future__ import annotations

import hashlib
from math import isnan
from typing import TYPE_CHECKING, Any

from engine.kernel.lane.books import CLOSED, Books, book_fill, close_trade, finish_books, mark_until, start_books
from engine.kernel.language import Array, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.kernel.library import Kernel

BARS = 600
BARS_OF_A_DAY = 12
HALF = 0.5


def canned_digest(kernel: Kernel) -> str:
    """The digest of every figure after trades of all kinds: long and short, added to and reduced, with costs and loans."""
    books = kernel.struct(Books)
    numbers = made_up_numbers()
    _fill_in(books, kernel, numbers)
    start, fill, close = kernel.function(start_books), kernel.function(book_fill), kernel.function(close_trade)
    mark, finish = kernel.function(mark_until), kernel.function(finish_books)
    start(books, 10_000.0)
    trade, sign = 0, 0
    for row in range(0, BARS, 7):
        mark(books, row)
        is_flat = books.position.held == 0.0
        if is_flat:
            trade, sign = trade + 1, 1 if next(numbers) < HALF else -1
        leaves = not is_flat and next(numbers) < HALF
        quantity = 10.0 + 200.0 * next(numbers)
        if leaves:
            left = abs(books.position.held)
            quantity = left if next(numbers) < HALF else left * next(numbers)
        price = books.close[row] * (1.0 + 0.001 * next(numbers))
        done = fill(books, row, trade, -sign if leaves else sign, quantity, price, next(numbers), next(numbers))
        if done == CLOSED:
            close(books, row)
    mark(books, BARS)
    finish(books)
    text = ";".join(figures(books, Books, {"daily": books.curve.days}))
    return hashlib.sha256(text.encode()).hexdigest()


def made_up_numbers() -> Iterator[float]:
    """Numbers from 0 to 1 that look random and are the same everywhere."""
    state = 12345
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield state / 2**31


def figures(struct: Any, cls: type, lengths: dict[str, int]) -> Iterator[str]:  # noqa: ANN401 - of either form
    """Every value of a struct as text, to the bit; of arrays of the caller's only those whose `lengths` are given."""
    for name, kind in fields_of(cls).items():
        value = getattr(struct, name)
        if isinstance(kind, Array):
            count = kind.size or lengths.get(name, 0)
            for index in range(count):
                yield from _texts(f"{name}[{index}]", value[index], kind.item, lengths)
        else:
            yield from _texts(name, value, kind, lengths)


def _texts(name: str, value: Any, kind: Any, lengths: dict[str, int]) -> Iterator[str]:  # noqa: ANN401
    if kind is float:
        yield f"{name}={'nan' if isnan(value) else float(value).hex()}"
    elif kind in {int, bool}:
        yield f"{name}={int(value)}"
    else:
        for each in figures(value, kind, lengths):
            yield f"{name}.{each}"


def _fill_in(books: Books, kernel: Kernel, numbers: Iterator[float]) -> None:
    price, closes = 100.0, []
    for _ in range(BARS):
        price *= 0.98 + 0.04 * next(numbers)
        closes.append(price)
    ends = range(BARS_OF_A_DAY - 1, BARS, BARS_OF_A_DAY)
    books.close = kernel.floats(closes)
    books.borrow_percent, books.interest_percent = 3.0, 5.0
    books.day_numbers = kernel.ints([day + day // 5 * 2 for day in range(len(ends))])
    books.curve.days_known = len(ends)
    books.curve.day_rows = kernel.ints(ends)
    books.curve.daily = kernel.floats([0.0] * len(ends))
