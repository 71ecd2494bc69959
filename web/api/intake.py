"""Taking facts in: one object, a JSON array or NDJSON; a result for each item."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from services.intake.bodies import (
    BodyError,
    RawItem,
    TooManyItemsError,
    read_array_or_object,
    read_lines,
)
from services.intake.entries import Sender
from services.intake.items import MODELS
from services.intake.record import ItemResult
from services.intake.refusals import Trouble
from services.ports.intake import InFlightError, KeyGoneError, KeyReusedError, StoredAnswer
from web.api.problem import pointed, problem
from web.context import services
from web.identity import ApiCaller, NotAuthenticatedError, caller, needs_scope

blueprint = Blueprint("intake", __name__, url_prefix="/api/v1")
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
LISTED_WHOLE = 100
MAX_KEY = 200
_JSON = "application/json"


def _view(kind: str) -> Callable[[], Response]:
    @needs_scope(f"{kind}:write")
    def post() -> Response:
        key = request.headers.get("Idempotency-Key")
        return _answer(kind) if key is None else _once(kind, key)

    return post


for _kind in MODELS:
    blueprint.add_url_rule(f"/{_kind}", _kind, _view(_kind), methods=["POST"])


def _answer(kind: str, request_id: str | None = None) -> Response:
    """Take the body in and say what became of it."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        return problem(
            415,
            "unsupported_encoding",
            "Send the body as it is, without Content-Encoding.",
            headers={"Accept-Encoding": "identity"},
        )
    try:
        items, single = _read()
    except BodyError as error:
        trouble = Trouble(error.code, error.detail, f"/{error.field}" if error.field else "")
        return problem(400, error.code, error.detail, pointed((trouble,)))
    except TooManyItemsError as error:
        return problem(413, "too_many_items", str(error))
    if items is None:
        wanted = "application/json or application/x-ndjson"
        headers = {"Accept-Post": f"{_JSON}, application/x-ndjson"}
        return problem(415, "unsupported_media_type", f"Send {wanted}.", headers=headers)
    if not items:
        return problem(422, "empty", "The body holds no item.")
    return _taken(kind, items, single=single, request_id=request_id)


def _taken(
    kind: str, items: Sequence[RawItem], *, single: bool, request_id: str | None
) -> Response:
    held = caller()
    sender = Sender(f"key:{held.label}", held.label, held.key_id, held.measures, request_id)
    try:
        results = services().intake.take(held.organisation_id, kind, items, sender)
    except KeyGoneError:
        raise NotAuthenticatedError("The API key is no longer in force.") from None
    return _one(results[0]) if single else _batch(results)


def _read() -> tuple[list[RawItem] | None, bool]:
    """The items of the body, None for a media type that is not read; and whether it is one."""
    kind = request.mimetype
    if kind == _JSON:
        return read_array_or_object(_body())
    return (read_lines(_body()) if kind in LINES else None), False


def _body() -> bytes:
    """The whole body. Raises RequestEntityTooLarge, also for a stream of no stated length.

    Werkzeug reads such a stream to the limit and says nothing of what is beyond it.
    """
    body = request.get_data()
    cut = request.content_length is None and len(body) == request.max_content_length
    if cut and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge
    return body


def _once(kind: str, key: str) -> Response:
    """The same answer for the same key, given byte for byte."""
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        return problem(400, "bad_idempotency_key", f"A key has 1 to {MAX_KEY} characters.")
    held, store = caller(), services().idempotency
    now = services().clock.system_now()
    body_hash = hashlib.sha256(f"{kind}\n".encode() + _body()).digest()
    try:
        known = store.begin(held.organisation_id, held.key_id, key, body_hash, now)
    except KeyReusedError:
        return problem(422, "key_reused", "This Idempotency-Key came with another body before.")
    except InFlightError:
        detail = "The request with this Idempotency-Key is being answered."
        return problem(409, "in_flight", detail, headers={"Retry-After": "1"})
    if isinstance(known, StoredAnswer):
        return Response(known.body, known.status, content_type=known.content_type)
    return _remembered(kind, key, known, held)


def _remembered(kind: str, key: str, request_id: str, held: ApiCaller) -> Response:
    store, organisation_id = services().idempotency, held.organisation_id
    try:
        answer = _answer(kind, request_id)
    except BaseException:
        store.abandon(organisation_id, held.key_id, key)
        raise
    kept = StoredAnswer(answer.status_code, answer.content_type or _JSON, answer.get_data())
    store.finish(organisation_id, held.key_id, key, kept)
    return answer


def _one(result: ItemResult) -> Response:
    if result.result == "rejected":
        first = result.troubles[0]
        return problem(first.status, first.code, first.detail, pointed(result.troubles))
    return _json(_told(result), 202)


def _batch(results: Sequence[ItemResult]) -> Response:
    """202 where all are good, 207 where some are, 422 where none is."""
    counts = Counter(result.result for result in results)
    rejected = counts["rejected"]
    whole = len(results) <= LISTED_WHOLE
    listed = [r for r in results if whole or r.result in {"rejected", "corrected", "withdrawn"}]
    body = {
        "accepted": len(results) - rejected,
        **{name: counts[name] for name in ("created", "corrected", "unchanged", "withdrawn")},
        "rejected": rejected,
        "items": [_listed(result) for result in listed],
    }
    if not rejected:
        return _json(body, 202)
    return _json(body, 422 if rejected == len(results) else 207)


def _listed(result: ItemResult) -> dict[str, Any]:
    if result.result != "rejected":
        return {"item": result.item, **_told(result)}
    first = result.troubles[0]
    errors = pointed(result.troubles, result.item)
    return {
        "item": result.item,
        "result": "rejected",
        "status": first.status,
        **errors[0],
        "errors": errors,
    }


def _told(result: ItemResult) -> dict[str, Any]:
    told: dict[str, Any] = {"result": result.result, **(result.about or {})}
    if result.flag is not None:
        told["flag"] = result.flag
    if result.before is not None:
        told |= {"before": result.before, "after": result.after}
    return told


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(f"{json.dumps(body, default=_plain)}\n", status, mimetype=_JSON)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    raise TypeError(type(value).__name__)
