"""The shapes of the API's answers, as JSON schemas."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to the component ``name``."""
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required: list[str], **properties: Schema) -> Schema:
    """An object of these properties."""
    return {"type": "object", "required": required, "properties": properties}


def _page_of(name: str) -> Schema:
    following = {"type": ["string", "null"], "description": "The address of the next page."}
    return obj(["items", "next"], items={"type": "array", "items": ref(name)}, next=following)


TEXT: Schema = {"type": "string"}
_WORD: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": "integer"}
OBJECT: Schema = {"type": "object"}
_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
_TROUBLES: Schema = {
    "type": "array",
    "items": obj(["code", "detail", "pointer"], code=TEXT, detail=TEXT, pointer=TEXT),
}
_ITEM_RESULT = obj(
    ["result"],
    item=_NUMBER,
    result={"enum": ["created", "corrected", "unchanged", "withdrawn", "rejected"]},
    status=_NUMBER,
    code=TEXT,
    detail=TEXT,
    pointer=TEXT,
    errors=_TROUBLES,
    measure=TEXT,
    site=TEXT,
    stratum=TEXT,
    period=TEXT,
    definition=_NUMBER,
    subject=TEXT,
    on=TEXT,
    flag=TEXT,
    before=OBJECT,
    after=OBJECT,
)
_ALERT_FIELDS: dict[str, Schema] = {
    "id": _NUMBER,
    "expectation": TEXT,
    "about": TEXT,
    "state": TEXT,
    "severity": TEXT,
    "status": _WORD,
    "reason": TEXT,
    "episode": _NUMBER,
    "step": _NUMBER,
    "opened_at": _INSTANT,
    "changed_at": _INSTANT,
    "resolved_at": _INSTANT,
    "acknowledged_at": _INSTANT,
    "acknowledged_by": _WORD,
    "acknowledged_note": _WORD,
}
_STEP = obj(
    ["kind", "at", "reason"],
    kind=TEXT,
    at=_INSTANT,
    actor=TEXT,
    episode=_NUMBER,
    step=_NUMBER,
    status=_WORD,
    reason=TEXT,
)
ANSWERS: dict[str, Schema] = {
    "ItemResult": _ITEM_RESULT,
    "BatchAnswer": obj(
        ["accepted", "rejected", "items"],
        accepted=_NUMBER,
        created=_NUMBER,
        corrected=_NUMBER,
        unchanged=_NUMBER,
        withdrawn=_NUMBER,
        rejected=_NUMBER,
        items={"type": "array", "items": ref("ItemResult")},
    ),
    "IntakeAnswer": {"anyOf": [ref("ItemResult"), ref("BatchAnswer")]},
    "Problem": obj(
        ["type", "title", "status"],
        type=TEXT,
        title=TEXT,
        status=_NUMBER,
        detail=TEXT,
        instance=TEXT,
        code=TEXT,
        errors=_TROUBLES,
    ),
    "Aim": obj(
        ["id", "name", "status"],
        id=TEXT,
        name=_WORD,
        status=_WORD,
        reason=_WORD,
        blind_since=_WORD,
        as_of=_INSTANT,
        valid_to=_INSTANT,
        ended=_WORD,
        declared=OBJECT,
    ),
    "AimPage": _page_of("Aim"),
    "Why": obj(["aim", "evaluation"], aim=TEXT, evaluation={"type": ["object", "null"]}),
    "Alert": obj(["id", "expectation", "about", "state"], **_ALERT_FIELDS),
    "AlertPage": _page_of("Alert"),
    "AlertWithSteps": obj(
        ["id", "steps"], **_ALERT_FIELDS, steps={"type": "array", "items": ref("Step")}
    ),
    "Step": _STEP,
    "Alive": obj(["status"], status=TEXT),
    "Readiness": obj(
        ["status", "reasons"],
        status=TEXT,
        reasons={"type": "object", "additionalProperties": TEXT},
        oldest_stale_seconds=_NUMBER,
        oldest_unsent_seconds=_NUMBER,
    ),
}
