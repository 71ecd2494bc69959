"""The self-assessment by form, by API and by what it shows afterwards."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of
from tests.integration.pipeline.conftest import Hospital

PATH = "/self-assessment"
NEW = f"{PATH}/new"


def test_leaders_assess_themselves_and_see_what_changed(
    northfield: Hospital, at_browser: Callable[[str], FlaskClient]
) -> None:
    client, viewer = at_browser("executive"), at_browser("viewer")
    assert f'href="{PATH}"' in client.get("/").get_data(as_text=True)
    assert "Nothing is scored yet" in text_of(client, PATH)
    assert '<option value="cmo" selected>' in client.get(NEW).get_data(as_text=True)
    first = {"on": "2025-08-01", "by": "cmo", "score-1.1": "2", "score-7.2": "0"}
    sent = form_of(client, NEW, NEW) | first
    for _ in range(2):
        assert client.post(NEW, data=sent).headers["Location"] == PATH
    assert len(northfield.rows(tables.self_assessment)) == 1
    sent = form_of(client, NEW, NEW) | {
        "on": "2025-08-20",
        "by": "cmo",
        "score-1.1": "3",
        "evidence-1.1": "minute 25/94",
        "action-1.1": "publish it",
    }
    assert client.post(NEW, data=sent).status_code == 303
    words = text_of(viewer, PATH)
    for said in (
        "2 of 14 items scored, 1.5 of 4 on average",
        "3 · reliable",
        "up 1 from 2",
        "minute 25/94",
        "Planned: publish it",
        "0 · absent",
        "not scored yet",
        "aims adopted with a minute",
        "they are not IHI",
        "1 of 14",
        "Chief medical officer",
    ):
        assert said in words, said
    assert "Assess now" not in words
    assert viewer.get(NEW).status_code == 403
    northfield.judge()
    assert northfield.services.self_assessments.as_json(northfield.id)["items"][0]["before"] == 2


def test_what_is_half_filled_or_wrong_is_said_at_its_field(
    northfield: Hospital, at_browser: Callable[[str], FlaskClient]
) -> None:
    client = at_browser("executive")
    opened = form_of(client, NEW, NEW) | {"on": "2025-08-20", "by": "cmo"}
    for wrong, field, said in (
        ({"evidence-2.1": "seen"}, "score-2.1", "Score it too"),
        ({}, None, "Score one item at least"),
        ({"score-1.1": "5"}, "score-1.1", "At most 4"),
        ({"score-1.1": "x"}, "score-1.1", "whole number"),
        ({"score-1.1": "1", "on": "2025-08-21"}, "on", "has not come"),
        ({"score-1.1": "1", "on": ""}, "on", "Fill this in"),
        ({"score-1.1": "1", "by": "nobody"}, "by", "no person"),
        ({"score-1.1": "1", "evidence-1.1": "x" * 2001}, "evidence-1.1", "at most 2000"),
    ):
        answer = client.post(NEW, data=opened | wrong)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422, wrong
        assert said.lower() in page.lower(), wrong
        assert field is None or f'id="{field}-error"' in page, wrong
    assert northfield.rows(tables.self_assessment) == []
