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


def _list(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"type": "array", "items": TEXT}
_WORD: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": "integer"}
_FIGURE: Schema = {"type": ["number", "null"]}
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
    "snoozed_until": _INSTANT,
}
_DIAGNOSIS: dict[str, Schema] = {
    "answer": TEXT,
    "words": TEXT,
    "reason": TEXT,
    "response": TEXT,
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
        since=_WORD,
        period=_WORD,
        value=_FIGURE,
        expected=_FIGURE,
        target={"anyOf": [{"type": "number"}, ref("Range"), {"type": "null"}]},
        forecast={"anyOf": [ref("Forecast"), {"type": "null"}]},
        probability=_FIGURE,
        outlook=_WORD,
        would_change=_WORD,
        diagnosis={"anyOf": [ref("Diagnosis"), {"type": "null"}]},
        as_of=_INSTANT,
        valid_to=_INSTANT,
        ended=_WORD,
        declared=OBJECT,
    ),
    "AimPage": _page_of("Aim"),
    "Range": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "Forecast": obj(
        ["deadline", "value", "interval_80", "interval_95", "probability"],
        deadline=TEXT,
        value={"type": "number"},
        interval_80=ref("Range"),
        interval_95=ref("Range"),
        probability={"type": "number"},
    ),
    "Diagnosis": obj(["answer", "words", "reason", "response"], **_DIAGNOSIS),
    "Questions": obj(
        ["answer", "words", "reason", "response", "executing", "working"],
        **_DIAGNOSIS,
        tone=TEXT,
        executing=TEXT,
        working=TEXT,
        lag=TEXT,
        drivers=_list("Bearing"),
        projects=_list("Bearing"),
    ),
    "Bearing": obj(["id", "name"], id=TEXT, name=TEXT, share=TEXT, says=TEXT, reason=TEXT),
    "Cause": obj(
        ["kind", "id", "name", "problem"],
        kind=TEXT,
        id=TEXT,
        name=TEXT,
        problem=TEXT,
        role=_WORD,
        person=_WORD,
        above=_TEXTS,
        stake=_WORD,
        closes=_WORD,
    ),
    "Said": obj(
        ["subject", "expectation", "about", "state", "reason", "inputs", "silence"],
        subject=TEXT,
        subject_name=TEXT,
        expectation=TEXT,
        title=TEXT,
        text=TEXT,
        about=TEXT,
        name=TEXT,
        state={"enum": ["fails", "fails in shadow", "waived", "waits", "holds", "switched off"]},
        severity=_WORD,
        reason=TEXT,
        since=_WORD,
        inputs=OBJECT,
        alert={"type": ["integer", "null"]},
        silence=_WORD,
    ),
    "Told": obj(
        ["to", "channel", "state"], to=TEXT, channel=TEXT, state=TEXT, at=_INSTANT, because=_WORD
    ),
    "StepSaid": obj(
        ["kind", "at", "reason", "told"],
        kind=TEXT,
        at=_INSTANT,
        by=_WORD,
        status=_WORD,
        reason=TEXT,
        restated={"type": "boolean"},
        told=_list("Told"),
    ),
    "AlertSaid": obj(
        ["id", "expectation", "about", "is_open", "steps"],
        id=_NUMBER,
        expectation=TEXT,
        about=TEXT,
        name=TEXT,
        is_open={"type": "boolean"},
        since=_INSTANT,
        resolved=_INSTANT,
        reason=TEXT,
        acknowledged_by=_WORD,
        steps=_list("StepSaid"),
    ),
    "JudgedAgain": obj(
        ["subject", "as_of", "again"],
        subject=TEXT,
        name=TEXT,
        as_of=_INSTANT,
        valid_to=_INSTANT,
        plan_version=_NUMBER,
        engine_version=TEXT,
        again=obj(
            ["same", "differs"],
            same={"type": "boolean"},
            differs=_TEXTS,
        ),
    ),
    "Restated": obj(
        ["subject", "at", "causes", "months", "findings"],
        subject=TEXT,
        name=TEXT,
        at=_INSTANT,
        causes=_TEXTS,
        months=_TEXTS,
        findings=_TEXTS,
    ),
    "Recomputed": obj(
        ["same", "evaluations"], same={"type": "boolean"}, evaluations=_list("JudgedAgain")
    ),
    "Sites": obj(
        ["words", "lines", "move"],
        words={"type": "string", "description": "Which sites carried the aim then."},
        move={"type": ["string", "null"], "description": "How the whole moved, and by whom."},
        lines={
            "type": "array",
            "items": obj(
                ["id", "name", "before", "latest", "says", "brings"],
                id=TEXT,
                name=TEXT,
                before=TEXT,
                latest=TEXT,
                period=_WORD,
                at_target={"type": ["boolean", "null"]},
                better={"type": ["boolean", "null"]},
                says=TEXT,
                brings=_WORD,
            ),
        },
    ),
    "Templates": obj(["items"], items=_list("Template")),
    "Template": obj(
        ["id", "name", "definition", "kind", "unit", "direction", "frequency", "lag_days"],
        id=TEXT,
        name=TEXT,
        definition=TEXT,
        kind=TEXT,
        per=_NUMBER,
        unit=TEXT,
        direction=TEXT,
        frequency=TEXT,
        lag_days=_NUMBER,
        rule_set=TEXT,
        chart=TEXT,
        source=TEXT,
        sureness=TEXT,
        note=TEXT,
    ),
    "SelfAssessment": obj(
        ["about", "scale", "items", "history"],
        about=TEXT,
        scale={"type": "array", "items": obj(["score", "means"], score=_NUMBER, means=TEXT)},
        items=_list("AssessedAs"),
        history=_list("Assessed"),
    ),
    "AssessedAs": obj(
        ["id", "point", "title", "text", "score", "before", "on", "known"],
        id=TEXT,
        point=_NUMBER,
        title=TEXT,
        text=TEXT,
        score=_FIGURE,
        before=_FIGURE,
        on=_WORD,
        evidence=_WORD,
        action=_WORD,
        known=TEXT,
    ),
    "Assessed": obj(
        ["on", "by", "mean", "answers"],
        on=TEXT,
        by=TEXT,
        name=TEXT,
        known_at=_INSTANT,
        mean=_FIGURE,
        answers=OBJECT,
    ),
    "Why": obj(
        ["aim", "evaluation", "reason"],
        aim=TEXT,
        name=TEXT,
        status=_WORD,
        reason=TEXT,
        since=_WORD,
        blind_since=_WORD,
        would_change=_WORD,
        next_due=_WORD,
        questions={"anyOf": [ref("Questions"), {"type": "null"}]},
        chain=_list("Cause"),
        alerts=_list("AlertSaid"),
        expectations=_list("Said"),
        sites={"anyOf": [ref("Sites"), {"type": "null"}]},
        recomputed=ref("Recomputed"),
        restated=_list("Restated"),
        evaluation={"type": ["object", "null"]},
    ),
    "Alert": obj(["id", "expectation", "about", "state"], **_ALERT_FIELDS),
    "AlertPage": _page_of("Alert"),
    "AlertWithSteps": obj(
        ["id", "steps"], **_ALERT_FIELDS, steps={"type": "array", "items": ref("Step")}
    ),
    "Step": _STEP,
    "PlanChanged": obj(
        ["version", "changes", "warnings"],
        version=_NUMBER,
        changes=_TEXTS,
        warnings={"type": "array", "items": OBJECT},
    ),
    "Waived": obj(["alert", "plan_version"], alert=_NUMBER, plan_version=_NUMBER),
    "HandedOver": obj(
        ["person", "to", "on", "plan_version", "dry_run", "handed_over", "kept", "closed"],
        person=TEXT,
        to=TEXT,
        on=TEXT,
        plan_version=_NUMBER,
        dry_run={"type": "boolean"},
        handed_over={
            "type": "array",
            "items": obj(["about", "words", "to"], about=TEXT, words=TEXT, to=_WORD),
        },
        kept={
            "type": "array",
            "items": obj(["about", "words", "why"], about=TEXT, words=TEXT, why=TEXT),
        },
        closed=obj(
            ["accounts", "keys"], accounts=_TEXTS, keys=_TEXTS, messages=_NUMBER, alerts=_NUMBER
        ),
        warnings=_TEXTS,
    ),
    "Alive": obj(["status"], status=TEXT),
    "Readiness": obj(
        ["status", "reasons"],
        status=TEXT,
        reasons={"type": "object", "additionalProperties": TEXT},
        oldest_stale_seconds=_NUMBER,
        oldest_unsent_seconds=_NUMBER,
        audit_flaws=_NUMBER,
    ),
}
