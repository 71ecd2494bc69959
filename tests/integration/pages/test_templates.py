"""Starting an aim from a whole-system measure: shown first, then applied as a version."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.integration.pages.conftest import form_of, text_of
from tests.integration.pipeline.conftest import Hospital

START = "/templates/readmissions/start"
SAID = {
    "name": "Fewer readmissions", "aim": "readmissions-8", "baseline": "12.5", "target": "8",
    "start": "2025-09", "deadline": "2026-12", "sponsor": "cmo", "reason": "minute 25/99",
}  # fmt: skip


def test_an_aim_is_shown_first_and_then_applied(
    northfield: Hospital, at_browser: Callable[[str], FlaskClient]
) -> None:
    client, viewer = at_browser("executive"), at_browser("viewer")
    assert 'href="/templates"' in client.get("/").get_data(as_text=True)
    assert f'href="{START}"' in client.get("/templates").get_data(as_text=True)
    assert "Readmissions within 30 days" in text_of(viewer, "/templates")
    assert START not in viewer.get("/templates").get_data(as_text=True)
    assert viewer.get(START).status_code == 403
    plans = northfield.services.plan_store
    before = plans.current(northfield.id)
    token = form_of(client, START, START)
    for wrong, said in (
        ({"target": "few"}, "Give a number"),
        ({"reason": ""}, "Fill this in"),
        ({"aim": "harm-21"}, "already has an aim"),
        ({"deadline": "soon"}, "soon"),
        ({"deadline": "2025-01"}, "deadline"),
        ({"sponsor": "nobody"}, "nobody"),
    ):
        for apply in ({}, {"apply": "yes", "base": str(before.version)}):
            answer = client.post(START, data=token | SAID | wrong | apply)
            assert answer.status_code == 422, wrong
            assert said in answer.get_data(as_text=True), wrong
    shown = client.post(START, data=token | SAID)
    assert shown.status_code == 200
    assert "Apply it to the plan" in shown.get_data(as_text=True)
    assert "readmissions-8" in shown.get_data(as_text=True)
    assert plans.current(northfield.id) == before
    stale = client.post(START, data=token | SAID | {"apply": "yes", "base": "0"})
    assert (stale.status_code, "has changed since" in stale.get_data(as_text=True)) == (422, True)
    applied = client.post(START, data=token | SAID | {"apply": "yes", "base": str(before.version)})
    assert applied.headers["Location"] == "/aims/readmissions-8"
    after = plans.current(northfield.id)
    assert after.version == before.version + 1
    assert set(after.aims) == {*before.aims, "readmissions-8"}
    assert after.measures["readmissions"].lag_days == 50
    assert "Fewer readmissions" in text_of(client, "/aims/readmissions-8")
