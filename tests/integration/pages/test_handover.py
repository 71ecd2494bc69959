"""One step hands over everything that a leaver holds: first looked at, then done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.persistence import plans, tables
from services.persistence.engine import writing
from services.planning.handover import Handover
from services.ports.access import Actor
from tests.integration.pages.conftest import form_of, text_of, words_in
from tests.integration.pipeline.conftest import Hospital
from tests.worlds import ACTOR, rows_of

At = Callable[[str], FlaskClient]
PAGE = "/people/cmo/handover"
ASKED = {"to": "cno", "on": "2025-08-19", "reason": "Retires"}
_MESSAGE = tables.message


def _held_by_events(northfield: Hospital) -> str:
    """Roles, an action and a key of the medical officer, and mails that wait; gives the key."""
    role = {"project": "falls", "role": "clinical_lead", "person": "cmo", "on": "2025-07-01"}
    action = {"action": "beds", "owner": "cmo", "text": "Find two beds", "due": "2025-09-01"}
    assert northfield.post("projects", role) == ["created"]
    assert northfield.post("actions", {"aim": "harm-21", "on": "2025-07-01", **action}) == [
        "created"
    ]
    northfield.judge()
    with writing(northfield.services.engine) as connection:
        waits = {"state": "owed", "sent_at": None, "closed_at": None, "attempts": 0}
        connection.execute(_MESSAGE.update().where(_MESSAGE.c.recipient == "cmo").values(**waits))
    made_by = Actor("cmo", "web")
    keys = northfield.services.keys
    return keys.create(northfield.id, "ward feed", ("read",), actor=made_by).secret


def test_what_a_leaver_holds_is_seen_handed_over_and_closed_in_one_step(
    northfield: Hospital, app: Flask, at_browser: At
) -> None:
    key = _held_by_events(northfield)
    owed = northfield.rows(_MESSAGE, _MESSAGE.c.recipient == "cmo")
    leaver, client = at_browser("executive"), at_browser("admin")
    assert "Chief medical officer" in text_of(client, "/people")
    sent = form_of(client, PAGE, PAGE) | ASKED
    seen = client.post(PAGE, data=sent | {"step": "preview"}).get_data(as_text=True)
    words = words_in(seen)
    for expected in (
        "Fewer deaths in hospital sponsor; told by a route",
        "Falls prevention clinical lead",
        "action of a review: Find two beds, due 1 September 2025",
        "executive among the people",
        "The account executive",
        "The API key “ward feed”",
        f"{len(owed)} message",
    ):
        assert expected in words
    assert northfield.services.plan_store.current(northfield.id).people["cmo"].ended is None
    hidden = dict(re.findall(r'name="(base|seen)" value="([^"]+)"', seen))
    chosen = {"except:project:escalation": "ceo", "step": "confirm", **hidden}
    other = client.post(PAGE, data=sent | chosen | {"to": "coo"}).get_data(as_text=True)
    assert "another than you looked at" in other
    assert client.post(PAGE, data=sent | chosen).status_code == 303
    _is_in_the_plan(northfield)
    _is_led_on(northfield, owed)
    assert leaver.get("/").headers["Location"].startswith("/sign-in")
    bearer = {"Authorization": f"Bearer {key}"}
    northfield.services.keys._cache.clear()
    assert app.test_client().get("/api/v1/aims", headers=bearer).status_code == 401
    northfield.judge()
    northfield.deliver()
    again = client.post(PAGE, data=sent | chosen)
    assert again.status_code == 422
    assert "left on 19 August 2025 already" in again.get_data(as_text=True)
    assert "left on 19 August 2025 already" in text_of(client, PAGE)
    assert "left on 19 August 2025" in text_of(client, "/people")


def _is_in_the_plan(northfield: Hospital) -> None:
    plan = northfield.services.plan_store.current(northfield.id)
    assert plan.aims["hsmr-88"].sponsor == "cno"
    assert [plan.projects[p].sponsor for p in ("sepsis", "escalation")] == ["cno", "ceo"]
    record = northfield.services.plan_store.record(northfield.id)
    assert record is not None
    assert (record.version, record.author, record.reason) == (2, "advisor", "Retires")
    role = tables.role_change
    told = {(r.subject_key, r.role): r for r in northfield.rows(role, role.c.person == "cno")}
    assert str(told["project:falls", "clinical_lead"].on) == "2025-08-19"
    (action,) = northfield.rows(tables.review_action, tables.review_action.c.owner == "cno")
    assert (action.action, action.reason) == ("beds", "Retires")


def _is_led_on(northfield: Hospital, owed: list[Any]) -> None:
    audited = northfield.rows(tables.audit_log, tables.audit_log.c.actor == "advisor")
    assert {"account.disable", "key.revoke", "plan.apply"} <= {line.action for line in audited}
    moved = northfield.rows(_MESSAGE, _MESSAGE.c.id.in_([m.id for m in owed]))
    assert {m.recipient for m in moved} <= {"cno", "ceo"}
    cover = "You are told in place of Chief medical officer, who has left."
    assert {m.content["cover"] for m in moved} == {cover}


def _snoozed(northfield: Hospital, about: str) -> int:
    """Snooze the alert about something; gives its id."""
    (alert,) = northfield.rows(tables.alert, tables.alert.c.about == about)
    alerts, until = northfield.services.alerts, date(2025, 9, 1)
    alerts.snooze(northfield.id, alert.id, until, actor="cno", reason="Known")
    return int(alert.id)


def test_who_takes_over_is_told_what_is_open_and_the_leaver_hears_nothing_more(
    northfield: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {m.alert_id for m in northfield.rows(_MESSAGE, _MESSAGE.c.recipient == "cno")}
    open_ = {a.id for a in northfield.rows(tables.alert, tables.alert.c.state == "open")} & told
    assert open_
    open_.remove(_snoozed(northfield, "milestone:infections/bundles"))
    asked = Handover("cno", "ceo", date(2025, 8, 20))
    handing_over = northfield.services.handing_over
    assert handing_over.preview(northfield.id, asked).closing.alerts == len(open_)
    before = rows_of(northfield.services.engine)
    with monkeypatch.context() as broken:
        broken.setattr(plans, "append_audit", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            handing_over.hand_over(northfield.id, asked, author="hr", reason="Retires", via="cli")
    assert rows_of(northfield.services.engine) == before
    handing_over.hand_over(northfield.id, asked, author="hr", reason="Retires", via="cli")
    sent = northfield.rows(_MESSAGE, _MESSAGE.c.recipient == "ceo")
    assert ({m.alert_id for m in sent}, {m.state for m in sent}) == (open_, {"owed"})
    assert all("who has left" in m.content["cover"] for m in sent)
    northfield.deliver()
    mails = northfield.rows(tables.mailbox, tables.mailbox.c.to == "ceo@northfield.example")
    assert len(mails) == 1
    done = {"project": "falls", "milestone": "rounding", "change": "completed", "on": "2025-08-19"}
    assert northfield.post("milestones", done) == ["created"]
    heard = northfield.rows(_MESSAGE, _MESSAGE.c.recipient == "cno")
    northfield.judge()
    assert northfield.rows(_MESSAGE, _MESSAGE.c.recipient == "cno") == heard
    after = northfield.rows(_MESSAGE, _MESSAGE.c.recipient == "ceo")
    assert len(after) == len(sent) + 1


def test_what_cannot_be_is_refused_at_its_field(northfield: Hospital, at_browser: At) -> None:
    client, store = at_browser("executive"), northfield.services.plan_store
    sent = form_of(client, PAGE, PAGE) | ASKED
    for changed, said in (
        ({"to": "cmo"}, "cmo is the leaver"),
        ({"on": "2025-08-21"}, "21 August 2025 is still to come"),
        ({"on": "soon"}, "Give a day"),
        ({"reason": ""}, "Fill this in"),
    ):
        answer = client.post(PAGE, data=sent | changed)
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (422, True), changed
    confirmed = {"step": "confirm", "base": "7", "seen": "2025-08-19 cno"}
    moved = client.post(PAGE, data=sent | confirmed)
    assert moved.status_code == 409
    assert "The plan has changed since you looked" in moved.get_data(as_text=True)
    assert at_browser("owner").get(PAGE).status_code == 403
    assert "Hand over" not in text_of(at_browser("owner"), "/people")
    assert client.get("/people/nobody/handover").status_code == 404
    assert store.current_version(northfield.id) == 1


def test_by_the_api_what_cannot_be_is_refused_and_a_dry_run_changes_nothing(
    northfield: Hospital, app: Flask
) -> None:
    store = northfield.services.plan_store
    scopes = ("plan:write", "read")
    key = northfield.services.keys.create(northfield.id, "hr", scopes, actor=ACTOR).secret

    def post(person: str, **said: Any) -> Any:
        body = {**ASKED, "by": "advisor", **said}
        headers = {"Authorization": f"Bearer {key}"}
        path = f"/api/v1/people/{person}/handover"
        return app.test_client().post(path, json=body, headers=headers)

    dry = post("cmo", dry_run=True).get_json()
    assert {"about": "aim:hsmr-88", "words": "sponsor", "to": "cno"} in dry["handed_over"]
    assert dry["plan_version"] == 1
    assert post("nobody").status_code == 404
    wrong = post("cmo", **{"except": {"aim:access-10": "ceo"}})
    assert wrong.status_code == 422
    assert wrong.get_json()["errors"][0]["pointer"] == "#/except"
    assert post("cmo", to="nobody").get_json()["errors"][0]["pointer"] == "#/to"
    assert post("cmo", reason="two\nlines").status_code == 422
    assert store.current_version(northfield.id) == 1
    done = post("cmo").get_json()
    assert (done["plan_version"], done["dry_run"]) == (2, False)
    assert post("cmo").status_code == 422
    assert store.current_version(northfield.id) == 2
