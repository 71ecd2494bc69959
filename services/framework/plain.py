"""Judgements as plain values, which JSON can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from services.framework.periods import Period


def plain(value: Any) -> Any:
    """Dataclasses as objects, periods by label, dates and instants in ISO; enums are their text."""
    known = type(value)
    if known in _AS_IT_IS:
        return value
    maker = _MAKERS.get(known)
    if maker is None:
        maker = _MAKERS[known] = _maker(known)
    return maker(value)


_AS_IT_IS = frozenset({str, int, float, bool, type(None)})
"""What most of a judgement is made of."""


_MAKERS: dict[type[Any], Callable[[Any], Any]] = {}


def _maker(known: type[Any]) -> Callable[[Any], Any]:
    """How values of a type are made plain."""
    if known is Period:
        return lambda value: value.label
    if is_dataclass(known):
        names = tuple(field.name for field in fields(known))
        return lambda value: _entries([(name, getattr(value, name)) for name in names])
    if issubclass(known, Mapping):
        return lambda value: _entries(value.items())
    if issubclass(known, (list, tuple)):
        return lambda value: [e if type(e) in _AS_IT_IS else plain(e) for e in value]
    if issubclass(known, date):
        return lambda value: value.isoformat()
    return lambda value: value


def _entries(entries: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Most entries are as they are, and asking first is quicker than a call."""
    return {key: e if type(e) in _AS_IT_IS else plain(e) for key, e in entries}
