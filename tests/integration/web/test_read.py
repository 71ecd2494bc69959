"""What the API shows, and to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.access.keys import generate
from services.bootstrap import Services
from services.persistence import tables
from services.persistence.engine import writing
from tests.worlds import ACTOR, AT, World, browser


def _key(services: Services, world: World, *scopes: str) -> dict[str, str]:
    issued = services.keys.create(world.organisation_id, "feed", scopes, actor=ACTOR)
    return {"Authorization": f"Bearer {issued.secret}"}


def test_the_aims_say_how_they_stand(client: FlaskClient, ours: World, theirs: World) -> None:
    answer = client.get("/api/v1/aims", headers=ours.bearer)
    assert answer.status_code == 200
    assert answer.json is not None
    assert [aim["id"] for aim in answer.json["items"]] == ["north-aim"]
    assert answer.json["items"][0]["status"] == "off_track"
    assert answer.json["next"] is None


def test_an_aim_shows_what_was_declared(client: FlaskClient, ours: World) -> None:
    answer = client.get("/api/v1/aims/north-aim", headers=ours.bearer)
    assert answer.json is not None
    assert answer.json["declared"]["target"] == 88
    assert answer.json["would_change"] is None


def test_why_answers_as_of_an_instant(client: FlaskClient, ours: World) -> None:
    path = "/api/v1/aims/north-aim/why"
    now = client.get(path, headers=ours.bearer).json
    assert now is not None
    assert now["evaluation"]["status"] == "off_track"
    assert now["evaluation"]["outcomes"] == []
    assert now["evaluation"]["seen"] == {"measure:north-measure": 1}
    at = client.get(path, headers=ours.bearer, query_string={"as_of": AT.isoformat()}).json
    assert at == now
    before = (AT - timedelta(seconds=1)).isoformat()
    early = client.get(path, headers=ours.bearer, query_string={"as_of": before})
    assert early.status_code == 404
    assert early.json is not None
    assert early.json["detail"].startswith("The aim was first judged on 5 October 2026")


@pytest.mark.parametrize(
    "as_of",
    [
        "yesterday",
        "",
        "2026-10-05T09:00:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30",
        "9999-12-31",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_an_instant_needs_a_shape_and_a_zone(client: FlaskClient, ours: World, as_of: str) -> None:
    answer = client.get(
        "/api/v1/aims/north-aim/why", headers=ours.bearer, query_string={"as_of": as_of}
    )
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


def test_alerts_can_be_narrowed_and_paged(
    client: FlaskClient, services: Services, ours: World
) -> None:
    with writing(services.engine) as connection:
        for number in range(4):
            connection.execute(
                tables.alert.insert().values(
                    organisation_id=ours.organisation_id,
                    subject_id=1,
                    expectation="PRJ-02",
                    about=f"project:{number}",
                    state="resolved",
                    severity="warn",
                    reason="late",
                    opened_at=AT,
                    changed_at=AT,
                )
            )
    seen, path = [], "/api/v1/alerts?limit=2"
    while path:
        page = client.get(path, headers=ours.bearer).json
        assert page is not None
        seen += [alert["id"] for alert in page["items"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)
    narrow = client.get("/api/v1/alerts?state=open&about=aim:north-aim", headers=ours.bearer).json
    assert narrow is not None
    assert [alert["id"] for alert in narrow["items"]] == [ours.alert_id]


def test_an_alert_tells_its_steps(client: FlaskClient, ours: World) -> None:
    answer = client.get(f"/api/v1/alerts/{ours.alert_id}", headers=ours.bearer).json
    assert answer is not None
    assert [step["kind"] for step in answer["steps"]] == ["opened"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "before=-1", "before=9x", "state=shut", "state=open,shut"],
)
def test_a_wrong_page_is_refused(client: FlaskClient, ours: World, query: str) -> None:
    assert client.get(f"/api/v1/alerts?{query}", headers=ours.bearer).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/aims/south-aim",
        "/api/v1/aims/south-aim/why",
        "/api/v1/aims/nowhere",
        "/api/v1/alerts/2",
        "/api/v1/alerts/99999999999999999999999",
    ],
)
def test_what_is_anothers_or_nobodys_is_not_there(
    client: FlaskClient, ours: World, theirs: World, path: str
) -> None:
    assert theirs.alert_id == 2
    answer = client.get(path, headers=ours.bearer)
    assert answer.status_code == 404
    assert "south" not in answer.get_data(as_text=True).replace(path, "")


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        ({}, "Send an API key"),
        ({"Authorization": "Basic dTpw"}, "Send an API key"),
        ({"Authorization": "Bearer"}, "Send an API key"),
        ({"Authorization": "Bearer bd_typo"}, "not well formed"),
        ({"Authorization": f"Bearer {generate()}"}, "not known"),
    ],
)
def test_without_a_key_in_force_nothing_is_shown(
    client: FlaskClient, ours: World, credentials: dict[str, str], says: str
) -> None:
    answer = client.get("/api/v1/aims", headers=credentials)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json is not None
    assert says in answer.json["detail"]
    assert "bd_typo" not in answer.get_data(as_text=True)


def test_a_revoked_key_and_an_expired_one_are_refused(
    client: FlaskClient, services: Services, ours: World, theirs: World
) -> None:
    services.keys.revoke(ours.organisation_id, ours.key_id, actor=ACTOR)
    answer = client.get("/api/v1/aims", headers=ours.bearer)
    assert answer.status_code == 401
    assert "revoked" in answer.get_data(as_text=True)
    with writing(services.engine) as connection:
        connection.execute(tables.api_key.update().values(expires_at=AT, revoked_at=None))
    answer = client.get("/api/v1/aims", headers=theirs.bearer)
    assert answer.status_code == 401
    assert "expired" in answer.get_data(as_text=True)


def test_a_key_without_the_scope_may_not(
    client: FlaskClient, services: Services, ours: World
) -> None:
    answer = client.get("/api/v1/aims", headers=_key(services, ours, "measurements:write"))
    assert answer.status_code == 403
    assert "scope read" in answer.get_data(as_text=True)
    answer = client.post(
        f"/api/v1/alerts/{ours.alert_id}/acknowledge",
        headers=_key(services, ours, "read"),
        json={"by": "north-executive"},
    )
    assert answer.status_code == 403


def test_the_api_looks_at_no_cookie(app: Flask, ours: World) -> None:
    signed_in = browser(app, ours.logins["admin"])
    assert signed_in.get("/api/v1/aims").status_code == 401


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"{}", 415),
        ("application/json", b"{", 422),
        ("application/json", b"[]", 422),
        ("application/json", b'{"by": ""}', 422),
        ("application/json", b'{"by": "x", "more": 1}', 422),
        ("application/json", b'{"by": 5}', 422),
        ("application/json", b"\xff\xfe", 422),
    ],
)
def test_a_wrong_acknowledgement_is_refused_as_a_problem(
    client: FlaskClient, ours: World, content_type: str, body: bytes, status: int
) -> None:
    path = f"/api/v1/alerts/{ours.alert_id}/acknowledge"
    answer = client.post(path, headers=ours.bearer, data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_acknowledging_says_who_and_when_and_again_changes_nothing(
    client: FlaskClient, ours: World
) -> None:
    path = f"/api/v1/alerts/{ours.alert_id}/acknowledge"
    said = {"by": "north-executive", "note": "We meet on Monday."}
    first = client.post(path, headers=ours.bearer, json=said)
    assert first.status_code == 200
    assert first.json
    assert first.json["acknowledged_note"] == "We meet on Monday."
    assert first.json["acknowledged_by"].startswith("north-executive")
    again = client.post(path, headers=ours.bearer, json={"by": "somebody-else"})
    assert again.json == first.json


def test_a_resolved_alert_cannot_be_acknowledged(
    client: FlaskClient, services: Services, ours: World
) -> None:
    with writing(services.engine) as connection:
        connection.execute(tables.alert.update().values(state="resolved", resolved_at=AT))
    path = f"/api/v1/alerts/{ours.alert_id}/acknowledge"
    answer = client.post(path, headers=ours.bearer, json={"by": "north-executive"})
    assert answer.status_code == 409
    assert "resolved" in answer.get_data(as_text=True)
