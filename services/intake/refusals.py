"""Why an item is refused: one code, one sentence, one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

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
_SHOWN = 8


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
    listed = list(words)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"known are {', '.join(listed[:_SHOWN])}{more}" if listed else "there is none yet"


def _trouble(error: ErrorDetails) -> Trouble:
    context: dict[str, Any] = error.get("ctx") or {}
    place = error["loc"][0] if error["loc"] else context.get("at", "")
    field = "/" + str(place).replace("~", "~0").replace("/", "~1") if place != "" else ""
    code = _CODES.get(error["type"], error["type"])
    if _too_big(error):
        return Trouble("not_finite", "the number is too large to be kept", field)
    if code.endswith(("_type", "_parsing")) or code == "model_attributes_type":
        code = "wrong_type"
    detail = error["msg"]
    if code == "unknown_field":
        detail = f"there is no field {str(place)[:80]!r} here; aggregates only, no patient's data"
    return Trouble(code, detail, field)


def _too_big(error: ErrorDetails) -> bool:
    value = error.get("input")
    return error["type"] == "float_type" and type(value) is int
