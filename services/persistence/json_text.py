"""JSON as it is stored: quick, and with every number that JSON can hold."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_text(value: Any) -> str:
    """The text of a value. Raises TypeError for what JSON cannot hold.

    A number beyond 64 bits, which a feed may have sent, is written by the standard library.
    """
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value)
