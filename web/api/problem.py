"""Problem details (RFC 9457) that name the item and the place in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from services.intake.refusals import Trouble

MEDIA_TYPE = "application/problem+json"


def pointed(troubles: Iterable[Trouble], item: int | None = None) -> list[dict[str, Any]]:
    """The troubles with a JSON pointer into the body; ``item`` is its number in a batch."""
    above = "#" if item is None else f"#/{item}"
    return [
        {"code": each.code, "detail": each.detail, "pointer": above + each.field}
        for each in troubles
    ]


def problem(
    status: int,
    code: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem of one ``code``, which machines can tell apart by its ``type``."""
    body: dict[str, Any] = {
        "type": f"urn:bigdot:problem:{code.replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(f"{json.dumps(body)}\n", status, headers, mimetype=MEDIA_TYPE)


def refusal(troubles: tuple[Trouble, ...]) -> Response:
    """What a single item that was rejected is answered."""
    first = troubles[0]
    return problem(first.status, first.code, first.detail, pointed(troubles))
