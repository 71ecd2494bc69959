"""The API described by OpenAPI 3.1: every route and answer, and bodies by the models that check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from flask import Blueprint, Response
from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import models_json_schema

from services.intake.items import MODELS
from web.api.acting import Acknowledgement, Act, Snooze, Waiver
from web.api.people import Handing
from web.api.read import MOST, USUAL
from web.api.shapes import ANSWERS, OBJECT, TEXT, Schema, ref

blueprint = Blueprint("openapi", __name__)
JSON = "application/json"
NDJSON = "application/x-ndjson"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method. ``scope`` is what a key needs, None where no key is asked for."""

    path: str
    method: str
    summary: str
    scope: str | None
    answers: Mapping[int, Schema]
    problems: tuple[int, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: Schema = field(default_factory=dict)
    security: tuple[Schema, ...] | None = None


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The description."""
    return Response(described(), mimetype=JSON)


@cache
def described() -> str:
    """The description, as JSON."""
    spec = APISpec(
        title="Bigdot",
        version=version("bigdot"),
        openapi_version="3.1.0",
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
    )
    spec.components.security_scheme(
        "key", {"type": "http", "scheme": "bearer", "description": "An API key, bd_…"}
    )
    spec.components.security_scheme(
        "metrics", {"type": "http", "scheme": "bearer", "description": "BIGDOT_METRICS_TOKEN"}
    )
    for name, schema in _schemas().items():
        spec.components.schema(name, schema)
    for operation in _operations():
        spec.path(operation.path, operations={operation.method: _operation(operation)})
    return json.dumps(spec.to_dict(), ensure_ascii=False, separators=(",", ":"))


_ABOUT = (
    "Events in, judgements and alerts out. An answer of 2xx leaves after the commit; the same "
    "event again changes nothing and answers the same. Errors are problem details (RFC 9457)."
)


def _operations() -> list[Operation]:
    return [*_intake(), *_reads(), *_plans(), *_machines()]


def _plans() -> list[Operation]:
    """Plans, what they can be started from, and what changes them."""
    file = {"schema": {"type": ["object", "string"], "description": "A plan file."}}
    return [
        Operation(
            "/api/v1/plan",
            "get",
            "The plan in force, or an earlier version, as a plan file.",
            "read",
            {200: {"description": "The plan file.", "content": {"application/yaml": file}}},
            (400, 401, 403, 404),
            (_query("version", "An earlier version.", type="integer"),),
        ),
        Operation(
            "/api/v1/plan",
            "post",
            "Lay a plan file over the plan: what it names changes, the rest stays.",
            "plan:write",
            {200: _json("PlanChanged", "What changed.")},
            (400, 401, 403, 409, 413, 415, 422),
            (
                _query("by", "Who changes it (an id of the plan's people)."),
                _query("reason", "Why: it is kept with the version."),
                _query("base_version", "The version that was looked at.", type="integer"),
                _query("dry_run", "true: only say what would change.", type="boolean"),
            ),
            {"application/yaml": file, JSON: file},
        ),
        Operation(
            "/api/v1/templates",
            "get",
            "The whole-system measures from which an aim can be started.",
            "read",
            {200: _json("Templates", "Every template.")},
            (401, 403),
        ),
        Operation(
            "/api/v1/people/{person}/handover",
            "post",
            "Hand over everything that somebody who leaves holds: a plan version.",
            "plan:write",
            {200: _json("HandedOver", "What is handed over, and what stays.")},
            (401, 403, 404, 409, 413, 415, 422),
            (_path("person"),),
            {JSON: {"schema": ref("Handing")}},
        ),
    ]


def _intake() -> list[Operation]:
    return [
        Operation(
            f"/api/v1/{kind}",
            "post",
            f"Record {kind}: one, an array, or one a line.",
            scope=f"{kind}:write",
            answers={
                202: _json("IntakeAnswer", "Every item is kept."),
                207: _json("BatchAnswer", "Some items are kept, the others are named."),
                422: _refused(),
            },
            problems=(400, 401, 403, 404, 409, 413, 415, 503),
            parameters=(_IDEMPOTENCY_KEY,),
            body=_items(model.__name__),
        )
        for kind, model in MODELS.items()
    ]


_ACTS = (
    ("snooze", "Send nothing more of an alert before a day, thirty days away at most.", "Snooze"),
    ("wake", "End a snooze now: what still is so is said again.", "Act"),
    ("resolve", "The alert if it is resolved; 409 with what ends it while it still fails.", "Act"),
)


def _reads() -> list[Operation]:
    missing = (401, 403, 404)
    return [
        Operation(
            "/api/v1/aims",
            "get",
            "The aims of the current plan with their status.",
            "read",
            {200: _json("AimPage", "A page of aims.")},
            (400, 401, 403),
            (_LIMIT, _query("after", "The aim after which the page begins.")),
        ),
        Operation(
            "/api/v1/aims/{aim_id}",
            "get",
            "One aim as it is declared, with its status.",
            "read",
            {200: _json("Aim", "The aim.")},
            missing,
            (_path("aim_id"),),
        ),
        Operation(
            "/api/v1/aims/{aim_id}/why",
            "get",
            "Why the aim stands so: every expectation that bears on it, and who was told of what.",
            "read",
            {200: _json("Why", "The answer; its evaluation is null where there is none yet.")},
            (400, *missing),
            (_path("aim_id"), _query("as_of", "As of the end of this date, or this instant.")),
        ),
        Operation(
            "/api/v1/self-assessments",
            "get",
            "The self-assessment of the seven leverage points: items, what is known, history.",
            "read",
            {200: _json("SelfAssessment", "The items as they stand, and every assessment.")},
            (401, 403),
        ),
        Operation(
            "/api/v1/alerts",
            "get",
            "Alerts, the newest first.",
            "read",
            {200: _json("AlertPage", "A page of alerts.")},
            (400, 401, 403),
            (
                _LIMIT,
                _query("before", "Only alerts with a smaller id.", type="integer"),
                _query("state", "Only these states, parted by commas: open, resolved."),
                _query("about", "Only alerts about this, as in aim:ID."),
            ),
        ),
        Operation(
            "/api/v1/alerts/{alert_id}",
            "get",
            "One alert with its steps.",
            "read",
            {200: _json("AlertWithSteps", "The alert.")},
            missing,
            (_path("alert_id", "integer"),),
        ),
        Operation(
            "/api/v1/alerts/{alert_id}/acknowledge",
            "post",
            "Say that an alert was seen; saying it again changes nothing.",
            "reviews:write",
            {200: _json("AlertWithSteps", "The alert, acknowledged.")},
            (*missing, 409, 413, 415, 422),
            (_path("alert_id", "integer"),),
            {JSON: {"schema": ref("Acknowledgement")}},
        ),
        *(
            Operation(
                f"/api/v1/alerts/{{alert_id}}/{act}",
                "post",
                summary,
                "reviews:write",
                {200: _json("AlertWithSteps", "The alert as it stands then.")},
                (*missing, 409, 413, 415, 422),
                (_path("alert_id", "integer"),),
                {JSON: {"schema": ref(body)}},
            )
            for act, summary, body in _ACTS
        ),
        Operation(
            "/api/v1/alerts/{alert_id}/waive",
            "post",
            "Accept what an alert found until a day, ninety days away at most: a plan version.",
            "plan:write",
            {200: _json("Waived", "It is waived.")},
            (*missing, 409, 413, 415, 422),
            (_path("alert_id", "integer"),),
            {JSON: {"schema": ref("Waiver")}},
        ),
    ]


def _machines() -> list[Operation]:
    part = _query("part", "What to ask for.", enum=["all", "web"])
    text = {"description": "Prometheus's text format.", "content": {"text/plain": {"schema": TEXT}}}
    return [
        Operation(
            "/healthz", "get", "The process is alive.", None, {200: _json("Alive", "It is.")}
        ),
        Operation(
            "/readyz",
            "get",
            "The deployment is ready, or why not.",
            None,
            {200: _json("Readiness", "Ready."), 503: _json("Readiness", "Not ready.")},
            (404,),
            (part,),
        ),
        Operation(
            "/metrics",
            "get",
            "Figures of the whole deployment.",
            None,
            {200: text},
            (401, 404),
            security=({"metrics": []}, {}),
        ),
        Operation(
            "/openapi.json",
            "get",
            "This description.",
            None,
            {200: {"description": "OpenAPI 3.1.", "content": {JSON: {"schema": OBJECT}}}},
        ),
    ]


def _operation(operation: Operation) -> Schema:
    answers = {str(status): answer for status, answer in operation.answers.items()}
    answers |= {str(status): _problem() for status in operation.problems}
    said: Schema = {
        "summary": operation.summary,
        "operationId": _operation_id(operation),
        "responses": answers,
        "security": _security(operation),
    }
    if operation.scope:
        said["description"] = f"Needs a key with the scope `{operation.scope}`."
    if operation.parameters:
        said["parameters"] = list(operation.parameters)
    if operation.body:
        said["requestBody"] = {"required": True, "content": operation.body}
    return said


def _security(operation: Operation) -> list[Schema]:
    if operation.security is not None:
        return list(operation.security)
    return [{"key": []}] if operation.scope else []


def _operation_id(operation: Operation) -> str:
    words = operation.path.removeprefix("/api/v1").strip("/").replace(".", "/").split("/")
    return "_".join([operation.method, *(word.strip("{}") for word in words)])


def _items(model: str) -> Schema:
    one = ref(model)
    either = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]}
    lines = {"type": "string", "description": f"One {model} in JSON a line."}
    return {JSON: {"schema": either}, NDJSON: {"schema": lines}}


def _schemas() -> dict[str, Schema]:
    acts: list[type[BaseModel]] = [Acknowledgement, Act, Snooze, Waiver, Handing]
    models: list[type[BaseModel]] = [*MODELS.values(), *acts]
    _, made = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    for model in models:
        _add_aliases(made["$defs"][model.__name__]["properties"], model)
    return {**made["$defs"], **ANSWERS}


def _add_aliases(properties: Schema, model: type[BaseModel]) -> None:
    """Describe a field under each of the names that a feed may use."""
    for name, found in model.model_fields.items():
        if isinstance(found.validation_alias, AliasChoices):
            first, *others = (str(choice) for choice in found.validation_alias.choices)
            for other in others:
                properties[other] = properties[first] | {"description": f"Another name of {name}."}


def _json(name: str, description: str) -> Schema:
    return {"description": description, "content": {JSON: {"schema": ref(name)}}}


def _refused() -> Schema:
    """A batch of which nothing is kept is told item by item, a single item as a problem."""
    content = {JSON: {"schema": ref("BatchAnswer")}, PROBLEM: {"schema": ref("Problem")}}
    return {"description": "Nothing is kept.", "content": content}


def _problem() -> Schema:
    return {"description": "What went wrong.", "content": {PROBLEM: {"schema": ref("Problem")}}}


def _query(name: str, description: str, **schema: Any) -> Schema:
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "string"} | schema,
    }


def _path(name: str, kind: str = "string") -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}}


_LIMIT = _query("limit", "Items a page.", type="integer", minimum=1, maximum=MOST, default=USUAL)
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeats the answer to the same body; another body is refused with 422.",
    "schema": {"type": "string", "maxLength": 200},
}
