"""Forms: what they keep, once, by whom; and what they say of what they do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of, words_in
from tests.integration.pipeline.conftest import Hospital

At = Callable[[str], FlaskClient]
SEPSIS = "/projects/sepsis"
FORMS: dict[str, tuple[sa.Table, dict[str, str], dict[str, Any]]] = {
    "milestones": (
        tables.milestone_event,
        {"milestone": "spread", "change": "redated", "on": "2025-10-01", "reason": "winter"},
        {"change": "redated", "reason": "winter"},
    ),
    "scores": (
        tables.progress_score,
        {"score": "3.5", "on": "2025-08-20", "method": "faculty", "scored_by": "advisor"},
        {"half_steps": 7, "scored_by": "advisor", "method": "faculty"},
    ),
    "reviews": (
        tables.review,
        {"on": "2025-08-20", "executing": "Yes", "working": "Not yet"},
        {"executing": "Yes", "working": "Not yet", "reviewer": "ed-sister"},
    ),
    "state": (
        tables.state_change,
        {"state": "paused", "on": "2025-08-20", "reason": "no staff", "until": "2025-12-01"},
        {"state": "paused", "decided_by": "ed-sister", "until": date(2025, 12, 1)},
    ),
    "roles": (
        tables.role_change,
        {"role": "advisor", "person": "", "on": "2025-08-20"},
        {"role": "advisor", "person": None},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_sent_twice_is_one_event(northfield: Hospital, at_browser: At, form: str) -> None:
    table, filled, kept = FORMS[form]
    client = at_browser("owner")
    before = len(northfield.rows(table))
    sent = form_of(client, SEPSIS, form) | filled
    for _ in range(2):
        answer = client.post(f"{SEPSIS}/{form}", data=sent)
        assert (answer.status_code, answer.headers["Location"]) == (303, SEPSIS)
    rows = northfield.rows(table)
    assert len(rows) == before + 1
    assert {name: getattr(rows[-1], name) for name in kept} == kept
    assert rows[-1].actor == "ed-sister"
    page = text_of(client, SEPSIS)
    assert "noted" in page
    assert ("until 1 December 2025, when it is decided anew" in page) is (form == "state")


@pytest.mark.parametrize(
    ("form", "changed", "field", "said"),
    [
        ("milestones", {"reason": ""}, "reason", "Say why"),
        ("milestones", {"milestone": "other"}, "milestone", "has no milestone"),
        ("milestones", {"on": "soon"}, "on", "is no date"),
        ("milestones", {"on": ""}, "on", "Give the date."),
        ("milestones", {"milestone": ""}, "milestone", "Choose a milestone."),
        ("scores", {"score": "9"}, "score", "from 0.5 to 5.0"),
        ("scores", {"score": ""}, "score", "Choose a score"),
        ("scores", {"on": "2031-01-01"}, "on", "has not come"),
        ("scores", {"scored_by": "nobody"}, "scored_by", "no person"),
        ("reviews", {"executing": "", "working": ""}, "executing", "at least one"),
        ("state", {"state": "asleep"}, "state", "active"),
        ("state", {"until": "2025-08-20"}, "until", "paused from 2025-08-20 on"),
        ("roles", {"person": "nobody"}, "person", "no person"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    northfield: Hospital,
    at_browser: At,
    form: str,
    changed: dict[str, str],
    field: str,
    said: str,
) -> None:
    table, filled, _ = FORMS[form]
    client = at_browser("owner")
    before = northfield.rows(table)
    sent = form_of(client, SEPSIS, form) | filled | changed
    answer = client.post(f"{SEPSIS}/{form}", data=sent)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    error = re.search(rf'id="\w+-{field}-error" role="alert">([^<]*)<', page)
    assert error
    assert said in error.group(1)
    assert f'value="{sent["event"]}"' in page
    assert northfield.rows(table) == before


def test_an_owner_logs_in_their_own_projects_only(northfield: Hospital, at_browser: At) -> None:
    _, filled, _ = FORMS["scores"]
    own, other = at_browser("owner"), at_browser("stranger")
    sent = form_of(own, SEPSIS, "scores") | filled
    assert "Log something" not in text_of(other, SEPSIS)
    token = form_of(other, "/", "sign-out")["csrf_token"]
    before = northfield.rows(tables.progress_score)
    answer = other.post(f"{SEPSIS}/scores", data=sent | {"csrf_token": token})
    assert answer.status_code == 403
    assert "not your project" in words_in(answer.get_data(as_text=True))
    assert northfield.rows(tables.progress_score) == before
    assert other.post("/projects/none/scores", data={"csrf_token": token}).status_code == 404


def test_an_owner_finds_their_own_projects_on_the_board(
    northfield: Hospital, at_browser: At
) -> None:
    def listed(login: str) -> tuple[list[str], str]:
        board = at_browser(login).get("/").get_data(as_text=True)
        found = re.search(r'<section[^>]*aria-labelledby="own".*?</section>', board, re.DOTALL)
        own = found.group() if found else ""
        return re.findall(r'href="/projects/([^"]+)"', own), words_in(own)

    links, words = listed("owner")
    assert links == ["sepsis"]
    assert "Sepsis six in the emergency department Every emergency bay: 51 days late" in words
    assert listed("stranger")[0] == ["templates", "triage"]
    assert listed("executive") == listed("viewer") == ([], "")
    change = {"project": "templates", "on": "2025-08-19"}
    assert northfield.post("projects", change | {"state": "completed"}) == ["created"]
    change = {"project": "sepsis", "role": "leader", "on": "2025-08-19"}
    assert northfield.post("projects", change | {"person": "clinic-manager"}) == ["created"]
    assert listed("owner") == ([], "")
    assert listed("stranger")[0] == ["sepsis", "triage"]


def test_acknowledging_is_noted_once_and_looking_is_not(
    northfield: Hospital, at_browser: At
) -> None:
    client = at_browser("executive")
    (alert,) = northfield.rows(tables.alert, tables.alert.c.about == "aim:harm-21")
    path = f"/alerts/{alert.id}"
    text_of(client, path)
    assert northfield.rows(tables.alert, tables.alert.c.id == alert.id) == [alert]
    sent = form_of(client, path, "acknowledge") | {"note": "The board meets on Monday"}
    for _ in range(2):
        assert client.post(f"{path}/acknowledge", data=sent).status_code == 303
    (seen,) = northfield.rows(tables.alert, tables.alert.c.id == alert.id)
    assert (seen.acknowledged_by, seen.acknowledged_note) == ("cmo", sent["note"])
    page = text_of(client, path)
    assert "acknowledged already" in page
    assert "Acknowledged by Chief medical officer, 20 August 2025, 13:00" in page
    assert client.post("/alerts/99999/acknowledge", data=sent).status_code == 404
