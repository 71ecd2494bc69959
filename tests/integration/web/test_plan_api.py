"""The plan by the API: exported, laid over, tried dry; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.bootstrap import Services
from tests.worlds import ACTOR, World

AIM = """bigdot: 1
organisation: {id: north}
aims: [{id: north-aim, target: 85}]
"""
SAID = {"by": "north-executive", "reason": "The board asked for more"}


@pytest.fixture
def bearer(services: Services, ours: World) -> dict[str, str]:
    """A key that may change the plan."""
    scopes = ("plan:write", "read")
    issued = services.keys.create(ours.organisation_id, "board", scopes, actor=ACTOR)
    return {"Authorization": f"Bearer {issued.secret}"}


def _post(client: FlaskClient, bearer: dict[str, str], text: str, **said: str) -> Any:
    return client.post(
        "/api/v1/plan",
        data=text,
        content_type="application/yaml",
        query_string=said,
        headers=bearer,
    )


def test_what_the_file_names_changes_and_the_rest_stays(
    client: FlaskClient, services: Services, ours: World, bearer: dict[str, str]
) -> None:
    before = services.plan_store.current(ours.organisation_id)
    dry = _post(client, bearer, AIM, dry_run="true")
    assert (dry.status_code, dry.json["changes"]) == (200, ["aim north-aim: target 88 → 85"])
    assert services.plan_store.current(ours.organisation_id).version == before.version
    done = _post(client, bearer, AIM, **SAID)
    assert done.status_code == 200
    assert done.json["version"] == before.version + 1
    after = services.plan_store.record(ours.organisation_id)
    assert after is not None
    assert (after.author, after.reason) == ("north-executive (key board)", SAID["reason"])
    assert _post(client, bearer, AIM, **SAID).json == {
        **done.json,
        "changes": [],
    }
    exported = client.get("/api/v1/plan", headers=bearer)
    assert exported.mimetype == "application/yaml"
    text = exported.get_data(as_text=True)
    assert text == services.plans.export(ours.organisation_id)
    assert _post(client, bearer, text, **SAID).json["changes"] == []
    first = client.get("/api/v1/plan", query_string={"version": before.version}, headers=bearer)
    assert first.get_data(as_text=True) == services.plans.export(
        ours.organisation_id, before.version
    )


def test_the_errors_are_named_with_their_place_and_nothing_changes(
    client: FlaskClient, services: Services, ours: World, bearer: dict[str, str]
) -> None:
    before = services.plan_store.record(ours.organisation_id)
    wrong = AIM.replace("target: 85", "sponsor: nobody")
    answer = _post(client, bearer, wrong, **SAID)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    errors = {each["code"]: each for each in answer.json["errors"]}
    assert errors["unknown-person"]["pointer"] == "#/aims/0/sponsor"
    assert errors["unknown-person"]["detail"].startswith("line 3: ")
    assert services.plan_store.record(ours.organisation_id) == before


@pytest.mark.parametrize(
    ("said", "text", "kind", "status", "detail"),
    [
        ({"by": "x"}, AIM, "application/yaml", 400, "'reason' is missing"),
        ({"reason": "x"}, AIM, "application/yaml", 400, "'by' is missing"),
        (SAID | {"base_version": "x"}, AIM, "application/yaml", 400, "is no version"),
        (SAID | {"base_version": "99"}, AIM, "application/yaml", 409, "stands at version"),
        (SAID, AIM, "text/plain", 415, "application/yaml"),
        (SAID, AIM.replace("id: north", "id: south"), "application/yaml", 422, "south"),
        (SAID, "[", "application/yaml", 422, "not YAML"),
    ],
)
def test_what_cannot_be_is_refused(  # noqa: PLR0917 - one name a column
    client: FlaskClient,
    bearer: dict[str, str],
    said: dict[str, str],
    text: str,
    kind: str,
    status: int,
    detail: str,
) -> None:
    answer = client.post(
        "/api/v1/plan", data=text, content_type=kind, query_string=said, headers=bearer
    )
    assert answer.status_code == status
    assert answer.json is not None
    assert detail in answer.json["detail"]


def test_a_key_needs_the_scope_and_a_version_that_is(
    client: FlaskClient, ours: World, services: Services, bearer: dict[str, str]
) -> None:
    only = services.keys.create(ours.organisation_id, "feed", ("read",), actor=ACTOR).secret
    reader = {"Authorization": f"Bearer {only}"}
    assert _post(client, reader, AIM, **SAID).status_code == 403
    absent = client.get("/api/v1/plan", query_string={"version": "99"}, headers=bearer)
    assert absent.status_code == 404
