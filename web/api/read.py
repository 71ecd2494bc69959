"""What the service found: aims and why, alerts."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import (
    BadRequest,
    NotFound,
)

from services.framework.judgement import Answer
from services.persistence.reads import AimRow, AlertFilter, AlertRow, JudgedRow
from services.reporting.why import AsOfError, as_json
from web.context import services
from web.identity import caller, needs_scope

blueprint = Blueprint("read", __name__, url_prefix="/api/v1")
MOST = 500
USUAL = 100
STATES = ("open", "resolved")
_ID_DIGITS = 18
_FIGURES = (
    "since", "period", "value", "expected", "target", "forecast", "probability", "outlook",
    "would_change",
)  # fmt: skip


@blueprint.get("/aims")
@needs_scope("read")
def aims() -> Response:
    """The aims of the current plan with their status."""
    rows = services().api_reads.aims(caller().organisation_id)
    after, limit = request.args.get("after"), _limit()
    ids = [row.declared["id"] for row in rows]
    if after is not None and after not in ids:
        raise BadRequest("'after' is no aim of the current plan.")
    first = 0 if after is None else ids.index(after) + 1
    page = rows[first : first + limit]
    more = first + limit < len(rows)
    return _page([_aim(row) for row in page], page[-1].declared["id"] if more else None, "after")


@blueprint.get("/aims/<aim_id>")
@needs_scope("read")
def aim(aim_id: str) -> Response:
    """One aim as it is declared, with its status."""
    row = _found(aim_id)
    return jsonify(_aim(row) | {"declared": row.declared})


@blueprint.get("/aims/<aim_id>/why")
@needs_scope("read")
def why(aim_id: str) -> Response:
    """Why it stands so: every expectation with its inputs, who was told of what, and why not."""
    try:
        found = services().whys.why(caller().organisation_id, aim_id, request.args.get("as_of"))
    except AsOfError as wrong:
        raise BadRequest(f"'as_of': {wrong}.") from None
    if found is None:
        return jsonify({"aim": aim_id, "evaluation": None, "reason": "Not judged yet."})
    return jsonify(as_json(found))


@blueprint.get("/self-assessments")
@needs_scope("read")
def self_assessments() -> Response:
    """The self-assessment: each item as it stands, what is known of it, and the history."""
    return jsonify(services().self_assessments.as_json(caller().organisation_id))


@blueprint.get("/alerts")
@needs_scope("read")
def alerts() -> Response:
    """Alerts, the newest first; ``state`` and ``about`` (as in aim:ID) narrow them."""
    limit = _limit()
    wanted = AlertFilter(_states(), request.args.get("about"), _before(), limit + 1)
    rows = services().api_reads.alerts(caller().organisation_id, wanted)
    more = rows[limit - 1].id if len(rows) > limit else None
    return _page([_alert(row) for row in rows[:limit]], more, "before")


@blueprint.get("/alerts/<int:alert_id>")
@needs_scope("read")
def alert(alert_id: int) -> Response:
    """One alert with its steps."""
    return one_alert(alert_id)


def one_alert(alert_id: int) -> Response:
    """The answer that shows an alert with its steps. Raises NotFound."""
    row, steps = known_alert(alert_id)
    return jsonify(_alert(row) | {"steps": [_plain(asdict(step)) for step in steps]})


def known_alert(alert_id: int) -> tuple[AlertRow, Any]:
    """An alert of the caller's organisation, and its steps. Raises NotFound."""
    known = len(str(alert_id)) <= _ID_DIGITS
    found = services().api_reads.alert(caller().organisation_id, alert_id) if known else None
    if found is None:
        raise NotFound("There is no such alert.")
    return found


def _found(aim_id: str) -> AimRow:
    row = services().api_reads.aim(caller().organisation_id, aim_id)
    if row is None:
        raise NotFound("There is no such aim.")
    return row


def _aim(row: AimRow) -> dict[str, Any]:
    judged = row.judged
    return {
        "id": row.declared["id"],
        "name": row.declared.get("name"),
        "status": judged.status if judged else None,
        "reason": judged.reason if judged else "Not judged yet.",
        "blind_since": judged.blind_since if judged else None,
        **_figures(judged),
        "diagnosis": _diagnosis(judged) if judged else None,
        "as_of": judged.as_of.isoformat() if judged else None,
        "valid_to": judged.valid_to.isoformat() if judged else None,
        "ended": row.declared.get("ended"),
    }


def _figures(judged: JudgedRow | None) -> dict[str, Any]:
    """The numbers of the verdict, the forecast, and what would change the status."""
    verdict = (judged.body.get("verdict") if judged else None) or {}
    return {name: verdict.get(name) for name in _FIGURES}


def _diagnosis(judged: JudgedRow) -> dict[str, str] | None:
    """The answer to the two questions; None where they are not asked of the aim."""
    said = judged.body.get("diagnosis") or {}
    answer = Answer(said.get("answer", Answer.NOT_ASKED))
    if answer is Answer.NOT_ASKED:
        return None
    return {
        "answer": answer.value,
        "words": answer.words,
        "reason": str(said.get("reason", "")),
        "response": answer.response,
    }


def _alert(row: AlertRow) -> dict[str, Any]:
    return _plain(asdict(row))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _page(items: list[dict[str, Any]], last: object, parameter: str) -> Response:
    """A page; ``next`` is the address of the one after it, None at the end."""
    following = None
    if last is not None:
        following = f"{request.path}?{_query(parameter, str(last))}"
    answer = jsonify({"items": items, "next": following})
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _query(parameter: str, value: str) -> str:
    return urlencode({**request.args.to_dict(), parameter: value})


def _limit() -> int:
    text = request.args.get("limit", str(USUAL))
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MOST:
        raise BadRequest(f"'limit' is a number from 1 to {MOST}.")
    return int(text)


def _before() -> int | None:
    text = request.args.get("before")
    if text is None:
        return None
    if not re.fullmatch(rf"[0-9]{{1,{_ID_DIGITS}}}", text):
        raise BadRequest("'before' is the id of an alert.")
    return int(text)


def _states() -> tuple[str, ...]:
    text = request.args.get("state", "")
    states = tuple(word for word in text.split(",") if word)
    if not set(states) <= set(STATES):
        raise BadRequest(f"'state' is {' or '.join(STATES)}, or both, parted by a comma.")
    return states
