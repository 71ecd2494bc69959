"""Why an item is refused: one code, one sentence, one place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.framework.texts import few

_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "finite_number": "not_finite",
    "literal_error": "not_allowed",
    "string_too_long": "too_long",
    "string_too_short": "empty",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
}
_SENTENCES = {
    "missing": "{name} is missing",
    "finite_number": "{name} is no finite number",
    "float_type": "{name} is a number, not {sent}",
    "int_type": "{name} is a whole number, not {sent}",
    "int_from_float": "{name} is a whole number",
    "bool_type": "{name} is true or false, not {sent}",
    "string_type": "{name} is text, not {sent}",
    "literal_error": "{name} is one of {expected}",
    "string_too_long": "{name} has at most {max_length} characters",
    "string_too_short": "{name} is empty",
    "greater_than_equal": "{name} is at least {ge}",
    "less_than_equal": "{name} is at most {le}",
    "model_attributes_type": "an item is an object, not {sent}",
    "model_type": "an item is an object, not {sent}",
}
"""What is told in place of pydantic's words, by its type of error."""
_JSON_NAMES: dict[type, str] = {
    str: "text",
    int: "a number",
    float: "a decimal number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_SHOWN = 8
_WITH_PARTS = frozenset({"answers"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing wrong with an item; ``field`` is its JSON pointer below the item, as in
    ``/numerator``, empty for the whole item. ``status`` is what HTTP answers for it alone."""

    code: str
    detail: str
    field: str = ""
    status: int = 422


class RefusedError(Exception):
    """An item that cannot be kept."""

    def __init__(self, code: str, detail: str, field: str = "", status: int = 422) -> None:
        super().__init__(detail)
        pointer = "/" + field.replace("~", "~0").replace("/", "~1") if field else ""
        self.trouble = Trouble(code, detail, pointer, status)


def troubles_of(error: ValidationError) -> tuple[Trouble, ...]:
    """What pydantic found, one trouble a place."""
    found: dict[str, Trouble] = {}
    for each in error.errors(include_url=False):
        trouble = _trouble(each)
        found.setdefault(trouble.field, trouble)
    return tuple(found.values())


def known(words: Iterable[str]) -> str:
    """The words that would have been allowed, as many as one reads."""
    named = few(words, _SHOWN)
    return f"known are {named}" if named else "there is none yet"


def _trouble(error: ErrorDetails) -> Trouble:
    context: dict[str, Any] = error.get("ctx") or {}
    places = _places(error) or [str(context.get("at", ""))]
    place = places[-1]
    field = "".join(f"/{each.replace('~', '~0').replace('/', '~1')}" for each in places if each)
    code = _CODES.get(error["type"], error["type"])
    if _too_big(error):
        return Trouble("not_finite", "the number is too large to be kept", field)
    if code.endswith(("_type", "_parsing")) or code == "model_attributes_type":
        code = "wrong_type"
    if code == "unknown_field":
        detail = f"there is no field {str(place)[:80]!r} here; aggregates only, no patient's data"
        return Trouble(code, detail, field)
    return Trouble(code, _detail(error, str(place)), field)


def _places(error: ErrorDetails) -> list[str]:
    """Where it is wrong, from the outside in; below most fields there are only pydantic's types."""
    loc = [str(each) for each in error["loc"]]
    return loc if loc[:1] and loc[0] in _WITH_PARTS else loc[:1]


def _detail(error: ErrorDetails, place: str) -> str:
    """Our own sentence; what our own checks raised has one."""
    sentence = _SENTENCES.get(error["type"])
    if sentence is None or "at" in (error.get("ctx") or {}):
        return error["msg"]
    return sentence.format(name=place or "it", sent=_sent(error["input"]), **error.get("ctx", {}))


def _sent(value: object) -> str:
    """What was sent instead, as JSON calls it."""
    if isinstance(value, bool):
        return str(value).lower()
    return _JSON_NAMES.get(type(value), "that")


def _too_big(error: ErrorDetails) -> bool:
    """A number beyond what a float holds: an integer of hundreds of digits, or 1e400."""
    value = error.get("input")
    if error["type"] == "finite_number":
        return isinstance(value, float) and math.isinf(value)
    return error["type"] == "float_type" and type(value) is int
