"""Request bodies read strictly: what JSON leaves open is refused, not guessed.

Two equal keys, NaN and infinity, and text that no database can keep (NUL, half a surrogate pair)
are errors; RFC 8259 leaves the first two to each reader.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_ITEMS = 10_000
SPLIT = (
    "Split it into several requests; one item a line (NDJSON, application/x-ndjson) can be split "
    "between any two lines."
)


class BodyError(Exception):
    """A body, or one item of it, that cannot be read. ``field`` is where, if known."""

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


class _NotFiniteError(Exception):
    """A word such as NaN where a number belongs."""


class TooManyItemsError(Exception):
    """More items than a request may carry; the message says what to do instead."""

    def __init__(self) -> None:
        super().__init__(
            f"A request carries at most {MAX_ITEMS:,} items, and nothing of this one was kept. "
            f"{SPLIT}"
        )


class RawItem(NamedTuple):
    """An item as sent: ``text`` is its JSON; ``error`` says why it could not be read."""

    item: int
    data: Any
    text: str
    error: BodyError | None = None


def read_array_or_object(body: bytes) -> tuple[list[RawItem], bool]:
    """The items of a JSON body, and whether it was a single object.

    An element of an array that breaks our rules carries its error; the others stand. Raises
    BodyError where the body is no JSON, or one object that cannot be read, and TooManyItemsError.
    """
    text = _decode(body)
    try:
        data = _load(text)
    except BodyError as error:
        return list(_elements(text, error)), False
    if isinstance(data, dict):
        return [RawItem(0, data, text)], True
    if not isinstance(data, list):
        raise BodyError("wrong_type", "the body must be an object or an array of objects")
    if len(data) > MAX_ITEMS:
        raise TooManyItemsError
    return [RawItem(number, each, _dump(each)) for number, each in enumerate(data)], False


def read_lines(body: bytes) -> list[RawItem]:
    """The items of an NDJSON body, one a line; empty lines do not count.

    A line that cannot be read carries its error; the others stand. Raises TooManyItemsError.
    """
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    if len(lines) > MAX_ITEMS:
        raise TooManyItemsError
    return list(_lines(lines))


def from_objects(items: list[dict[str, Any]]) -> list[RawItem]:
    """Items that were made by a form or a file in this process."""
    return [RawItem(number, data, _dump(data)) for number, data in enumerate(items)]


def canonical(data: Any) -> bytes:
    """One spelling for equal JSON: keys sorted, no spaces."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _lines(lines: list[bytes]) -> Iterator[RawItem]:
    for number, line in enumerate(lines):
        try:
            yield _item(number, _decode(line))
        except BodyError as error:
            yield RawItem(number, None, "", error)


def _elements(text: str, error: BodyError) -> Iterator[RawItem]:
    """The elements of an array one by one; raises ``error`` where there is no array to part."""
    for number, element in enumerate(_parted(text, error)):
        yield _item(number, element)


def _parted(text: str, error: BodyError) -> list[str]:
    try:
        elements = _lenient.decode(text)
    except (ValueError, RecursionError):
        raise error from None
    if not isinstance(elements, list):
        raise error
    if len(elements) > MAX_ITEMS:
        raise TooManyItemsError
    parts, end = [], text.index("[") + 1
    for _ in elements:
        start = _BETWEEN.match(text, end).end()  # type: ignore[union-attr]  # matches anything
        _, end = _lenient.raw_decode(text, start)
        parts.append(text[start:end])
    return parts


def _item(number: int, text: str) -> RawItem:
    try:
        return RawItem(number, _load(text), text)
    except BodyError as error:
        return RawItem(number, None, "", error)


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BodyError("not_utf8", f"byte {error.start} is not UTF-8") from None


def _load(text: str) -> Any:
    try:
        data = _decoder.decode(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text else ""
        where = f"{line}column {error.colno}"
        raise BodyError("bad_json", f"this is not JSON: {error.msg} ({where})") from None
    except RecursionError:
        raise BodyError("bad_json", "this is nested too deeply") from None
    except _NotFiniteError as error:
        raise BodyError("not_finite", str(error), _first_not_finite(text)) from None
    except ValueError:
        detail = "a number has too many digits"
        raise BodyError("not_finite", detail, _first_not_finite(text)) from None
    if "\\u" in text:
        _storable(data)
    return data


def _storable(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False)
    if "\\u0000" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise BodyError("bad_text", "NUL and half a surrogate pair are no text")


def _dump(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BodyError("duplicate_key", f"the key {twice[:80]!r} stands twice", twice)
    return found


def _refuse(word: str) -> float:
    raise _NotFiniteError(f"{word} is no number; leave the value out or send null")


def _first_not_finite(text: str) -> str | None:
    """The key of the first NaN, infinity or endless number; asked only where there is one."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        found.extend(name for name, value in pairs if value is _NOT_FINITE)

    def whole(digits: str) -> object:
        return _NOT_FINITE if len(digits) > _DIGITS else None

    try:
        json.JSONDecoder(
            object_pairs_hook=look, parse_int=whole, parse_constant=lambda _: _NOT_FINITE
        ).decode(text)
    except (ValueError, RecursionError):
        return None
    return found[0] if found else None


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
_lenient = json.JSONDecoder(parse_int=str, parse_constant=str)
_NOT_FINITE = object()
_DIGITS = sys.int_info.default_max_str_digits
_BETWEEN = re.compile(r"[ \t\n\r,]*")
