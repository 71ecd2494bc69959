"""Accepting what an alert found for a while: by form and by API, until it is over or taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of
from tests.integration.pipeline.conftest import Hospital
from tests.worlds import ACTOR

At = Callable[[str], FlaskClient]
REASON = "The ward moves in autumn"


def _milestone(northfield: Hospital) -> Any:
    """The alert about a milestone that is overdue."""
    found = northfield.rows(tables.alert, tables.alert.c.expectation == "MIL-01")
    return next(alert for alert in found if alert.state == "open")


def _given(client: FlaskClient, path: str, until: str, action: str = "waive") -> dict[str, str]:
    hidden = form_of(client, f"{path}/waive", action)
    return hidden | {"until": until, "by": "cmo", "reason": REASON}


def test_what_is_waived_ends_is_shown_and_is_told_anew_when_that_is_over(
    northfield: Hospital, at_browser: At
) -> None:
    alert, client = _milestone(northfield), at_browser("executive")
    path = f"/alerts/{alert.id}"
    assert "Accept it for a while" in text_of(client, path)
    sent = _given(client, path, "2025-09-10")
    assert client.post(f"{path}/waive", data=sent).status_code == 303
    northfield.judge()
    (ended,) = northfield.rows(tables.alert, tables.alert.c.id == alert.id)
    assert ended.state == "resolved"
    assert "Waived until 10 September 2025 by Chief medical officer" in ended.reason
    page = text_of(client, path)
    assert "Take the waiver back" in page
    assert "The ward moves in autumn" in page
    assert "accepted for a while, by whom and why" in text_of(client, "/aims/hsmr-88/why")
    assert client.post(f"{path}/waive", data=sent).status_code == 422
    northfield.at(2025, 9, 11)
    northfield.judge()
    (again,) = northfield.rows(tables.alert, tables.alert.c.id == alert.id)
    assert (again.state, again.episode) == ("open", alert.episode + 1)
    owed = northfield.rows(tables.message, tables.message.c.episode == again.episode)
    assert [m for m in owed if m.alert_id == alert.id]


def test_a_waiver_is_a_version_of_the_plan_and_can_be_taken_back(
    northfield: Hospital, at_browser: At
) -> None:
    alert, client = _milestone(northfield), at_browser("executive")
    path, plans = f"/alerts/{alert.id}", northfield.services.plan_store
    client.post(f"{path}/waive", data=_given(client, path, "2025-09-10"))
    record = plans.record(northfield.id)
    assert record is not None
    assert (record.author, record.reason) == ("cmo", REASON)
    northfield.judge()
    hidden = form_of(client, f"{path}/waive", "lift")
    back = {**hidden, "reason": "It moves later"}
    assert client.post(f"{path}/lift", data=back).status_code == 303
    assert client.post(f"{path}/lift", data=back).status_code == 409
    northfield.judge()
    (again,) = northfield.rows(tables.alert, tables.alert.c.id == alert.id)
    assert again.state == "open"
    assert "taken back on 20 August 2025" in text_of(client, f"{path}/waive")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"until": "2025-11-19"}, "91 days away; a waiver lasts 90 days at most"),
        ({"until": "2025-08-19"}, "is past"),
        ({"until": "soon"}, "Give a day"),
        ({"by": "nobody"}, "is not among the people"),
        ({"reason": ""}, "a reason"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_at_its_field_and_changes_nothing(
    northfield: Hospital, at_browser: At, changed: dict[str, str], said: str
) -> None:
    client, path = at_browser("executive"), f"/alerts/{_milestone(northfield).id}"
    before = northfield.services.plan_store.record(northfield.id)
    answer = client.post(f"{path}/waive", data=_given(client, path, "2025-09-10") | changed)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert northfield.services.plan_store.record(northfield.id) == before


def test_an_owner_waives_nothing_and_a_status_is_not_waived(
    northfield: Hospital, at_browser: At
) -> None:
    path = f"/alerts/{_milestone(northfield).id}"
    assert at_browser("owner").get(f"{path}/waive").status_code == 403
    status = northfield.rows(tables.alert, tables.alert.c.expectation == "STATUS")[0]
    executive = at_browser("executive")
    assert executive.get(f"/alerts/{status.id}/waive").status_code == 404
    assert "Accept it for a while" not in text_of(executive, f"/alerts/{status.id}")


@pytest.mark.parametrize(
    ("said", "status", "detail"),
    [
        ({"by": "cmo", "until": "2025-09-10", "reason": REASON}, 200, ""),
        ({"by": "cmo", "until": "2026-09-10", "reason": REASON}, 422, "90 days at most"),
        ({"by": "nobody", "until": "2025-09-10", "reason": REASON}, 422, "among the people"),
        ({"by": "cmo", "until": "2025-09-10"}, 422, "reason"),
    ],
)
def test_by_the_api(
    northfield: Hospital, app: Any, said: dict[str, str], status: int, detail: str
) -> None:
    keys = northfield.services.keys
    key = keys.create(northfield.id, "board", ("plan:write", "read"), actor=ACTOR).secret
    path = f"/api/v1/alerts/{_milestone(northfield).id}"
    headers = {"Authorization": f"Bearer {key}"}
    answer = app.test_client().post(f"{path}/waive", json=said, headers=headers)
    assert answer.status_code == status
    assert detail in answer.get_data(as_text=True)
    if status == 200:
        northfield.judge()
        assert "Waived until" in app.test_client().get(path, headers=headers).json["reason"]
