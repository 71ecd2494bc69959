"""What the API really answers is what its description says: nothing else, and nothing left out."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from tests.integration.intake.conftest import Hospital, value
from tests.worlds import make_world

EVENT = {"project": "sepsis-ed", "on": "2026-11-01"}
POSTS: dict[str, list[Any]] = {
    "measurements": [
        value(99.5),
        value(97.0),
        value(97.0),
        {"measure": "hsmr", "period": "2026-10", "withdrawn": True, "reason": "wrong"},
        [value(1.0), value(2.0), value("none"), value(1.0) | {"measure": "fed"}],
        [value("none")],
        value("none"),
        [],
    ],
    "milestones": [EVENT | {"milestone": "pilot", "change": "completed"}, {"project": "none"}],
    "progress": [EVENT | {"score": 2.5, "scored_by": "sister"}, [EVENT]],
    "reviews": [EVENT | {"reviewer": "sister", "executing": True, "working": True}, [EVENT]],
    "projects": [
        EVENT | {"role": "leader", "person": None},
        EVENT | {"role": "leader", "person": "cmo"},
        [EVENT | {"role": "leader", "person": "cmo"}],
    ],
}


def _strict(schema: Any) -> Any:
    """The schema, with every object of named properties closed to others."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _strict(one) for name, one in schema.items()}
    closes = schema.get("type") == "object" and "properties" in schema
    return made | {"additionalProperties": False} if closes else made


def _troubles(spec: Any, path: str, method: str, answer: Any) -> list[str]:
    """What of the answer its description does not say."""
    told = spec["paths"][path][method]["responses"][str(answer.status_code)]["content"]
    schema = _strict(told[answer.mimetype]["schema"] | {"components": spec["components"]})
    return [error.message for error in Draft202012Validator(schema).iter_errors(answer.get_json())]


@pytest.mark.parametrize("kind", POSTS)
def test_what_intake_answers_is_described(client: FlaskClient, kind: str) -> None:
    spec, path = client.get("/openapi.json").get_json(), f"/api/v1/{kind}"
    seen: set[str] = set()
    for body in POSTS[kind]:
        answer = client.post(path, json=body)
        assert not _troubles(spec, path, "post", answer), answer.get_json()
        found = answer.get_json()
        seen |= {one["result"] for one in [found, *found.get("items", [])] if "result" in one}
    assert "created" in seen
    if kind == "measurements":
        assert seen == {"created", "corrected", "unchanged", "withdrawn", "rejected"}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/v1/aims", "get", 200),
        ("/api/v1/aims/{aim_id}", "get", 200),
        ("/api/v1/aims/{aim_id}/why", "get", 200),
        ("/api/v1/alerts", "get", 200),
        ("/api/v1/alerts/{alert_id}", "get", 200),
        ("/api/v1/alerts/{alert_id}/acknowledge", "post", 200),
        ("/healthz", "get", 200),
        ("/readyz", "get", 503),
    ],
)
def test_what_is_read_is_described(
    client: FlaskClient, hospital: Hospital, path: str, method: str, status: int
) -> None:
    world = make_world(hospital.services, "north")
    spec = client.get("/openapi.json").get_json()
    url = path.format(aim_id=world.aim, alert_id=world.alert_id)
    body: dict[str, Any] = (
        {"json": {"by": "north-owner", "note": "seen"}} if method == "post" else {}
    )
    answer = client.open(url, method=method.upper(), headers=world.bearer, **body)
    assert answer.status_code == status
    assert not _troubles(spec, path, method, answer), answer.get_json()
