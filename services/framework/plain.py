"""Judgements as plain values, which JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.framework.periods import Period


def plain(value: Any) -> Any:
    """Dataclasses as objects, periods by label, dates and instants in ISO; enums are their text."""
    if isinstance(value, Period):
        return value.label
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value
