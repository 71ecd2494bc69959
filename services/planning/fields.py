"""The kinds of value that a plan file holds, each with one sentence for what is not one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}/[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PERIOD = re.compile(r"\d{4}(-(\d{2}(-\d{2})?|W\d{2}|Q[1-4]))?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PARAMETER = r"^[A-Za-z0-9._-]{1,100}$"
_LIMIT = 1e12


def _slug(value: Any) -> Any:
    return _matching(value, _SLUG, "an id is a slug: letters, digits, - and _, at most 63 of them")


def _driver_key(value: Any) -> Any:
    return _matching(value, _KEY, "a driver is named as aim/driver, like hsmr-88/sepsis")


def _email(value: Any) -> Any:
    return _matching(value, _EMAIL, "an e-mail address is like someone@hospital.example")


def _channel(value: Any) -> Any:
    rule = "a channel is `mail` or a channel's id, never its address: addresses are secrets"
    return _matching(value, _SLUG, rule)


def _currency(value: Any) -> Any:
    return _matching(value, _CURRENCY, "a currency is three capital letters, like GBP")


def _amount(value: Any) -> Any:
    return _at_least_nothing(value, "an amount of savings is not negative")


def _fte(value: Any) -> Any:
    rule = "time is a part of full time, 0 to 1"
    if isinstance(value, int | float) and value > 1:
        raise ValueError(f"{rule} (here {_shown(value)})")
    return _at_least_nothing(value, rule)


def _at_least_nothing(value: Any, rule: str) -> Any:
    if isinstance(value, int | float) and value < 0:
        raise ValueError(f"{rule} (here {_shown(value)})")
    return value


def _matching(value: Any, pattern: re.Pattern[str], rule: str) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{rule}; {value} is read as a number: put it in quotes")
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{rule} (here {_shown(value)})")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - what fits a line


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"a date is written like 2026-10-07 (here {_shown(value)})")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} names no real date") from None


def _period(value: Any) -> Any:
    text = f"{value:04d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _PERIOD.fullmatch(text):
        rule = "a period is written like 2026-10, 2026-W41, 2026-10-07, 2026-Q4 or 2026"
        raise ValueError(f"{rule} (here {_shown(value)})")
    return text


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value).key
    except (OSError, ValueError, TypeError, KeyError):
        raise ValueError(
            f"{_shown(value)} is no IANA time zone; one is like Europe/London"
        ) from None


def _text(value: Any) -> Any:
    """Numbers where text is asked for (a minute's number) are taken as they are written."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if plain else value


def plain_number(value: float) -> int | float:
    """The number as people write it: 88 rather than 88.0."""
    return int(value) if value == int(value) else value


_TEXT_SCHEMA = {"type": "string", "minLength": 1}
_slug_schema = WithJsonSchema({"type": "string", "pattern": f"^{_SLUG.pattern}$"})

Slug = Annotated[str, BeforeValidator(_slug), _slug_schema]
Channel = Annotated[str, BeforeValidator(_channel), _slug_schema]
DriverKey = Annotated[
    str,
    BeforeValidator(_driver_key),
    WithJsonSchema({"type": "string", "pattern": f"^{_KEY.pattern}$"}),
]
Email = Annotated[
    str, BeforeValidator(_email), WithJsonSchema({"type": "string", "format": "email"})
]
Zone = Annotated[str, BeforeValidator(_zone), WithJsonSchema({"type": "string"})]
Day = Annotated[
    date,
    BeforeValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
PeriodName = Annotated[
    str,
    BeforeValidator(_period),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^{_PERIOD.pattern}$"}, {"type": "integer"}]}
    ),
]
Name = Annotated[
    str,
    BeforeValidator(_text),
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\n\r\t\x85\u2028\u2029]+$"
    ),
    WithJsonSchema({**_TEXT_SCHEMA, "maxLength": 200}),
]
Note = Annotated[
    str,
    BeforeValidator(_text),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    WithJsonSchema({**_TEXT_SCHEMA, "maxLength": 4000}),
]
Number = Annotated[
    float,
    Field(strict=True, allow_inf_nan=False, ge=-_LIMIT, le=_LIMIT),
    PlainSerializer(plain_number),
]
Share = Annotated[
    float, Field(strict=True, allow_inf_nan=False, ge=0, le=1), PlainSerializer(plain_number)
]
Amount = Annotated[
    float,
    BeforeValidator(_amount),
    Field(strict=True, allow_inf_nan=False, ge=0, le=_LIMIT),
    PlainSerializer(plain_number),
]
Fte = Annotated[
    float,
    BeforeValidator(_fte),
    Field(strict=True, allow_inf_nan=False, ge=0, le=1),
    PlainSerializer(plain_number),
]
Currency = Annotated[
    str,
    BeforeValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": f"^{_CURRENCY.pattern}$"}),
]
Parameters = Mapping[Annotated[str, Field(pattern=_PARAMETER)], Number]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
