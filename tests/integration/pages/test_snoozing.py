"""Snoozing an alert: by form and by API, until the day begins, it gets worse, or it is woken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of
from tests.integration.pipeline.conftest import Hospital
from tests.worlds import ACTOR

At = Callable[[str], FlaskClient]
REASON = "The date is being agreed anew"


def _alert(northfield: Hospital, expectation: str = "MIL-01") -> Any:
    found = northfield.rows(tables.alert, tables.alert.c.expectation == expectation)
    return next(alert for alert in found if alert.state == "open")


def _now(northfield: Hospital, alert: Any) -> Any:
    (row,) = northfield.rows(tables.alert, tables.alert.c.id == alert.id)
    return row


def _steps(northfield: Hospital, alert: Any) -> list[str]:
    events = tables.alert_event
    return [row.kind for row in northfield.rows(events, events.c.alert_id == alert.id)]


def _messages(northfield: Hospital, alert: Any) -> list[Any]:
    return northfield.rows(tables.message, tables.message.c.alert_id == alert.id)


def _snoozed(client: FlaskClient, path: str, until: str, reason: str = REASON) -> Any:
    hidden = form_of(client, f"{path}/snooze", "snooze")
    return client.post(f"{path}/snooze", data=hidden | {"until": until, "reason": reason})


def test_a_snooze_ends_on_its_day_and_what_still_is_so_is_said_once(
    northfield: Hospital, at_browser: At
) -> None:
    alert, client = _alert(northfield), at_browser("owner")
    path, told = f"/alerts/{alert.id}", len(_messages(northfield, alert))
    assert _snoozed(client, path, "2025-09-10").status_code == 303
    northfield.judge()
    page = text_of(client, path)
    assert "Snoozed until" in page
    assert REASON in page
    assert "End the snooze" in page
    assert REASON in text_of(client, f"{path}/snooze")
    northfield.at(2025, 9, 9)
    northfield.judge()
    assert _steps(northfield, alert).count("remind") == 0
    northfield.at(2025, 9, 10)
    northfield.judge()
    assert _now(northfield, alert).snoozed_until is None
    assert _now(northfield, alert).state == "open"
    assert _steps(northfield, alert)[-2:] == ["snoozed", "remind"]
    owed = _messages(northfield, alert)[told:]
    assert owed
    assert {m.content["state"] for m in owed} == {"Still: milestone late"}
    northfield.at(2025, 9, 12)
    northfield.judge()
    assert _steps(northfield, alert).count("remind") == 1


def test_a_snooze_is_ended_early_and_it_is_said_again(northfield: Hospital, at_browser: At) -> None:
    alert, client = _alert(northfield), at_browser("executive")
    path = f"/alerts/{alert.id}"
    assert _snoozed(client, path, "2025-09-10").status_code == 303
    northfield.judge()
    woken = client.post(f"{path}/wake", data=form_of(client, path, "wake"))
    assert woken.status_code == 303
    northfield.judge()
    assert _steps(northfield, alert)[-3:] == ["snoozed", "woken", "remind"]
    again = client.post(f"{path}/wake", data=form_of(client, f"{path}/snooze", "snooze"))
    assert again.status_code == 303
    assert "not snoozed" in text_of(client, path)


@pytest.mark.parametrize(
    ("until", "reason", "says"),
    [
        ("2025-08-01", REASON, "later day than today"),
        ("2026-08-01", REASON, "within 30 days"),
        ("soon", REASON, "Give a day"),
        ("2025-09-10", "", "Say why"),
    ],
)
def test_a_form_that_does_not_go_says_so_at_its_field(
    northfield: Hospital, at_browser: At, until: str, reason: str, says: str
) -> None:
    alert, client = _alert(northfield), at_browser("executive")
    answer = _snoozed(client, f"/alerts/{alert.id}", until, reason)
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    assert _now(northfield, alert).snoozed_until is None


def test_a_resolved_alert_is_neither_snoozed_nor_woken(
    northfield: Hospital, at_browser: At
) -> None:
    alert, client = _alert(northfield), at_browser("executive")
    done = alert.about.removeprefix("milestone:").partition("/")
    told = {"project": done[0], "milestone": done[2], "change": "completed", "on": "2025-08-19"}
    assert northfield.post("milestones", told) == ["created"]
    northfield.judge()
    answer = _snoozed(client, f"/alerts/{alert.id}", "2025-09-10")
    assert answer.status_code == 409
    assert "resolved already" in answer.get_data(as_text=True)


def test_by_the_api_it_is_snoozed_woken_and_not_resolved(northfield: Hospital, app: Flask) -> None:
    alert, client = _alert(northfield), app.test_client()
    scopes = ("reviews:write", "read")
    issued = northfield.services.keys.create(northfield.id, "board", scopes, actor=ACTOR)
    path, key = f"/api/v1/alerts/{alert.id}", {"Authorization": f"Bearer {issued.secret}"}

    def act(name: str, **body: str) -> Any:
        return client.post(f"{path}/{name}", json={"by": "cmo", **body}, headers=key)

    still = act("resolve")
    assert still.status_code == 409
    assert "it still is so" in still.get_json()["detail"].lower()
    assert act("wake").status_code == 409
    late = act("snooze", until="2026-08-01", reason=REASON)
    assert (late.status_code, late.get_json()["errors"][0]["pointer"]) == (422, "#/until")
    asleep = act("snooze", until="2025-09-10", reason=REASON)
    assert asleep.status_code == 200
    assert asleep.get_json()["snoozed_until"].startswith("2025-09-09T23:00")
    assert asleep.get_json()["steps"][-1]["kind"] == "snoozed"
    assert act("wake").status_code == 200
    assert act("snooze", until="2025-09-10").status_code == 422
