"""Facts filed by form: the same as by the API, by whom they are, and what comes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from services.framework.expectations.register import CATALOGUE
from services.intake.items import MODELS
from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of, words_in
from tests.integration.pipeline.conftest import Hospital
from web.pages.forms import FORMS, watches

At = Callable[[str], FlaskClient]
ON = "2025-08-20"
AIM, SEPSIS, BOARD = "/aims/harm-21", "/projects/sepsis", "/board"
FILED: dict[str, tuple[str, str, sa.Table, dict[str, str], dict[str, Any]]] = {
    "adoptions": (
        "executive",
        AIM,
        tables.adoption,
        {
            "by": "Board",
            "on": ON,
            "minute": "25/94",
            "target": "22.5",
            "deadline": "",
            "version": "1",
        },
        {"minute": "25/94", "target": 22.5, "plan_version": 1},
    ),
    "reviews": (
        "executive",
        AIM,
        tables.review,
        {"on": ON, "reviewer": "cmo", "executing": "Yes", "working": "Too early"},
        {"reviewer": "cmo", "executing": "Yes", "working": "Too early"},
    ),
    "actions": (
        "owner",
        SEPSIS,
        tables.review_action,
        {
            "action": "beds",
            "text": "Free two beds",
            "owner": "ed-sister",
            "due": "2025-08-31",
            "on": ON,
        },
        {"action": "beds", "text": "Free two beds", "owner": "ed-sister", "done_on": None},
    ),
    "tests": (
        "owner",
        SEPSIS,
        tables.test_of_change,
        {"test": "huddle", "on": ON, "prediction": "8 of 10 in the hour"},
        {"test": "huddle", "prediction": "8 of 10 in the hour", "result": None},
    ),
    "spreads": (
        "owner",
        SEPSIS,
        tables.spread,
        {"unit": "Acute unit", "on": ON},
        {"unit": "Acute unit"},
    ),
    "validations": (
        "executive",
        SEPSIS,
        tables.validation,
        {"amount": "120,000", "by": "cmo", "on": ON},
        {"amount": 120000.0, "by": "cmo"},
    ),
    "publications": ("executive", AIM, tables.publication, {"period": "2025-06", "on": ON}, {}),
    "explanations": (
        "owner",
        SEPSIS,
        tables.explanation,
        {"expectation": "MIL-01", "text": "Builders late", "by": "ed-sister", "on": ON},
        {"expectation": "MIL-01", "text": "Builders late"},
    ),
    "meetings": (
        "executive",
        BOARD,
        tables.board_meeting,
        {
            "on": ON,
            "minutes": "120",
            "quality_minutes": "40",
            "patient_story": "yes",
            "minute": "25/91",
        },
        {"minutes": 120.0, "quality_minutes": 40.0, "patient_story": True},
    ),
}


def test_every_form_is_tried_and_speaks_of_what_the_api_and_the_catalogue_have() -> None:
    assert set(FILED) == set(FORMS)
    for form in FORMS.values():
        known = MODELS[form.kind].model_fields
        assert {field.name for field in form.fields} <= set(known), form.kind
    assert {rule for kind in MODELS for rule in watches(kind)} <= set(CATALOGUE)


def test_a_form_files_once_as_the_api_does_and_says_what_came_of_it(
    northfield: Hospital, at_browser: At
) -> None:
    clients = {login: at_browser(login) for login in ("executive", "owner", "viewer")}
    for kind in FILED:
        _files(northfield, clients, kind)


def _files(northfield: Hospital, clients: dict[str, FlaskClient], kind: str) -> None:
    login, home, table, filled, kept = FILED[kind]
    client, path = clients[login], f"{home}/file/{kind}"
    link = "/" if home == BOARD else home
    assert f'href="{path}"' in client.get(link).get_data(as_text=True)
    assert "Nothing of the kind yet" in text_of(client, path) or northfield.rows(table)
    before = len(northfield.rows(table))
    sent = form_of(client, path, path) | filled
    for _ in range(2):
        answer = client.post(path, data=sent)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/filed/{sent['event']}")
    rows = northfield.rows(table)
    assert len(rows) == before + 1
    assert {name: getattr(rows[-1], name) for name in kept} == kept
    person = {"executive": "cmo", "owner": "ed-sister"}[login]
    assert rows[-1].actor == person
    receipt = f"/filed/{sent['event']}"
    assert "It is being judged" in text_of(client, receipt)
    northfield.judge()
    words = text_of(client, receipt)
    assert "It is kept." in words
    assert "being judged" not in words
    for rule in watches(kind):
        assert rule in words
    name = {"cmo": "Chief medical officer"}.get(person, "sister")
    assert name in words
    assert f"filed by {words.split('Filed by ')[1].split(',')[0]}" in text_of(client, path)
    assert text_of(clients["viewer"], receipt)


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("adoptions", {"by": ""}, "by", "Fill this in"),
    ("adoptions", {"version": "99"}, "version", "there is no version 99"),
    ("adoptions", {"target": "low"}, "target", "number"),
    ("adoptions", {"on": "2031-01-01"}, "on", "has not come"),
    ("reviews", {"executing": "", "working": ""}, "executing", "at least one"),
    ("actions", {"owner": "nobody"}, "owner", "no person"),
    ("tests", {"prediction": ""}, "prediction", "at least one"),
    ("tests", {"decision": "shrug"}, "decision", "one of"),
    ("spreads", {"unit": ""}, "unit", "Fill this in"),
    ("validations", {"amount": "lots"}, "amount", "a number"),
    ("publications", {"period": "2025-08"}, "on", "was not over"),
    ("publications", {"period": "June"}, "period", "is no month"),
    ("explanations", {"expectation": "XYZ-99"}, "expectation", "no expectation"),
    ("meetings", {"quality_minutes": "400"}, "quality_minutes", "More time on quality"),
    ("meetings", {"patient_story": "perhaps"}, "patient_story", "true or false"),
]


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    northfield: Hospital, at_browser: At
) -> None:
    clients = {login: at_browser(login) for login in ("executive", "owner")}
    for kind, changed, field, said in WRONG:
        login, home, table, filled, _ = FILED[kind]
        client, path = clients[login], f"{home}/file/{kind}"
        before = northfield.rows(table)
        sent = form_of(client, path, path) | filled | changed
        answer = client.post(path, data=sent)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422, (kind, changed)
        error = re.search(rf'id="{field}-error" role="alert">([^<]*)<', page)
        assert error, words_in(page)
        assert said in error.group(1)
        assert f'value="{sent["event"]}"' in page
        for name, text in filled.items():
            assert name in changed or not text or text in page, name
        assert northfield.rows(table) == before


def test_who_may_not_file_is_told_so_and_sees_no_way_in(
    northfield: Hospital, at_browser: At
) -> None:
    stranger, owner, viewer = at_browser("stranger"), at_browser("owner"), at_browser("viewer")
    for client, path in (
        (stranger, f"{SEPSIS}/file/tests"),
        (owner, f"{SEPSIS}/file/validations"),
        (owner, f"{AIM}/file/adoptions"),
        (owner, f"{AIM}/file/actions"),
        (owner, f"{BOARD}/file/meetings"),
        (viewer, f"{SEPSIS}/file/tests"),
    ):
        token = form_of(client, "/", "sign-out")["csrf_token"]
        assert client.get(path).status_code == 403, path
        assert client.post(path, data={"csrf_token": token}).status_code == 403, path
        home = "/" if path.startswith(BOARD) else path.partition("/file")[0]
        assert f'href="{path}"' not in client.get(home).get_data(as_text=True)
    executive = at_browser("executive")
    for path in (f"{AIM}/file/tests", f"{SEPSIS}/file/meetings", "/aims/none/file/adoptions"):
        assert executive.get(path).status_code == 404, path
    assert executive.get("/filed/none").status_code == 404
    assert executive.post(f"{AIM}/file/adoptions", data={}).status_code == 400


def test_an_action_is_done_under_its_name(northfield: Hospital, at_browser: At) -> None:
    _, home, table, filled, _ = FILED["actions"]
    client, path = at_browser("owner"), f"{home}/file/actions"
    client.post(path, data=form_of(client, path, path) | filled)
    assert 'value="beds"' in client.get(f"{path}?action=beds").get_data(as_text=True)
    assert f"{path}?action=beds" in client.get(path).get_data(as_text=True)
    done = {"action": "beds", "done_on": ON, "on": ON}
    answer = client.post(path, data=form_of(client, path, path) | done)
    assert answer.status_code == 303
    rows = northfield.rows(table)
    assert (rows[-1].action, rows[-1].text, str(rows[-1].done_on)) == ("beds", None, ON)
