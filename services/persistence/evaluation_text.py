"""A judgement as the text that is stored, and the hash that tells whether it is another one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from services.framework.judgement import Evaluation
from services.framework.periods import Period

_FIELDS = tuple(field.name for field in fields(Evaluation))
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_SORT_KEYS


class Written(NamedTuple):
    """The body of an evaluation, its parts already text, and the hash of what it says."""

    body: Mapping[str, orjson.Fragment]
    outcome_hash: bytes


def written(evaluation: Evaluation) -> Written:
    """The text of an evaluation: enums by value, periods by label, dates and instants in ISO.

    The hash (SHA-256) is of all of it but when it was made. Each part is written once, for both.
    """
    texts = {name: _text(getattr(evaluation, name)) for name in _FIELDS}
    outcome = b"\n".join(text for name, text in texts.items() if name != "as_of")
    body = {name: orjson.Fragment(text) for name, text in texts.items()}
    return Written(body, hashlib.sha256(outcome).digest())


def _text(part: Any) -> bytes:
    return orjson.dumps(part, _plain, _OPTIONS)


def _plain(value: Any) -> Any:
    """What orjson does not write of itself. Raises TypeError for what a judgement never holds."""
    known = type(value)
    maker = _MAKERS.get(known)
    if maker is None:
        maker = _MAKERS[known] = _maker(known)
    return maker(value)


_MAKERS: dict[type[Any], Callable[[Any], Any]] = {}


def _maker(known: type[Any]) -> Callable[[Any], Any]:
    if known is Period:
        return attrgetter("label")
    if is_dataclass(known):
        names = tuple(field.name for field in fields(known))
        values = attrgetter(*names)
        return lambda value: dict(zip(names, values(value), strict=True))
    if issubclass(known, Mapping):
        return dict
    if issubclass(known, tuple):
        return list
    raise TypeError(f"{known.__name__} is not stored")
