"""Python's values as PostgreSQL reads them from text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any


def as_text(value: Any) -> bytes | None:
    """A parameter in PostgreSQL's text format, None for NULL.

    Known are str, int, bool, float, date, datetime with a zone, and bytes.
    Raises KeyError for any other type, ValueError for text that holds a NUL.
    """
    return None if value is None else _WRITE[type(value)](value)


def as_array(values: Iterable[int]) -> str:
    """Integers as PostgreSQL reads an array of them."""
    return f"{{{','.join(map(str, values))}}}"


def _text(value: str) -> bytes:
    if "\0" in value:
        raise ValueError("PostgreSQL keeps no text with a NUL")
    return value.encode()


def _number(value: float) -> bytes:
    return repr(value).encode()


def _truth(value: bool) -> bytes:
    return b"t" if value else b"f"


def _day(value: date) -> bytes:
    return value.isoformat().encode()


def _bytea(value: bytes) -> bytes:
    return b"\\x" + value.hex().encode()


_WRITE: dict[type, Callable[[Any], bytes]] = {
    str: _text,
    int: _number,
    bool: _truth,
    float: _number,
    date: _day,
    datetime: _day,
    bytes: _bytea,
}
