"""Nothing of another organisation is seen or touched, on any route there is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from services.bootstrap import Options, Services
from services.intake.items import MODELS
from services.persistence import tables
from services.ports.access import UnknownError
from tests.worlds import ACTOR, World, browser, csrf_token, make_world, rows_of
from web.app import create_app
from web.context import WebOptions

SECRETS = ("k" * 40,)
NOT_THEIRS_TO_KEEP = {"static", "session.set_password", "session.demo_sign_in"}
METADATA = ("session", "audit_log", "api_key")
BODIES: dict[str, Any] = {
    "measurements": {"measure": "{0}-measure", "period": "2026-09", "value": 90},
    "milestones": {
        "project": "{0}-project",
        "milestone": "pilot",
        "change": "completed",
        "on": "2026-09-01",
    },
    "progress": {"project": "{0}-project", "score": 3.5, "on": "2026-09-01"},
    "reviews": {"project": "{0}-project", "on": "2026-09-01", "note": "seen"},
    "projects": {
        "project": "{0}-project",
        "state": "stopped",
        "on": "2026-09-01",
        "reason": "x",
        "decided_by": "{0}-executive",
    },
    "adoptions": {"aim": "{0}-aim", "by": "Board", "on": "2026-09-01", "minute": "26/9"},
    "tests": {"project": "{0}-project", "on": "2026-09-01", "prediction": "x"},
    "actions": {"aim": "{0}-aim", "action": "a", "text": "x", "on": "2026-09-01"},
    "publications": {"aim": "{0}-aim", "period": "2026-08", "on": "2026-09-01"},
    "validations": {"project": "{0}-project", "on": "2026-09-01", "amount": 1},
    "explanations": {
        "measure": "{0}-measure",
        "expectation": "DAT-01",
        "text": "x",
        "on": "2026-09-01",
    },
    "spreads": {"project": "{0}-project", "unit": "x", "on": "2026-09-01"},
    "acknowledge": {"by": "{0}-executive"},
    "snooze": {"by": "{0}-executive", "until": "2026-10-12", "reason": "x"},
    "wake": {"by": "{0}-executive"},
    "resolve": {"by": "{0}-executive"},
    "handover": {"to": "{0}-owner", "on": "2026-09-01", "by": "x", "reason": "x"},
    "waive": {"by": "{0}-executive", "until": "2026-09-30", "reason": "x"},
}


class Deployment:
    """Two organisations, and a browser of ours for every role."""

    def __init__(self, url: str) -> None:
        self.services = Services(Options(url, SECRETS, embedded=True))
        self.ours = make_world(self.services, "north")
        self.theirs = make_world(self.services, "south")
        # Embedded where others may reach it: the only way in which there is also a mailbox.
        self.app = create_app(self.services, WebOptions(SECRETS, embedded=True, exposed=True))
        self.browsers = {role: browser(self.app, login) for role, login in self.ours.logins.items()}

    @cached_property
    def foreign(self) -> dict[str, list[tuple[Rule, str]]]:
        """Each route that names something, with its paths to what the other organisation has."""
        found = {}
        with Flask("paths").test_request_context():
            for rule in self.app.url_map.iter_rules():
                if rule.arguments and rule.endpoint not in NOT_THEIRS_TO_KEEP:
                    names = sorted(rule.arguments)
                    held = product(*(_named(self.theirs, name) for name in names))
                    paths = [_filled(rule, dict(zip(names, own, strict=True))) for own in held]
                    found[rule.endpoint] = [(rule, path) for path in paths if path is not None]
        return found


@pytest.fixture
def deployment(database_url: str, quick_hashing: None) -> Iterator[Deployment]:
    """Two organisations on either database."""
    made = Deployment(database_url)
    yield made
    made.services.close()


def _named(world: World, argument: str) -> list[object]:
    """What the organisation has that ``argument`` of a route may name."""
    known: dict[str, list[object]] = {
        "aim": [world.aim],
        "project": [world.project],
        "alert": [world.alert_id],
        "mail": [world.mail_id],
        "milestone": ["pilot"],
        "measure": [f"{world.slug}-measure"],
        "person": [f"{world.slug}-executive"],
    }
    found = [value for name, values in known.items() if name in argument for value in values]
    return found or [value for values in known.values() for value in values]


def _filled(rule: Rule, values: dict[str, object]) -> str | None:
    built = rule.build(values, append_unknown=False)
    return built[1] if built else None


def _their_body(path: str) -> Any:
    kind = path.rstrip("/").rsplit("/", 1)[-1]
    body = BODIES.get(kind, {"id": "{0}-aim"})
    return {key: v.format("south") if isinstance(v, str) else v for key, v in body.items()}


def _silent(deployment: Deployment, answer: Any, path: str) -> None:
    """Not one word of the other organisation but what the request itself said."""
    said = answer.get_data(as_text=True)
    for word in path.split("/"):
        said = said.replace(word, "") if "south" in word else said
    for secret in ("south secret", "South Health", "south is behind", deployment.theirs.key):
        assert secret not in said, (path, secret)


def test_every_route_has_foreign_names_to_try(deployment: Deployment) -> None:
    """A new route with an argument of its own kind says here what another organisation has."""
    assert [endpoint for endpoint, tries in deployment.foreign.items() if not tries] == []


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_route_answers_404_to_a_foreign_name(deployment: Deployment, data: Any) -> None:
    foreign = deployment.foreign
    endpoint = data.draw(st.sampled_from(sorted(foreign)), label="route")
    rule, path = data.draw(st.sampled_from(foreign[endpoint]), label="path")
    method = data.draw(st.sampled_from(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})))
    before = rows_of(deployment.services.engine, leaving_out=METADATA)
    if path.startswith("/api/"):
        client, headers = deployment.app.test_client(), deployment.ours.bearer
        answer = client.open(path, method=method, json=_their_body(path), headers=headers)
    else:
        role = data.draw(st.sampled_from(sorted(deployment.browsers)))
        client = deployment.browsers[role]
        form = {"csrf_token": csrf_token(client), "note": "x", "on": "2026-09-01"}
        answer = client.open(path, method=method, data=form if method != "GET" else None)
    assert answer.status_code in {403, 404}, (rule, path, method)
    if answer.status_code == 403:
        assert not path.startswith("/api/")
        assert _ours_too_is_forbidden(client, rule, deployment, method)
    _silent(deployment, answer, path)
    assert rows_of(deployment.services.engine, leaving_out=METADATA) == before


def _ours_too_is_forbidden(
    client: FlaskClient, rule: Rule, deployment: Deployment, method: str
) -> bool:
    """Whether the role, and not the name, was refused: our own thing is refused alike."""
    values = {name: _named(deployment.ours, name)[0] for name in rule.arguments}
    path = _filled(rule, values)
    assert path is not None
    form = {"csrf_token": csrf_token(client)}
    return client.open(path, method=method, data=form).status_code == 403


@pytest.mark.parametrize("kind", sorted(MODELS.keys() - {"meetings", "self-assessments"}))
def test_an_event_about_a_foreign_thing_is_about_nothing_known(
    deployment: Deployment, kind: str
) -> None:
    path = f"/api/v1/{kind}"
    if path not in {rule.rule for rule in deployment.app.url_map.iter_rules()}:
        pytest.fail(f"there is no {path}")
    before = rows_of(deployment.services.engine, leaving_out=METADATA)
    client = deployment.app.test_client()
    answer = client.post(path, headers=deployment.ours.bearer, json=_their_body(path))
    assert answer.status_code in {404, 422}
    _silent(deployment, answer, path)
    assert rows_of(deployment.services.engine, leaving_out=METADATA) == before


def test_a_meeting_is_of_our_own_board(deployment: Deployment) -> None:
    """It names nothing, so the key alone says whose it is."""
    before = _of(deployment, deployment.theirs)
    body = {"on": "2026-09-01", "minutes": 60, "patient_story": True}
    client = deployment.app.test_client()
    answer = client.post("/api/v1/meetings", headers=deployment.ours.bearer, json=body)
    assert answer.status_code == 202
    assert answer.get_json()["subject"] == "organisation:north"
    assert _of(deployment, deployment.theirs) == before
    assert len(_of(deployment, deployment.ours)["board_meeting"]) == 1


def test_a_self_assessment_is_of_our_own_organisation(deployment: Deployment) -> None:
    """It names a person at most, and theirs is nobody here."""
    before = _of(deployment, deployment.theirs)
    path, answers = "/api/v1/self-assessments", {"1.1": {"score": 3, "evidence": "north only"}}
    client, bearer = deployment.app.test_client(), deployment.ours.bearer
    body = {"on": "2026-09-01", "by": "south-executive", "answers": answers}
    refused = client.post(path, headers=bearer, json=body)
    assert refused.status_code == 422
    _silent(deployment, refused, path)
    body["by"] = "north-executive"
    assert client.post(path, headers=bearer, json=body).status_code == 202
    assert client.post(path, headers=bearer, json=body).get_json()["result"] == "unchanged"
    assert "north only" in client.get(path, headers=bearer).get_data(as_text=True)
    theirs = client.get(path, headers=deployment.theirs.bearer).get_json()
    assert theirs["history"] == []
    assert _of(deployment, deployment.theirs) == before


def _of(deployment: Deployment, world: World) -> dict[str, list[Any]]:
    """Every row of an organisation, by table."""
    with deployment.services.engine.connect() as connection:
        return {
            table.name: list(
                connection.execute(
                    sa.select(table).where(table.c.organisation_id == world.organisation_id)
                )
            )
            for table in tables.metadata.sorted_tables
            if "organisation_id" in table.c and table.name not in METADATA
        }


def test_every_route_without_a_name_shows_ours_only(deployment: Deployment) -> None:
    rules = [
        rule
        for rule in deployment.app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or set())
    ]
    assert len(rules) > 4
    for rule in rules:
        clients = [(deployment.app.test_client(), deployment.ours.bearer)]
        clients += [(client, {}) for client in deployment.browsers.values()]
        for client, headers in clients:
            answer = client.get(rule.rule, headers=headers)
            assert answer.status_code < 500 or rule.rule == "/readyz", rule
            _silent(deployment, answer, rule.rule)


def test_looking_changes_nothing(deployment: Deployment) -> None:
    before = rows_of(deployment.services.engine, leaving_out=("session", "api_key"))
    for rule in deployment.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        values = {name: _named(deployment.ours, name)[0] for name in rule.arguments}
        path = _filled(rule, values)
        if path is None:
            continue
        deployment.app.test_client().get(path, headers=deployment.ours.bearer)
        deployment.browsers["owner"].get(path)
    assert rows_of(deployment.services.engine, leaving_out=("session", "api_key")) == before


def test_what_guards_access_is_no_others_to_change(deployment: Deployment) -> None:
    ours, theirs = deployment.ours, deployment.theirs
    for refused in (
        lambda: deployment.services.keys.revoke(ours.organisation_id, theirs.key_id, actor=ACTOR),
        lambda: deployment.services.accounts.disable(
            ours.organisation_id, theirs.logins["admin"], actor=ACTOR
        ),
        lambda: deployment.services.accounts.link(
            ours.organisation_id, theirs.logins["admin"], actor=ACTOR
        ),
        lambda: deployment.services.channels.remove(ours.organisation_id, "room", actor=ACTOR),
    ):
        with pytest.raises(UnknownError):
            refused()
    client = deployment.app.test_client()
    assert client.get("/api/v1/aims", headers=theirs.bearer).status_code == 200
